import * as z from 'zod';
import { ActName, LogSubject } from '../audit/audit.ts';
import { lazy } from '../lazy.ts';
import { ProviderId } from '../payment/provider.ts';

/**
 * What functions write down for the logbook: a line of their log each, by which no call waits and nothing is sent. A
 * record is told from every other line by its `book`. It says who, what and when, and never holds the data themselves.
 */

/** Most subjects of one record: those of a page. */
export const MAX_SUBJECTS = 100;

/** Names a record among all, so that one that is delivered twice is kept once. */
export const RecordId = lazy(() => z.string().regex(/^[A-Za-z0-9_-]{16}$/));

const Call = lazy(() =>
  z.object({
    id: RecordId,
    /** Milliseconds. */
    at: z.int(),
    /** The person or program, by the `sub` of its token, and the client. */
    by: z.string().min(1).max(200),
    clientId: z.string().min(1).max(200),
    /** The function, and the route of the contract. */
    step: z.string().min(1).max(64),
    call: z.string().min(1).max(200),
    /** What the path names stands first. */
    subjects: z.array(LogSubject).min(1).max(MAX_SUBJECTS),
    agencyCode: z.string().max(64).optional(),
  }),
);

/** Somebody was shown something. */
export const ReadRecord = lazy(() => z.object({ book: z.literal('reads'), ...Call.shape }));
export type ReadRecord = z.infer<typeof ReadRecord>;

/** Somebody is about to do something, did it, or was refused: two records with one `callId` for each call. */
export const ActRecord = lazy(() =>
  z.object({
    book: z.literal('acts'),
    ...Call.shape,
    act: ActName,
    callId: RecordId,
    /** The code of the refusal. */
    reason: z.string().max(64).optional(),
    /** The same call had come before. */
    replayed: z.literal(true).optional(),
  }),
);
export type ActRecord = z.infer<typeof ActRecord>;

/**
 * What became of a callback. `asked`: a question before the debit, answered. `refused`: not the provider's word, and
 * changed nothing. `notTaken`: we could not take it in, and the provider comes again. The others: as it was acknowledged.
 */
export const CallbackOutcome = lazy(() =>
  z.enum(['accepted', 'duplicate', 'unknownOrder', 'wrongAmount', 'asked', 'refused', 'notTaken']),
);
export type CallbackOutcome = z.infer<typeof CallbackOutcome>;

/** Of a callback that tells of many credits, so many are written down. */
export const MAX_TOLD = 20;

/** Longest answer that is written down whole, in characters. */
export const MAX_ANSWER = 500;

/** One callback as it came and was answered. Of what was signed there stand ids, amount and codes, of the rest the hash. */
export const CallbackRecord = lazy(() =>
  z.object({
    book: z.literal('callbacks'),
    id: RecordId,
    at: z.int(),
    providerId: ProviderId,
    outcome: CallbackOutcome,
    /** Why it was refused. */
    reason: z.string().max(64).optional(),
    /** SHA-256 of the query as sent, a line feed and the body as sent; and the bytes of both. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    bytes: z.int().min(0),
    /** What it told, once the signature held: the first {@link MAX_TOLD}. */
    told: z
      .array(
        z.object({
          /** Only where it is a reference of ours: other words may name a person. */
          reference: z.string().max(20).optional(),
          transactionId: z.string().max(64),
          outcome: z.string().max(16),
          amount: z.int().nullable(),
          resultCode: z.string().max(64),
        }),
      )
      .max(MAX_TOLD),
    /** The answer: its status and its body, in which a signature of ours is left out. */
    status: z.int(),
    answer: z.string().max(MAX_ANSWER),
  }),
);
export type CallbackRecord = z.infer<typeof CallbackRecord>;

export const LogRecord = lazy(() => z.discriminatedUnion('book', [ReadRecord, ActRecord, CallbackRecord]));
export type LogRecord = ReadRecord | ActRecord | CallbackRecord;
