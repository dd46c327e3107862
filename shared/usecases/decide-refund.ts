import type { BusinessCalendar } from '../domain/calendar.ts';
import type { InvoiceBook } from '../domain/invoice/book.ts';
import { type Invoice, stands } from '../domain/invoice/invoice.ts';
import { type InvoiceNumber, invoiceId } from '../domain/invoice/number.ts';
import type { Movement } from '../domain/payment/movement.ts';
import { decideMove, type MoveRefund } from '../domain/refund/decide.ts';
import { invoiceOfRefund, type Refund, type RefundId } from '../domain/refund/refund.ts';
import { notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Instant } from '../domain/time.ts';
import type { PaidOn } from './find-remittance.ts';
import { ownInvoice } from './read-invoices.ts';
import { MAX_REFUND_TRIES, type RefundChanged } from './request-refund.ts';

/** Working days within which an approved refund must be given back (Decree 347/2025/ND-CP, article 5). */
export const REFUND_WORKING_DAYS = 1;

/** A try to approve what one asked for or reported oneself. Persons by the id in their tokens, never by name. */
export type OwnRefundApproval = { refund: string; by: string; clientId: string };

export type DecideRefundDependencies = {
  invoices: Pick<InvoiceBook, 'find' | 'writeRefund'>;
  calendar: Pick<BusinessCalendar, 'deadline'>;
  /** Whether a money of an invoice was paid on already: then no bank gives it back (Decree 252/2026/ND-CP, article 61). */
  isPaidOn: (money: Movement, number: InvoiceNumber) => Promise<PaidOn>;
  /** Writes down for good that somebody tried to be both pairs of eyes. */
  audit: (tried: OwnRefundApproval) => void;
  now: () => Instant;
};

/**
 * Another person orders the refund, by a write whose condition says that somebody else asked for it and that the money has
 * been neither reversed, nor moved. What was paid on can only be returned by hand: the batches say so, and where they know
 * nothing of it the approver must (`moneyAt`). Approving again answers the same. Refusals: not_found, forbidden,
 * own_approval, refund_not_pending, refund_overtaken, money_at_treasury, money_not_traced, version_conflict.
 */
export async function approveRefund(
  { refundId, moneyAt }: { refundId: RefundId; moneyAt?: 'provider' | 'treasury' | undefined },
  caller: Caller,
  dependencies: DecideRefundDependencies,
): Promise<RefundChanged> {
  requireDecider(caller);
  return changeRefund(refundId, caller, dependencies.invoices, async (invoice, refund) => {
    if (refund.decidedBy === caller.subject && refund.refusal === undefined) return 'repeated';
    if (refund.state !== 'requested') throw new Refusal('refund_not_pending');
    requireOther(refund, refund.by, caller, dependencies);
    const money = invoice.movements[refund.movementId];
    if (!money || !stands(invoice, refund.movementId)) throw new Refusal('refund_overtaken');
    const paidOn = moneyAt === 'treasury' ? 'yes' : await dependencies.isPaidOn(money, invoice.number);
    if (paidOn === 'yes' && moneyAt === 'provider') throw new Refusal('money_at_treasury');
    if (paidOn === 'unknown' && moneyAt === undefined) throw new Refusal('money_not_traced');
    const at = dependencies.now();
    const order = {
      decidedBy: caller.subject,
      decidedAt: at,
      dueBy: dependencies.calendar.deadline(at, REFUND_WORKING_DAYS),
    };
    const conditions = { person: notThe('requester', caller), whileStanding: true as const };
    return paidOn === 'yes'
      ? decideMove(invoice, refundId, 'ApprovedByHand', { ...order, byHand: 'MONEY_AT_TREASURY' }, conditions)
      : decideMove(invoice, refundId, 'Approved', order, conditions);
  });
}

/**
 * Another person says no, and why: its money is free again. Refusals: not_found, forbidden, own_approval,
 * refund_not_pending, version_conflict.
 */
export async function rejectRefund(
  { refundId, why }: { refundId: RefundId; why: string },
  caller: Caller,
  dependencies: DecideRefundDependencies,
): Promise<RefundChanged> {
  requireDecider(caller);
  return changeRefund(refundId, caller, dependencies.invoices, (invoice, refund) => {
    if (refund.state === 'rejected' && refund.decidedBy === caller.subject) return 'repeated';
    if (refund.state !== 'requested') throw new Refusal('refund_not_pending');
    requireOther(refund, refund.by, caller, dependencies);
    const change = { decidedBy: caller.subject, decidedAt: dependencies.now(), refusal: why };
    return decideMove(invoice, refundId, 'Rejected', change, { person: notThe('requester', caller) });
  });
}

/**
 * Whoever asked takes the request back, before anybody has ordered it. Refusals: not_found, refund_of_another,
 * refund_not_pending, version_conflict.
 */
export async function withdrawRefund(
  refundId: RefundId,
  caller: Caller,
  { invoices, now }: Pick<DecideRefundDependencies, 'invoices' | 'now'>,
): Promise<RefundChanged> {
  return changeRefund(refundId, caller, invoices, (invoice, refund) => {
    if (refund.by !== caller.subject) throw new Refusal('refund_of_another');
    if (refund.state === 'withdrawn') return 'repeated';
    if (refund.state !== 'requested') throw new Refusal('refund_not_pending');
    const person = { must: 'be', the: 'requester', person: caller.subject } as const;
    return decideMove(invoice, refundId, 'Withdrawn', { decidedAt: now() }, { person });
  });
}

export function requireDecider({ client }: Caller): void {
  if (client.kind !== 'agency' && client.kind !== 'finance') throw new Refusal('forbidden');
}

/** Two persons, whatever clients they sign in at. */
export function requireOther(
  { refundId }: Refund,
  first: string | undefined,
  { subject, clientId }: Caller,
  { audit }: Pick<DecideRefundDependencies, 'audit'>,
): void {
  if (first !== subject) return;
  audit({ refund: refundId, by: subject, clientId });
  throw new Refusal('own_approval');
}

export const notThe = (the: 'requester' | 'reporter', { subject }: Caller) =>
  ({ must: 'notBe', the, person: subject }) as const;

type Decided = MoveRefund | 'repeated' | undefined;

/** Decides from the invoice as it stands, writes, and decides again from what a refusal of the write returned. */
export async function changeRefund(
  refundId: RefundId,
  caller: Caller,
  invoices: Pick<InvoiceBook, 'find' | 'writeRefund'>,
  decide: (invoice: Invoice, refund: Refund) => Decided | Promise<Decided>,
): Promise<RefundChanged> {
  let invoice = await ownInvoice(invoiceId(invoiceOfRefund(refundId)), caller, invoices);
  for (let tries = 0; tries < MAX_REFUND_TRIES; tries += 1) {
    const refund = invoice.refunding?.refunds[refundId];
    if (!refund) throw notFound();
    const decided = await decide(invoice, refund);
    if (decided === 'repeated') return { invoice, refund, replayed: true };
    if (!decided) throw new Refusal('refund_not_pending');
    const written = await invoices.writeRefund(decided);
    if (written.kind === 'unknownInvoice') throw notFound();
    if (written.kind === 'written') return { invoice: written.invoice, refund: decided.after, replayed: false };
    invoice = written.current;
  }
  throw new Refusal('version_conflict');
}
