import { beforeEach, describe, expect, it } from 'vitest';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { WATCH_SHARDS, type Watched, type WatchList } from '../../shared/domain/payment/silent.ts';

const AT = Date.parse('2026-11-20T23:59:59.900+07:00');
const watched = (index: number, more: Partial<Watched> = {}): Watched => ({
  providerId: 'vnpay',
  reference: paymentReference(InvoiceNumber.parse(String(100_000_000_000 + index)), 1),
  dueAt: AT + index,
  ...more,
});
const shards = Array.from({ length: WATCH_SHARDS }, (_, shard) => shard);

/** What every list of silent payments does, whatever it is made of. */
export function watchListContract(name: string, make: () => Promise<WatchList>): void {
  describe(`silent payments: ${name}`, () => {
    let list: WatchList;
    beforeEach(async () => {
      list = await make();
    });
    const due = async (by: number, { providerId = 'vnpay', limit = 100 } = {}) => {
      const found = await Promise.all(shards.map((shard) => list.dueBy({ providerId, shard, by, limit })));
      return found.flat().sort((one, other) => one.dueAt - other.dueAt);
    };

    it('are found once they are due, to the millisecond, and by their provider', async () => {
      await Promise.all([0, 1, 2].map((index) => list.watch(watched(index))));
      await list.watch(watched(0, { providerId: 'vnpay-b', dueAt: AT }));
      expect(await due(AT - 1)).toEqual([]);
      expect(await due(AT)).toEqual([watched(0)]);
      expect(await due(AT + 5)).toEqual([watched(0), watched(1), watched(2)]);
      expect(await due(AT + 5, { providerId: 'vnpay-b' })).toEqual([watched(0, { providerId: 'vnpay-b' })]);
      expect(await due(AT + 5, { providerId: 'vnpa' })).toEqual([]);
    });

    it('are noted once, however often they are noted', async () => {
      await Promise.all(Array.from({ length: 5 }, () => list.watch(watched(1))));
      expect(await due(AT + 5)).toEqual([watched(1)]);
    });

    it('stand in so many shards, each answered so many at a time, longest due first', async () => {
      await Promise.all(Array.from({ length: 4 * WATCH_SHARDS }, (_, index) => list.watch(watched(index))));
      for (const shard of shards) {
        const found = await list.dueBy({ providerId: 'vnpay', shard, by: AT + 1_000, limit: 3 });
        expect(found).toHaveLength(3);
        expect(found.map(({ dueAt }) => dueAt)).toEqual(found.map(({ dueAt }) => dueAt).toSorted((a, b) => a - b));
        expect(found[0]?.dueAt).toBeLessThan(AT + WATCH_SHARDS);
      }
    });

    it('are forgotten by name, very many at a time, and no other with them', async () => {
      const many = Array.from({ length: 60 }, (_, index) => watched(index));
      await Promise.all(many.map((one) => list.watch(one)));
      await list.forget([]);
      await list.forget(many.slice(0, 55));
      await list.forget([watched(57, { dueAt: AT })]);
      expect(await due(AT + 1_000)).toEqual(many.slice(55));
    });
  });
}
