import * as z from 'zod';
import { InvoiceState } from '../domain/invoice/states.ts';
import { lazy } from '../domain/lazy.ts';
import { type EntryAct, JOURNAL_SHARDS, JournalEntry, type JournalPlace } from '../domain/ledger/journal.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { type Day, type Instant, vietnamDay } from '../domain/time.ts';

/** Keys and items of the journal table. Attribute names are short because every byte of them is paid for at each write. */

const INSTANT_DIGITS = 13;

/** Spreads an agency's day over partitions by invoice number, or by movement where there is none. */
function shardOf(text: string): number {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + character.charCodeAt(0)) % 65_521;
  return hash % JOURNAL_SHARDS;
}

export const journalPartition = (agencyCode: string, day: Day, shard: number): string =>
  `${agencyCode}#${day}#${shard}`;

/** Commit time first, so that a partition reads in order of commit. */
export const journalSort = (committedAt: Instant, movementId: string): string =>
  `${String(committedAt).padStart(INSTANT_DIGITS, '0')}#${movementId}`;

export function journalKey(entry: JournalPlace): { p: string; s: string } {
  return {
    p: journalPartition(
      entry.agencyCode || UNASSIGNED,
      vietnamDay(entry.committedAt),
      shardOf(entry.invoiceNumber ?? entry.movementId),
    ),
    s: journalSort(entry.committedAt, entry.movementId),
  };
}

const Item = lazy(() =>
  z.object({
    p: z.string(),
    s: z.string(),
    /** Kind and category. */
    k: z.string(),
    ct: z.string().optional(),
    a: z.number(),
    pr: z.string(),
    ma: z.string(),
    te: z.string(),
    tx: z.string(),
    at: z.number().optional(),
    pa: z.number(),
    /** Ledger lines: `D` or `C`, account, amount. */
    l: z.array(z.tuple([z.enum(['D', 'C']), z.string(), z.number()])),
    i: z.string().optional(),
    do: z.string().optional(),
    h: z.string(),
    ad: z.string(),
    /** Maker, total, what the attempt was, first sequence: an invoice's. */
    mb: z.string().optional(),
    to: z.number().optional(),
    aw: z.enum(['absent', 'live', 'late']).optional(),
    sq: z.number().optional(),
    /** Asked, due, state after, told apart by: only where an invoice was paid in parts or its money went back. */
    as: z.number().optional(),
    du: z.number().optional(),
    sa: InvoiceState.optional(),
    ag: z.string().optional(),
    /** What had gone back of the invoice's own money: a refund's. */
    rd: z.number().optional(),
    /** The step that made it and the persons who acted; their reason. */
    by: z.tuple([z.string()], z.string()).optional(),
    wy: z.string().optional(),
  }),
);
export type JournalItem = z.infer<typeof Item>;

export function journalItem(entry: JournalEntry): JournalItem {
  return {
    ...journalKey(entry),
    k: entry.kind,
    ...(entry.category && { ct: entry.category }),
    a: entry.amount,
    pr: entry.providerId,
    ma: entry.merchantAccountId,
    te: entry.terminal,
    tx: entry.transactionId,
    ...(entry.attempt && { at: entry.attempt }),
    pa: entry.paidAt,
    l: entry.lines.map((line) => [line.side === 'debit' ? 'D' : 'C', line.account, line.amount]),
    ...(entry.invoiceNumber && { i: entry.invoiceNumber }),
    ...(entry.dossierCode && { do: entry.dossierCode }),
    h: entry.evidenceHash,
    ad: entry.accountingDate,
    ...(entry.madeBy && { mb: entry.madeBy }),
    ...(entry.total !== undefined && { to: entry.total }),
    ...(entry.attemptWas && { aw: entry.attemptWas }),
    ...(entry.sequence && { sq: entry.sequence }),
    ...(entry.asked !== undefined && { as: entry.asked }),
    ...(entry.due !== undefined && { du: entry.due }),
    ...(entry.stateAfter && { sa: entry.stateAfter }),
    ...(entry.again && { ag: entry.again }),
    ...(entry.refunded !== undefined && { rd: entry.refunded }),
    ...(entry.act && actItem(entry.act)),
  };
}

const actItem = ({ step, persons, reason }: EntryAct): Pick<JournalItem, 'by' | 'wy'> => ({
  by: [step, ...persons],
  ...(reason !== undefined && { wy: reason }),
});

/** Reads an item back. Throws a ZodError for anything that this module did not write. */
export function parseJournalItem(raw: unknown): JournalEntry {
  const item = Item.parse(raw);
  const [agencyCode] = item.p.split('#', 1);
  return JournalEntry.parse({
    movementId: item.s.slice(INSTANT_DIGITS + 1),
    kind: item.k,
    ...(item.ct && { category: item.ct }),
    amount: item.a,
    providerId: item.pr,
    merchantAccountId: item.ma,
    terminal: item.te,
    transactionId: item.tx,
    ...(item.at && { attempt: item.at }),
    paidAt: item.pa,
    committedAt: Number(item.s.slice(0, INSTANT_DIGITS)),
    lines: item.l.map(([side, account, amount]) => ({ side: side === 'D' ? 'debit' : 'credit', account, amount })),
    agencyCode,
    ...(item.i && { invoiceNumber: item.i }),
    ...(item.do && { dossierCode: item.do }),
    evidenceHash: item.h,
    accountingDate: item.ad,
    ...(item.mb && { madeBy: item.mb }),
    ...(item.to !== undefined && { total: item.to }),
    ...(item.aw && { attemptWas: item.aw }),
    ...(item.sq && { sequence: item.sq }),
    ...(item.as !== undefined && { asked: item.as }),
    ...(item.du !== undefined && { due: item.du }),
    ...(item.sa && { stateAfter: item.sa }),
    ...(item.ag && { again: item.ag }),
    ...(item.rd !== undefined && { refunded: item.rd }),
    ...(item.by && { act: { step: item.by[0], persons: item.by.slice(1), ...(item.wy && { reason: item.wy }) } }),
  });
}
