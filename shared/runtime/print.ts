import { writeSync } from 'node:fs';

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;
export type Stream = keyof typeof DESCRIPTORS;

/** Streams that had to wait for a reader once; the others are never opened. */
const waits = new Set<Stream>();

/**
 * One line, gone to the platform when this returns: a function that is ended in the middle has said what it said. Lambda's
 * `console` would put its own words before it. What a full pipe does not take goes by Node's stream, which waits for it.
 */
export function print(stream: Stream, line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  // What still waits in Node's stream goes first: a line written past it would stand in the middle of another.
  if (waits.has(stream) && process[stream].writableLength > 0) {
    process[stream].write(bytes);
    return;
  }
  let written = 0;
  try {
    written = writeSync(DESCRIPTORS[stream], bytes);
  } catch (error) {
    if (!isFull(error)) throw error;
  }
  if (written < bytes.length) {
    waits.add(stream);
    process[stream].write(bytes.subarray(written));
  }
}

const isFull = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EAGAIN';
