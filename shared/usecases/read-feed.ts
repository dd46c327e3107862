import { comparePositions, type JournalEntry, type JournalFeed } from '../domain/ledger/journal.ts';
import {
  FEED_DAYS_A_CALL,
  type FeedCursor,
  type FeedPage,
  LATE_AT_ONCE,
  type LateEntries,
  STORE_CLOCK_SPREAD_MILLISECONDS,
  WATERMARK_LAG_MILLISECONDS,
  WATERMARK_STEP_MILLISECONDS,
  type Watermark,
} from '../domain/notification/feed.ts';
import { addDays, DAY_MILLISECONDS, type Instant, vietnamDay } from '../domain/time.ts';

export type FeedDependencies = {
  journal: JournalFeed;
  watermark: Watermark;
  late: LateEntries;
  now: () => Instant;
};

/**
 * The next entries of an agency's feed after a cursor, `limit` at most, and where to go on. `whole` reads beyond the
 * watermark, to the end of the journal; only who knows that nothing can come behind it may ask for that.
 *
 * Order matters: the watermark is moved before the late ones are read, and those before the journal (see `feed.ts`).
 */
export async function readFeed(
  {
    agencyCode,
    cursor,
    limit,
    whole = false,
  }: { agencyCode: string; cursor: FeedCursor; limit: number; whole?: boolean },
  dependencies: FeedDependencies,
): Promise<FeedPage> {
  const { journal, late } = dependencies;
  const upTo = whole ? Number.MAX_SAFE_INTEGER : await watermarkNow(dependencies);
  const lates = await late.after(agencyCode, cursor.late, limit);
  const items: FeedPage['items'] = [];
  let reached = cursor;
  for (const { position, place } of lates) {
    reached = { ...reached, late: position };
    // What stands after the cursor is met in its place; what stands before it is given now.
    if (comparePositions(place, cursor) > 0) continue;
    const entry = await journal.at({ agencyCode, ...place });
    // It was appended before it was written down as late. An entry that is gone is the repair scan's to find.
    if (entry) items.push({ entry, after: reached });
  }
  if (lates.length === limit) return { items, cursor: reached, caughtUp: false };

  const lastDay = vietnamDay(whole ? dependencies.now() + DAY_MILLISECONDS : Math.max(upTo, 0));
  let day = vietnamDay(cursor.committedAt);
  for (let days = 0; day <= lastDay; days += 1, day = addDays(day, 1)) {
    if (days === FEED_DAYS_A_CALL) return { items, cursor: reached, caughtUp: false };
    const room = limit - items.length;
    for (const entry of await journal.ofDayAfter({ agencyCode, day, after: reached, upTo, limit: room })) {
      reached = { ...reached, committedAt: entry.committedAt, movementId: entry.movementId };
      items.push({ entry, after: reached });
    }
    if (items.length === limit) return { items, cursor: reached, caughtUp: false };
    // Nothing can come behind the end of a day that the watermark has passed: what does is late.
    if (!whole && day < lastDay) reached = passedDay(reached, day);
  }
  return { items, cursor: reached, caughtUp: true };
}

/** The end of a day, unless the cursor is beyond it. */
function passedDay(cursor: FeedCursor, day: string): FeedCursor {
  const end = Date.parse(`${addDays(day, 1)}T00:00:00+07:00`);
  return cursor.committedAt >= end ? cursor : { ...cursor, committedAt: end, movementId: '' };
}

/** Moves the watermark if it is worth a write, and answers where it stands. */
async function watermarkNow({ watermark, now }: Pick<FeedDependencies, 'watermark' | 'now'>): Promise<Instant> {
  const there = await watermark.read();
  const wanted = (watermark.clock ?? now()) - WATERMARK_LAG_MILLISECONDS;
  if (wanted - there < WATERMARK_STEP_MILLISECONDS) return there;
  await watermark.advance(wanted);
  return watermark.read();
}

/**
 * To be called when entries stand in the journal, and before anybody is told of them: writes down those that readers of
 * the feed may have gone past. A write only for what is late. One strongly consistent read, and none where all of them are
 * younger than any watermark by the store's own clock: whoever had read the journal before the last of them was put had
 * moved the watermark to no later than that clock less the lag.
 */
export async function settleInFeed(
  entries: readonly JournalEntry[],
  { watermark, late }: Pick<FeedDependencies, 'watermark' | 'late'>,
): Promise<{ late: number }> {
  if (entries.length === 0) return { late: 0 };
  const clock = watermark.clock;
  const oldest = entries.reduce((least, { committedAt }) => Math.min(least, committedAt), Number.POSITIVE_INFINITY);
  if (clock !== undefined && oldest > clock + STORE_CLOCK_SPREAD_MILLISECONDS - WATERMARK_LAG_MILLISECONDS)
    return { late: 0 };
  const passed = await watermark.read();
  const behind = new Map<string, JournalEntry[]>();
  for (const entry of entries)
    if (entry.committedAt <= passed) behind.set(entry.agencyCode, [...(behind.get(entry.agencyCode) ?? []), entry]);
  for (const [agencyCode, some] of behind)
    for (let start = 0; start < some.length; start += LATE_AT_ONCE)
      await late.append(
        agencyCode,
        some.slice(start, start + LATE_AT_ONCE).map(({ committedAt, movementId, invoiceNumber }) => ({
          committedAt,
          movementId,
          ...(invoiceNumber !== undefined && { invoiceNumber }),
        })),
      );
  return { late: [...behind.values()].flat().length };
}
