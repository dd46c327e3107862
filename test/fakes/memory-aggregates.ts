import {
  type AgencyProgress,
  type Aggregate,
  type AggregateBook,
  nameOf,
} from '../../shared/domain/aggregates/aggregate.ts';

/** What was told, in memory. */
export class MemoryAggregates implements AggregateBook {
  readonly #told: Aggregate[] = [];
  readonly #progress = new Map<string, AgencyProgress>();

  async last(): Promise<number> {
    return this.#told.length;
  }

  async progress(agencyCode: string): Promise<AgencyProgress | undefined> {
    return structuredClone(this.#progress.get(agencyCode));
  }

  async latest(agencyCode: string, names: readonly string[]): Promise<ReadonlyMap<string, Aggregate>> {
    const found = this.#told.filter((row) => row.agencyCode === agencyCode && names.includes(nameOf(row)));
    return new Map(found.map((row) => [nameOf(row), structuredClone(row)]));
  }

  async tell({ agencyCode, before, last, after, rows }: Parameters<AggregateBook['tell']>[0]): Promise<boolean> {
    if ((this.#progress.get(agencyCode)?.version ?? 0) !== before) return false;
    if (rows.length > 0 && last !== this.#told.length) return false;
    this.#progress.set(agencyCode, structuredClone(after));
    this.#told.push(...structuredClone([...rows]));
    return true;
  }

  async after(position: number, limit: number): Promise<Aggregate[]> {
    return structuredClone(this.#told.slice(position, position + limit));
  }

  contents() {
    return structuredClone({ told: this.#told, progress: [...this.#progress] });
  }
}
