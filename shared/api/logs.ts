import * as z from 'zod';
import { Act, LogSubject, SubjectKind } from '../domain/audit/audit.ts';
import { lazy } from '../domain/lazy.ts';
import { CallbackOutcome, MAX_TOLD } from '../domain/logbook/record.ts';
import { ProviderId } from '../domain/payment/provider.ts';
import { DayText, InstantInput, InstantText, Limit } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Calls for auditors, and for banks who want to see what they sent: who did what, who looked at what, what came. */

/** An entry as it is kept, its instant as text. */
export const ActBody = lazy(() => z.strictObject({ ...Act.shape, at: InstantText }));

/** Where a page ended: a place, or a day and a place in it. */
const LogPlace = lazy(() =>
  z
    .string()
    .regex(/^(?:\d{4}-\d{2}-\d{2}(?:~(?=.)|$))?(?:\d{13}#[A-Za-z0-9_-]{1,32}(?:#\d{1,3})?)?$/)
    .min(1),
);

const named = () => ({
  from: DayText,
  to: DayText,
  id: z.string().min(1).max(160).optional(),
  /** The `sub` of a token. */
  person: z.string().min(1).max(160).optional(),
  after: LogPlace.optional(),
  limit: Limit,
});

export const readAudit = endpoint({
  method: 'GET',
  path: '/v1/audit',
  summary:
    'Read who did what, oldest first: of a record (kind and id) or a person in up to 3,660 days, of everybody in up to 31',
  scope: 'audit:read',
  query: lazy(() => z.strictObject({ ...named(), kind: z.union([SubjectKind, LogSubject.shape.kind]).optional() })),
  answers: { 200: lazy(() => z.strictObject({ data: z.array(ActBody), nextAfter: z.string().nullable() })) },
  problems: ['range_too_wide', 'invalid_cursor'],
});

const ReadBody = lazy(() =>
  z.strictObject({
    at: InstantText,
    /** The person or program, by the `sub` of its token. */
    by: z.string(),
    clientId: z.string(),
    /** The function that answered, and the route. */
    step: z.string(),
    call: z.string(),
    /** What was shown: what the path names first, then what stood in the answer. */
    subjects: z.array(LogSubject),
    agencyCode: z.string().nullable(),
  }),
);

export const readReads = endpoint({
  method: 'GET',
  path: '/v1/reads',
  summary:
    'Read who was shown what, oldest first: of a thing (kind and id) or a person in up to 731 days, of everybody in up to 31',
  scope: 'audit:read',
  query: lazy(() => z.strictObject({ ...named(), kind: LogSubject.shape.kind.optional() })),
  answers: { 200: lazy(() => z.strictObject({ data: z.array(ReadBody), nextAfter: z.string().nullable() })) },
  problems: ['range_too_wide', 'invalid_cursor'],
});

const CallbackBody = lazy(() =>
  z.strictObject({
    at: InstantText,
    outcome: CallbackOutcome,
    /** Why it was refused. */
    reason: z.string().nullable(),
    /** SHA-256 of the query as sent, a line feed and the body as sent. */
    sha256: z.string(),
    bytes: z.int(),
    told: z
      .array(
        z.strictObject({
          /** Null where what was named is no payment of ours. */
          reference: z.string().nullable(),
          transactionId: z.string(),
          outcome: z.string(),
          amount: z.int().nullable(),
          resultCode: z.string(),
        }),
      )
      .max(MAX_TOLD),
    answer: z.strictObject({ status: z.int(), body: z.string() }),
  }),
);

export const readCallbacks = endpoint({
  method: 'GET',
  path: '/v1/providers/{providerId}/callbacks',
  summary: 'Read what a provider sent and what it was answered, oldest first, in up to 31 days; pages may be short',
  scope: 'callbacks:read',
  params: lazy(() => z.strictObject({ providerId: ProviderId.meta({ examples: ['vnpay'] }) })),
  query: lazy(() =>
    z.strictObject({
      from: InstantInput,
      /** Not in it. */
      to: InstantInput,
      /** The reference of one payment. */
      reference: z
        .string()
        .regex(/^[1-9][0-9]{14}$/)
        .optional(),
      outcome: CallbackOutcome.optional(),
      after: z
        .string()
        .regex(/^\d{13}#[A-Za-z0-9_-]{22}~\d{1,3}$/)
        .optional(),
      limit: Limit,
    }),
  ),
  answers: { 200: lazy(() => z.strictObject({ data: z.array(CallbackBody), nextAfter: z.string().nullable() })) },
  problems: ['not_found', 'unprocessable', 'range_too_wide'],
});

export const logsApi = [readAudit, readReads, readCallbacks] as const;
