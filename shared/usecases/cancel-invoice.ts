import type { InvoiceBook } from '../domain/invoice/book.ts';
import { type Invoice, moneyOf, stateAt } from '../domain/invoice/invoice.ts';
import { type InvoiceId, invoiceId } from '../domain/invoice/number.ts';
import { moveInvoice } from '../domain/invoice/states.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { formatInstant, type Instant } from '../domain/time.ts';
import { ownInvoice } from './read-invoices.ts';

/**
 * Cancels an open invoice. Cancelling again changes nothing and answers the same: the state itself is the record. Money
 * that still arrives is kept as surplus. Refusals: not_found, invoice_not_open,
 * invoice_partly_paid.
 */
export async function cancelInvoice(
  id: InvoiceId,
  caller: Caller,
  { invoices, now }: { invoices: Pick<InvoiceBook, 'find' | 'move'>; now: () => Instant },
): Promise<{ invoice: Invoice; replayed: boolean }> {
  const invoice = await ownInvoice(id, caller, invoices);
  if (invoice.state === 'cancelled') return { invoice, replayed: true };
  requireOpen(invoice, now());
  requireNoParts(invoice);
  const moved = await invoices.move(invoice.number, 'open', moveInvoice('open', 'Cancelled'), invoice.due);
  if (moved.kind === 'moved') return { invoice: moved.invoice, replayed: false };
  if (moved.current?.state === 'cancelled') return { invoice: moved.current, replayed: true };
  if (moved.current) {
    requireOpen(moved.current, now());
    requireNoParts(moved.current);
  }
  throw new Refusal('version_conflict');
}

/** What was paid in part must go back, or be made whole, before an invoice can be withdrawn. */
function requireNoParts({ due, total }: Invoice): void {
  if (due !== total) throw new Refusal('invoice_partly_paid');
}

/** Throws the refusal invoice_not_open, saying why, unless the invoice can still be paid. */
export function requireOpen(invoice: Invoice, now: Instant): void {
  const state = stateAt(invoice, now);
  if (state === 'open') return;
  const { paidAt } = moneyOf(invoice);
  const since = state === 'expired' ? invoice.expiresAt : paidAt;
  const instant = since === undefined ? '' : formatInstant(since);
  const words: Record<string, { vi: string; en: string }> = {
    paid: since
      ? { vi: `đã được thanh toán lúc ${instant}`, en: `was paid at ${instant}` }
      : { vi: 'không phải nộp tiền', en: 'has nothing to pay' },
    expired: { vi: `đã hết hạn lúc ${instant}`, en: `expired at ${instant}` },
    cancelled: { vi: 'đã bị hủy', en: 'was cancelled' },
  };
  const word = words[state] ?? { vi: `ở trạng thái ${state}`, en: `is ${state}` };
  const id = invoiceId(invoice.number);
  throw new Refusal('invoice_not_open', { vi: `Hóa đơn ${id} ${word.vi}.`, en: `Invoice ${id} ${word.en}.` });
}
