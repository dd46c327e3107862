import * as z from 'zod';
import { AgencyCode, DossierCode } from '../domain/identity/codes.ts';
import { InvoiceId } from '../domain/invoice/number.ts';
import { InvoiceState } from '../domain/invoice/states.ts';
import { lazy } from '../domain/lazy.ts';
import { MovementId } from '../domain/payment/movement.ts';
import { ReceiptId } from '../domain/receipt/receipt.ts';
import { StatementId } from '../domain/reconciliation/statement-id.ts';
import { RefundId } from '../domain/refund/refund.ts';
import { OrderId, RemittanceId } from '../domain/remittance/remittance.ts';
import { awaitedWords, hopWords } from '../domain/trace/words.ts';
import { Bilingual, InstantText, MoneyBody } from './common.ts';
import { endpoint } from './endpoint.ts';

/** One trace for every dong: who had it when, what proves it, what comes next. */

const keysOf = <K extends string>(words: Readonly<Record<K, unknown>>) => Object.keys(words) as [K, ...K[]];
const Holder = lazy(() => z.enum(['payer', 'portal', 'provider', 'agency', 'treasury', 'us']));

/** What was told, and of a failure why: never a text of the other side. */
const EventBody = lazy(() => z.strictObject({ id: z.string(), type: z.string(), why: z.string().optional() }));

/** The batch that pays it on, and of an order its reference. */
const RemittanceBody = lazy(() => z.strictObject({ remittanceId: RemittanceId, orderId: OrderId.optional() }));

const HopBody = lazy(() =>
  z.strictObject({
    kind: z.enum(keysOf(hopWords)),
    at: InstantText,
    /** `name`: a client, a person by the `sub` of the token, or a provider. */
    actor: z.strictObject({ kind: Holder, name: z.string().optional() }),
    words: Bilingual,
    amount: MoneyBody.optional(),
    paymentId: z.string().optional(),
    movementId: MovementId.optional(),
    refundId: RefundId.optional(),
    /** Of the bytes as they were received, hex. */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    /** The partner's file that names the money. */
    statementId: StatementId.optional(),
    receipt: z
      .strictObject({
        receiptId: ReceiptId,
        symbol: z.string(),
        number: z.int(),
        replaces: ReceiptId.optional(),
      })
      .optional(),
    remittance: RemittanceBody.optional(),
    event: EventBody.optional(),
  }),
);

const AwaitedBody = lazy(() =>
  z.strictObject({
    kind: z.enum(keysOf(awaitedWords)),
    words: Bilingual,
    amount: MoneyBody.optional(),
    /** Absent where nothing sets a time. */
    by: InstantText.optional(),
    overdue: z.boolean(),
    /** Who holds the money, or has the next step. */
    holder: Holder,
    movementId: MovementId.optional(),
    refundId: RefundId.optional(),
    paymentId: z.string().optional(),
    receiptId: ReceiptId.optional(),
    remittance: RemittanceBody.optional(),
    event: EventBody.optional(),
  }),
);

export const TraceBody = lazy(() =>
  z.strictObject({
    invoiceId: InvoiceId,
    dossierCode: DossierCode,
    agencyCode: AgencyCode,
    state: InvoiceState,
    /** In the order of their instants. */
    hops: z.array(HopBody),
    awaited: z.array(AwaitedBody),
  }),
);

export const readTrace = endpoint({
  method: 'GET',
  path: '/v1/invoices/{invoiceId}/trace',
  summary:
    'Every hop of an invoice’s money with its instant, actor and proof, and what is awaited next, by when, from whom',
  scope: 'invoices:read',
  params: lazy(() => z.strictObject({ invoiceId: InvoiceId.meta({ examples: ['inv_480213567890'] }) })),
  answers: { 200: TraceBody },
});

export const traceApi = [readTrace] as const;
