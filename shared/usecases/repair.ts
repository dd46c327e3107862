import * as z from 'zod';
import type { BookItem, BookPages, InvoiceBook } from '../domain/invoice/book.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { type JournalEntry, type JournalFeed, type JournalReader, sameEntry } from '../domain/ledger/journal.ts';
import { implausible } from '../domain/ledger/plausible.ts';
import type { Exception } from '../domain/reconciliation/exception.ts';
import { type Instant, vietnamDay } from '../domain/time.ts';
import { sha256 } from './hashing.ts';
import { inParallel } from './in-parallel.ts';
import {
  type Change,
  enterChange,
  entriesOfChange,
  type PublishDependencies,
  reviewException,
  tellChanges,
} from './publish-change.ts';

/** Parts into which the whole book is cut for looking through it; they are looked through beside each other. */
export const REPAIR_SEGMENTS = 4;
/** Pages that one piece of work reads; then it hands on where it stands, so that none outlives its time. */
export const PAGES_A_PIECE = 20;
/** What a repair leaves to the stream: that much of what is newest, in milliseconds. */
export const REPAIR_SPARES_MILLISECONDS = 15 * 60_000;
/** Entries proved at once. */
const AT_ONCE = 16;

/** A piece of a repair: one part of the book, from a page on. `from` and `to`: commits that must be in the journal. */
export const RepairPiece = z.object({
  kind: z.literal('repair'),
  from: z.int(),
  to: z.int(),
  segment: z.int().min(0),
  segments: z.int().min(1),
  after: z.string().optional(),
});
export type RepairPiece = z.infer<typeof RepairPiece>;

/** An agency's day of the journal, each entry of which must stand on its invoice. */
export const ProofPiece = z.object({ kind: z.literal('proof'), agencyCode: z.string(), day: z.string() });
export type ProofPiece = z.infer<typeof ProofPiece>;

export type Finding = {
  /** `missing`: it was not in the journal and has been entered. The others changed nothing. */
  kind: 'missing' | 'differs' | 'implausible' | 'unreadable' | 'onNoInvoice';
  key: string;
  movementId?: string;
};

export type RepairDependencies = PublishDependencies & {
  book: BookPages;
  entries: Pick<JournalFeed, 'at'>;
  now: () => Instant;
  /** Every finding is told: nothing is mended silently. */
  found: (finding: Finding) => void;
};

/**
 * Proves of one part of the book that every movement of a time has its entry in the journal, and enters what is missing, as
 * the stream would have; the journal's condition keeps what is there. What contradicts the journal, or was never written by
 * this service, changes nothing and becomes a work item. Answers the next piece, or nothing at the end of the part.
 */
export async function repairPiece(
  piece: RepairPiece,
  dependencies: RepairDependencies,
): Promise<{ next: RepairPiece | undefined; looked: number }> {
  let { after } = piece;
  let looked = 0;
  for (let pages = 0; pages < PAGES_A_PIECE; pages += 1) {
    const { segment, segments } = piece;
    const page = await dependencies.book.page({ segment, segments, after });
    looked += page.items.length;
    await inParallel(page.items, AT_ONCE, ({ key, item }) => proveItem(key, item, piece, dependencies));
    if (page.after === undefined) return { next: undefined, looked };
    after = page.after;
  }
  return { next: { ...piece, after }, looked };
}

async function proveItem(
  key: string,
  item: BookItem | undefined,
  { from, to }: Pick<RepairPiece, 'from' | 'to'>,
  dependencies: RepairDependencies,
): Promise<void> {
  const { entries, exceptions, found } = dependencies;
  if (!item) return found({ kind: 'unreadable', key });
  if (item.kind === 'review') {
    if (item.keptAt < from || item.keptAt > to) return;
    for (const exception of reviewException(undefined, item)) await exceptions.open(exception);
    return;
  }
  if (item.kind === 'credit' || item.kind === 'void') return;
  if (implausible(item)) {
    await exceptions.open(alteredException(key, item, dependencies.now()));
    return found({ kind: 'implausible', key });
  }
  const missing = new Set<string>();
  for (const entry of entriesOfChange(undefined, item)) {
    if (entry.committedAt < from || entry.committedAt > to) continue;
    const there = await entries.at(entry);
    if (there && sameEntry(there, entry)) continue;
    if (there) {
      await exceptions.open(alteredException(key, item, dependencies.now(), entry));
      found({ kind: 'differs', key, movementId: entry.movementId });
    } else missing.add(entry.movementId);
  }
  if (missing.size === 0) return;
  for (const movementId of missing) found({ kind: 'missing', key, movementId });
  await tellChanges([await enterChange(asChange(item, missing), dependencies)], dependencies);
}

