import type { BlockedEndpoints } from '../domain/notification/blocked.ts';
import type { Delivery } from '../domain/notification/delivery.ts';
import { WATERMARK_LAG_MILLISECONDS, WATERMARK_STEP_MILLISECONDS } from '../domain/notification/feed.ts';
import { moneyEventsOf } from '../domain/notification/outgoing.ts';
import type { WebhookDirectory } from '../domain/notification/ports.ts';
import { REPLAYED_A_RUN, type Replay, type Replays } from '../domain/notification/replay.ts';
import { eventHash } from './hashing.ts';
import { type FeedDependencies, readFeed } from './read-feed.ts';
import { isTold } from './replay-events.ts';

export type RunReplaysDependencies = FeedDependencies & {
  replays: Pick<Replays, 'save' | 'running'>;
  blocked: Pick<BlockedEndpoints, 'find'>;
  directory: WebhookDirectory;
  deliveries: { sendAll(messages: readonly Delivery[]): Promise<void> };
};

/** Movements read at once. */
const PAGE = 100;

/** Goes on with every replay of a range, some pages each. One whose endpoint is blocked waits until it stands open. */
export async function runReplays(dependencies: RunReplaysDependencies): Promise<{ sent: number }> {
  let sent = 0;
  for (const replay of await dependencies.replays.running()) sent += await goOn(replay, dependencies);
  return { sent };
}

async function goOn(replay: Replay, dependencies: RunReplaysDependencies): Promise<number> {
  const { replays, blocked, directory, deliveries } = dependencies;
  // A replay of one event or invoice is carried out by the call itself; one that died there is the caller's to repeat.
  if (!replay.range || !replay.cursor || (await blocked.find(replay.owner))) return 0;
  const asked = (await directory.endpointOf(replay.owner))?.events ?? [];
  let [current, sent]: [Replay | undefined, number] = [replay, 0];
  for (let read = 0; current?.state === 'running' && current.cursor && read < REPLAYED_A_RUN; read += PAGE) {
    const { agencyCode, cursor, owner } = current;
    // Read to its end, the feed reaches at least this far.
    const reaches = dependencies.now() - WATERMARK_LAG_MILLISECONDS - WATERMARK_STEP_MILLISECONDS;
    const page = await readFeed({ agencyCode, cursor, limit: PAGE }, dependencies);
    const { from, to } = replay.range;
    const inRange = page.items.filter(({ entry }) => entry.committedAt >= from && entry.committedAt <= to);
    const told: Delivery[] = inRange
      .filter(({ entry }) => isTold(owner, entry))
      .flatMap(({ entry }) => moneyEventsOf(entry, eventHash))
      .filter(({ type }) => asked.includes(type))
      .map((event) => ({ owner, event }));
    if (told.length > 0) await deliveries.sendAll(told);
    sent += told.length;
    const done = page.cursor.committedAt > to || (page.caughtUp && reaches > to);
    // Overtaken: another run goes on with it, and what was sent is told twice under the same ids.
    current = await replays.save({
      ...current,
      cursor: page.cursor,
      sent: current.sent + told.length,
      state: done ? 'done' : 'running',
    });
    if (page.caughtUp) break;
  }
  return sent;
}
