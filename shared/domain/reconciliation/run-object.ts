import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Day } from '../time.ts';
import { BookFile, BookId, type RunTotals, type Sum } from './book-day.ts';
import { ExceptionCategory } from './exception.ts';
import type { BankItem, OurItem } from './matching/items.ts';
import { LADDER_VERSION, type Ladder, type Unsettled } from './matching/ladder.ts';
import type { RunIndex } from './run-index.ts';
import { BusinessDate, Sha256 } from './statement-id.ts';

/**
 * What one run over an account's day came to, as an object of lines in the bucket: a header, every match with rule, version
 * and evidence, every difference, and the items that stay open and go into the next day's run. Its order does not depend on
 * that of the input, so the same input has the same hash.
 */

export const RunHeader = lazy(() =>
  z.strictObject({
    v: z.literal(1),
    book: BookId,
    day: BusinessDate,
    revision: z.int().min(1),
    /** Hash of the run that this one builds on. */
    previous: Sha256.nullable(),
    asOf: z.int(),
    ladder: z.int().min(1),
    files: z.array(BookFile),
  }),
);
export type RunHeader = z.infer<typeof RunHeader>;

const Keys = lazy(() => z.array(z.string()));
const Evidence = lazy(() => z.record(z.string(), z.union([z.string(), z.number()])));
const Both = { ours: Keys, theirs: Keys, ourAmount: z.int(), theirAmount: z.int(), agencyCode: z.string() };

const MatchLine = lazy(() =>
  z.strictObject({
    rule: z.string(),
    version: z.int(),
    status: z.enum(['confirmed', 'suggested']),
    ...Both,
    evidence: Evidence,
  }),
);
/** A line that tells of a match, for who reads all of a large run and nothing else. */
export const MatchOfRun = lazy(() => z.strictObject({ match: MatchLine }));
const UnsettledLine = lazy(() => z.strictObject({ category: ExceptionCategory, ...Both, evidence: Evidence }));

export const OurItemLine = lazy(() =>
  z.strictObject({
    key: z.string(),
    kind: z.enum(['payment', 'batch', 'refund', 'remittance']),
    amount: z.int(),
    day: BusinessDate,
    bankReference: z.string(),
    reference: z.string(),
    agencyCode: z.string(),
    merchantAccountId: z.string().optional(),
    fee: z.int().optional(),
    mark: z.string().optional(),
  }),
);
export const BankItemLine = lazy(() =>
  z.strictObject({
    key: z.string(),
    amount: z.int(),
    currency: z.string().optional(),
    day: BusinessDate,
    bankReference: z.string(),
    structured: Keys,
    text: Keys,
    near: Keys,
    marks: Keys,
    reversal: z.boolean(),
    was: z
      .strictObject({ category: z.enum(['WRONG_ACCOUNT', 'DUPLICATE_PAYMENT', 'REVERSED']), account: z.string() })
      .optional(),
  }),
);

/** Where an exception stands that the run opened. */
export const OpenedException = lazy(() =>
  z.strictObject({
    agencyCode: z.string(),
    businessDate: BusinessDate,
    exceptionId: z.string(),
  }),
);
export type OpenedException = z.infer<typeof OpenedException>;

/** One line of the object. */
export const RunLine = lazy(() =>
  z.union([
    z.strictObject({ header: RunHeader }),
    MatchOfRun,
    z.strictObject({ unsettled: UnsettledLine }),
    z.strictObject({ ours: OurItemLine }),
    z.strictObject({ theirs: BankItemLine }),
    z.strictObject({ opened: OpenedException }),
  ]),
);
export type RunLine = z.infer<typeof RunLine>;

export const runKey = (book: BookId, day: Day, sha256: string): string =>
  `results/bank/${book.slice('account:'.length).replace(':', '-')}/${day}/${sha256}.ndjson`;

/** Lines that are put together before they are sent on. */
const LINES_A_CHUNK = 2000;
const encoder = new TextEncoder();

/**
 * The object in chunks. `open`: finds an item by its key; what was confirmed is not asked for. `index` is told where each item
 * of ours is told of.
 */
