import { randomFillSync } from 'node:crypto';
import type { LogRecord } from '../domain/logbook/record.ts';
import { print } from './print.ts';

/** Writes a record down for the logbook: see `functions/keep-log`. */
export type Keep = (record: LogRecord) => void;

const COUNT_DIGITS = 6;
const COUNTS = 10 ** COUNT_DIGITS;
const RANDOM_CHARACTERS = 10;
/** As many bytes as stand for so many characters. */
const RANDOM_BYTES = 8;
/** Random bytes are drawn for so many records at once: each time that the system is asked costs as much as a signature. */
const DRAWN_FOR = 256;
const drawn = Buffer.alloc(RANDOM_BYTES * DRAWN_FOR);
let records = 0;

/** A record's name: 60 random bits behind a count, so that of one process the later of one millisecond stands behind. */
export function recordId(): string {
  const place = RANDOM_BYTES * (records % DRAWN_FOR);
  if (place === 0) randomFillSync(drawn);
  records = (records + 1) % COUNTS;
  const random = drawn.toString('base64url', place, place + RANDOM_BYTES).slice(0, RANDOM_CHARACTERS);
  return String(records).padStart(COUNT_DIGITS, '0') + random;
}

/**
 * One line of the function's log, whatever level that has: nobody loses the logbook by asking for fewer lines. Only where
 * nothing at all is to be printed (`SILENT`, in tests) is nothing written down.
 */
export const keep: Keep = (record) => {
  if (process.env['LOG_LEVEL'] !== 'SILENT') print('stdout', JSON.stringify(record));
};
