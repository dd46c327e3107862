import type { InvoiceBook } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { type InvoiceId, type InvoiceNumber, numberOf } from '../domain/invoice/number.ts';
import type { Dong } from '../domain/money/dong.ts';
import type { MovementId } from '../domain/payment/movement.ts';
import { decideRequest, leftOf, type RefundRefusal, type RefundWish } from '../domain/refund/decide.ts';
import type { RefundReason } from '../domain/refund/reasons.ts';
import {
  type Refund,
  type RefundDecision,
  type RefundId,
  type RefundLine,
  type ReturnAccount,
  refundIdFrom,
} from '../domain/refund/refund.ts';
import { keyReused, notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { ChangeOrigin } from '../domain/registry/origin.ts';
import type { Instant } from '../domain/time.ts';
import { keyedHash } from './hashing.ts';
import { ownInvoice } from './read-invoices.ts';
import { originOf } from './register.ts';

/** How often a call decides again because another write came in between. */
export const MAX_REFUND_TRIES = 8;
/** How many ids a call may have to try because others hold them: with eight digits the second is all but never needed. */
const MAX_PROBES = 4;

export type AskRefund = {
  invoiceId: InvoiceId;
  movementId?: MovementId | undefined;
  amount?: Dong | undefined;
  lines?: readonly RefundLine[] | undefined;
  reason: RefundReason;
  decision: RefundDecision;
  account?: ReturnAccount | undefined;
};

export type RequestRefundDependencies = {
  invoices: Pick<InvoiceBook, 'find' | 'writeRefund'>;
  /** What is wrong with a bank account, in both languages; `undefined` if nothing is. */
  checkAccount: (account: ReturnAccount) => string | undefined;
  now: () => Instant;
};

export type RefundChanged = { invoice: Invoice; refund: Refund; replayed: boolean };

/**
 * Asks for a refund, once for a caller's key. Its amount is set aside by the same conditional write, so that whatever races
 * with it, never more goes back than came. Another person decides.
 *
 * Refusals: not_found, forbidden, invoice_not_paid, money_not_named, money_not_refundable, reason_not_applicable,
 * refund_exceeds_remainder, too_many_refunds, account_invalid, unprocessable, idempotency_key_reused, version_conflict.
 */
export async function requestRefund(
  command: AskRefund,
  caller: Caller,
  idempotencyKey: string,
  { invoices, checkAccount, now }: RequestRefundDependencies,
): Promise<RefundChanged> {
  if (caller.client.kind !== 'agency' && caller.client.kind !== 'portal') throw new Refusal('forbidden');
  let invoice = await ownInvoice(command.invoiceId, caller, invoices);
  const number = numberOf(command.invoiceId);
  const call = originOf(caller, idempotencyKey, `refunds of ${number}`, command);
  const { invoiceId: _, ...asked } = command;

  for (let tries = 0; tries < MAX_REFUND_TRIES; tries += 1) {
    const place = placeOf(invoice, number, call, caller, idempotencyKey);
    if ('earlier' in place) return { invoice, refund: place.earlier, replayed: true };
    const wrong = command.account && checkAccount(command.account);
    if (wrong) throw accountInvalid('/body/account', wrong);
    const wish: RefundWish = { ...asked, refundId: place.free, by: caller.subject, clientId: caller.clientId, ...call };
    const decided = decideRequest(invoice, wish, now());
    if (typeof decided === 'string') throw refusal(decided, invoice, command);
    const written = await invoices.writeRefund(decided);
    if (written.kind === 'unknownInvoice') throw notFound();
    if (written.kind === 'written') return { invoice: written.invoice, refund: decided.refund, replayed: false };
    invoice = written.current;
  }
  throw new Refusal('version_conflict');
}

export const accountInvalid = (pointer: string, message: string): Refusal =>
  new Refusal('account_invalid', undefined, [{ pointer, message }]);

/** The refund that this very call made before, or the id that it may have. Throws for another body. */
function placeOf(
  { refunding }: Invoice,
  number: InvoiceNumber,
  call: ChangeOrigin,
  caller: Caller,
  idempotencyKey: string,
): { earlier: Refund } | { free: RefundId } {
  for (let probe = 0; probe < MAX_PROBES; probe += 1) {
    const id = refundIdFrom(number, keyedHash(idempotencyKey, 'refund', caller.clientId, number, probe));
    const there = refunding?.refunds[id];
    if (!there) return { free: id };
    if (there.keyHash !== call.keyHash) continue;
    if (there.bodyHash !== call.bodyHash) throw keyReused();
    return { earlier: there };
  }
  throw new Refusal('version_conflict');
}

function refusal(code: RefundRefusal, invoice: Invoice, { movementId }: AskRefund): Refusal {
  switch (code) {
    case 'line_unknown':
      return new Refusal('unprocessable', undefined, [
        { pointer: '/body/lines', message: 'the invoice has no such line' },
      ]);
    case 'lines_differ':
      return new Refusal('unprocessable', undefined, [
        { pointer: '/body/amount', message: 'is not the sum of the lines' },
      ]);
    case 'lines_of_no_invoice':
      return new Refusal('unprocessable', undefined, [
        { pointer: '/body/lines', message: 'this money did not pay the invoice and has no lines' },
      ]);
    case 'refund_exceeds_remainder': {
      const money = Object.values(invoice.movements).find((one) => one.movementId === movementId);
      const left = money && leftOf(invoice, money);
      return left === undefined
        ? new Refusal(code)
        : new Refusal(code, { vi: `Còn hoàn được ${left} đồng.`, en: `${left} dong are left.` });
    }
    default:
      return new Refusal(code);
  }
}