/** The change that brought these movements, and nothing else. */
function asChange(
  item: Exclude<BookItem, { kind: 'review' | 'credit' | 'void' }>,
  movementIds: ReadonlySet<string>,
): Change {
  const without = <M>(movements: Record<string, M>) =>
    Object.fromEntries(Object.entries(movements).filter(([id]) => !movementIds.has(id)));
  const before: BookItem =
    item.kind === 'invoice'
      ? {
          kind: 'invoice',
          invoice: {
            ...item.invoice,
            movements: without(item.invoice.movements),
            version: item.invoice.version - movementIds.size,
          },
        }
      : { ...item, movements: without(item.movements) };
  return { before, after: item, at: 0 };
}

/**
 * Proves of an agency's day of the journal that each entry stands on its invoice as it was entered. An entry that does not
 * was put there, or its movement taken away, by other hands: a work item, and nothing is changed.
 */
export async function proveDay(
  { agencyCode, day }: ProofPiece,
  {
    journal,
    invoices,
    exceptions,
    found,
    now,
  }: Pick<RepairDependencies, 'exceptions' | 'found' | 'now'> & {
    journal: JournalReader;
    invoices: Pick<InvoiceBook, 'findMany'>;
  },
): Promise<{ proved: number }> {
  let proved = 0;
  let some: JournalEntry[] = [];
  const prove = async () => {
    const numbers = [...new Set(some.map(({ invoiceNumber }) => InvoiceNumber.parse(invoiceNumber)))];
    const there = new Map((await invoices.findMany(numbers)).map((invoice) => [invoice.number as string, invoice]));
    for (const entry of some) {
      const invoice = there.get(entry.invoiceNumber ?? '');
      const expected = invoice
        ? entriesOfChange(undefined, { kind: 'invoice', invoice }).find((one) => one.movementId === entry.movementId)
        : undefined;
      proved += 1;
      if (expected?.committedAt === entry.committedAt && sameEntry(expected, entry)) continue;
      await exceptions.open(entryException(entry, now()));
      found({ kind: 'onNoInvoice', key: entry.invoiceNumber ?? '', movementId: entry.movementId });
    }
    some = [];
  };
  for await (const entry of journal.ofDay({ agencyCode, day })) {
    // A receipt's key follows from more than its entry: the other direction proves it.
    if (entry.invoiceNumber === undefined) continue;
    some.push(entry);
    if (some.length === PROVED_AT_ONCE) await prove();
  }
  if (some.length > 0) await prove();
  return { proved };
}

/** Entries proved at once: no more invoices than one call may read. */
const PROVED_AT_ONCE = 100;

const alteredId = (...parts: readonly string[]) => `exc_${sha256(['repair', ...parts].join('\n')).slice(0, 24)}`;

function alteredException(
  key: string,
  item: Extract<BookItem, { kind: 'invoice' | 'receipt' }>,
  at: Instant,
  entry?: JournalEntry,
): Exception {
  const [movement] = Object.values(item.kind === 'invoice' ? item.invoice.movements : item.movements);
  return {
    exceptionId: alteredId(key, entry?.movementId ?? ''),
    category: 'BOOKS_ALTERED',
    state: 'OPEN',
    source: 'repair',
    agencyCode: item.kind === 'invoice' ? item.invoice.agencyCode : item.agencyCode,
    providerId: entry?.providerId ?? movement?.providerId ?? '',
    transactionId: entry?.transactionId ?? movement?.transactionId ?? '',
    businessDate: vietnamDay(entry?.committedAt ?? movement?.committedAt ?? at),
    openedAt: at,
    ours: entry?.amount ?? null,
    theirs: null,
    ...(item.kind === 'invoice' && { invoiceId: `inv_${item.invoice.number}` }),
  };
}

const entryException = (entry: JournalEntry, at: Instant): Exception => ({
  exceptionId: alteredId('entry', entry.invoiceNumber ?? '', entry.movementId),
  category: 'BOOKS_ALTERED',
  state: 'OPEN',
  source: 'repair',
  agencyCode: entry.agencyCode,
  providerId: entry.providerId,
  transactionId: entry.transactionId,
  businessDate: vietnamDay(entry.committedAt),
  openedAt: at,
  ours: null,
  theirs: entry.amount,
  ...(entry.invoiceNumber !== undefined && { invoiceId: `inv_${entry.invoiceNumber}` }),
});