export function* runChunks(
  header: Omit<RunHeader, 'v' | 'ladder'>,
  ladder: Ladder,
  open: { ours: (key: string) => OurItem; theirs: (key: string) => BankItem },
  opened: readonly OpenedException[],
  index: RunIndex,
): Generator<Uint8Array, void, undefined> {
  let lines: string[] = [];
  let offset = 0;
  for (const line of runLines(header, ladder, open, opened)) {
    const text = JSON.stringify(line);
    lines.push(text);
    const length = Buffer.byteLength(text);
    const said = 'match' in line ? line.match : 'unsettled' in line ? line.unsettled : undefined;
    for (const item of said?.ours ?? []) index.add(item, { offset, length });
    offset += length + 1;
    if (lines.length < LINES_A_CHUNK) continue;
    yield encoder.encode(`${lines.join('\n')}\n`);
    lines = [];
  }
  if (lines.length > 0) yield encoder.encode(`${lines.join('\n')}\n`);
}

function* runLines(
  header: Omit<RunHeader, 'v' | 'ladder'>,
  ladder: Ladder,
  open: { ours: (key: string) => OurItem; theirs: (key: string) => BankItem },
  opened: readonly OpenedException[],
): Generator<RunLine, void, undefined> {
  yield { header: { v: 1, ladder: LADDER_VERSION, ...header } };
  const left = { ours: [] as string[], theirs: [] as string[] };
  for (const match of ladder.matches()) {
    yield { match };
    if (match.status === 'confirmed') continue;
    left.ours.push(...match.ours);
    left.theirs.push(...match.theirs);
  }
  for (const unsettled of ladder.unsettled()) {
    yield { unsettled };
    left.ours.push(...unsettled.ours);
    left.theirs.push(...unsettled.theirs);
  }
  for (const key of left.ours.sort()) yield { ours: open.ours(key) };
  for (const key of left.theirs.sort()) yield { theirs: writable(open.theirs(key)) };
  for (const one of opened) yield { opened: one };
}

const writable = ({ structured, text, near, marks, was, ...item }: BankItem): z.infer<typeof BankItemLine> => ({
  ...item,
  structured: [...structured],
  text: [...text],
  near: [...near],
  marks: [...marks],
  ...(was && { was }),
});

/** What a run came to, in figures. */
export function totalsOf(ladder: Ladder): RunTotals {
  const { sides } = ladder;
  const sum = (): Sum => ({ count: 0, amount: 0 });
  const totals = {
    ours: sum(),
    theirs: sum(),
    confirmed: sum(),
    suggested: sum(),
    waiting: { ours: sum(), theirs: sum() },
    exceptions: {} as Record<string, Sum>,
  };
  for (const side of ['ours', 'theirs'] as const)
    for (let row = 0; row < sides[side].size; row++) add(totals[side], 1, sides[side].amounts[row] as number);
  for (const { theirs } of sides.pairs()) add(totals.confirmed, 1, sides.theirs.amounts[theirs] as number);
  for (const { by, theirs } of sides.found)
    add(
      totals[by.status],
      1,
      theirs.reduce((all, row) => all + (sides.theirs.amounts[row] as number), 0),
    );
  for (const { category, ourAmount, theirAmount, theirs } of ladder.unsettled())
    if (category === 'DATE_SHIFT')
      add(totals.waiting[theirs.length > 0 ? 'theirs' : 'ours'], 1, ourAmount + theirAmount);
    else {
      totals.exceptions[category] ??= sum();
      add(totals.exceptions[category] as Sum, 1, theirs.length > 0 ? theirAmount : ourAmount);
    }
  return totals;
}

function add(sum: Sum, count: number, amount: number): void {
  sum.count += count;
  sum.amount += amount;
}

/** Whether a difference needs somebody now. `DATE_SHIFT` waits: it clears, or becomes something else. */
export const needsSomebody = ({ category }: Pick<Unsettled, 'category'>): boolean => category !== 'DATE_SHIFT';
