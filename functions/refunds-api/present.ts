import type * as z from 'zod';
import { money } from '../../shared/api/common.ts';
import type { PaymentOrderBody, RefundBody } from '../../shared/api/refunds.ts';
import { maskNumber } from '../../shared/domain/identity/mask.ts';
import { stateAt } from '../../shared/domain/invoice/invoice.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import type { PaymentOrder } from '../../shared/domain/refund/payment-order.ts';
import { refundReasons } from '../../shared/domain/refund/reasons.ts';
import { isSettled } from '../../shared/domain/refund/states.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type { OneRefund } from '../../shared/usecases/read-refunds.ts';

/** What a payment order needs, in full. */
export const presentOrder = ({ amount, dueBy, made, ...order }: PaymentOrder): z.input<typeof PaymentOrderBody> => ({
  ...order,
  amount: money(amount),
  ...(made && { made: { batch: made.batch, by: made.by, at: formatInstant(made.at) } }),
  ...(dueBy !== undefined && { dueBy: formatInstant(dueBy) }),
});

/** How a refund looks to agencies and portals: whole, but for the account that it goes to. */
export function presentRefund({ invoice, refund }: OneRefund, now: Instant): z.input<typeof RefundBody> {
  const { account, report, dueBy } = refund;
  const original = invoice.movements[refund.movementId];
  if (!original) throw new Error(`${refund.refundId} is of money that is not there`);
  const { name, legalBasis } = refundReasons[refund.reason];
  const instant = (member: 'decidedAt' | 'dueBy' | 'sentAt' | 'settledAt') => {
    const at = refund[member];
    return at === undefined ? {} : { [member]: formatInstant(at) };
  };
  return {
    refundId: refund.refundId,
    invoiceId: invoiceId(invoice.number),
    dossierCode: invoice.dossierCode,
    agencyCode: invoice.agencyCode,
    state: refund.state,
    amount: money(refund.amount),
    of: {
      movementId: refund.movementId,
      kind: original.kind as z.input<typeof RefundBody>['of']['kind'],
      providerId: original.providerId,
    },
    lines: refund.lines.map(({ line, amount }) => ({
      line,
      feeItem: invoice.lines[line - 1]?.feeItem ?? '',
      beneficiary: invoice.lines[line - 1]?.beneficiary ?? '',
      amount,
    })),
    reason: { code: refund.reason, name, legalBasis: legalBasis.map((text) => ({ ...text })) },
    decision: refund.decision,
    requestedBy: refund.by,
    requestedAt: formatInstant(refund.requestedAt),
    ...(refund.decidedBy !== undefined && { decidedBy: refund.decidedBy }),
    ...instant('decidedAt'),
    ...(refund.refusal !== undefined && { refusal: refund.refusal }),
    ...instant('dueBy'),
    overdue: dueBy !== undefined && dueBy < now && !isSettled(refund.state),
    ...instant('sentAt'),
    ...(refund.byHand && { byHand: refund.byHand }),
    ...(refund.resultCode !== undefined && { resultCode: refund.resultCode }),
    ...(refund.providerRefundId !== undefined && { providerRefundId: refund.providerRefundId }),
    ...(account && { account: { bankBin: account.bankBin, number: maskNumber(account.number) } }),
    ...(report && {
      report: {
        outcome: report.outcome,
        document: report.document,
        reportedBy: report.by,
        reportedAt: formatInstant(report.at),
        ...(report.decidedBy !== undefined && { decidedBy: report.decidedBy }),
      },
    }),
    ...instant('settledAt'),
    invoiceState: stateAt(invoice, now),
  };
}
