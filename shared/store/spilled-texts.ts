import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Texts } from '../domain/reconciliation/bank/xlsx.ts';

/** Bytes that are written and read at once, and how many of such blocks are kept. */
const BLOCK_BYTES = 16 * 1024;
const BLOCKS = 16;

/**
 * Texts in a file beside the function: memory has where each ends, what was not written yet and the blocks that were read
 * last. A sheet names its texts mostly in the order in which they stand.
 */
export class SpilledTexts implements Texts, Disposable {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'texts-'));
  readonly #file = openSync(path.join(this.#folder, 'texts'), 'w+');
  readonly #blocks: { number: number; bytes: Buffer }[] = [];
  #ends = new Uint32Array(1024);
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #written = 0;
  size = 0;

  add(text: string): void {
    const bytes = Buffer.from(text);
    if (this.size === this.#ends.length) {
      const ends = new Uint32Array(2 * this.#ends.length);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#ends[this.size] = this.#written + this.#waitingBytes;
    this.size += 1;
    if (this.#waitingBytes >= BLOCK_BYTES) this.#write();
  }

  at(place: number): string | undefined {
    if (place >= this.size) return undefined;
    if (this.#waitingBytes > 0) this.#write();
    const [from, to] = [place === 0 ? 0 : (this.#ends[place - 1] as number), this.#ends[place] as number];
    const first = Math.floor(from / BLOCK_BYTES);
    const pieces: Buffer[] = [];
    for (let number = first; number * BLOCK_BYTES < to; number += 1) {
      const start = number * BLOCK_BYTES;
      pieces.push(this.#block(number).subarray(Math.max(0, from - start), to - start));
    }
    return (pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)).toString();
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
    rmSync(this.#folder, { recursive: true });
  }

  #write(): void {
    const bytes = Buffer.concat(this.#waiting);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.#written += bytes.length;
    this.#waiting = [];
    this.#waitingBytes = 0;
    // The last block may have been read before it was full.
    this.#blocks.length = 0;
  }

  #block(number: number): Buffer {
    const there = this.#blocks[number % BLOCKS];
    if (there?.number === number) return there.bytes;
    const bytes = there?.bytes ?? Buffer.alloc(BLOCK_BYTES);
    readSync(this.#file, bytes, 0, BLOCK_BYTES, number * BLOCK_BYTES);
    this.#blocks[number % BLOCKS] = { number, bytes };
    return bytes;
  }
}
