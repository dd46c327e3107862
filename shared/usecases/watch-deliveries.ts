import type { BusinessCalendar } from '../domain/calendar.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { BANK_CREDIT } from '../domain/payment/movement.ts';
import {
  accountBook,
  accountOfBook,
  type BookDays,
  type BookId,
  providerBook,
} from '../domain/reconciliation/book-day.ts';
import {
  type DeliveryBook,
  type DeliveryRules,
  dueOf,
  type OpenDelivery,
} from '../domain/reconciliation/deliveries.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import type { StatementBook } from '../domain/reconciliation/statement.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { addDays, type Day, type Instant, vietnamDay } from '../domain/time.ts';
import { exceptionIdOf } from './hashing.ts';
import { inParallel } from './in-parallel.ts';

const BOOKS_AT_ONCE = 8;
/** Days around one in which a statement that tells of it may count. */
const AROUND_DAYS = 31;
/** Most days of a book that one look catches up with, after the clock stood still. */
const MAX_DAYS = 31;

type ClearDependencies = {
  deliveries: Pick<DeliveryBook, 'openOf' | 'end'>;
  exceptions: Pick<ExceptionBook, 'clear'>;
};

export type WatchDependencies = {
  deliveries: DeliveryBook;
  rules: DeliveryRules;
  calendar: BusinessCalendar;
  days: Pick<BookDays, 'between'>;
  statements: Pick<StatementBook, 'find'>;
  registry: Pick<RegistryReader, 'atProvider'>;
  /** All providers at which an account may be registered, and those whose files can be read. */
  registeredAt: readonly string[];
  withFiles: ReadonlySet<string>;
  exceptions: Pick<ExceptionBook, 'open' | 'clear'>;
  now: () => Instant;
};

/** How many partners' files are expected, and how many are missing now, due and not there. */
export type Watched = { expected: number; missing: number };

/**
 * Looks which files were due and did not come. Every partner that money of ours is at is expected from the day on which it is
 * first seen in the registry. A file that is missing opens one exception for its day, which clears when a file that tells
 * of the day is taken in. Doing it again changes nothing.
 */
export async function watchDeliveries(dependencies: WatchDependencies): Promise<Watched> {
  const { deliveries, now } = dependencies;
  const known = new Map((await deliveries.expected()).map((one) => [one.book, one.next]));
  const expected = [...(await partners(dependencies))];
  await inParallel(expected, BOOKS_AT_ONCE, async ([book, agencyCodes]) => {
    const next = known.get(book);
    if (next === undefined) await deliveries.lookFrom({ book, next: vietnamDay(now()) });
    else await look(book, next, agencyCodes, dependencies);
  });
  // One that came while it was written down as missing was seen by neither.
  let missing = 0;
  for (const one of await deliveries.open()) {
    if (one.place.exceptionId !== missingId(one)) continue;
    if (await isThere(one.book, one.day, dependencies)) await settle(one, dependencies);
    else missing += 1;
  }
  return { expected: expected.length, missing };
}

export type PartnerDependencies = Pick<WatchDependencies, 'registry' | 'registeredAt' | 'withFiles'>;

/** Books of which files are expected, with the agencies whose money they tell of. */
export async function partners({
  registry,
  registeredAt,
  withFiles,
}: PartnerDependencies): Promise<Map<BookId, Set<string>>> {
  const books = new Map<BookId, Set<string>>();
  for (const providerId of registeredAt)
    for (const { active, former, agencyCode, bankBin, accountNumber } of await registry.atProvider(providerId)) {
      if (!active || former) continue;
      const own = withFiles.has(providerId) ? [providerBook(providerId)] : [];
      for (const book of [...own, accountBook(bankBin, accountNumber)])
        books.set(book, (books.get(book) ?? new Set()).add(agencyCode));
    }
  return books;
}

async function look(book: BookId, next: Day, agencyCodes: ReadonlySet<string>, dependencies: WatchDependencies) {
  const { deliveries, rules, calendar, exceptions, now } = dependencies;
  const today = vietnamDay(now());
  let day = next;
  for (let looked = 0; looked < MAX_DAYS && day < today; looked += 1) {
    const due = dueOf(day, rules(book), calendar);
    if (due !== undefined && due > now()) break;
    if (due !== undefined && !(await isThere(book, day, dependencies))) {
      const exception = missingFile(book, day, agencyCodes, now());
      // Written down before it is opened: whoever takes the file in must find what to clear.
      await deliveries.begin({ book, day, place: placeOf(exception) });
      await exceptions.open(exception);
    }
    day = addDays(day, 1);
  }
  if (day !== next) await deliveries.lookFrom({ book, next: day });
}

/** Whether a file that was taken in tells of a partner's day: counted on it, or a statement from before it to behind it. */
async function isThere(book: BookId, day: Day, { days, statements }: WatchDependencies): Promise<boolean> {
  for (const there of await days.between(book, addDays(day, -AROUND_DAYS), addDays(day, AROUND_DAYS)))
    for (const { statementId, place, days: counted, advice } of there.files) {
      if (advice) continue;
      if (counted.includes(day)) return true;
      const taken = (await statements.find(statementId))?.taken?.[place - 1];
      if (taken && taken.from <= day && day <= taken.to) return true;
    }
  return false;
}

/** What was missing or refused of the days that a file tells of is none any more, once it is taken in. */
export async function clearDelivered(
  book: BookId,
  { from, to }: { from: Day; to: Day },
  dependencies: ClearDependencies,
): Promise<void> {
  for (const one of await dependencies.deliveries.openOf(book, from, to)) await settle(one, dependencies);
}

async function settle(
  delivery: OpenDelivery,
  { deliveries, exceptions }: { deliveries: Pick<DeliveryBook, 'end'>; exceptions: Pick<ExceptionBook, 'clear'> },
): Promise<void> {
  await exceptions.clear(delivery.place);
  await deliveries.end(delivery);
}

const placeOf = ({ agencyCode, businessDate, exceptionId }: Exception) => ({ agencyCode, businessDate, exceptionId });

/** The exception that stands for a missing file. */
export const missingId = ({ book, day }: Pick<OpenDelivery, 'book' | 'day'>): string =>
  exceptionIdOf(['FILE_MISSING', book, day]);

function missingFile(book: BookId, day: Day, agencyCodes: ReadonlySet<string>, openedAt: Instant): Exception {
  const [only, ...others] = agencyCodes;
  return {
    exceptionId: missingId({ book, day }),
    category: 'FILE_MISSING',
    state: 'OPEN',
    source: 'reconciliation',
    agencyCode: only !== undefined && others.length === 0 ? only : UNASSIGNED,
    providerId: accountOfBook(book) ? BANK_CREDIT : book.slice('provider:'.length),
    transactionId: '',
    businessDate: day,
    openedAt,
    ours: null,
    theirs: null,
    book,
  };
}
