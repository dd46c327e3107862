import * as z from 'zod';
import type { BookItem, BookPages, InvoiceBook } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { lazy } from '../domain/lazy.ts';
import type { BookBreach } from '../domain/ledger/breach.ts';
import {
  type JournalEntry,
  type JournalFeed,
  type JournalProver,
  type JournalReader,
  sameEntry,
} from '../domain/ledger/journal.ts';
import { implausible } from '../domain/ledger/plausible.ts';
import { MovementId } from '../domain/payment/movement.ts';
import { paymentReference } from '../domain/payment/reference.ts';
import type { WatchList } from '../domain/payment/silent.ts';
import type { DecisionBook } from '../domain/reconciliation/decisions.ts';
import type { Exception } from '../domain/reconciliation/exception.ts';
import type { WorkPages } from '../domain/reconciliation/ports.ts';
import type { RemittanceBook } from '../domain/remittance/remittance.ts';
import type { Instant } from '../domain/time.ts';
import { alteredException, entryException, rowException } from './altered-books.ts';
import { inParallel } from './in-parallel.ts';
import { isOfNoItem } from './prove-books.ts';
import { type ProveRegistryDependencies, wrongRows } from './prove-registry.ts';
import { wrongSettled } from './prove-settling.ts';
import { type WorkListDependencies, wrongItems, wrongOwed } from './prove-work.ts';
import { type Change, enterChange, entriesOfChange, type PublishDependencies, tellChanges } from './publish-change.ts';
import { PROVED_AT_ONCE, strayEntries } from './stray-entries.ts';
import { isStrayRemittance } from './stray-remittances.ts';
import { owedBy } from './work-causes.ts';

/** Parts into which the whole book is cut for looking through it; they are looked through beside each other. */
export const REPAIR_SEGMENTS = 4;
/** Pages that one piece of work reads; then it hands on where it stands, so that none outlives its time. */
export const PAGES_A_PIECE = 20;
/** What a repair leaves to the stream: that much of what is newest, in milliseconds. */
export const REPAIR_SPARES_MILLISECONDS = 15 * 60_000;
/** Items looked at, or entered, beside each other. */
const AT_ONCE = 16;
/** Items whose movements one piece of work enters. */
export const ENTERED_A_PIECE = 25;

/** A piece of a repair: one part of the book, from a page on. `from` and `to`: commits that must be in the journal. */
export const RepairPiece = lazy(() =>
  z.object({
    kind: z.literal('repair'),
    from: z.int(),
    to: z.int(),
    segment: z.int().min(0),
    segments: z.int().min(1),
    after: z.string().optional(),
    /** Also what stands in the journal is told again: a reader of the stream may have died between the two. */
    again: z.boolean().optional(),
  }),
);
export type RepairPiece = z.infer<typeof RepairPiece>;

/**
 * Movements that are to be entered and told, by the key of their item. Once this lies in the queue nothing of it is
 * forgotten: a piece that dies after the journal has the entry comes back and tells of it.
 */
export const EnterPiece = lazy(() =>
  z.object({
    kind: z.literal('enter'),
    items: z
      .array(z.object({ key: z.string(), movementIds: z.array(MovementId).min(1) }))
      .min(1)
      .max(ENTERED_A_PIECE),
  }),
);
export type EnterPiece = z.infer<typeof EnterPiece>;

/** An agency's day of the journal, each entry of which must stand on its invoice. */
export const ProofPiece = lazy(() => z.object({ kind: z.literal('proof'), agencyCode: z.string(), day: z.string() }));
export type ProofPiece = z.infer<typeof ProofPiece>;

/** An agency's work list, each item of which must follow from something, from a page on. */
export const WorkPiece = lazy(() =>
  z.object({ kind: z.literal('work'), agencyCode: z.string(), after: z.string().optional() }),
);
export type WorkPiece = z.infer<typeof WorkPiece>;

