import { beforeEach, describe, expect, it } from 'vitest';
import { accountBook, type BookDays, type BookFile, type DayRun } from '../../shared/domain/reconciliation/book-day.ts';

const BOOK = accountBook('970415', '1234567890');
const DAY = '2026-11-20';
const file = (number: number, more: Partial<BookFile> = {}): BookFile => ({
  statementId: `stm_${String(number).padStart(24, '0')}`,
  place: 1,
  days: [DAY],
  ...more,
});
const sum = { count: 0, amount: 0 };
const run = (revision: number, changes: number, letter = 'a'): DayRun => ({
  revision,
  key: `results/bank/970415-1234567890/${DAY}/x.ndjson`,
  sha256: letter.repeat(64),
  previous: null,
  asOf: 1_795_000_000_000,
  changes,
  totals: {
    ours: sum,
    theirs: { count: 1, amount: -5 },
    confirmed: sum,
    suggested: sum,
    waiting: { ours: sum, theirs: sum },
    exceptions: { AMOUNT_OVER: sum },
  },
});
const closing = (letter: string | null, closedBy = 'clerk-7') => ({
  sha256: letter === null ? null : letter.repeat(64),
  closedBy,
  closedAt: 1_795_000_100_000,
});

/** What every book of days does, whatever it is made of. `fresh`: an empty one. */
export function bookDaysContract(name: string, fresh: () => Promise<BookDays>): void {
  describe(`books by day in ${name}`, () => {
    let days: BookDays;
    beforeEach(async () => {
      days = await fresh();
    });

    it('let a file count once, however often it is entered', async () => {
      expect(await days.enter(BOOK, DAY, file(1))).toBe('entered');
      expect(await days.enter(BOOK, DAY, file(1))).toBe('entered');
      expect(await days.find(BOOK, DAY)).toEqual({ book: BOOK, day: DAY, state: 'OPEN', files: [file(1)], changes: 1 });
    });

    it('hold several files in one order, also those of one statement', async () => {
      const all = [file(2), file(1, { adjusts: true }), file(1), file(3, { advice: true })];
      await Promise.all(all.map((one) => days.enter(BOOK, DAY, one)));
      const there = await days.find(BOOK, DAY);
      expect(there?.files).toEqual([file(1), file(1, { adjusts: true }), file(2), file(3, { advice: true })]);
      expect(there?.changes).toBe(4);
    });

    it('let a file leave, once', async () => {
      await days.enter(BOOK, DAY, file(1));
      expect(await days.leave(BOOK, DAY, file(1))).toBe('left');
      expect(await days.leave(BOOK, DAY, file(1))).toBe('left');
      expect(await days.leave(BOOK, '2026-11-21', file(1))).toBe('left');
      expect(await days.find(BOOK, DAY)).toMatchObject({ files: [], changes: 2 });
    });

    it('record a run that saw every file, and no other', async () => {
      await days.enter(BOOK, DAY, file(1));
      expect(await days.record(BOOK, DAY, run(1, 0))).toBe('overtaken');
      expect(await days.record(BOOK, DAY, run(1, 1))).toBe('recorded');
      expect(await days.record(BOOK, DAY, run(1, 1))).toBe('recorded');
      expect(await days.record(BOOK, DAY, run(1, 1, 'b'))).toBe('overtaken');
      expect(await days.record(BOOK, DAY, run(3, 1, 'b'))).toBe('overtaken');
      expect(await days.record(BOOK, DAY, run(2, 1, 'b'))).toBe('recorded');
      expect((await days.find(BOOK, DAY))?.run).toEqual(run(2, 1, 'b'));
    });

    it('close a day as it was seen, and then let nothing change it', async () => {
      await days.enter(BOOK, DAY, file(1));
      await days.record(BOOK, DAY, run(1, 1));
      expect((await days.close(BOOK, DAY, 0, closing('a'))).kind).toBe('changed');
      expect((await days.close(BOOK, DAY, 1, closing('b'))).kind).toBe('changed');
      const closed = await days.close(BOOK, DAY, 1, closing('a'));
      expect(closed).toMatchObject({ kind: 'closed', day: { state: 'CLOSED', closedBy: 'clerk-7' } });
      expect((await days.close(BOOK, DAY, 1, closing('a'))).kind).toBe('closed');
      expect((await days.close(BOOK, DAY, 1, closing('a', 'clerk-8'))).kind).toBe('changed');
      expect(await days.enter(BOOK, DAY, file(2))).toBe('closed');
      expect(await days.enter(BOOK, DAY, file(1))).toBe('entered');
      expect(await days.leave(BOOK, DAY, file(1))).toBe('closed');
      expect(await days.record(BOOK, DAY, run(2, 1, 'b'))).toBe('overtaken');
      expect(await days.find(BOOK, DAY)).toEqual(closed.day);
    });

    it('close once when ten do it at the same time as a file enters', async () => {
      await days.enter(BOOK, DAY, file(1));
      await days.record(BOOK, DAY, run(1, 1));
      const [entered, ...closed] = await Promise.all([
        days.enter(BOOK, DAY, file(2)),
        ...Array.from({ length: 10 }, (_, who) => days.close(BOOK, DAY, 1, closing('a', `clerk-${who}`))),
      ]);
      const there = await days.find(BOOK, DAY);
      const done = closed.filter(({ kind }) => kind === 'closed').length;
      expect(done).toBe(there?.state === 'CLOSED' ? 1 : 0);
      expect(entered).toBe(there?.state === 'CLOSED' ? 'closed' : 'entered');
    });

    it('list the days of a book in order, and the books', async () => {
      for (const day of ['2026-11-21', '2026-11-19', DAY]) await days.enter(BOOK, day, file(1));
      await days.enter('provider:vnpay', DAY, file(2));
      expect((await days.between(BOOK, '2026-11-19', DAY)).map(({ day }) => day)).toEqual(['2026-11-19', DAY]);
      expect(await days.between(BOOK, DAY, '2026-11-19')).toEqual([]);
      expect(await days.books()).toEqual([BOOK, 'provider:vnpay']);
      expect(await days.find('provider:momo', DAY)).toBeUndefined();
    });
  });
}
