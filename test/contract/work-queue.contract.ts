import type { SQSEvent } from 'aws-lambda';
import { afterEach, describe, expect, it } from 'vitest';

/** What every queue does that feeds a function, whatever it is made of: SQS with Lambda's poller, as far as we rely on it. */

export type QueueSettings = { maxReceives: number; visibilitySeconds: number };

/** The function: what it answers, and `hide` as it may do with a message in hand. */
export type QueueWorker = (
  event: SQSEvent,
  hide: (receiptHandle: string, seconds: number) => Promise<void>,
) => Promise<unknown>;

export type WorkQueue = {
  /** In one call, ten at most. */
  send(bodies: readonly string[]): Promise<void>;
  deadLetters(): Promise<string[]>;
  /** Nothing waits, is hidden or lies among the dead letters. */
  isEmpty(): Promise<boolean>;
  /** Lets the world go on until this holds; throws if it never does. */
  until(holds: () => boolean | Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
};

type Make = (settings: QueueSettings, worker: QueueWorker) => Promise<WorkQueue>;

const SHORT = { maxReceives: 2, visibilitySeconds: 2 };
/** Longer than any test: only what is made visible comes again. */
const LONG = { maxReceives: 3, visibilitySeconds: 600 };
const MOST_IN_A_BATCH = 10;

export function workQueueContract(name: string, make: Make): void {
  describe(`a queue that feeds a function: ${name}`, () => {
    const running: WorkQueue[] = [];
    afterEach(async () => {
      for (const queue of running.splice(0)) await queue.stop();
    });

    /** A queue whose worker notes what it gets and answers what `answer` says. */
    async function aQueue(
      settings: QueueSettings,
      answer: (event: SQSEvent, hide: Parameters<QueueWorker>[1]) => unknown,
    ) {
      const seen: SQSEvent['Records'][] = [];
      const queue = await make(settings, async (event, hide) => {
        seen.push(event.Records);
        return answer(event, hide);
      });
      running.push(queue);
      const times = (body: string) => seen.flat().filter((record) => record.body === body);
      return { queue, seen, times };
    }
    const failing =
      (...bad: string[]) =>
      ({ Records }: SQSEvent) => ({
        batchItemFailures: Records.filter(({ body }) => bad.includes(body)).map(({ messageId }) => ({
          itemIdentifier: messageId,
        })),
      });

    it('hands over every message, at most ten at a time, and deletes what succeeded', async () => {
      const { queue, seen, times } = await aQueue(LONG, () => undefined);
      const bodies = Array.from({ length: 25 }, (_, index) => `message ${index}`);
      for (let start = 0; start < bodies.length; start += MOST_IN_A_BATCH)
        await queue.send(bodies.slice(start, start + MOST_IN_A_BATCH));
      await queue.until(async () => bodies.every((body) => times(body).length > 0) && (await queue.isEmpty()));
      expect(Math.max(...seen.map((batch) => batch.length))).toBeLessThanOrEqual(MOST_IN_A_BATCH);
      expect(new Set(seen.flat().map((record) => record.messageId)).size).toBe(bodies.length);
    });

    it('brings back what failed and nothing else, then puts it among the dead letters (scenario 41)', async () => {
      const { queue, times } = await aQueue(SHORT, failing('bad'));
      await queue.send(['good', 'bad', 'good too']);
      await queue.until(async () => (await queue.deadLetters()).includes('bad'));
      expect(times('bad').map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(['1', '2']);
      expect(new Set(times('bad').map(({ messageId }) => messageId)).size).toBe(1);
      expect([times('good').length, times('good too').length]).toEqual([1, 1]);
    });

    it.each<[string, () => unknown]>([
      ['names a message that was not in it', () => ({ batchItemFailures: [{ itemIdentifier: 'no-such-id' }] })],
      ['names nothing where a name belongs', () => ({ batchItemFailures: [{ itemIdentifier: null }] })],
      [
        'fails',
        () => {
          throw new Error('not today');
        },
      ],
    ])('brings the whole batch back where the answer %s (scenario 41)', async (_, answer) => {
      const { queue, times } = await aQueue(SHORT, answer);
      await queue.send(['one', 'two']);
      await queue.until(async () => (await queue.deadLetters()).length === 2);
      expect((await queue.deadLetters()).sort()).toEqual(['one', 'two']);
      expect([times('one').length, times('two').length]).toEqual([2, 2]);
    });

    it('takes no answer, null and an empty list for a success', async () => {
      const answers = [undefined, null, { batchItemFailures: [] }, {}];
      let calls = 0;
      const { queue, times } = await aQueue(LONG, () => answers[calls++ % answers.length]);
      for (const body of ['a', 'b', 'c', 'd']) {
        await queue.send([body]);
        await queue.until(async () => times(body).length === 1 && (await queue.isEmpty()));
      }
    });

    it('hides a failed message until its visibility ends', async () => {
      const { queue, times } = await aQueue(LONG, failing('bad'));
      await queue.send(['bad']);
      await queue.until(() => times('bad').length === 1);
      await queue.send(['next']);
      await queue.until(() => times('next').length === 1);
      expect(times('bad')).toHaveLength(1);
      expect(await queue.isEmpty()).toBe(false);
    });

    it('brings a message back when its function says, not when the queue would', async () => {
      const { queue, times } = await aQueue(LONG, async ({ Records }, hide) => {
        const again = Records.filter(({ attributes }) => attributes.ApproximateReceiveCount === '1');
        for (const { receiptHandle } of again) await hide(receiptHandle, 0);
        return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) };
      });
      await queue.send(['one']);
      await queue.until(async () => times('one').length === 2 && (await queue.isEmpty()));
    });

    it('knows nothing of what is the same: two sends are two messages', async () => {
      const { queue, times } = await aQueue(LONG, () => undefined);
      await queue.send(['twin']);
      await queue.send(['twin']);
      await queue.until(async () => times('twin').length === 2 && (await queue.isEmpty()));
      expect(new Set(times('twin').map(({ messageId }) => messageId)).size).toBe(2);
    });
  });
}
