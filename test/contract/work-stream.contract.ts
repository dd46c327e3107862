import type { DynamoDBStreamEvent } from 'aws-lambda';
import { afterEach, describe, expect, it } from 'vitest';

/** What every stream of a table does that feeds a function, as far as we rely on it: DynamoDB's with Lambda's poller. */

export type StreamWorker = (event: DynamoDBStreamEvent) => Promise<unknown>;

export type WorkStream = {
  /** Puts an item: `k` is its key, `v` counts up. */
  put(k: string, v: number): Promise<void>;
  /** Lets the world go on until this holds; throws if it never does. */
  until(holds: () => boolean): Promise<void>;
  stop(): Promise<void>;
};

type Seen = { k: string; v: number; before: number | undefined; sequence: string };

const numberOf = (image: { v?: { N?: string } } | undefined): number | undefined =>
  image?.v?.N === undefined ? undefined : Number(image.v.N);

export function workStreamContract(name: string, make: (worker: StreamWorker) => Promise<WorkStream>): void {
  describe(`a stream that feeds a function: ${name}`, () => {
    const running: WorkStream[] = [];
    afterEach(async () => {
      for (const stream of running.splice(0)) await stream.stop();
    });

    /** A stream whose worker fails at what `fails` says. */
    async function aStream(fails: (one: Seen, times: number) => boolean = () => false, say = reported) {
      const seen: Seen[] = [];
      const stream = await make(async ({ Records }) => {
        for (const { dynamodb } of Records) {
          const one: Seen = {
            k: dynamodb?.Keys?.['k']?.S ?? '',
            v: numberOf(dynamodb?.NewImage as never) ?? 0,
            before: numberOf(dynamodb?.OldImage as never),
            sequence: dynamodb?.SequenceNumber ?? '',
          };
          seen.push(one);
          const times = seen.filter(({ sequence }) => sequence === one.sequence).length;
          if (fails(one, times)) return say(one.sequence);
        }
        return { batchItemFailures: [] };
      });
      running.push(stream);
      return { stream, seen };
    }
    const reported = (sequence: string): unknown => ({ batchItemFailures: [{ itemIdentifier: sequence }] });

    /** The values of one item in the order in which they were first seen. */
    const firsts = (seen: readonly Seen[], key: string) => [
      ...new Set(seen.filter(({ k }) => k === key).map(({ v }) => v)),
    ];

    it('tells every change of an item in order, with what stood there before', async () => {
      const { stream, seen } = await aStream();
      for (let v = 1; v <= 8; v += 1) for (const k of ['a', 'b', 'c']) await stream.put(k, v);
      await stream.until(() => ['a', 'b', 'c'].every((k) => firsts(seen, k).length === 8));
      for (const k of ['a', 'b', 'c']) expect(firsts(seen, k)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      for (const { v, before } of seen) expect(before).toBe(v === 1 ? undefined : v - 1);
    });

    it('comes again from the record that failed, and goes on when it succeeds (scenario 38)', async () => {
      const { stream, seen } = await aStream(({ v }, times) => v === 3 && times === 1);
      for (let v = 1; v <= 5; v += 1) await stream.put('a', v);
      await stream.until(() => seen.some(({ v }) => v === 5));
      expect(firsts(seen, 'a')).toEqual([1, 2, 3, 4, 5]);
      const values = seen.map(({ v }) => v);
      expect(values.filter((v) => v === 3)).toHaveLength(2);
      // What stood before the failure is not told again because of it.
      expect(values.slice(values.lastIndexOf(3))).toEqual([3, 4, 5]);
    });

    it.each<[string, (sequence: string) => unknown]>([
      ['names a record that is not in it', () => ({ batchItemFailures: [{ itemIdentifier: 'no-such-record' }] })],
      [
        'fails',
        () => {
          throw new Error('not today');
        },
      ],
    ])('tells a whole batch again where the answer %s', async (_, say) => {
      const { stream, seen } = await aStream(({ v }, times) => v === 2 && times === 1, say);
      for (let v = 1; v <= 3; v += 1) await stream.put('a', v);
      await stream.until(() => seen.some(({ v }) => v === 3));
      expect(firsts(seen, 'a')).toEqual([1, 2, 3]);
      expect(seen.filter(({ v }) => v === 2).length).toBeGreaterThanOrEqual(2);
    });

    it('puts aside what never succeeds, and its neighbours flow (scenario 39)', async () => {
      const { stream, seen } = await aStream(({ k }) => k === 'poison');
      await stream.put('good', 1);
      await stream.put('poison', 1);
      await stream.put('good', 2);
      await stream.until(() => seen.some(({ k, v }) => k === 'good' && v === 2));
      expect(firsts(seen, 'good')).toEqual([1, 2]);
    });
  });
}
