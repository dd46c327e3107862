import {
  type Appended,
  comparePositions,
  type FollowerReader,
  follows,
  type JournalAppender,
  type JournalEntry,
  type JournalFeed,
  type JournalPlace,
  type JournalProver,
  type JournalReader,
  sameEntry,
} from '../../shared/domain/ledger/journal.ts';
import { vietnamDay } from '../../shared/domain/time.ts';

/** The journal in memory. */
export class MemoryJournal implements JournalAppender, JournalReader, FollowerReader, JournalFeed, JournalProver {
  readonly #entries = new Map<string, JournalEntry>();
  /** Entries of an agency and day in the order of commits, made when first asked for. */
  readonly #sorted = new Map<string, JournalEntry[]>();

  async append(entry: JournalEntry): Promise<Appended> {
    const key = keyOf(entry);
    const there = this.#entries.get(key);
    if (there && !sameEntry(there, entry)) return { kind: 'contradicts' };
    if (there) return { kind: 'alreadyThere', entry: structuredClone(there) };
    this.#entries.set(key, structuredClone(entry));
    this.#sorted.delete(dayKey(entry.agencyCode, vietnamDay(entry.committedAt)));
    return { kind: 'appended' };
  }

  async *ofDay({ agencyCode, day }: { agencyCode: string; day: string }): AsyncIterable<JournalEntry> {
    for (const entry of this.entries())
      if (entry.agencyCode === agencyCode && vietnamDay(entry.committedAt) === day) yield entry;
  }

  async *followersOfDay(query: { agencyCode: string; day: string }): AsyncIterable<JournalEntry> {
    for await (const entry of this.ofDay(query)) if (follows(entry)) yield entry;
  }

  async ofDayAfter({ agencyCode, day, after, upTo, limit }: Parameters<JournalFeed['ofDayAfter']>[0]) {
    const all = this.#ofDay(agencyCode, day);
    let [from, to] = [0, all.length];
    while (after && from < to) {
      const middle = (from + to) >> 1;
      const entry = all[middle];
      if (entry && comparePositions(entry, after) > 0) to = middle;
      else from = middle + 1;
    }
    return structuredClone(all.slice(from, from + limit).filter((entry) => entry.committedAt <= upTo));
  }

  async at(place: JournalPlace): Promise<JournalEntry | undefined> {
    return structuredClone(this.#entries.get(keyOf(place)));
  }

  async allAt(places: readonly JournalPlace[]): Promise<(JournalEntry | undefined)[]> {
    return Promise.all(places.map((place) => this.at(place)));
  }

  entries(): JournalEntry[] {
    return structuredClone([...this.#entries.values()]);
  }

  #ofDay(agencyCode: string, day: string): JournalEntry[] {
    const key = dayKey(agencyCode, day);
    const known = this.#sorted.get(key);
    if (known) return known;
    const made = [...this.#entries.values()]
      .filter((entry) => entry.agencyCode === agencyCode && vietnamDay(entry.committedAt) === day)
      .sort(comparePositions);
    this.#sorted.set(key, made);
    return made;
  }
}

const keyOf = ({ agencyCode, committedAt, movementId }: JournalPlace): string =>
  `${agencyCode} ${committedAt} ${movementId}`;
const dayKey = (agencyCode: string, day: string): string => `${agencyCode} ${day}`;
