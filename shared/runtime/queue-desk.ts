import { Queue, type Received } from '../aws/sqs.ts';
import type { DeadLetter, QueueAddresses, QueueDesk } from '../domain/queues.ts';

/** SQS gives at most ten messages at a time. */
const RECEIVE_COUNT = 10;
/** Nobody else sees a message while it is looked at or moved, and for how long nobody does if we die. Seconds. */
const LOOK_SECONDS = 10;
const MOVE_SECONDS = 60;
/** One call ends before the gateway gives up; what is left waits for the next. Milliseconds. */
const REDRIVE_MILLISECONDS = 20_000;

type Known = { deadLetters: Queue; queue: Queue | undefined };

/** The queues of this deployment, through SQS. */
export class SqsQueueDesk implements QueueDesk {
  readonly #queues: ReadonlyMap<string, Known>;
  readonly #now: () => number;

  constructor(addresses: QueueAddresses, now: () => number) {
    this.#queues = new Map(
      Object.entries(addresses).map(([name, { deadLetters, queue }]) => [
        name,
        { deadLetters: new Queue(deadLetters), queue: queue === undefined ? undefined : new Queue(queue) },
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
    const [queue, deadLetters] = await Promise.all([known.queue?.counts(), known.deadLetters.counts()]);
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
    const { queue, deadLetters } = known;
    if (!queue) return 'notRedrivable';
    const until = this.#now() + REDRIVE_MILLISECONDS;
    let moved = 0;
    while (moved < count && this.#now() < until) {
      const some = await deadLetters.receive(Math.min(count - moved, RECEIVE_COUNT), MOVE_SECONDS);
      if (some.length === 0) break;
      await Promise.all(
        some.map(async ({ Body, ReceiptHandle }) => {
          // In this order: dying between the two doubles a message, and loses none.
          await queue.send(Body);
          await deadLetters.remove(ReceiptHandle);
        }),
      );
      moved += some.length;
    }
    return moved;
  }
}
