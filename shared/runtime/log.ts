import { print, type Stream } from './print.ts';

/**
 * Every log line of the service, by name. No line holds a name, a number of a person, an address, a token, a signature or a
 * signed text; ids of invoices, movements and events are enough to find the rest. The platform's own lines carry function,
 * version and memory already: a line of ours is paid for by the byte.
 */
type Line = (message: string, fields: Record<string, unknown>) => void;

/** The log as a handler's logic sees it: whoever drives that elsewhere listens to it in place of {@link log}. */
export type Log = { info: Line; warn: Line; error: Line };

/** From the least on; `LOG_LEVEL` names the first that is printed, `SILENT` prints none. */
const LEVELS = ['INFO', 'WARN', 'ERROR', 'SILENT'];

const line =
  (level: string, stream: Stream): Line =>
  (message, fields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(process.env['LOG_LEVEL'] ?? 'INFO')) return;
    print(stream, text({ level, time: new Date().toISOString(), message, ...fields }));
  };

/** JSON has no word for a large integer, and throws; looked for only then. */
function text(of: object): string {
  try {
    return JSON.stringify(of);
  } catch {
    return JSON.stringify(of, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  }
}

/** INFO for what moved, WARN for what was refused or comes again, ERROR only for what should wake someone. */
export const log: Log = {
  info: line('INFO', 'stdout'),
  warn: line('WARN', 'stderr'),
  error: line('ERROR', 'stderr'),
};

const MAX_REASON = 300;
const MAX_FRAMES = 3;

/** What of an error may stand in a log: its class and message, which hold no personal data, and where it came from. */
export function describeError(error: unknown): { error: string; reason: string; frames?: string[] } {
  if (!(error instanceof Error)) return { error: 'unknown', reason: String(error).slice(0, MAX_REASON) };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return {
    error: error.name,
    reason: error.message.slice(0, MAX_REASON),
    frames: frames.slice(0, MAX_FRAMES).map((line) => line.trim().replace(/\(.*\/([^/]+\/[^/]+)\)$/, '($1)')),
  };
}
