import * as z from 'zod';
import { ReversalProposal, ReversalReason } from '../domain/invoice/invoice.ts';
import { InvoiceId } from '../domain/invoice/number.ts';
import { InvoiceState } from '../domain/invoice/states.ts';
import { lazy } from '../domain/lazy.ts';
import { Dong } from '../domain/money/dong.ts';
import { CounterReceipt, CounterSlip } from '../domain/payment/counter.ts';
import { MovementId } from '../domain/payment/movement.ts';
import { InstantText, MoneyBody } from './common.ts';
import { endpoint } from './endpoint.ts';

/** What clerks at an agency's desk call. Persons are known by the `sub` of their tokens. */

const InvoiceParams = lazy(() => z.strictObject({ invoiceId: InvoiceId.meta({ examples: ['inv_480213567890'] }) }));
const CounterPaymentId = lazy(() =>
  MovementId.regex(/^mov_counter_[1-9][0-9]{11}-[A-Za-z0-9_-]{22}$/).meta({
    examples: ['mov_counter_480213567890-Q2FzaEF0VGhlRGVza09uZQ'],
  }),
);
const PaymentParams = lazy(() => InvoiceParams.extend({ counterPaymentId: CounterPaymentId }));

export const CounterPaymentBody = lazy(() =>
  z.strictObject({
    counterPaymentId: CounterPaymentId,
    invoiceId: InvoiceId,
    state: z.enum(['recorded', 'reversal_proposed', 'reversed']),
    amount: MoneyBody,
    method: CounterSlip.shape.method,
    receipt: CounterReceipt,
    desk: z.string(),
    cardSlip: z.string().optional(),
    recordedAt: InstantText,
    /** The clerk, by the `sub` of the token. */
    recordedBy: z.string(),
    /** The last proposal to take it back. */
    reversal: z
      .strictObject({
        state: z.enum([...ReversalProposal.shape.state.options, 'approved']),
        reason: ReversalReason,
        proposedBy: z.string(),
        proposedAt: InstantText,
        decidedBy: z.string().optional(),
      })
      .optional(),
    invoiceState: InvoiceState,
    /** What is still to be paid of the invoice. */
    due: MoneyBody,
  }),
);

export const recordCounterPayment = endpoint({
  method: 'POST',
  path: '/v1/invoices/{invoiceId}/counter-payments',
  summary:
    'Record cash or card taken at the agency’s desk: exactly what is due, or a part where the agency takes parts',
  scope: 'counter:write',
  params: InvoiceParams,
  body: lazy(() =>
    CounterSlip.extend({ amount: Dong.min(1) }).refine(
      ({ method, cardSlip }) => (method === 'card') === (cardSlip !== undefined),
      { path: ['cardSlip'], message: 'the card terminal’s slip number, for cards and for nothing else' },
    ),
  ),
  idempotent: true,
  answers: { 201: CounterPaymentBody },
  problems: ['invoice_not_open', 'amount_not_due', 'receipt_taken', 'too_many_movements'],
});

export const listCounterPayments = endpoint({
  method: 'GET',
  path: '/v1/invoices/{invoiceId}/counter-payments',
  summary: 'List what was taken at the desk for an invoice, with proposals to take it back',
  scope: 'payments:read',
  params: InvoiceParams,
  answers: { 200: lazy(() => z.strictObject({ data: z.array(CounterPaymentBody) })) },
});

export const proposeCounterReversal = endpoint({
  method: 'POST',
  path: '/v1/invoices/{invoiceId}/counter-payments/{counterPaymentId}/reversal',
  summary: 'Propose to take a payment at the desk back; another person must approve',
  scope: 'counter:write',
  params: PaymentParams,
  body: lazy(() => z.strictObject({ reason: ReversalReason })),
  idempotent: true,
  answers: { 201: CounterPaymentBody },
  problems: ['not_reversible', 'reversal_pending'],
});

export const approveCounterReversal = endpoint({
  method: 'POST',
  path: '/v1/invoices/{invoiceId}/counter-payments/{counterPaymentId}/reversal/approve',
  summary: 'Approve what another person proposed: the payment is taken back, and the invoice can be paid again',
  scope: 'counter:approve',
  params: PaymentParams,
  idempotent: true,
  answers: { 200: CounterPaymentBody },
  problems: ['own_approval', 'reversal_not_pending', 'not_reversible'],
});

export const rejectCounterReversal = endpoint({
  method: 'POST',
  path: '/v1/invoices/{invoiceId}/counter-payments/{counterPaymentId}/reversal/reject',
  summary: 'Reject a proposal to take a payment back: it stands',
  scope: 'counter:approve',
  params: PaymentParams,
  idempotent: true,
  answers: { 200: CounterPaymentBody },
  problems: ['reversal_not_pending'],
});

export const counterApi = [
  recordCounterPayment,
  listCounterPayments,
  proposeCounterReversal,
  approveCounterReversal,
  rejectCounterReversal,
] as const;
