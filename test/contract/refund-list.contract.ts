import { beforeEach, describe, expect, it } from 'vitest';
import { OPEN_REFUND_SHARDS, type RefundList } from '../../shared/domain/refund/open-refunds.ts';
import type { RefundId } from '../../shared/domain/refund/refund.ts';
import { NUMBER } from '../dsl/given.ts';
import { LAND, NOW, POLICE } from '../dsl/world.ts';

const idOf = (place: number): RefundId => `rfd_${NUMBER}${String(place).padStart(8, '0')}` as RefundId;
const DAY = '2026-11-20';

/** What every list of refunds does, whatever it is made of. */
export function refundListContract(name: string, make: () => Promise<RefundList>): void {
  describe(`a list of refunds: ${name}`, () => {
    let list: RefundList;
    beforeEach(async () => {
      list = await make();
    });
    const note = (place: number, agencyCode = LAND) =>
      list.note({ refundId: idOf(place), agencyCode, requestedAt: NOW + place });
    const open = async () => {
      const shards = Array.from({ length: OPEN_REFUND_SHARDS }, (_, shard) => list.open({ shard, limit: 100 }));
      return (await Promise.all(shards)).flat().sort();
    };

    it('shows an agency’s refunds of a day, oldest first, page by page, and nobody else’s', async () => {
      for (const place of [3, 1, 2, 1]) await note(place);
      await note(4, POLICE);
      const first = await list.ofAgencyDay({ agencyCode: LAND, day: DAY, limit: 2 });
      expect([first.found.map(({ refundId }) => refundId), first.more]).toEqual([[idOf(1), idOf(2)], true]);
      const after = first.found.at(-1)?.position;
      const second = await list.ofAgencyDay({ agencyCode: LAND, day: DAY, after, limit: 10 });
      expect([second.found.map(({ refundId }) => refundId), second.more]).toEqual([[idOf(3)], false]);
      expect((await list.ofAgencyDay({ agencyCode: LAND, day: '2026-11-21', limit: 10 })).found).toEqual([]);
    });

    it('keeps those that are open until they are struck out, in shards that can be paged', async () => {
      const all = Array.from({ length: 30 }, (_, place) => place + 1);
      for (const place of all) await note(place);
      expect(await open()).toEqual(all.map(idOf));
      const [one, ...rest] = await list.open({ shard: 0, limit: 3 });
      expect(await list.open({ shard: 0, after: one, limit: 2 })).toEqual(rest);
      await list.close(all.slice(2).map(idOf));
      expect(await open()).toEqual([idOf(1), idOf(2)]);
      await list.close([]);
      await note(7);
      expect(await open()).toEqual([idOf(1), idOf(2), idOf(7)]);
    });
  });
}
