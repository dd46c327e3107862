import * as z from 'zod';
import { AgencyCode, DossierCode } from '../domain/identity/codes.ts';
import { InvoiceId } from '../domain/invoice/number.ts';
import { InvoiceState } from '../domain/invoice/states.ts';
import { lazy } from '../domain/lazy.ts';
import { Dong } from '../domain/money/dong.ts';
import { MovementId } from '../domain/payment/movement.ts';
import { RefundReason } from '../domain/refund/reasons.ts';
import { HandReason, RefundDecision, RefundId, ReturnAccount, ReturnReport } from '../domain/refund/refund.ts';
import { RefundState } from '../domain/refund/states.ts';
import { Bilingual, Cursor, DayText, InstantText, Limit, MoneyBody, page, writtenText } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Money on its way back: asked for by agency or portal, ordered by another person, given back by provider or by hand. */

const MAX_REFUND_LINES = 50;
/** Longest that a person may say why not. */
const MAX_WHY = 200;

const InvoiceParams = lazy(() => z.strictObject({ invoiceId: InvoiceId.meta({ examples: ['inv_480213567890'] }) }));
const RefundParams = lazy(() =>
  z.strictObject({ refundId: RefundId.meta({ examples: ['rfd_48021356789004711815'] }) }),
);

const AccountInput = lazy(() => ReturnAccount.extend({ name: writtenText(120, 'NGUYEN VAN MAU') }));
/** Enough to recognise: the last four digits. */
const MaskedAccount = lazy(() => z.strictObject({ bankBin: z.string(), number: z.string() }));

export const RefundBody = lazy(() =>
  z.strictObject({
    refundId: RefundId,
    invoiceId: InvoiceId,
    dossierCode: DossierCode,
    agencyCode: AgencyCode,
    state: RefundState,
    amount: MoneyBody,
    /** The money that goes back, and who took it. */
    of: z.strictObject({
      movementId: MovementId,
      kind: z.enum(['payment', 'part', 'surplus', 'unmatched']),
      providerId: z.string(),
    }),
    /** How much of which line goes back, and from which purse; empty for surplus. `line`: its place on the invoice, from 1. */
    lines: z.array(
      z.strictObject({ line: z.int().min(1), feeItem: z.string(), beneficiary: z.string(), amount: Dong }),
    ),
    reason: z.strictObject({
      code: RefundReason,
      name: Bilingual,
      legalBasis: z.array(
        z.strictObject({ document: z.string(), article: z.string(), confidence: z.enum(['high', 'medium', 'low']) }),
      ),
    }),
    decision: RefundDecision,
    /** Persons, by the `sub` of their tokens. */
    requestedBy: z.string(),
    requestedAt: InstantText,
    decidedBy: z.string().optional(),
    decidedAt: InstantText.optional(),
    /** Why another person rejected it. */
    refusal: z.string().optional(),
    /** By when it must have been given back: the end of the next working day after it was ordered. */
    dueBy: InstantText.optional(),
    overdue: z.boolean(),
    sentAt: InstantText.optional(),
    /** Why a person has to give it back. */
    byHand: HandReason.optional(),
    /** The provider's last word, and its own id of the refund. */
    resultCode: z.string().optional(),
    providerRefundId: z.string().optional(),
    account: MaskedAccount.optional(),
    report: z
      .strictObject({
        outcome: ReturnReport.shape.outcome,
        document: RefundDecision,
        reportedBy: z.string(),
        reportedAt: InstantText,
        decidedBy: z.string().optional(),
      })
      .optional(),
    settledAt: InstantText.optional(),
    invoiceState: InvoiceState,
  }),
);

