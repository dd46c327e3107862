import type * as z from 'zod';
import { money } from '../../shared/api/common.ts';
import * as api from '../../shared/api/counter.ts';
import type { InvoiceBook } from '../../shared/domain/invoice/book.ts';
import { type Invoice, stateAt } from '../../shared/domain/invoice/invoice.ts';
import { type InvoiceId, invoiceId } from '../../shared/domain/invoice/number.ts';
import { counterEvidence } from '../../shared/domain/payment/counter.ts';
import { type Movement, type MovementId, reversalOf } from '../../shared/domain/payment/movement.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { recordCounterPayment } from '../../shared/usecases/record-counter-payment.ts';
import * as reversing from '../../shared/usecases/reverse-counter-payment.ts';

export type CounterRoutesDependencies = {
  invoices: Pick<InvoiceBook, 'find' | 'post' | 'proposeReversal' | 'rejectReversal'>;
  audit: (tried: reversing.OwnApproval) => void;
  now: () => Instant;
};

type PaymentParams = { invoiceId: string; counterPaymentId: string };
const named = ({ invoiceId, counterPaymentId }: PaymentParams): reversing.CounterPaymentName => ({
  invoiceId: invoiceId as InvoiceId,
  counterPaymentId: counterPaymentId as MovementId,
});

export const counterRoutes = (dependencies: CounterRoutesDependencies): Route[] => {
  const { now } = dependencies;
  return [
    answering(api.recordCounterPayment, async ({ params, body: { amount, ...slip }, caller, idempotencyKey }) => {
      const command = { invoiceId: params.invoiceId as InvoiceId, amount, slip };
      const { invoice, movement, replayed } = await recordCounterPayment(command, caller, idempotencyKey, dependencies);
      return { status: 201, body: present(invoice, movement, now()), replayed };
    }),

    answering(api.listCounterPayments, async ({ params, caller }) => {
      const listed = await reversing.listCounterPayments(params.invoiceId as InvoiceId, caller, dependencies);
      return { status: 200, body: { data: listed.movements.map((one) => present(listed.invoice, one, now())) } };
    }),

    answering(api.proposeCounterReversal, async ({ params, body, caller, idempotencyKey }) => {
      const command = { ...named(params), reason: body.reason };
      const proposed = await reversing.proposeCounterReversal(command, caller, idempotencyKey, dependencies);
      return { status: 201, body: present(proposed.invoice, proposed.movement, now()), replayed: proposed.replayed };
    }),

    answering(api.approveCounterReversal, async ({ params, caller }) => {
      const approved = await reversing.approveCounterReversal(named(params), caller, dependencies);
      return { status: 200, body: present(approved.invoice, approved.movement, now()), replayed: approved.replayed };
    }),

    answering(api.rejectCounterReversal, async ({ params, caller }) => {
      const rejected = await reversing.rejectCounterReversal(named(params), caller, dependencies);
      return { status: 200, body: present(rejected.invoice, rejected.movement, now()), replayed: rejected.replayed };
    }),
  ];
};

function present(invoice: Invoice, movement: Movement, now: Instant): z.input<typeof api.CounterPaymentBody> {
  const { method, receipt, desk, cardSlip, clerk } = counterEvidence(movement);
  const reversed = invoice.movements[reversalOf(movement.movementId)] !== undefined;
  const proposal = reversing.proposalOf(invoice, movement.movementId);
  return {
    counterPaymentId: movement.movementId,
    invoiceId: invoiceId(invoice.number),
    state: reversed ? 'reversed' : proposal?.state === 'proposed' ? 'reversal_proposed' : 'recorded',
    amount: money(movement.amount),
    method,
    receipt,
    desk,
    ...(cardSlip && { cardSlip }),
    recordedAt: formatInstant(movement.committedAt),
    recordedBy: clerk,
    ...(proposal && {
      reversal: {
        state: reversed ? 'approved' : proposal.state,
        reason: proposal.reason,
        proposedBy: proposal.by,
        proposedAt: formatInstant(proposal.proposedAt),
        ...(proposal.decidedBy && { decidedBy: proposal.decidedBy }),
      },
    }),
    invoiceState: stateAt(invoice, now),
    due: money(invoice.due),
  };
}
