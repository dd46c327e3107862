import type { BookDay, BookDays, BookId } from '../domain/reconciliation/book-day.ts';
import { accountOfBook, MAX_CLOSED_DAYS } from '../domain/reconciliation/book-day.ts';
import { Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { addDays, type Day, type Instant, vietnamDay } from '../domain/time.ts';
import { seesBook } from './visible.ts';

export type CloseDay = {
  book: BookId;
  day: Day;
  /** Hash of the run that the caller has seen; null where nothing is matched in this book. */
  sha256: string | null;
};

/** A day with where its later items went: see `shared/api/finance.ts`. */
export type ShownBookDay = BookDay & {
  later: { statementId: string; place: number; countsOn: Day }[];
  decidedOn: Day | null;
};

export type CloseDependencies = {
  days: Pick<BookDays, 'find' | 'between' | 'close'>;
  registry: Pick<RegistryReader, 'atProvider'>;
  registeredAt: readonly string[];
  /** Whether a day may be closed before it is over. Only where no real money moves. */
  admitsOpenDay: boolean;
  now: () => Instant;
};

/**
 * Closes a partner's day as the caller has seen it. From then on nothing changes it: what comes late counts on the next open
 * day. The same person's call again answers the same. Refusals: not_found, unprocessable, day_changed.
 */
export async function closeDay(
  { book, day, sha256 }: CloseDay,
  caller: Caller,
  dependencies: CloseDependencies,
): Promise<ShownBookDay> {
  if (!(await seesBook(caller, book, dependencies))) throw new Refusal('not_found');
  const there = await dependencies.days.find(book, day);
  if (!there) throw new Refusal('not_found');
  if (day >= vietnamDay(dependencies.now()) && !dependencies.admitsOpenDay)
    throw new Refusal('unprocessable', undefined, [{ pointer: '/body/day', message: 'the day is not over' }]);
  // An advice tells of entries before the statement does: a day rests on the statement.
  const stated = there.files.length === 0 || there.files.some(({ advice }) => !advice);
  const matched = accountOfBook(book) === undefined || there.run?.changes === there.changes;
  if (!stated || !matched) throw new Refusal('day_changed');
  const closing = { sha256, closedBy: caller.subject, closedAt: dependencies.now() };
  const closed = await dependencies.days.close(book, day, there.changes, closing);
  if (closed.kind === 'changed') throw new Refusal('day_changed');
  const [shown] = shownOf([closed.day], await dependencies.days.between(book, addDays(day, 1), furthest(day)));
  return shown as ShownBookDay;
}

/** Days of a book, oldest first. Refusals: not_found. */
export async function listDays(
  { book, from, to }: { book: BookId; from: Day; to: Day },
  caller: Caller,
  dependencies: Pick<CloseDependencies, 'days' | 'registry' | 'registeredAt'>,
): Promise<ShownBookDay[]> {
  if (!(await seesBook(caller, book, dependencies))) throw new Refusal('not_found');
  const all = await dependencies.days.between(book, from, furthest(to));
  return shownOf(
    all.filter(({ day }) => day <= to),
    all,
  );
}

/** The last day on which something late for this one may count. */
const furthest = (day: Day): Day => addDays(day, MAX_CLOSED_DAYS);

/** `known`: days behind them, oldest first. What is closed never changes, so where its later items went is told beside it. */
const shownOf = (days: readonly BookDay[], known: readonly BookDay[]): ShownBookDay[] =>
  days.map((one) => ({
    ...one,
    later: known
      .filter(({ day }) => day > one.day)
      .flatMap(({ day, files }) =>
        files
          .filter((file) => file.days.includes(one.day))
          .map(({ statementId, place }) => ({ statementId, place, countsOn: day })),
      ),
    decidedOn:
      (one.state === 'CLOSED' && known.find(({ day, state }) => day > one.day && state === 'OPEN')?.day) || null,
  }));