export const createRefund = endpoint({
  method: 'POST',
  path: '/v1/invoices/{invoiceId}/refunds',
  summary:
    'Ask for a refund: of all that is left, of an amount, by line, or of surplus; its money is set aside at once',
  scope: 'refunds:write',
  params: InvoiceParams,
  body: lazy(() =>
    z.strictObject({
      /** Which money: needed for surplus, and where several payments paid the invoice. */
      movementId: MovementId.optional(),
      /** Without lines it is taken from all lines in proportion to what is left of them. */
      amount: Dong.min(1).optional(),
      lines: z
        .array(z.strictObject({ line: z.int().min(1).max(MAX_REFUND_LINES), amount: Dong.min(1) }))
        .min(1)
        .max(MAX_REFUND_LINES)
        .refine((lines) => new Set(lines.map(({ line }) => line)).size === lines.length, {
          error: 'names a line twice',
        })
        .optional(),
      reason: RefundReason,
      /** The collector's decision that the refund rests on. */
      decision: RefundDecision,
      /** Where a return by hand would go. */
      account: AccountInput.optional(),
    }),
  ),
  idempotent: true,
  answers: { 201: RefundBody },
  headers: ['Location'],
  problems: [
    'invoice_not_paid',
    'money_not_named',
    'money_not_refundable',
    'reason_not_applicable',
    'refund_exceeds_remainder',
    'too_many_refunds',
    'account_invalid',
    'unprocessable',
  ],
});

export const listInvoiceRefunds = endpoint({
  method: 'GET',
  path: '/v1/invoices/{invoiceId}/refunds',
  summary: 'List the refunds of an invoice, in the order in which they were asked for',
  scope: 'refunds:read',
  params: InvoiceParams,
  answers: { 200: lazy(() => z.strictObject({ data: z.array(RefundBody) })) },
});

export const listRefunds = endpoint({
  method: 'GET',
  path: '/v1/refunds',
  summary: 'List an agency’s refunds by the day on which they were asked for; short pages are allowed',
  scope: 'refunds:read',
  query: lazy(() =>
    z.strictObject({
      agencyCode: AgencyCode.optional(),
      state: RefundState.optional(),
      from: DayText.optional(),
      to: DayText.optional(),
      cursor: Cursor.optional(),
      limit: Limit,
    }),
  ),
  answers: { 200: lazy(() => page(RefundBody)) },
  problems: ['invalid_cursor', 'not_found', 'unprocessable'],
});

export const getRefund = endpoint({
  method: 'GET',
  path: '/v1/refunds/{refundId}',
  summary: 'Read a refund',
  scope: 'refunds:read',
  params: RefundParams,
  answers: { 200: RefundBody },
});

export const approveRefund = endpoint({
  method: 'POST',
  path: '/v1/refunds/{refundId}/approval',
  summary: 'Order a refund that another person asked for; one working day is left to give it back',
  scope: 'refunds:approve',
  params: RefundParams,
  body: lazy(() =>
    z.strictObject({
      /**
       * Absent: what the batches say that pay money on. `treasury`: it was paid on otherwise, and only a person can return it
       * (Decree 252/2026/ND-CP, article 61). `provider` is refused where a batch went out with it. One of the two must stand
       * here where the batches do not tell (`money_not_traced`).
       */
      moneyAt: z.enum(['provider', 'treasury']).optional(),
    }),
  ),
  idempotent: true,
  answers: { 200: RefundBody },
  problems: ['own_approval', 'refund_not_pending', 'refund_overtaken', 'money_at_treasury', 'money_not_traced'],
});

export const rejectRefund = endpoint({
  method: 'POST',
  path: '/v1/refunds/{refundId}/rejection',
  summary: 'Reject a refund that another person asked for: its money is free again',
  scope: 'refunds:approve',
  params: RefundParams,
  body: lazy(() => z.strictObject({ why: writtenText(MAX_WHY, 'Thiếu quyết định hoàn trả') })),
  idempotent: true,
  answers: { 200: RefundBody },
  problems: ['own_approval', 'refund_not_pending'],
});

export const withdrawRefund = endpoint({
  method: 'POST',
  path: '/v1/refunds/{refundId}/withdrawal',
  summary: 'Take back one’s own request before anybody has decided about it',
  scope: 'refunds:write',
  params: RefundParams,
  idempotent: true,
  answers: { 200: RefundBody },
  problems: ['refund_of_another', 'refund_not_pending'],
});