/** The registry, each row of which must be what the logbook knows of it, from a page on. */
export const RegistryPiece = lazy(() => z.object({ kind: z.literal('registry'), after: z.string().optional() }));
export type RegistryPiece = z.infer<typeof RegistryPiece>;

export type Finding = {
  /**
   * `missing`: it was not in the journal and is entered; `noWorkItem`: nobody had to decide about it, and somebody has now.
   * The others changed nothing.
   */
  kind: 'missing' | 'noWorkItem' | 'differs' | 'implausible' | 'unreadable' | 'onNoInvoice' | BookBreach['kind'];
  key: string;
  movementId?: string;
  /** What is wrong with a work item or a record. */
  detail?: string;
};

export type RepairDependencies = Pick<PublishDependencies, 'exceptions'> & {
  book: Pick<BookPages, 'page' | 'at'>;
  entries: Pick<JournalFeed, 'at'>;
  watches: Pick<WatchList, 'watch'>;
  work: WorkPages;
  /** The queue that the pieces come from. */
  pieces: { sendAll(pieces: readonly EnterPiece[]): Promise<void> };
  now: () => Instant;
  /** Every finding is told: nothing is mended silently. */
  found: (finding: Finding) => void;
};

/**
 * Proves of one part of the book that every movement of a time has its entry in the journal, and that everything about
 * which somebody must decide, however old, has its work item as it was opened. What is missing goes into the queue, to be
 * entered by {@link enterPiece}. What contradicts the journal, or was never written by this service, changes nothing and
 * becomes a work item. Answers the next piece, or nothing at the end of the part.
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
    const items: EnterPiece['items'] = [];
    await inParallel(page.items, AT_ONCE, async ({ key, item }) => {
      const movementIds = await proveItem(key, item, piece, dependencies);
      if (movementIds.length > 0) items.push({ key, movementIds });
    });
    if (items.length > 0) await dependencies.pieces.sendAll(inPieces(items));
    if (page.after === undefined) return { next: undefined, looked };
    after = page.after;
  }
  return { next: { ...piece, after }, looked };
}

/** How often each item of an agency's work list was changed by people. Read on days that have a correction alone. */
async function versionsOf(agencyCode: string, work: Pick<WorkPages, 'page'>): Promise<Map<string, number>> {
  const versions = new Map<string, number>();
  let after: string | undefined;
  do {
    const page = await work.page({ agencyCode, after });
    for (const { exception } of page.items)
      if (exception?.version !== undefined) versions.set(exception.exceptionId, exception.version);
    after = page.after;
  } while (after !== undefined);
  return versions;
}

const inPieces = (items: EnterPiece['items']): EnterPiece[] =>
  Array.from({ length: Math.ceil(items.length / ENTERED_A_PIECE) }, (_, place) => ({
    kind: 'enter',
    items: items.slice(place * ENTERED_A_PIECE, (place + 1) * ENTERED_A_PIECE),
  }));

/** Answers the movements that are to be entered and told. */
async function proveItem(
  key: string,
  item: BookItem | undefined,
  piece: Pick<RepairPiece, 'from' | 'to' | 'again'>,
  dependencies: RepairDependencies,
): Promise<MovementId[]> {
  const { exceptions, found, now } = dependencies;
  if (!item) {
    await exceptions.open(rowException(key, now()));
    found({ kind: 'unreadable', key });
    return [];
  }
  if (item.kind === 'credit' || item.kind === 'void') return [];
  if (item.kind !== 'review' && implausible(item)) {
    await exceptions.open(alteredException(key, item, now()));
    found({ kind: 'implausible', key });
    return [];
  }
  const wanted = item.kind === 'review' ? [] : await proveMovements(key, item, piece, dependencies);
  await proveOwed(key, item, { to: piece.to, wanted }, dependencies);
  if (piece.again && item.kind === 'invoice') await watchWaiting(item.invoice, piece, dependencies);
  return wanted;
}

