import type { CallRecords } from '../../shared/domain/queues.ts';

/** What operators' calls were answered with, in memory. */
export class MemoryCalls implements CallRecords {
  readonly #calls = new Map<string, { bodyHash: string; result: unknown }>();

  find = async (id: string) => this.#calls.get(id);
  finish = async (id: string, bodyHash: string, result: unknown) => void this.#calls.set(id, { bodyHash, result });
  finished = (): string[] => [...this.#calls.keys()];
}
