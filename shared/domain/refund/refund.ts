import * as z from 'zod';
import { InvoiceNumber } from '../invoice/number.ts';
import { lazy } from '../lazy.ts';
import { Dong } from '../money/dong.ts';
import { MovementId } from '../payment/movement.ts';
import { RefundReason, type RefundScope } from './reasons.ts';
import { RefundState } from './states.ts';

/** Most refunds of one invoice, those that came to nothing included. */
export const MAX_REFUNDS = 20;

/** Digits after the invoice's number: of a keyed hash of caller and idempotency key. */
export const OWN_DIGITS = 8;

/** `rfd_`, the invoice's number, eight digits. The digits are the reference that the provider knows. */
export const RefundId = lazy(() => z.templateLiteral(['rfd_', z.string().regex(/^[1-9][0-9]{19}$/)]));
export type RefundId = z.infer<typeof RefundId>;

/** The id that a keyed hash (at least 8 bytes, uniformly spread) stands for. */
export function refundIdFrom(number: InvoiceNumber, hash: Uint8Array): RefundId {
  if (hash.length < 8) throw new RangeError('a hash of at least 8 bytes');
  const value = new DataView(hash.buffer, hash.byteOffset).getBigUint64(0) % 10n ** BigInt(OWN_DIGITS);
  return `rfd_${number}${String(value).padStart(OWN_DIGITS, '0')}` as RefundId;
}

export const invoiceOfRefund = (id: RefundId): InvoiceNumber => InvoiceNumber.parse(id.slice(4, 16));

/** Ours, the same on every retry: the provider refunds it once. */
export const refundReference = (id: RefundId): string => id.slice('rfd_'.length);

/** The collector's decision that the refund rests on, and the hash of what was scanned of it. The file stays with the agency. */
export const RefundDecision = lazy(() =>
  z.strictObject({
    number: z
      .string()
      .regex(/^[\p{L}0-9][\p{L}0-9./-]{0,63}$/u)
      .meta({ examples: ['125/QĐ-SDV'] }),
    date: z.iso.date(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  }),
);
export type RefundDecision = z.infer<typeof RefundDecision>;

/** Where a return by hand goes. Personal data: shown in full to whoever pays it out, masked to everybody else. */
export const ReturnAccount = lazy(() =>
  z.strictObject({
    bankBin: z.string().regex(/^[0-9]{6}$/),
    number: z.string().regex(/^[0-9]{6,19}$/),
    name: z.string().min(1).max(120),
  }),
);
export type ReturnAccount = z.infer<typeof ReturnAccount>;

/** What one person says became of a return by hand. `transferred`: from the agency's account; `cash`: over the counter. */
export const ReturnReport = lazy(() =>
  z.object({
    outcome: z.enum(['transferred', 'cash', 'not_returned']),
    /** Number and day of the payment order, or of the payment slip. */
    document: RefundDecision,
    by: z.string(),
    at: z.int(),
    keyHash: z.string(),
    bodyHash: z.string(),
    /** The other person, who confirmed it, or sent it back. */
    decidedBy: z.string().optional(),
  }),
);
export type ReturnReport = z.infer<typeof ReturnReport>;

/** That a payment order of a return by hand was made out, in which batch, by whom and when. */
export const OrderMade = lazy(() => z.object({ batch: z.string(), by: z.string(), at: z.int(), bodyHash: z.string() }));
export type OrderMade = z.infer<typeof OrderMade>;

/** Why a person has to give the money back. */
export const HandReason = lazy(() => z.enum(['PROVIDER_CANNOT', 'PROVIDER_REFUSED', 'MONEY_AT_TREASURY']));
export type HandReason = z.infer<typeof HandReason>;

/** How much of which line of the invoice goes back. `line`: its place, from 1. */
export const RefundLine = lazy(() => z.object({ line: z.int().min(1), amount: Dong }));
export type RefundLine = z.infer<typeof RefundLine>;

/** Money on its way back to whoever paid. `by`, `decidedBy`: persons. Amounts in dong, instants in milliseconds. */
export const Refund = lazy(() =>
  z.object({
    refundId: RefundId,
    state: RefundState,
    amount: Dong,
    /** The money that goes back: a payment's, or surplus. */
    movementId: MovementId,
    /** By lines where the money paid the invoice; empty for surplus. */
    lines: z.array(RefundLine),
    reason: RefundReason,
    decision: RefundDecision,
    by: z.string(),
    clientId: z.string(),
    requestedAt: z.int(),
    keyHash: z.string(),
    bodyHash: z.string(),
    decidedBy: z.string().optional(),
    decidedAt: z.int().optional(),
    /** Why the second person refused. */
    refusal: z.string().optional(),
    /** By when an approved one must have been given back. */
    dueBy: z.int().optional(),
    sentAt: z.int().optional(),
    byHand: HandReason.optional(),
    /** The provider's last word about it, and its own id. */
    resultCode: z.string().optional(),
    providerRefundId: z.string().optional(),
    account: ReturnAccount.optional(),
    /** Stays when a report is rejected: that the first order was not carried out is for people to find out. */
    order: OrderMade.optional(),
    report: ReturnReport.optional(),
    settledAt: z.int().optional(),
  }),
);
export type Refund = z.infer<typeof Refund>;

export const scopeOf = ({ lines }: Pick<Refund, 'lines'>): RefundScope => (lines.length > 0 ? 'invoice' : 'surplus');

/** What can still be refunded of each money, and what of it is gone or perhaps on its way. */
export const MoneyLeft = lazy(() => z.object({ left: Dong, out: Dong }));
export type MoneyLeft = z.infer<typeof MoneyLeft>;

/** An invoice's refunds with the remainders that every one of them is taken from, under the write's condition. */
export const Refunding = lazy(() =>
  z.object({
    refunds: z.record(RefundId, Refund),
    /** Of each money of which a refund was ever asked. */
    money: z.record(MovementId, MoneyLeft),
    /** What can still be refunded of each line. */
    lines: z.array(Dong),
    /** What has gone back of the money that paid the invoice. */
    refunded: Dong,
  }),
);
export type Refunding = z.infer<typeof Refunding>;
