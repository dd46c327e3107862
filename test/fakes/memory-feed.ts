import type { LateEntries, LatePlace, Watermark } from '../../shared/domain/notification/feed.ts';

/** The watermark and the late entries in memory. */
export class MemoryFeed implements Watermark, LateEntries {
  #watermark = 0;
  readonly #late = new Map<string, LatePlace[]>();

  /** The store's own clock, where a test gives it one. */
  time: (() => number) | undefined;

  get clock(): number | undefined {
    return this.time?.();
  }

  async read(): Promise<number> {
    return this.#watermark;
  }

  async advance(to: number): Promise<void> {
    this.#watermark = Math.max(this.#watermark, to);
  }

  async append(agencyCode: string, places: readonly LatePlace[]): Promise<void> {
    this.#late.set(agencyCode, [...(this.#late.get(agencyCode) ?? []), ...structuredClone(places)]);
  }

  async after(agencyCode: string, position: number, limit: number) {
    return (this.#late.get(agencyCode) ?? [])
      .map((place, index) => ({ position: index + 1, place }))
      .slice(position, position + limit);
  }

  async end(agencyCode: string): Promise<number> {
    return this.#late.get(agencyCode)?.length ?? 0;
  }
}
