import * as z from 'zod';
import { Queue, type Received } from '../aws/sqs.ts';
import { lazy } from '../domain/lazy.ts';
import type { DeadLetter, QueueAddresses, QueueDesk } from '../domain/queues.ts';

/** SQS gives at most ten messages at a time. */
const RECEIVE_COUNT = 10;
/** Nobody else sees a message while it is looked at or moved, and for how long nobody does if we die. Seconds. */
const LOOK_SECONDS = 10;
const MOVE_SECONDS = 60;
/** One call ends before the gateway gives up; what is left waits for the next. Milliseconds. */
const REDRIVE_MILLISECONDS = 20_000;

type Known = { deadLetters: Queue; queue: Queue | undefined; byProvider: ReadonlyMap<string, Queue> };

/** A message of a queue that each provider has for itself. */
const OfProvider = lazy(() => z.object({ providerId: z.string() }));

/** The queues of this deployment, through SQS. */
export class SqsQueueDesk implements QueueDesk {
  readonly #queues: ReadonlyMap<string, Known>;
  readonly #now: () => number;

  constructor(addresses: QueueAddresses, now: () => number) {
    this.#queues = new Map(
      Object.entries(addresses).map(([name, { deadLetters, queue, byProvider = {} }]) => [
        name,
        {
          deadLetters: new Queue(deadLetters),
          queue: queue === undefined ? undefined : new Queue(queue),
          byProvider: new Map(Object.entries(byProvider).map(([id, url]) => [id, new Queue(url)])),
        },
      ]),
    );
    this.#now = now;
  }

  names(): string[] {
    return [...this.#queues.keys()].sort();
  }

  async counts(name: string) {
    const known = this.#queues.get(name);
    if (!known) return undefined;
    const queues = [...(known.queue ? [known.queue] : []), ...known.byProvider.values()];
    const [deadLetters, ...each] = await Promise.all([
      known.deadLetters.counts(),
      ...queues.map((one) => one.counts()),
    ]);
    const total = (of: 'waiting' | 'inHand') => each.reduce((sum, one) => sum + one[of], 0);
    const queue = queues.length === 0 ? undefined : { waiting: total('waiting'), inHand: total('inHand') };
    return { queue, deadLetters: deadLetters.waiting + deadLetters.inHand };
  }

  async peek(name: string, limit: number): Promise<DeadLetter[] | undefined> {
    const letters = this.#queues.get(name)?.deadLetters;
    if (!letters) return undefined;
    const seen: Received[] = [];
    while (seen.length < limit) {
      const some = await letters.receive(Math.min(limit - seen.length, RECEIVE_COUNT), LOOK_SECONDS);
      if (some.length === 0) break;
      seen.push(...some);
    }
    // One that cannot be shown again at once is seen again a little later.
    await Promise.all(seen.map(({ ReceiptHandle }) => letters.hide(ReceiptHandle, 0).catch(() => undefined)));
    return seen.map(({ MessageId, Body, Attributes }) => ({
      messageId: MessageId,
      sentAt: Number(Attributes?.['SentTimestamp'] ?? 0),
      receives: Number(Attributes?.['ApproximateReceiveCount'] ?? 0),
      body: Body,
    }));
  }

  async redrive(name: string, count: number): Promise<number | 'notRedrivable' | undefined> {
    const known = this.#queues.get(name);
    if (!known) return undefined;
    const { deadLetters } = known;
    if (!known.queue && known.byProvider.size === 0) return 'notRedrivable';
    const until = this.#now() + REDRIVE_MILLISECONDS;
    let moved = 0;
    while (moved < count && this.#now() < until) {
      const some = await deadLetters.receive(Math.min(count - moved, RECEIVE_COUNT), MOVE_SECONDS);
      if (some.length === 0) break;
      await Promise.all(
        some.map(async ({ Body, ReceiptHandle }) => {
          const queue = known.queue ?? queueOf(Body, known.byProvider);
          // It stays: there is no queue for it any more, or there never was.
          if (!queue) return;
          // In this order: dying between the two doubles a message, and loses none.
          await queue.send(Body);
          await deadLetters.remove(ReceiptHandle);
          moved += 1;
        }),
      );
    }
    return moved;
  }
}

function queueOf(body: string, byProvider: ReadonlyMap<string, Queue>): Queue | undefined {
  try {
    return byProvider.get(OfProvider.parse(JSON.parse(body)).providerId);
  } catch {
    return undefined;
  }
}
