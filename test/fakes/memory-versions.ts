import {
  BUILT_IN_VERSION,
  type CatalogueVersion,
  type Drafted,
  type Found,
  MAX_VERSIONS,
  type VersionBook,
  type VersionMove,
} from '../../shared/domain/catalogue/version.ts';
import type { ChangeOrigin } from '../../shared/domain/registry/origin.ts';

/** Versions of the catalogue in memory. */
export class MemoryVersions implements VersionBook {
  readonly #versions = new Map<number, CatalogueVersion>();
  readonly #calls = new Map<string, { bodyHash: string; version: number }>();
  /** How often the list was read. */
  reads = 0;

  async find(version: number): Promise<CatalogueVersion | undefined> {
    return structuredClone(this.#versions.get(version));
  }

  async all(): Promise<CatalogueVersion[]> {
    this.reads += 1;
    return structuredClone([...this.#versions.values()]);
  }

  async draft(draft: Omit<CatalogueVersion, 'version' | 'state'>, origin: ChangeOrigin): Promise<Drafted> {
    const call = this.#calls.get(origin.keyHash);
    const there = call && this.#versions.get(call.version);
    if (call && there)
      return call.bodyHash === origin.bodyHash
        ? { kind: 'repeated', version: structuredClone(there) }
        : { kind: 'keyReused' };
    const number = BUILT_IN_VERSION + this.#versions.size + 1;
    if (number > MAX_VERSIONS) return { kind: 'full' };
    const version: CatalogueVersion = { ...draft, version: number, state: 'draft' };
    this.#versions.set(number, structuredClone(version));
    this.#calls.set(origin.keyHash, { bodyHash: origin.bodyHash, version: number });
    return { kind: 'drafted', version };
  }

  async validated(version: number, found: Found): Promise<VersionMove> {
    return this.#move(version, ({ state }) => state !== 'published', { ...found, state: 'validated' });
  }

  async publish(
    version: number,
    publication: { publishedBy: string; publishedAt: number; effectiveFrom: number },
  ): Promise<VersionMove> {
    const may = ({ state, draftedBy }: CatalogueVersion) =>
      state === 'validated' && draftedBy !== publication.publishedBy;
    return this.#move(version, may, { ...publication, state: 'published' });
  }

  #move(number: number, may: (version: CatalogueVersion) => boolean, found: Partial<CatalogueVersion>): VersionMove {
    const version = this.#versions.get(number);
    if (!version) throw new Error(`no version ${number}`);
    if (!may(version)) return { kind: 'refused', version: structuredClone(version) };
    const moved = { ...version, ...found };
    this.#versions.set(number, moved);
    return { kind: 'moved', version: structuredClone(moved) };
  }
}
