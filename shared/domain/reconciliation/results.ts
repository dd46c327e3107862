import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { ProviderId } from '../payment/provider.ts';
import type { Day, Instant } from '../time.ts';
import type { Matching, Outcome } from './matching.ts';
import { BusinessDate, StatementId } from './statement-id.ts';

/**
 * What a settlement file came to, as two objects beside it: the lines, sorted by transaction id and of one width, so that
 * one of them is found by a few ranged reads; and a summary by agency for reports. The ledger's items stay as they are.
 */

/** Longest transaction id; shorter ones are filled with spaces, which sort before every character that an id may have. */
const ID_BYTES = 64;
const AMOUNT_DIGITS = 15;
const HALF_DIGITS = 8;
const HALF = 10 ** HALF_DIGITS;
const INSTANT_DIGITS = 13;

/** Bytes of a line: id, space, amount, space, mark, line feed. The header has the same width. */
export const RESULT_LINE_BYTES = ID_BYTES + 1 + AMOUNT_DIGITS + 1 + 1 + 1;
const MARK_AT = RESULT_LINE_BYTES - 2;

const FORMAT = 'thuphi.results.v1';
/** Bytes that are put together before they are sent on. */
const CHUNK_LINES = 1000;

const LINE_FEED = 0x0a;
const SPACE = 0x20;

const MATCHED = '=';
const SHIFTED = '~';
/** What became of a line, in one character. */
const marks: Readonly<Partial<Record<Outcome, string>>> = {
  matched: MATCHED,
  MISSING_AT_US: '?',
  AMOUNT_OVER: '>',
  AMOUNT_UNDER: '<',
  WRONG_ACCOUNT: '@',
  DATE_SHIFT: SHIFTED,
  AMBIGUOUS: '!',
  REVERSED: '-',
  REFUND_UNMATCHED: '^',
};

export type ResultHeader = { statementId: StatementId; reportedAt: Instant };

