import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { Dong } from '../money/dong.ts';

/** Most items of both sides together that one decision names: it and its items are one transaction, of 100 at most. */
export const MAX_ITEMS = 99;

/**
 * Differences that somebody must decide. `MISSING_AT_BANK`: we have it, the partner's file does not; `MISSING_AT_US`: the
 * reverse. `REVERSED`: money went back. `DEBITED_NOT_CREDITED`: the payer's bank debited, the intermediary does not have it.
 * `RETURN_BY_HAND`: a refund that no provider gives back. `REFUND_OVERDUE`: one that is not done by its day.
 * `UNANSWERED`: a payment was begun, and its provider never said what became of it. `BOOKS_ALTERED`: journal and invoice
 * tell two stories. `FILE_MISSING`: a partner's file is due and not there. `ENDPOINT_DISABLED`: no difference of money, an
 * endpoint that is no longer told anything.
 */
export const ExceptionCategory = lazy(() =>
  z.enum([
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
    'FILE_MISSING',
    'ENDPOINT_DISABLED',
    'BOOKS_ALTERED',
  ]),
);
export type ExceptionCategory = z.infer<typeof ExceptionCategory>;

export const ExceptionState = lazy(() =>
  z.enum(['OPEN', 'ASSIGNED', 'PROPOSED', 'APPROVED', 'POSTED', 'REJECTED', 'AUTO_CLEARED']),
);
export type ExceptionState = z.infer<typeof ExceptionState>;

/** Most comments that one exception bears. */
export const MAX_COMMENTS = 50;

/** What somebody wrote down. `evidence`: the SHA-256 of a document that stands for it. */
export const ExceptionComment = lazy(() =>
  z.object({
    by: z.string(),
    at: z.int(),
    text: z.string(),
    evidence: z.string().optional(),
  }),
);
export type ExceptionComment = z.infer<typeof ExceptionComment>;

/**
 * How a difference is settled. `match`: these items belong together, to the dong. `write-off`: it stays, and is posted to an
 * account of its own. `close`: it needed no posting. `undo`: what was decided is taken back, by another posting.
 */
export const Resolution = lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('match'),
      ours: z.array(z.string().min(1).max(200)).max(MAX_ITEMS),
      theirs: z.array(z.string().min(1).max(200)).max(MAX_ITEMS),
    }),
    z.strictObject({
      kind: z.literal('write-off'),
      /** The account of ours that bears it, where the difference does not tell and several could. */
      merchantAccountId: z.string().min(1).max(40).optional(),
    }),
    z.strictObject({ kind: z.literal('close') }),
    z.strictObject({ kind: z.literal('undo') }),
  ]),
);
export type Resolution = z.infer<typeof Resolution>;

/** Why it is settled so. */
export const ResolutionReason = lazy(() =>
  z.enum([
    'same_money',
    'split_payment',
    'provider_fee',
    'rounding',
    'bank_error',
    'provider_error',
    'own_error',
    'loss',
    'file_replaced',
    'decided_wrongly',
  ]),
);
export type ResolutionReason = z.infer<typeof ResolutionReason>;

const proposed = () => ({
  resolution: Resolution,
  reason: ResolutionReason,
  by: z.string(),
  at: z.int(),
  decidedBy: z.string().optional(),
  decidedAt: z.int().optional(),
  /** The exception's version at which it was approved. Its posting is named by it, so it never changes. */
  approvedAs: z.int().optional(),
  /** The account whose clearing an approved write-off is posted to. */
  merchantAccountId: z.string().optional(),
});
export const Proposal = lazy(() =>
  z.object({
    ...proposed(),
    /** What was posted before, as it stood, which an undoing takes back. */
    undoes: z.object(proposed()).optional(),
  }),
);
export type Proposal = z.infer<typeof Proposal>;

/** A difference with its two sides. Its id is derived from what caused it, so that finding it twice opens it once. */
export const Exception = lazy(() =>
  z.object({
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
    /** Of a bank account: the money left it, so that what the bank has more of is less there. */
    direction: z.literal('out').optional(),
    /** What our books say, in dong; null if they know nothing. */
    ours: Dong.nullable(),
    /** What the partner says, in dong; null if it knows nothing. */
    theirs: Dong.nullable(),
    invoiceId: z.string().optional(),
    paymentReference: z.string().optional(),
    statementId: z.string().optional(),
    /** The account of ours whose money it is, where the items tell of one alone. */
    merchantAccountId: z.string().optional(),
    /** The bank account whose matching found it, and the items of both sides. */
    book: z.string().optional(),
    items: z.object({ ours: z.array(z.string()), theirs: z.array(z.string()) }).optional(),
    /** Who looks after it, by the id in the token. */
    owner: z.string().optional(),
    comments: z.array(ExceptionComment).max(MAX_COMMENTS).optional(),
    proposal: Proposal.optional(),
    /** The last calls that changed it: a repeated one changes nothing. */
    calls: z.array(z.object({ keyHash: z.string(), bodyHash: z.string() })).optional(),
    /** Counts what people did to it; a change that did not see the last one is refused. */
    version: z.int().optional(),
  }),
);
export type Exception = z.infer<typeof Exception>;

/** Where an exception stands. */
export type ExceptionPlace = Pick<Exception, 'agencyCode' | 'businessDate' | 'exceptionId'>;

/** Port: one exception, read and changed by people. */
export interface ExceptionDesk {
  at(place: ExceptionPlace): Promise<Exception | undefined>;
  /**
   * Puts `after` in the place of the exception if its state and version are still `before`'s. `notBy`: refused as well if
   * this person made the proposal that stands there.
   */
  change(before: Exception, after: Exception, notBy?: string): Promise<'changed' | 'refused'>;
}

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
