import type { BusinessCalendar } from '../domain/calendar.ts';
import {
  accountBook,
  accountOfBook,
  type BookDays,
  type BookId,
  providerBook,
} from '../domain/reconciliation/book-day.ts';
import { type DeliveryBook, type DeliveryRules, dueOf } from '../domain/reconciliation/deliveries.ts';
import type { Statement, StatementBook } from '../domain/reconciliation/statement.ts';
import type { DeliveryState, ExpectedFile } from '../domain/reports/file-deliveries.ts';
import { addDays, type Day, daysBetween, type Instant } from '../domain/time.ts';
import { missingId, type PartnerDependencies, partners } from './watch-deliveries.ts';

/** Days around one in which a file that tells of it may count: what is late counts on an open day behind. */
const AROUND_DAYS = 31;

export type ExpectedDependencies = PartnerDependencies & {
  deliveries: Pick<DeliveryBook, 'expected' | 'open'>;
  rules: DeliveryRules;
  calendar: BusinessCalendar;
  days: Pick<BookDays, 'between'>;
  statements: Pick<StatementBook, 'find'>;
};

/**
 * Each day of each partner of which a file is expected or came, day by day. `log`: the files announced since the first day.
 * Which days were expected before now the watch of files knows: of a day that it has looked at a file came, or its absence
 * is open, or nothing was expected yet. A file that stands in the place of another came when the first of them did.
 */
export async function* expectedFiles(
  { from, to, asOf, isWanted }: { from: Day; to: Day; asOf: Instant; isWanted: (book: BookId) => Promise<boolean> },
  log: AsyncIterable<readonly Statement[]>,
  dependencies: ExpectedDependencies,
): AsyncGenerator<readonly ExpectedFile[]> {
  const { deliveries, rules, calendar } = dependencies;
  const came = new Map<string, Statement[]>();
  const refused = new Map<string, number>();
  const books = new Set<BookId>();
  const add = (book: BookId, day: Day, file: Statement) => {
    books.add(book);
    came.set(`${book} ${day}`, [...(came.get(`${book} ${day}`) ?? []), file]);
  };
  const announced = new Map<string, Statement>();
  for await (const page of log) for (const file of page) announced.set(file.statementId, file);
  const cameAt = (file: Statement): Instant => {
    let first = file;
    while (first.supersedes !== undefined) {
      const before = announced.get(first.supersedes);
      if (!before) break;
      first = before;
    }
    return first.readAt ?? first.createdAt;
  };
  const isTaken = (file: Statement) => file.state === 'RECONCILED' && cameAt(file) <= asOf;
  for (const file of announced.values()) {
    for (const book of file.state === 'REFUSED' ? booksOf(file) : []) {
      books.add(book);
      refused.set(`${book} ${file.businessDate}`, (refused.get(`${book} ${file.businessDate}`) ?? 0) + 1);
    }
    for (const { book, first, last } of isTaken(file) ? toldOf(file) : [])
      for (const day of within(first, last, { from, to })) add(book, day, file);
  }

  const looked = new Map((await deliveries.expected()).map(({ book, next }) => [book, next]));
  const open = (await deliveries.open()).filter((one) => one.place.exceptionId === missingId(one));
  const missing = new Set(open.map(({ book, day }) => `${book} ${day}`));
  const active = await partners(dependencies);
  for (const book of [...looked.keys(), ...active.keys()]) books.add(book);
  const wanted: BookId[] = [];
  for (const book of [...books].sort()) if (await isWanted(book)) wanted.push(book);
  const counted = new Set<string>();
  for (const book of wanted)
    for (const day of await countedDays(book, { from, to, isTaken }, dependencies)) counted.add(`${book} ${day}`);

  for (const day of daysBetween(from, to)) {
    const rows = wanted.flatMap((book): ExpectedFile[] => {
      const key = `${book} ${day}`;
      const files = (came.get(key) ?? []).sort((one, other) => cameAt(one) - cameAt(other));
      const [earliest] = files;
      const first = earliest && { statementId: earliest.statementId, at: cameAt(earliest) };
      const due = dueOf(day, rules(book), calendar);
      const next = looked.get(book);
      const isExpected = missing.has(key) || (active.has(book) && next !== undefined && day >= next);
      const state = stateOf(first?.at, due, { isExpected, asOf });
      const told = { book, day, cutOff: rules(book).cutOff, due, first, files: files.length };
      return state ? [{ ...told, state, refused: refused.get(key) ?? 0, counted: counted.has(key) }] : [];
    });
    if (rows.length > 0) yield rows;
  }
}

function stateOf(
  cameAt: Instant | undefined,
  due: Instant | undefined,
  { isExpected, asOf }: { isExpected: boolean; asOf: Instant },
): DeliveryState | undefined {
  if (cameAt !== undefined) return due === undefined ? 'NOT_DUE' : cameAt <= due ? 'ON_TIME' : 'LATE';
  if (due === undefined || !isExpected) return undefined;
  return due <= asOf ? 'MISSING' : 'WAITING';
}

/** The days of a file that lie in the range. */
const within = (first: Day, last: Day, { from, to }: { from: Day; to: Day }): Day[] =>
  daysBetween(first < from ? from : first, last > to ? to : last);

/** The books that a file was announced for. */
const booksOf = ({ providerId, bankBin, accounts }: Statement): BookId[] =>
  bankBin === undefined ? [providerBook(providerId)] : (accounts ?? []).map((account) => accountBook(bankBin, account));

/** What a file that was taken in tells of: its provider's day, or of each account from the first to the last day. */
function toldOf({
  providerId,
  bankBin,
  businessDate,
  taken = [],
}: Statement): { book: BookId; first: Day; last: Day }[] {
  if (bankBin === undefined) return [{ book: providerBook(providerId), first: businessDate, last: businessDate }];
  return taken
    .filter(({ advice }) => !advice)
    .map(({ account, from, to }) => ({ book: accountBook(bankBin, account), first: from, last: to }));
}

/** The days of a book of which a file counts in reconciliation, on them or on open days behind. */
async function countedDays(
  book: BookId,
  { from, to, isTaken }: { from: Day; to: Day; isTaken: (file: Statement) => boolean },
  { days, statements }: Pick<ExpectedDependencies, 'days' | 'statements'>,
): Promise<Set<Day>> {
  const found = new Map<string, Promise<Statement | undefined>>();
  const counted = new Set<Day>();
  for (const { files } of await days.between(book, addDays(from, -AROUND_DAYS), addDays(to, AROUND_DAYS)))
    for (const { statementId, advice } of files) {
      if (advice) continue;
      const reading = found.get(statementId) ?? statements.find(statementId);
      found.set(statementId, reading);
      const file = await reading;
      if (!file || !isTaken(file)) continue;
      for (const told of toldOf(file))
        if (told.book === book) for (const day of within(told.first, told.last, { from, to })) counted.add(day);
    }
  return counted;
}

/** The bank and account, or the provider, whose accounts say who may see a book. */
export const placeOfBook = (book: BookId) => {
  const bank = accountOfBook(book);
  return bank
    ? { providerId: '', bankBin: bank.bankBin, accounts: [bank.account] }
    : { providerId: book.slice('provider:'.length), bankBin: undefined, accounts: undefined };
};
