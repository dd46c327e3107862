import { WATCH_SHARDS, type Watched, type WatchList } from '../../shared/domain/payment/silent.ts';

/** Silent payments in memory. */
export class MemoryWatches implements WatchList {
  readonly #watched = new Map<string, Watched>();

  async watch(payment: Watched): Promise<void> {
    this.#watched.set(keyOf(payment), { ...payment });
  }

  async dueBy({ providerId, shard, by, limit }: Parameters<WatchList['dueBy']>[0]): Promise<Watched[]> {
    return this.contents()
      .filter((one) => one.providerId === providerId && one.dueAt <= by)
      .filter(({ reference }) => Number(reference.slice(9, 12)) % WATCH_SHARDS === shard)
      .slice(0, limit);
  }

  async forget(payments: readonly Watched[]): Promise<void> {
    for (const payment of payments) this.#watched.delete(keyOf(payment));
  }

  /** All of them, longest due first. */
  contents(): Watched[] {
    return [...this.#watched.values()].sort(
      (one, other) => one.dueAt - other.dueAt || (one.reference < other.reference ? -1 : 1),
    );
  }
}

const keyOf = ({ providerId, reference, dueAt }: Watched): string => `${providerId} ${dueAt} ${reference}`;
