import { decideDone, decideMove } from '../domain/refund/decide.ts';
import type { RefundDecision, RefundId, ReturnAccount, ReturnReport } from '../domain/refund/refund.ts';
import { keyReused, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { changeRefund, type DecideRefundDependencies, notThe, requireDecider, requireOther } from './decide-refund.ts';
import { originOf } from './register.ts';
import { accountInvalid, type RefundChanged, type RequestRefundDependencies } from './request-refund.ts';

/** Refunds that no provider gives back: a person pays them out, says so with the document, and another one confirms. */

export type ReportReturn = {
  refundId: RefundId;
  outcome: ReturnReport['outcome'];
  document: RefundDecision;
  /** Where it went, if that was not known before. */
  account?: ReturnAccount | undefined;
};

type Dependencies = Pick<DecideRefundDependencies, 'invoices' | 'audit' | 'now'> &
  Pick<RequestRefundDependencies, 'checkAccount'>;

/**
 * One person says what became of it. Refusals: not_found, forbidden, refund_not_by_hand, account_invalid,
 * idempotency_key_reused, version_conflict.
 */
export async function reportReturn(
  command: ReportReturn,
  caller: Caller,
  idempotencyKey: string,
  { invoices, checkAccount, now }: Omit<Dependencies, 'audit'>,
): Promise<RefundChanged> {
  requireDecider(caller);
  const { refundId, outcome, document, account } = command;
  const call = originOf(caller, idempotencyKey, `manual return of ${refundId}`, command);
  return changeRefund(refundId, caller, invoices, (invoice, refund) => {
    if (refund.report?.keyHash === call.keyHash) {
      if (refund.report.bodyHash !== call.bodyHash) throw keyReused();
      return 'repeated';
    }
    if (refund.state !== 'manual') throw new Refusal('refund_not_by_hand');
    const wrong = account && checkAccount(account);
    if (wrong) throw accountInvalid('/body/account', wrong);
    if (outcome === 'transferred' && !account && !refund.account)
      throw accountInvalid('/body/account', 'cần tài khoản nhận / the account that it went to is needed');
    const report = { outcome, document, by: caller.subject, at: now(), ...call };
    return decideMove(invoice, refundId, 'Reported', { report, ...(account && { account }) });
  });
}

/**
 * Another person confirms what was reported, or rejects it. Confirmed, the ledger gives the money back, or, where it was not
 * returned, it is free again. Refusals: not_found, forbidden, own_approval, refund_not_reported, version_conflict.
 */
export async function decideReturn(
  { refundId, confirmed }: { refundId: RefundId; confirmed: boolean },
  caller: Caller,
  { invoices, audit, now }: Dependencies,
): Promise<RefundChanged> {
  requireDecider(caller);
  return changeRefund(refundId, caller, invoices, (invoice, refund) => {
    const { report } = refund;
    if (report?.decidedBy === caller.subject && refund.state !== 'reported') return 'repeated';
    if (refund.state !== 'reported' || !report) throw new Refusal('refund_not_reported');
    requireOther(refund, report.by, caller, { audit });
    const person = notThe('reporter', caller);
    const decided = { report: { ...report, decidedBy: caller.subject } };
    if (!confirmed) return decideMove(invoice, refundId, 'ReportRejected', decided, { person });
    if (report.outcome === 'not_returned')
      return decideMove(invoice, refundId, 'NotReturned', { ...decided, settledAt: now() }, { person });
    return decideDone(invoice, refundId, 'Returned', report.outcome, decided, now(), { person });
  });
}
