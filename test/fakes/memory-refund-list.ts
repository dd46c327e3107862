import { type NotedRefund, OPEN_REFUND_SHARDS, type RefundList } from '../../shared/domain/refund/open-refunds.ts';
import type { RefundId } from '../../shared/domain/refund/refund.ts';
import { vietnamDay } from '../../shared/domain/time.ts';

/** Which refunds there are, in memory. */
export class MemoryRefundList implements RefundList {
  readonly #noted = new Map<RefundId, NotedRefund>();
  readonly #open = new Set<RefundId>();

  async note(refund: NotedRefund): Promise<void> {
    this.#noted.set(refund.refundId, refund);
    this.#open.add(refund.refundId);
  }

  async ofAgencyDay({ agencyCode, day, after = '', limit }: Parameters<RefundList['ofAgencyDay']>[0]) {
    const all = [...this.#noted.values()]
      .filter((one) => one.agencyCode === agencyCode && vietnamDay(one.requestedAt) === day)
      .map((one) => ({
        refundId: one.refundId,
        position: `${new Date(one.requestedAt).toISOString()}#${one.refundId}`,
      }))
      .filter(({ position }) => position > after)
      .sort((one, other) => (one.position < other.position ? -1 : 1));
    return { found: all.slice(0, limit), more: all.length > limit };
  }

  async open({ shard, after = 'rfd_0', limit }: Parameters<RefundList['open']>[0]): Promise<RefundId[]> {
    return [...this.#open]
      .filter((id) => Number(id.slice(-3)) % OPEN_REFUND_SHARDS === shard && id > after)
      .sort()
      .slice(0, limit);
  }

  async close(refundIds: readonly RefundId[]): Promise<void> {
    for (const id of refundIds) this.#open.delete(id);
  }
}
