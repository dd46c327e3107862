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
import { bodyHash, keyedText } from './hashing.ts';
import { ownInvoice } from './read-invoices.ts';

/** How often a call decides again because other money came in between. */
const MAX_TRIES = 8;

export type RecordCounterPayment = { invoiceId: InvoiceId; amount: Dong; slip: CounterSlip };

export type CounterDependencies = {
  invoices: Pick<InvoiceBook, 'find' | 'post'>;
  /** Keys under which callers' idempotency keys are hashed, newest first; what an older one hashed is still found. */
  hashKeys: readonly [string, ...string[]];
  now: () => Instant;
};

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
  { invoices, hashKeys, now }: CounterDependencies,
): Promise<CounterRecorded> {
  if (caller.client.kind !== 'agency') throw new Refusal('forbidden');
  let invoice = await ownInvoice(command.invoiceId, caller, invoices);
  const { number } = invoice;
  const calls = hashKeys.map((key): CounterPayment => {
    const body = bodyHash(key, command);
    return {
      movementId: counterMovementId({ number }, keyedText(key, 'counter', caller.clientId, idempotencyKey)),
      amount: command.amount,
      evidence: { v: 1, ...command.slip, clerk: caller.subject, bodyHash: body },
    };
  });
  const [call] = calls as [CounterPayment];

  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const earlier = earlierOf(invoice, calls);
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
function earlierOf(invoice: Invoice, calls: readonly CounterPayment[]): Movement | undefined {
  for (const { movementId, evidence } of calls) {
    const there = invoice.movements[movementId];
    if (!there) continue;
    if (counterEvidence(there).bodyHash !== evidence.bodyHash) throw keyReused();
    return there;
  }
  return undefined;
}

function refusal(code: string, { due }: Invoice): Refusal {
  return code === 'amount_not_due'
    ? new Refusal(code, { vi: `Còn phải nộp ${due} đồng.`, en: `${due} dong are due.` })
    : new Refusal(code);
}
