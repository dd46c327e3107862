import type { RotatedSecretReader } from '../../shared/domain/secrets.ts';
import type { SecretWriter } from '../../shared/usecases/register.ts';
import type { SharedSecrets } from '../../shared/usecases/register-webhook.ts';

type Version = { id: string; value: string };

/** Secrets in memory, with all their versions, oldest first. */
export class MemorySecrets implements RotatedSecretReader, SecretWriter, SharedSecrets {
  readonly #secrets: Map<string, Version[]>;
  /** Names written, in order; a write that changes nothing is none. */
  readonly written: string[] = [];
  /** While set, every call fails: the store can't be reached. */
  outage: Error | undefined;

  constructor(secrets: Record<string, string> = {}) {
    this.#secrets = new Map(Object.entries(secrets).map(([name, value]) => [name, [{ id: 'seeded', value }]]));
  }

  async read(name: string): Promise<string | undefined> {
    return (await this.current(name))?.value;
  }

  async previous(name: string): Promise<string | undefined> {
    return this.#versions(name).at(-2)?.value;
  }

  async exists(name: string): Promise<boolean> {
    return this.#versions(name).length > 0;
  }

  async current(name: string): Promise<{ value: string; version: string } | undefined> {
    const last = this.#versions(name).at(-1);
    return last && { value: last.value, version: last.id };
  }

  async create(name: string, value: string, call: string): Promise<boolean> {
    const there = this.#versions(name);
    return there.length === 0 ? this.#put(name, value, call) : this.#holds(there, value, call);
  }

  async write(name: string, value: string, call: string): Promise<void> {
    if (!this.#put(name, value, call)) throw new Error(`${call} has written something else`);
  }

  async replace(name: string, value: string, version: string | undefined): Promise<boolean> {
    if (version === undefined) return this.create(name, value, `first ${this.written.length}`);
    return this.#put(name, value, `after ${version}`);
  }

  /** A version's id belongs to one value for good: false for another. The same one again changes nothing. */
  #put(name: string, value: string, id: string): boolean {
    const there = this.#versions(name);
    if (there.some((version) => version.id === id)) return this.#holds(there, value, id);
    this.#secrets.set(name, [...there, { id, value }]);
    this.written.push(name);
    return true;
  }

  #holds(versions: readonly Version[], value: string, id: string): boolean {
    return versions.some((version) => version.id === id && version.value === value);
  }

  #versions(name: string): Version[] {
    if (this.outage) throw this.outage;
    return this.#secrets.get(name) ?? [];
  }
}
