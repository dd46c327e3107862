import type { ProviderId } from '../domain/payment/provider.ts';
import {
  delaySeconds,
  MAX_DELAY_SECONDS,
  type Questions,
  WATCH_SHARDS,
  type WatchList,
} from '../domain/payment/silent.ts';
import { type Instant, SECOND_MILLISECONDS } from '../domain/time.ts';

/**
 * Most silent payments of one provider that one run takes up: two questions a second, spread over a quarter of an hour. The
 * rest stays due. A provider whose callbacks have failed is back, or it is not; neither is helped by being asked faster.
 */
export const MAX_TAKEN_UP = 2 * MAX_DELAY_SECONDS;
const PER_SHARD = Math.ceil(MAX_TAKEN_UP / WATCH_SHARDS);

/**
 * Takes up the silent payments that are due, or will be while a message can be delayed: puts a question for each into the
 * queue, evenly spread and none before it is due, and strikes it out. A crash in between asks twice. What one provider has
 * waiting is bounded on its own, so that it takes nothing from the others.
 */
export async function takeUpSilent(
  providerIds: Iterable<ProviderId>,
  { watches, questions, now }: { watches: WatchList; questions: Questions; now: () => Instant },
): Promise<{ takenUp: number }> {
  let takenUp = 0;
  for (const providerId of providerIds) {
    for (let shard = 0; shard < WATCH_SHARDS; shard += 1) {
      const at = now();
      const by = at + MAX_DELAY_SECONDS * SECOND_MILLISECONDS;
      const due = await watches.dueBy({ providerId, shard, by, limit: PER_SHARD });
      await questions.sendLater(
        due.map(({ reference, dueAt }, place) => ({
          message: { v: 1, providerId, reference },
          delaySeconds: Math.max(delaySeconds(dueAt - at), Math.floor((place * MAX_DELAY_SECONDS) / PER_SHARD)),
        })),
      );
      await watches.forget(due);
      takenUp += due.length;
    }
  }
  return { takenUp };
}
