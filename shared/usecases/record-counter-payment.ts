import type { InvoiceBook } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import type { InvoiceId } from '../domain/invoice/number.ts';
import type { Dong } from '../domain/money/dong.ts';
import {
  type CounterPayment,
  type CounterSlip,
  counterEvidence,
  counterMovementId,
  decideCounterPayment,
} from '../domain/payment/counter.ts';
import type { Movement } from '../domain/payment/movement.ts';
import { keyReused, notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Instant } from '../domain/time.ts';
import { requireOpen } from './cancel-invoice.ts';
import { ownInvoice } from './read-invoices.ts';
import { originOf } from './register.ts';

/** How often a call decides again because other money came in between. */
const MAX_TRIES = 8;

export type RecordCounterPayment = { invoiceId: InvoiceId; amount: Dong; slip: CounterSlip };

export type CounterDependencies = { invoices: Pick<InvoiceBook, 'find' | 'post'>; now: () => Instant };

export type CounterRecorded = { invoice: Invoice; movement: Movement; replayed: boolean };

/**
 * Enters what a clerk took at the desk, once for a caller's key, by one conditional write as any payment. Online money
 * that comes first makes the call a refusal, and nothing was taken; what comes after it is surplus by the policy table.
 *
 * Refusals: not_found, forbidden (no agency's client), invoice_not_open, amount_not_due, receipt_taken,
 * too_many_movements, idempotency_key_reused, version_conflict.
 */
export async function recordCounterPayment(
  command: RecordCounterPayment,
  caller: Caller,
  idempotencyKey: string,
  { invoices, now }: CounterDependencies,
): Promise<CounterRecorded> {
  if (caller.client.kind !== 'agency') throw new Refusal('forbidden');
  let invoice = await ownInvoice(command.invoiceId, caller, invoices);
  const { number } = invoice;
  const origin = originOf(caller, idempotencyKey, `counter-payments of ${number}`, command);
  const call: CounterPayment = {
    movementId: counterMovementId({ number }, origin.keyHash),
    amount: command.amount,
    evidence: { v: 1, ...command.slip, clerk: caller.subject, bodyHash: origin.bodyHash },
  };

  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const earlier = earlierOf(invoice, call);
    if (earlier) return { invoice, movement: earlier, replayed: true };
    const at = now();
    const decided = decideCounterPayment(invoice, call, at);
    if (decided === 'invoice_not_open') requireOpen(invoice, at);
    if (typeof decided === 'string') throw refusal(decided, invoice);
    const posted = await invoices.post(decided);
    if (posted.kind === 'unknownInvoice') throw notFound();
    const wrote = posted.kind === 'posted';
    invoice =
      posted.kind === 'decideAgain' || posted.kind === 'contradicts'
        ? posted.current
        : await ownInvoice(command.invoiceId, caller, invoices);
    if (wrote) return { invoice, movement: decided.movement, replayed: false };
  }
  throw new Refusal('version_conflict');
}

/** The movement that this very call made before. Throws for another body. */
function earlierOf(invoice: Invoice, { movementId, evidence }: CounterPayment): Movement | undefined {
  const there = invoice.movements[movementId];
  if (there && counterEvidence(there).bodyHash !== evidence.bodyHash) throw keyReused();
  return there;
}

function refusal(code: string, { due }: Invoice): Refusal {
  return code === 'amount_not_due'
    ? new Refusal(code, { vi: `Còn phải nộp ${due} đồng.`, en: `${due} dong are due.` })
    : new Refusal(code);
}