/** One line that the provider reported. Amount in dong. */
export type ReportedLine = {
  transactionId: string;
  amount: number;
  matched: boolean;
  /** Our books count it on the day before or after. */
  shifted: boolean;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of the whole object. */
export const resultBytes = (lines: number): number => (lines + 1) * RESULT_LINE_BYTES;

/** The object in chunks: a header, then every line with money, sorted. */
export function* resultChunks(header: ResultHeader, matching: Matching): Generator<Uint8Array, void, undefined> {
  const first = new Uint8Array(RESULT_LINE_BYTES).fill(SPACE);
  first.set(
    encoder.encode(`${FORMAT} ${header.statementId} ${String(header.reportedAt).padStart(INSTANT_DIGITS, '0')}`),
  );
  first[RESULT_LINE_BYTES - 1] = LINE_FEED;
  yield first;

  let chunk = new Uint8Array(CHUNK_LINES * RESULT_LINE_BYTES).fill(SPACE);
  let filled = 0;
  for (const row of matching.ids.sorted()) {
    const theirs = matching.theirs(row);
    if (theirs === undefined) continue;
    matching.ids.copyTo(row, chunk, filled);
    // In two halves, each of which is a small whole number to the processor.
    const high = Math.floor(theirs / HALF);
    writeDigits(chunk, filled + ID_BYTES + AMOUNT_DIGITS, HALF_DIGITS, theirs - high * HALF);
    writeDigits(chunk, filled + ID_BYTES + AMOUNT_DIGITS - HALF_DIGITS, AMOUNT_DIGITS - HALF_DIGITS, high);
    chunk[filled + MARK_AT] = (marks[matching.outcome(row)] ?? ' ').charCodeAt(0);
    chunk[filled + RESULT_LINE_BYTES - 1] = LINE_FEED;
    filled += RESULT_LINE_BYTES;
    if (filled === chunk.length) {
      yield chunk;
      chunk = new Uint8Array(chunk.length).fill(SPACE);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

/** Writes a number below 2^31 in so many digits, the last of them at `at`. */
function writeDigits(target: Uint8Array, at: number, digits: number, value: number): void {
  for (let place = at, rest = value | 0; place > at - digits; place--) {
    const tenth = (rest / 10) | 0;
    target[place] = 0x30 + rest - 10 * tenth;
    rest = tenth;
  }
}

/** Raised for an object that this module did not write. */
export class NoResultFile extends Error {
  constructor(detail: string) {
    super(`not a result file: ${detail}`);
    this.name = 'NoResultFile';
  }
}

/** Reads the first line. Throws {@link NoResultFile}. */
export function readResultHeader(bytes: Uint8Array): ResultHeader {
  const [format, statementId = '', reportedAt = ''] = decoder
    .decode(bytes.subarray(0, RESULT_LINE_BYTES))
    .split(/[ \n]+/);
  if (format !== FORMAT || !/^\d{13}$/.test(reportedAt)) throw new NoResultFile('header');
  return { statementId: StatementId.parse(statementId), reportedAt: Number(reportedAt) };
}

/** The line that begins at `offset`. Throws {@link NoResultFile}. */
export function readResultLine(bytes: Uint8Array, offset: number): ReportedLine {
  const line = decoder.decode(bytes.subarray(offset, offset + RESULT_LINE_BYTES));
  if (line.length !== RESULT_LINE_BYTES || !line.endsWith('\n')) throw new NoResultFile(`line at ${offset}`);
  return parseResultLine(line.slice(0, -1));
}

/** The same of its text. Throws {@link NoResultFile}. */
export function parseResultLine(line: string): ReportedLine {
  const parts = /^([!-~]{1,64}) +(\d{15}) (\S)$/.exec(line);
  if (!parts) throw new NoResultFile('line');
  const [, transactionId, amount, mark] = parts as unknown as [string, string, string, string];
  return { transactionId, amount: Number(amount), matched: mark === MATCHED, shifted: mark === SHIFTED };
}

/** What our books lacked, or had of another sum, when a file was read, and may have alike since. */
const LATE = (['MISSING_AT_US', 'AMOUNT_OVER', 'AMOUNT_UNDER'] as const).map((outcome) => marks[outcome]);

/** Whether our books may have a line's money by now, though they had not when its file was read. */
export const mayComeLate = (line: string): boolean => LATE.includes(line.at(-1));

const TerminalSum = lazy(() =>
  z.object({
    count: z.int(),
    amount: z.int(),
    fee: z.int(),
    refunded: z.int().optional(),
    chargedBack: z.int().optional(),
  }),
);
export type TerminalSum = z.infer<typeof TerminalSum>;

/**
 * What a file says otherwise of a closed day counts on a later one: by agency, and by terminal as it changes payouts. Counts
 * and amounts in dong, below zero where it says less.
 */
export const Adjustment = lazy(() =>
  z.object({
    countsOn: BusinessDate,
    agencies: z.record(z.string(), z.object({ count: z.int(), amount: z.int() })),
    terminals: z.record(z.string(), TerminalSum),
  }),
);
export type Adjustment = z.infer<typeof Adjustment>;

type Said = {
  agencies: Readonly<Record<string, { count: number; amount: number }>>;
  terminals?: Readonly<Record<string, TerminalSum>> | undefined;
};

/**
 * What a file says otherwise than the one in whose place it stands, or than nothing. Of one whose terminals are not known no
 * payout follows, and so none is changed.
 */
export function adjustmentOf(now: Said, before: Said | undefined): Omit<Adjustment, 'countsOn'> {
  return {
    agencies: differencesOf(now.agencies, before?.agencies ?? {}, (one, other) => ({
      count: (one?.count ?? 0) - (other?.count ?? 0),
      amount: (one?.amount ?? 0) - (other?.amount ?? 0),
    })),
    terminals: differencesOf(
      (before && !before.terminals ? {} : now.terminals) ?? {},
      before?.terminals ?? {},
      (one, other) => ({
        count: (one?.count ?? 0) - (other?.count ?? 0),
        amount: (one?.amount ?? 0) - (other?.amount ?? 0),
        fee: (one?.fee ?? 0) - (other?.fee ?? 0),
        refunded: (one?.refunded ?? 0) - (other?.refunded ?? 0),
        chargedBack: (one?.chargedBack ?? 0) - (other?.chargedBack ?? 0),
      }),
    ),
  };
}

/** By name, where anything differs at all. */
function differencesOf<Sum, Difference extends Record<string, number>>(
  now: Readonly<Record<string, Sum>>,
  before: Readonly<Record<string, Sum>>,
  difference: (now: Sum | undefined, before: Sum | undefined) => Difference,
): Record<string, Difference> {
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])].sort();
  return Object.fromEntries(
    names
      .map((name): [string, Difference] => [name, difference(now[name], before[name])])
      .filter(([, sums]) => Object.values(sums).some((sum) => sum !== 0)),
  );
}

/** Totals of a file by agency, for reports. Counts, and amounts in dong. */
export const ResultSummary = lazy(() =>
  z.object({
    version: z.literal(1),
    statementId: StatementId,
    providerId: ProviderId,
    businessDate: BusinessDate,
    sha256: z.string(),
    reportedAt: z.int(),
    agencies: z.record(
      z.string(),
      z.object({ count: z.int(), amount: z.int(), matched: z.int(), matchedAmount: z.int() }),
    ),
    /**
     * By terminal: what was collected, what the provider keeps of it, and what went back and is kept from the payout, in
     * dong. Absent in files of before.
     */
    terminals: z.record(z.string(), TerminalSum).optional(),
    /** Of a file that came when its day was closed: by how much it says otherwise than the one before it. */
    adjusts: Adjustment.optional(),
  }),
);
export type ResultSummary = z.infer<typeof ResultSummary>;

/** `late`: the revision of a file that came when its day was closed, whose own results stay as they are. */
export const resultKey = (providerId: ProviderId, businessDate: Day, late?: number): string =>
  `results/${providerId}/${businessDate}${lateMark(late)}.txt`;
export const summaryKey = (providerId: ProviderId, businessDate: Day, late?: number): string =>
  `results/${providerId}/${businessDate}${lateMark(late)}.json`;

const lateMark = (late: number | undefined): string => (late === undefined ? '' : `.late-${late}`);

/** Port: writing what a file came to. Writing twice leaves what writing once leaves. */
export interface ResultWriter {
  /** `bytes`: length of the whole object. */
  writeLines(key: string, bytes: number, chunks: Iterable<Uint8Array>): Promise<void>;
  writeSummary(summary: ResultSummary, late?: number): Promise<void>;
}

/** Port: summaries for reports. */
export interface ResultSummaries {
  /** `late`: of the file of that revision, which came when its day was closed. */
  summary(providerId: ProviderId, businessDate: Day, late?: number): Promise<ResultSummary | undefined>;
}

/** Port: reading parts of a result object. */
export interface ResultFiles {
  /**
   * Bytes `from` to `to`, both included, or as many of them as there are, with the size of the whole object in bytes;
   * undefined if there is no such object.
   */
  range(key: string, from: number, to: number): Promise<{ bytes: Uint8Array; size: number } | undefined>;
}
