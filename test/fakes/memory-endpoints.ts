import type {
  BlockedEndpoint,
  BlockedEndpoints,
  MissedDeliveries,
  MissedDelivery,
} from '../../shared/domain/notification/blocked.ts';

/** Blocked endpoints and what they missed, in memory. */
export class MemoryEndpoints implements BlockedEndpoints, MissedDeliveries {
  readonly #blocked = new Map<string, BlockedEndpoint>();
  readonly #missed = new Map<string, Map<string, MissedDelivery>>();

  async find(owner: string): Promise<BlockedEndpoint | undefined> {
    return structuredClone(this.#blocked.get(owner));
  }

  async block(endpoint: BlockedEndpoint): Promise<'blocked' | 'wasBlocked'> {
    if (this.#blocked.has(endpoint.owner)) return 'wasBlocked';
    this.#blocked.set(endpoint.owner, structuredClone(endpoint));
    return 'blocked';
  }

  async save(endpoint: BlockedEndpoint): Promise<BlockedEndpoint | undefined> {
    if (this.#blocked.get(endpoint.owner)?.version !== endpoint.version) return undefined;
    const saved = { ...structuredClone(endpoint), version: endpoint.version + 1 };
    this.#blocked.set(endpoint.owner, saved);
    return structuredClone(saved);
  }

  async open({ owner, version }: Pick<BlockedEndpoint, 'owner' | 'version'>): Promise<boolean> {
    if (this.#blocked.get(owner)?.version !== version) return false;
    return this.#blocked.delete(owner);
  }

  async all(): Promise<BlockedEndpoint[]> {
    return structuredClone([...this.#blocked.values()]);
  }

  async keep(owner: string, event: MissedDelivery): Promise<void> {
    const missed = this.#missed.get(owner) ?? new Map<string, MissedDelivery>();
    missed.set(keyOf(event), structuredClone(event));
    this.#missed.set(owner, missed);
  }

  async first(owner: string, limit: number): Promise<MissedDelivery[]> {
    const missed = [...(this.#missed.get(owner) ?? [])].sort(([one], [other]) => (one < other ? -1 : 1));
    return structuredClone(missed.slice(0, limit).map(([, event]) => event));
  }

  async forget(owner: string, events: readonly MissedDelivery[]): Promise<void> {
    for (const event of events) this.#missed.get(owner)?.delete(keyOf(event));
  }
}

const keyOf = ({ id, time }: MissedDelivery): string => `${String(Date.parse(time)).padStart(13, '0')}#${id}`;
