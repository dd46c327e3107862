import type { BookItem } from '../domain/invoice/book.ts';
import type { JournalEntry } from '../domain/ledger/journal.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import type { Exception } from '../domain/reconciliation/exception.ts';
import { type Instant, vietnamDay } from '../domain/time.ts';
import { exceptionId } from './hashing.ts';

/** Work items about rows that no work of this service left so. */

const alteredId = (...parts: readonly string[]) => exceptionId('repair', ...parts);

/** An item among the invoices, or one of its movements, that contradicts itself or the journal. */
export function alteredException(
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

/** A row by its key alone. Nobody can say whose it is, or since when it is so: found again, it is one matter. */
export const rowException = (key: string, at: Instant): Exception => ({
  exceptionId: alteredId('unreadable', key),
  category: 'BOOKS_ALTERED',
  state: 'OPEN',
  source: 'repair',
  agencyCode: UNASSIGNED,
  providerId: '',
  transactionId: key,
  businessDate: UNDATED,
  openedAt: at,
  ours: null,
  theirs: null,
});

/** An item that was taken out from among the invoices, as far as it is known what it was. */
export const takenOutException = (key: string, before: BookItem | undefined, at: Instant): Exception => ({
  ...rowException(key, at),
  ...(before?.kind === 'invoice' && {
    agencyCode: before.invoice.agencyCode,
    invoiceId: `inv_${before.invoice.number}`,
  }),
  ...((before?.kind === 'receipt' || before?.kind === 'review') && { agencyCode: before.agencyCode }),
});

/** Opened twice it must meet the same key, so that it bears no day of its own. */
const UNDATED = '1970-01-01';

/** An entry of the journal that stands on nothing. */
export const entryException = (entry: JournalEntry, at: Instant): Exception => ({
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
