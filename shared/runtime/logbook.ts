import { randomBytes } from 'node:crypto';
import type { LogRecord } from '../domain/logbook/record.ts';

/** Writes a record down for the logbook: see `functions/keep-log`. */
export type Keep = (record: LogRecord) => void;

const COUNT_DIGITS = 6;
const COUNTS = 10 ** COUNT_DIGITS;
const RANDOM_CHARACTERS = 10;
let records = 0;

/** A record's name: 60 random bits behind a count, so that of one process the later of one millisecond stands behind. */
export function recordId(): string {
  records = (records + 1) % COUNTS;
  const random = randomBytes(RANDOM_CHARACTERS).toString('base64url').slice(0, RANDOM_CHARACTERS);
  return String(records).padStart(COUNT_DIGITS, '0') + random;
}

/**
 * One line of the function's log, whatever level that has: nobody loses the logbook by asking for fewer lines. Only where
 * nothing at all is to be printed (`SILENT`, in tests) is nothing written down.
 */
export const keep: Keep = (record) => {
  if (process.env['LOG_LEVEL'] !== 'SILENT') process.stdout.write(`${JSON.stringify(record)}\n`);
};