/** What must be on the work list is opened where it is not, and where it has cleared though its cause stands. */
async function proveOwed(
  key: string,
  item: BookItem,
  { to, wanted }: { to: Instant; wanted: readonly MovementId[] },
  dependencies: Pick<RepairDependencies, 'book' | 'work' | 'exceptions' | 'found' | 'now'>,
): Promise<void> {
  const { exceptions, found, now } = dependencies;
  const at = now();
  // What is entered opens its own.
  const owed = owedBy(item, at).filter(
    ({ since, movementId }) => since <= to && !(movementId !== undefined && wanted.includes(movementId)),
  );
  const keyed = owed.map((one) => ({ ...one, key }));
  for await (const { owed: one, wrong: what } of wrongOwed(keyed, at, dependencies)) {
    const isOpened = (await exceptions.open(one.exception)) === 'opened';
    if (!isOpened) await tellWrongWork(what, { exceptions, found, now });
    else found({ kind: 'noWorkItem', key, ...(one.movementId !== undefined && { movementId: one.movementId }) });
  }
}

/** What no work of this service left so becomes a work item itself, and is not changed. */
async function tellWrongWork(
  { kind, key, detail, exception }: BookBreach & { exception?: Exception },
  { exceptions, found, now }: Pick<RepairDependencies, 'exceptions' | 'found' | 'now'>,
): Promise<void> {
  await exceptions.open({ ...rowException(key, now()), ...(exception && aboutWork(exception)) });
  found({ kind, key, detail });
}

/** Whose it is, as far as it can be believed. */
const aboutWork = ({ agencyCode, businessDate, invoiceId }: Exception): Partial<Exception> => ({
  ...{ agencyCode, businessDate },
  ...(invoiceId !== undefined && { invoiceId }),
});

/**
 * Proves of a part of an agency's work list that each item follows from something, says what it was opened with, is in
 * its state by acts that the logbook knows, and has led to what it was settled by: a correction, a decision. Answers the next piece, or nothing at the end of the list.
 */
export async function proveWorkPiece(
  { agencyCode, after }: WorkPiece,
  dependencies: Pick<RepairDependencies, 'work' | 'exceptions' | 'found' | 'now'> &
    Omit<WorkListDependencies, 'ofNoInvoice'> & { journal: JournalProver; decisions: Pick<DecisionBook, 'of'> },
): Promise<{ next: WorkPiece | undefined; proved: number }> {
  let [from, proved] = [after, 0];
  for (let pages = 0; pages < PAGES_A_PIECE; pages += 1) {
    const page = await dependencies.work.page({ agencyCode, after: from });
    for (const wrong of await wrongItems(page.items, dependencies)) await tellWrongWork(wrong, dependencies);
    for (const wrong of await wrongSettled(page.items, dependencies)) await tellWrongWork(wrong, dependencies);
    proved += page.items.length;
    if (page.after === undefined) return { next: undefined, proved };
    from = page.after;
  }
  return { next: { kind: 'work', agencyCode, after: from }, proved };
}

/** Proves of a part of the registry that the logbook knows each row so. Answers the next piece, or nothing at its end. */
export async function proveRegistryPiece(
  { after }: RegistryPiece,
  dependencies: ProveRegistryDependencies & Pick<RepairDependencies, 'exceptions' | 'found'>,
): Promise<{ next: RegistryPiece | undefined; proved: number }> {
  const { rows, exceptions, found, now } = dependencies;
  let [from, proved] = [after, 0];
  for (let pages = 0; pages < PAGES_A_PIECE; pages += 1) {
    const page = await rows.page(from);
    for (const wrong of await wrongRows(page.rows, dependencies)) {
      await exceptions.open(rowException(wrong.key, now()));
      found(wrong);
    }
    proved += page.rows.length;
    if (page.after === undefined) return { next: undefined, proved };
    from = page.after;
  }
  return { next: { kind: 'registry', after: from }, proved };
}

