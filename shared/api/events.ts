import * as z from 'zod';
import { AgencyCode } from '../domain/identity/codes.ts';
import { InvoiceId } from '../domain/invoice/number.ts';
import { lazy } from '../domain/lazy.ts';
import { EventId } from '../domain/notification/delivery.ts';
import { ReplayId } from '../domain/notification/replay.ts';
import { Cursor, InstantInput, InstantText, Limit } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Calls for those who were not told, or want to be told again: the feed of what moved money, and replay. */

const EventBody = lazy(() =>
  z.strictObject({
    id: z.string(),
    type: z.string(),
    time: InstantText,
    source: z.literal('thuphi'),
    subject: z.string(),
    sequence: z.int(),
    data: z.record(z.string(), z.unknown()),
  }),
);

export const readEvents = endpoint({
  method: 'GET',
  path: '/v1/events',
  summary:
    'Read what moved money at an agency, in the order in which it was committed; begin with from= or 30 days back, go on with after=. Pages may be short; limit= counts movements, each of one or two events',
  scope: 'webhooks:read',
  query: lazy(() =>
    z
      .strictObject({
        agencyCode: AgencyCode,
        after: Cursor.optional(),
        from: InstantInput.optional(),
        limit: Limit,
      })
      .refine(({ after, from }) => after === undefined || from === undefined, {
        message: 'a cursor says already where to begin',
      }),
  ),
  answers: {
    200: lazy(() =>
      z.strictObject({
        data: z.array(EventBody),
        /** Always there: ask with it again later. */
        nextCursor: z.string(),
        /** Nothing more was there as this was answered. */
        caughtUp: z.boolean(),
      }),
    ),
  },
  problems: ['invalid_cursor', 'not_found', 'range_too_wide'],
});

const ReplayBody = lazy(() =>
  z.strictObject({
    replayId: ReplayId,
    agencyCode: z.string(),
    state: z.enum(['running', 'done']),
    /** Events handed to the deliveries so far. */
    sent: z.int(),
    requestedAt: InstantText,
    from: InstantText.nullable(),
    to: InstantText.nullable(),
  }),
);

export const replayEvent = endpoint({
  method: 'POST',
  path: '/v1/events/{id}/replay',
  summary: 'Tell one event about money on an invoice again, with the same id, to your endpoint',
  scope: 'webhooks:write',
  params: lazy(() => z.strictObject({ id: EventId.meta({ examples: ['evt_480213567890_paid'] }) })),
  idempotent: true,
  answers: { 202: ReplayBody },
  problems: ['event_not_replayable', 'webhook_missing'],
});

export const replayInvoice = endpoint({
  method: 'POST',
  path: '/v1/invoices/{invoiceId}/replay',
  summary: 'Tell all events about money on an invoice again, with the same ids, to your endpoint',
  scope: 'webhooks:write',
  params: lazy(() => z.strictObject({ invoiceId: InvoiceId.meta({ examples: ['inv_480213567890'] }) })),
  idempotent: true,
  answers: { 202: ReplayBody },
  problems: ['webhook_missing'],
});

export const replayRange = endpoint({
  method: 'POST',
  path: '/v1/replays',
  summary: 'Tell again what moved money at an agency from one instant to another, at most 31 days apart',
  scope: 'webhooks:write',
  body: lazy(() => z.strictObject({ agencyCode: AgencyCode, from: InstantInput, to: InstantInput })),
  idempotent: true,
  answers: { 202: ReplayBody },
  problems: ['not_found', 'range_too_wide', 'webhook_missing'],
});

export const eventsApi = [readEvents, replayEvent, replayInvoice, replayRange] as const;
