import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import { InstantInput, InstantText, Limit } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Calls for operators: what was put aside, what does not answer, and proving the books. Nothing here is personal data. */

/** A name of ours; which names there are is the deployment's to say, and any other is not found. */
const QueueParams = lazy(() =>
  z.strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z-]{1,39}$/)
      .meta({ examples: ['inbox'] }),
  }),
);

export const listQueues = endpoint({
  method: 'GET',
  path: '/v1/operations/queues',
  summary: 'List the queues with what waits and what was put aside; counts are approximate',
  scope: 'operations:write',
  unlogged: 'nobodys',
  answers: {
    200: lazy(() =>
      z.strictObject({
        data: z.array(
          z.strictObject({
            name: z.string(),
            /** Waiting to be worked on; null where the queue takes only what was put aside. */
            waiting: z.int().nullable(),
            inHand: z.int().nullable(),
            deadLetters: z.int(),
            /** The oldest of those looked at: it was first sent then. */
            oldestDeadLetterAt: InstantText.nullable(),
            redrivable: z.boolean(),
          }),
        ),
      }),
    ),
  },
});

export const showDeadLetters = endpoint({
  method: 'GET',
  path: '/v1/operations/queues/{name}/dead-letters',
  summary: 'Look at some messages that were put aside: what each is about, never the whole message',
  scope: 'operations:write',
  params: QueueParams,
  query: lazy(() => z.strictObject({ limit: Limit })),
  answers: {
    200: lazy(() =>
      z.strictObject({
        data: z.array(
          z.strictObject({
            messageId: z.string(),
            sentAt: InstantText,
            receives: z.int(),
            bytes: z.int(),
            /** What the message is; `unreadable` where this version cannot read it. */
            kind: z.string(),
            /** Ids by which it is found elsewhere. */
            ids: z.record(z.string(), z.string()),
          }),
        ),
      }),
    ),
  },
  problems: ['not_found'],
});

/** Most messages that one call puts back. */
export const MAX_REDRIVEN = 1_000;

export const redriveQueue = endpoint({
  method: 'POST',
  path: '/v1/operations/queues/{name}/redrive',
  summary: 'Put messages that were put aside back into their queue: so many of them, or as many as one call can',
  scope: 'operations:write',
  params: QueueParams,
  body: lazy(() => z.strictObject({ count: z.int().min(1).max(MAX_REDRIVEN).optional() })),
  idempotent: true,
  answers: { 200: lazy(() => z.strictObject({ name: z.string(), moved: z.int(), left: z.int() })) },
  problems: ['not_found', 'queue_not_redrivable'],
});

export const startRepair = endpoint({
  method: 'POST',
  path: '/v1/operations/repairs',
  summary:
    'Prove that every movement of a time has its entry in the journal, and enter what is missing; with again: true also tell again what is there, and ask about payments on which no word has come',
  scope: 'operations:write',
  body: lazy(() =>
    z.strictObject({ from: InstantInput.optional(), to: InstantInput.optional(), again: z.boolean().optional() }),
  ),
  idempotent: true,
  answers: { 202: lazy(() => z.strictObject({ from: InstantText, to: InstantText, pieces: z.int() })) },
});

export const listBlockedEndpoints = endpoint({
  method: 'GET',
  path: '/v1/operations/blocked-endpoints',
  summary: 'List the webhook endpoints that do not answer',
  scope: 'operations:write',
  unlogged: 'nobodys',
  answers: {
    200: lazy(() =>
      z.strictObject({
        data: z.array(
          z.strictObject({
            owner: z.string(),
            state: z.enum(['blocked', 'handover', 'disabled']),
            blockedSince: InstantText,
            nextProbeAt: InstantText.nullable(),
            failures: z.int(),
            why: z.string(),
          }),
        ),
      }),
    ),
  },
});

export const operationsApi = [listQueues, showDeadLetters, redriveQueue, startRepair, listBlockedEndpoints] as const;