async function proveMovements(
  key: string,
  item: Extract<BookItem, { kind: 'invoice' | 'receipt' }>,
  { from, to, again = false }: Pick<RepairPiece, 'from' | 'to' | 'again'>,
  { entries, exceptions, found, now }: RepairDependencies,
): Promise<MovementId[]> {
  const wanted: MovementId[] = [];
  for (const entry of entriesOfChange(undefined, item)) {
    const { movementId, committedAt } = entry;
    if (committedAt < from || committedAt > to) continue;
    const there = await entries.at(entry);
    if (there && !sameEntry(there, entry)) {
      await exceptions.open(alteredException(key, item, now(), entry));
      found({ kind: 'differs', key, movementId });
      continue;
    }
    if (!there) found({ kind: 'missing', key, movementId });
    if (!there || again) wanted.push(movementId);
  }
  return wanted;
}

/** The stream has every new attempt asked about; those that it lost are asked about now. */
async function watchWaiting(
  { number, attempts }: Invoice,
  { from, to }: Pick<RepairPiece, 'from' | 'to'>,
  { watches, now }: Pick<RepairDependencies, 'watches' | 'now'>,
): Promise<void> {
  for (const [index, { state, providerId, createdAt }] of attempts.entries()) {
    const waits = state === 'created' || state === 'pending';
    if (!waits || createdAt < from || createdAt > to) continue;
    await watches.watch({ providerId, reference: paymentReference(number, index + 1), dueAt: now() });
  }
}

/**
 * Enters movements and tells of them, as the stream would have; the journal's condition keeps what is there, and what is
 * there is told as it stands there.
 */
export async function enterPiece(
  { items }: EnterPiece,
  dependencies: PublishDependencies & { book: Pick<BookPages, 'at'> },
): Promise<void> {
  const wanted = new Map(items.map(({ key, movementIds }) => [key, new Set<string>(movementIds)]));
  await inParallel(await dependencies.book.at([...wanted.keys()]), AT_ONCE, async ({ key, item }) => {
    if (item?.kind !== 'invoice' && item?.kind !== 'receipt') return;
    await tellChanges([await enterChange(asChange(item, wanted.get(key) ?? new Set()), dependencies)], dependencies);
  });
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
  return { before, after: item, at: 0, found: true };
}

/**
 * Proves of an agency's day of the journal that each entry stands on its invoice, in its batch of what is paid on, or on its work item, as it
 * was entered. An entry that does not was put there, or its movement taken away, by other hands: a work item, and nothing is changed.
 */
export async function proveDay(
  { agencyCode, day }: ProofPiece,
  {
    journal,
    invoices,
    remittances,
    work,
    exceptions,
    found,
    now,
  }: Pick<RepairDependencies, 'exceptions' | 'found' | 'now'> & {
    work: Pick<WorkPages, 'page'>;
    journal: JournalReader;
    invoices: Pick<InvoiceBook, 'findMany'>;
    remittances: Pick<RemittanceBook, 'find'>;
  },
): Promise<{ proved: number }> {
  let proved = 0;
  let some: JournalEntry[] = [];
  const corrections: JournalEntry[] = [];
  const tell = async (entry: JournalEntry) => {
    await exceptions.open(entryException(entry, now()));
    found({ kind: 'onNoInvoice', key: entry.invoiceNumber ?? '', movementId: entry.movementId });
  };
  const prove = async () => {
    proved += some.length;
    for (const entry of await strayEntries(some, invoices)) await tell(entry);
    some = [];
  };
  for await (const entry of journal.ofDay({ agencyCode, day })) {
    if (entry.kind === 'remittance') {
      proved += 1;
      if (await isStrayRemittance(entry, remittances)) await tell(entry);
      continue;
    }
    if (entry.kind === 'correction') corrections.push(entry);
    // A receipt's key follows from more than its entry: the other direction proves it.
    if (entry.invoiceNumber === undefined) continue;
    some.push(entry);
    if (some.length === PROVED_AT_ONCE) await prove();
  }
  if (some.length > 0) await prove();
  const versions = corrections.length > 0 ? await versionsOf(agencyCode, work) : new Map<string, number>();
  for (const entry of corrections) if (isOfNoItem(entry, versions)) await tell(entry);
  return { proved: proved + corrections.length };
}
