import { isDeepStrictEqual } from 'node:util';
import type { JournalAppender, JournalEntry, JournalReader } from '../../shared/domain/ledger/journal.ts';
import { vietnamDay } from '../../shared/domain/time.ts';

/** The journal in memory. */
export class MemoryJournal implements JournalAppender, JournalReader {
  readonly #entries = new Map<string, JournalEntry>();

  async append(entry: JournalEntry) {
    const key = `${entry.agencyCode} ${entry.committedAt} ${entry.movementId}`;
    const there = this.#entries.get(key);
    if (there) return isDeepStrictEqual(there, entry) ? ('alreadyThere' as const) : ('contradicts' as const);
    this.#entries.set(key, structuredClone(entry));
    return 'appended' as const;
  }

  async *ofDay({ agencyCode, day }: { agencyCode: string; day: string }): AsyncIterable<JournalEntry> {
    for (const entry of this.entries())
      if (entry.agencyCode === agencyCode && vietnamDay(entry.committedAt) === day) yield entry;
  }

  entries(): JournalEntry[] {
    return structuredClone([...this.#entries.values()]);
  }
}
