import { type InvoiceBook, MAX_FIND_MANY } from '../domain/invoice/book.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { type JournalEntry, sameEntry } from '../domain/ledger/journal.ts';
import { entriesOfChange } from './publish-change.ts';

/** Entries proved at once: no more invoices than one call may read. */
export const PROVED_AT_ONCE = MAX_FIND_MANY;

/**
 * Those of some entries of invoices, {@link PROVED_AT_ONCE} at most, that do not stand on their invoice as they were
 * entered: put there, or their movement taken away, by other hands.
 */
export async function strayEntries(
  entries: readonly JournalEntry[],
  invoices: Pick<InvoiceBook, 'findMany'>,
): Promise<JournalEntry[]> {
  const numbers = [...new Set(entries.map(({ invoiceNumber }) => InvoiceNumber.parse(invoiceNumber)))];
  const there = new Map((await invoices.findMany(numbers)).map((invoice) => [invoice.number as string, invoice]));
  return entries.filter((entry) => {
    const invoice = there.get(entry.invoiceNumber ?? '');
    const expected = invoice
      ? entriesOfChange(undefined, { kind: 'invoice', invoice }).find((one) => one.movementId === entry.movementId)
      : undefined;
    return expected?.committedAt !== entry.committedAt || !sameEntry(expected, entry);
  });
}
