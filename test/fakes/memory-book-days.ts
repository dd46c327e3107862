import {
  BookDay,
  type BookDays,
  type BookFile,
  type BookId,
  bookFileName,
  type Closing,
  type DayRun,
} from '../../shared/domain/reconciliation/book-day.ts';
import type { Day } from '../../shared/domain/time.ts';

/** Books by day in memory. Keeps copies, so that nothing changes behind its back. */
export class MemoryBookDays implements BookDays {
  readonly #days = new Map<string, BookDay>();

  async find(book: BookId, day: Day) {
    return structuredClone(this.#days.get(`${book} ${day}`));
  }

  async between(book: BookId, from: Day, to: Day) {
    return structuredClone(
      [...this.#days.values()]
        .filter((one) => one.book === book && one.day >= from && one.day <= to)
        .sort((one, other) => (one.day < other.day ? -1 : 1)),
    );
  }

  async enter(book: BookId, day: Day, file: BookFile) {
    const there = this.#begin(book, day);
    if (there.files.some((one) => isSame(one, file))) return 'entered' as const;
    if (there.state === 'CLOSED') return 'closed' as const;
    const files = [...there.files, file].sort((one, other) => (bookFileName(one) < bookFileName(other) ? -1 : 1));
    this.#keep({ ...there, files, changes: there.changes + 1 });
    return 'entered' as const;
  }

  async leave(book: BookId, day: Day, file: Named) {
    const there = this.#days.get(`${book} ${day}`);
    if (!there?.files.some((one) => isSame(one, file))) return 'left' as const;
    if (there.state === 'CLOSED') return 'closed' as const;
    this.#keep({ ...there, files: there.files.filter((one) => !isSame(one, file)), changes: there.changes + 1 });
    return 'left' as const;
  }

  async record(book: BookId, day: Day, run: DayRun) {
    const there = this.#begin(book, day);
    if (there.run?.sha256 === run.sha256 && there.run.revision === run.revision) return 'recorded' as const;
    const seen = there.changes === run.changes && (there.run?.revision ?? 0) === run.revision - 1;
    if (there.state === 'CLOSED' || !seen) return 'overtaken' as const;
    this.#keep({ ...there, run });
    return 'recorded' as const;
  }

  async close(book: BookId, day: Day, changes: number, { sha256, closedBy, closedAt }: Closing) {
    const there = this.#days.get(`${book} ${day}`);
    if (!there) throw new Error('the day has no item');
    const same = (there.run?.sha256 ?? null) === sha256;
    if (there.state === 'CLOSED')
      return {
        kind: same && there.closedBy === closedBy ? ('closed' as const) : ('changed' as const),
        day: structuredClone(there),
      };
    if (!same || there.changes !== changes) return { kind: 'changed' as const, day: structuredClone(there) };
    this.#keep({ ...there, state: 'CLOSED', closedBy, closedAt });
    return {
      kind: 'closed' as const,
      day: structuredClone({ ...there, state: 'CLOSED' as const, closedBy, closedAt }),
    };
  }

  async books() {
    return [...new Set([...this.#days.values()].map(({ book }) => book))].sort();
  }

  /** Everything that it holds, in order. */
  contents(): BookDay[] {
    return structuredClone(
      [...this.#days.values()].sort((one, other) => (`${one.book} ${one.day}` < `${other.book} ${other.day}` ? -1 : 1)),
    );
  }

  #begin(book: BookId, day: Day): BookDay {
    const key = `${book} ${day}`;
    const there = this.#days.get(key) ?? { book, day, state: 'OPEN' as const, files: [], changes: 0 };
    this.#days.set(key, there);
    return there;
  }

  #keep(day: BookDay): void {
    this.#days.set(`${day.book} ${day.day}`, BookDay.parse(structuredClone(day)));
  }
}

type Named = Pick<BookFile, 'statementId' | 'place' | 'adjusts'>;
const isSame = (one: Named, other: Named) => bookFileName(one) === bookFileName(other);
