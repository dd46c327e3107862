import { cursorBefore, FEED_BEGINS_BEFORE_MILLISECONDS, FeedCursor } from '../domain/notification/feed.ts';
import { moneyEventsOf, type OutgoingEvent } from '../domain/notification/outgoing.ts';
import { type CursorCodec, InvalidCursor } from '../domain/paging.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { DAY_MILLISECONDS, type Instant } from '../domain/time.ts';
import { eventHash } from './hashing.ts';
import { type FeedDependencies, readFeed } from './read-feed.ts';
import { isTold, ownerFor } from './replay-events.ts';

/** The farthest back that a feed may begin, in days. What is older is in the reports. */
export const MAX_FEED_DAYS = 366;

/**
 * A page of the feed of an agency: all of it for the agency and operators, of its own invoices for a portal. Refusals:
 * not_found, range_too_wide. Throws {@link InvalidCursor} for a cursor that was made for another caller or agency.
 */
export async function listEvents(
  {
    agencyCode,
    after,
    from,
    limit,
  }: { agencyCode: string; after?: string | undefined; from?: Instant | undefined; limit: number },
  caller: Caller,
  dependencies: FeedDependencies & { cursors: CursorCodec },
): Promise<{ events: OutgoingEvent[]; nextCursor: string; caughtUp: boolean }> {
  const { cursors, late, now } = dependencies;
  const owner = ownerFor(caller, agencyCode);
  const boundTo = `events ${caller.clientId} ${agencyCode}`;
  const begin = from ?? now() - FEED_BEGINS_BEFORE_MILLISECONDS;
  if (begin < now() - MAX_FEED_DAYS * DAY_MILLISECONDS)
    throw new Refusal('range_too_wide', undefined, [
      { pointer: '/query/from', message: `at most ${MAX_FEED_DAYS} days back` },
    ]);
  const cursor =
    after === undefined ? cursorBefore(begin, await late.end(agencyCode)) : readCursor(cursors.decode(after, boundTo));
  const page = await readFeed({ agencyCode, cursor, limit }, dependencies);
  return {
    events: page.items
      .filter(({ entry }) => isTold(owner, entry))
      .flatMap(({ entry }) => moneyEventsOf(entry, eventHash)),
    nextCursor: cursors.encode(JSON.stringify(page.cursor), boundTo),
    caughtUp: page.caughtUp,
  };
}

function readCursor(text: string): FeedCursor {
  const parsed = FeedCursor.safeParse(JSON.parse(text));
  // Signed by us, yet of another version.
  if (!parsed.success) throw new InvalidCursor();
  return parsed.data;
}
