import * as z from 'zod';
import { lazyObject } from '../lazy-object.ts';
import { Dong } from '../money/dong.ts';

/**
 * Differences that somebody must decide. `MISSING_AT_BANK`: we have it, the partner's file does not; `MISSING_AT_US`: the
 * reverse. `REVERSED`: money went back. `DEBITED_NOT_CREDITED`: the payer's bank debited, the intermediary does not have it.
 * `RETURN_BY_HAND`: a refund that no provider gives back. `REFUND_OVERDUE`: one that is not done by its day.
 * `UNANSWERED`: a payment was begun, and its provider never said what became of it. `BOOKS_ALTERED`: journal and invoice
 * tell two stories. `ENDPOINT_DISABLED`: no difference of money, an endpoint that is no longer told anything.
 */
export const ExceptionCategory = z.enum([
  'MISSING_AT_BANK',
  'MISSING_AT_US',
  'AMOUNT_OVER',
  'AMOUNT_UNDER',
  'DUPLICATE_PAYMENT',
  'LATE_AFTER_EXPIRY',
  'PAID_AFTER_CANCELLATION',
  'DATE_SHIFT',
  'AMBIGUOUS',
  'WRONG_ACCOUNT',
  'WRONG_CURRENCY',
  'UNKNOWN_REFERENCE',
  'REFUND_UNMATCHED',
  'RETURN_BY_HAND',
  'REFUND_OVERDUE',
  'FEE_DIFFERENCE',
  'ROUNDING',
  'REVERSED',
  'DEBITED_NOT_CREDITED',
  'TOO_MANY_MOVEMENTS',
  'CONTRADICTION',
  'UNREADABLE',
  'FILE_INVALID',
  'BALANCE_BREAK',
  'UNANSWERED',
  'ENDPOINT_DISABLED',
  'BOOKS_ALTERED',
]);
export type ExceptionCategory = z.infer<typeof ExceptionCategory>;

export const ExceptionState = z.enum([
  'OPEN',
  'ASSIGNED',
  'PROPOSED',
  'APPROVED',
  'POSTED',
  'REJECTED',
  'AUTO_CLEARED',
]);
export type ExceptionState = z.infer<typeof ExceptionState>;

/** A difference with its two sides. Its id is derived from what caused it, so that finding it twice opens it once. */
export const Exception = lazyObject(() => ({
  exceptionId: z.string().regex(/^exc_[0-9a-f]{24}$/),
  category: ExceptionCategory,
  state: ExceptionState,
  source: z.enum(['posting', 'reconciliation', 'repair', 'delivery']),
  agencyCode: z.string(),
  providerId: z.string(),
  transactionId: z.string(),
  /** The partner's day that the difference belongs to, YYYY-MM-DD in Asia/Ho_Chi_Minh. */
  businessDate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  openedAt: z.int(),
  /** What our books say, in dong; null if they know nothing. */
  ours: Dong.nullable(),
  /** What the partner says, in dong; null if it knows nothing. */
  theirs: Dong.nullable(),
  invoiceId: z.string().optional(),
  paymentReference: z.string().optional(),
  statementId: z.string().optional(),
  /** The bank account whose matching found it, and the items of both sides. */
  book: z.string().optional(),
  items: z.object({ ours: z.array(z.string()), theirs: z.array(z.string()) }).optional(),
}));
export type Exception = z.infer<typeof Exception>;

/** Where an exception stands. */
export type ExceptionPlace = Pick<Exception, 'agencyCode' | 'businessDate' | 'exceptionId'>;

/** Port: the work list. */
export interface ExceptionBook {
  /** Opens once; a second opening of the same id changes nothing, unless it had cleared by itself: then it is open again. */
  open(exception: Exception): Promise<'opened' | 'alreadyOpen'>;
  /** The difference is none any more. What people have begun to decide stays with them. */
  clear(place: ExceptionPlace): Promise<'cleared' | 'kept'>;
  /** One page of an agency's exceptions, oldest first. `after` is the position that the last page answered. */
  ofAgency(query: {
    agencyCode: string;
    after?: string | undefined;
    limit: number;
  }): Promise<{ exceptions: { exception: Exception; position: string }[]; more: boolean }>;
}