export const reportReturn = endpoint({
  method: 'POST',
  path: '/v1/refunds/{refundId}/manual-return',
  summary: 'Say what became of a return by hand, with its document; another person confirms it',
  scope: 'refunds:write',
  params: RefundParams,
  body: lazy(() =>
    z.strictObject({
      outcome: ReturnReport.shape.outcome,
      /** The payment order or payment slip; where it was not returned, what says so. */
      document: RefundDecision,
      account: AccountInput.optional(),
    }),
  ),
  idempotent: true,
  answers: { 200: RefundBody },
  problems: ['refund_not_by_hand', 'account_invalid'],
});

const AccountBody = lazy(() => z.strictObject({ bankBin: z.string(), number: z.string() }));

export const PaymentOrderBody = lazy(() =>
  z.strictObject({
    refundId: RefundId,
    /** Stands in the content: no two orders bear the same. */
    reference: z.string(),
    /** Who made the order out, when, and in which batch; absent until somebody has. */
    made: z.strictObject({ batch: z.string(), by: z.string(), at: InstantText }).optional(),
    invoiceId: InvoiceId,
    dossierCode: DossierCode,
    agencyCode: AgencyCode,
    amount: MoneyBody,
    amountInWords: z.string(),
    /** The agency's account that pays; absent where the money was taken at the desk or the treasury gives it back by its own order. */
    payer: AccountBody.optional(),
    /** In full: whoever pays it out needs it. Absent until somebody names it. */
    beneficiary: ReturnAccount.optional(),
    content: z.string(),
    decision: z.strictObject({ number: z.string(), date: z.string() }),
    byHand: HandReason.optional(),
    dueBy: InstantText.optional(),
  }),
);

export const listManualReturns = endpoint({
  method: 'GET',
  path: '/v1/manual-returns',
  summary: 'Payment orders of returns by hand that are still to be made, as JSON or CSV',
  scope: 'refunds:approve',
  query: lazy(() =>
    z.strictObject({
      agencyCode: AgencyCode.optional(),
      from: DayText.optional(),
      to: DayText.optional(),
      format: z.enum(['json', 'csv']).optional(),
    }),
  ),
  answers: { 200: lazy(() => z.strictObject({ data: z.array(PaymentOrderBody) })) },
  alsoAs: ['text/csv'],
  problems: ['not_found', 'unprocessable'],
});

export const makeReturnOrders = endpoint({
  method: 'POST',
  path: '/v1/manual-returns/orders',
  summary: 'Make out the payment orders of returns by hand whose account is known, each once, as JSON or CSV',
  scope: 'refunds:approve',
  body: lazy(() =>
    z.strictObject({
      agencyCode: AgencyCode.optional(),
      /** Days on which the refunds were asked for. */
      from: DayText.optional(),
      to: DayText.optional(),
    }),
  ),
  idempotent: true,
  answers: {
    200: lazy(() =>
      z.strictObject({
        batch: z.string(),
        data: z.array(PaymentOrderBody),
        /** There are more: call again under another key. */
        more: z.boolean(),
      }),
    ),
  },
  alsoAs: ['text/csv'],
  problems: ['not_found', 'unprocessable'],
});

const returnDecision = (verb: 'approval' | 'rejection', summary: string) =>
  ({
    method: 'POST',
    path: `/v1/refunds/{refundId}/manual-return/${verb}`,
    summary,
    scope: 'refunds:approve',
    params: RefundParams,
    idempotent: true,
    answers: { 200: RefundBody },
    problems: ['own_approval', 'refund_not_reported'],
  }) as const;

export const approveReturn = endpoint(
  returnDecision('approval', 'Confirm what another person reported of a return by hand: the ledger follows it'),
);

export const rejectReturn = endpoint(
  returnDecision('rejection', 'Reject what another person reported of a return by hand: it is still to be made'),
);

export const refundsApi = [
  createRefund,
  listInvoiceRefunds,
  listRefunds,
  getRefund,
  approveRefund,
  rejectRefund,
  withdrawRefund,
  reportReturn,
  approveReturn,
  rejectReturn,
  listManualReturns,
  makeReturnOrders,
] as const;
