import * as api from '../../shared/api/events.ts';
import { numberOf } from '../../shared/domain/invoice/number.ts';
import type { CursorCodec } from '../../shared/domain/paging.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { listEvents } from '../../shared/usecases/list-events.ts';
import type { FeedDependencies } from '../../shared/usecases/read-feed.ts';
import {
  type ReplayDependencies,
  type Replayed,
  replayEvent,
  replayInvoice,
  replayRange,
} from '../../shared/usecases/replay-events.ts';

export type EventsDependencies = FeedDependencies &
  ReplayDependencies & {
    /** Read when a list is asked for: its key stands in the secret store. */
    cursors: () => Promise<CursorCodec>;
  };

export const eventsRoutes = (dependencies: EventsDependencies): Route[] => [
  answering(api.readEvents, async ({ query: { agencyCode, after, from, limit }, caller }) => {
    const since = from === undefined ? undefined : Date.parse(from);
    const cursors = await dependencies.cursors();
    const page = await listEvents({ agencyCode, after, from: since, limit }, caller, { ...dependencies, cursors });
    return { status: 200, body: { data: page.events, nextCursor: page.nextCursor, caughtUp: page.caughtUp } };
  }),

  answering(api.replayEvent, async ({ params: { id }, caller, idempotencyKey }) =>
    replayed(await replayEvent(id, caller, idempotencyKey, dependencies)),
  ),

  answering(api.replayInvoice, async ({ params: { invoiceId }, caller, idempotencyKey }) =>
    replayed(await replayInvoice(numberOf(invoiceId), caller, idempotencyKey, dependencies)),
  ),

  answering(api.replayRange, async ({ body: { agencyCode, from, to }, caller, idempotencyKey }) => {
    const range = { agencyCode, from: Date.parse(from), to: Date.parse(to) };
    return replayed(await replayRange(range, caller, idempotencyKey, dependencies));
  }),
];

const replayed = ({ replay: { replayId, agencyCode, state, sent, requestedAt, range }, replayed }: Replayed) => ({
  status: 202,
  body: {
    ...{ replayId, agencyCode, state, sent },
    requestedAt: formatInstant(requestedAt),
    from: range ? formatInstant(range.from) : null,
    to: range ? formatInstant(range.to) : null,
  },
  replayed,
});
