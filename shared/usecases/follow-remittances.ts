import { accountBook, type BookDays, type BookId } from '../domain/reconciliation/book-day.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { OVERDUE_KEY, type OverdueList, type OverdueMoney } from '../domain/remittance/overdue.ts';
import {
  Looked,
  MAX_LOOKED_BYTES,
  placeOfRemittance,
  type Remittance,
  type RemittanceBook,
  remittanceId,
} from '../domain/remittance/remittance.ts';
import { addDays, type Day, startOfDay, vietnamDay } from '../domain/time.ts';
import {
  concerns,
  type FollowDependencies,
  followRemittance,
  LOOK_FORWARD_DAYS,
  readShown,
  type ShownDay,
} from './confirm-remittance.ts';
import { inParallel } from './in-parallel.ts';
import { type BankAccounts, type OverdueDependencies, overdueOf, readOverdue } from './overdue-remittances.ts';

const BOOKS_AT_ONCE = 8;
const BATCHES_AT_ONCE = 50;
/** Between a batch's proposal and its export, at most: older ones are not looked at by the clock. */
const UNTIL_EXPORT_DAYS = 30;
/** Closed days of an account that one look reads; the next goes on behind them. */
export const DAYS_A_LOOK = 14;

export type FollowRemittancesDependencies = FollowDependencies &
  OverdueDependencies & {
    remittances: Pick<
      RemittanceBook,
      'find' | 'head' | 'list' | 'change' | 'followedTo' | 'markFollowed' | 'looked' | 'keepLooked'
    >;
    days: BookDays;
    registry: Pick<RegistryReader, 'atProvider'>;
    registeredAt: readonly string[];
    lists: { writeText(key: string, contentType: string, text: string): Promise<void> };
  };

/** `changed`: batches that the statements moved on; `failed`: accounts that could not be looked at. */
export type Followed = { accounts: number; changed: number; overdue: number; failed: number };

/**
 * Looks through what the banks' closed days show of orders, once each, and writes down and enters what is new; and lists the
 * money that was to be paid on by now. An account that fails keeps none of the others waiting: its error is told to `failing`,
 * the list keeps what the look before had of it, and the next look tries again. Doing it again changes nothing.
 */
export async function followRemittances(
  dependencies: FollowRemittancesDependencies,
  failing: (book: BookId, error: unknown) => void,
): Promise<Followed> {
  const asOf = dependencies.now();
  const accounts = await accountsByBook(dependencies);
  const books = [...accounts.keys()].sort();
  const before = await readOverdue(dependencies.contents);
  const found = new Map<BookId, OverdueMoney[]>();
  const followed: Followed = { accounts: books.length, changed: 0, overdue: 0, failed: 0 };
  await inParallel(books, BOOKS_AT_ONCE, async (book) => {
    try {
      const looked = await dependencies.remittances.looked(book);
      const { batches, sequence, changed } = await follow(book, looked, dependencies);
      followed.changed += changed;
      const { overdue, known } = await overdueOf(book, { batches, known: looked, accounts }, dependencies);
      found.set(book, overdue);
      await keep(book, looked, { sequence, underWay: underWayIn(batches), ...known }, dependencies);
    } catch (error) {
      followed.failed += 1;
      failing(book, error);
    }
  });
  const overdue = books.flatMap((book) => found.get(book) ?? before?.overdue.filter((one) => one.book === book) ?? []);
  const list: OverdueList = { v: 1, asOf, overdue };
  await dependencies.lists.writeText(OVERDUE_KEY, 'application/json', JSON.stringify(list));
  return { ...followed, overdue: overdue.length };
}

/** Every account at a bank that money of ours ever came in on, with whose it is. */
async function accountsByBook({
  registry,
  registeredAt,
}: Pick<FollowRemittancesDependencies, 'registry' | 'registeredAt'>): Promise<BankAccounts> {
  const all = await Promise.all(registeredAt.map((providerId) => registry.atProvider(providerId)));
  return Map.groupBy(all.flat(), ({ bankBin, accountNumber }) => accountBook(bankBin, accountNumber));
}

const UNDER_WAY: ReadonlySet<Remittance['state']> = new Set(['proposed', 'approved', 'exported']);
const sequenceOf = ({ remittanceId }: Remittance): number => placeOfRemittance(remittanceId).sequence;

/** What the next look must see again, however old it gets: the numbers of batches, in order. */
const underWayIn = (batches: readonly Remittance[]): number[] =>
  batches
    .filter(({ state }) => UNDER_WAY.has(state))
    .map(sequenceOf)
    .sort((one, other) => one - other);

/** Written where anything of it is new, unless it is too much for an item. */
async function keep(
  book: BookId,
  before: Looked,
  after: Looked,
  { remittances }: Pick<FollowRemittancesDependencies, 'remittances'>,
): Promise<void> {
  const text = JSON.stringify(Looked.parse(after));
  if (text === JSON.stringify(before)) return;
  const isSmall = Buffer.byteLength(text) <= MAX_LOOKED_BYTES;
  await remittances.keepLooked(book, isSmall ? after : { ...after, days: [], left: null, atDesk: null });
}

/**
 * What closed days show never changes, so each is read once, {@link DAYS_A_LOOK} in a look: up to the first that is open a
 * mark moves on, behind everything that was entered. Days behind an open one are read again until it is closed.
 */
async function follow(
  book: BookId,
  looked: Looked,
  dependencies: FollowRemittancesDependencies,
): Promise<{ batches: Remittance[]; sequence: number; changed: number }> {
  const { remittances, days, runs, now } = dependencies;
  const { batches, sequence } = await batchesUnderWay(book, looked, dependencies);
  const exported = batches.flatMap(({ exportedAt }) => (exportedAt === undefined ? [] : vietnamDay(exportedAt)));
  if (exported.length === 0) return { batches, sequence, changed: 0 };
  const marked = await remittances.followedTo(book);
  const first = addDays(
    exported.reduce((one, other) => (one < other ? one : other)),
    -1,
  );
  const from = marked === null || marked < first ? first : afterMark(marked, exported);
  const shown: ShownDay[] = [];
  let reached: string | undefined;
  let isWhole = true;
  for (const day of await days.between(book, from, vietnamDay(now()))) {
    isWhole &&= day.state === 'CLOSED';
    if (day.state !== 'CLOSED') continue;
    if (shown.length === DAYS_A_LOOK) break;
    shown.push(await readShown(day, runs));
    if (isWhole) reached = day.day;
  }
  let changed = 0;
  const after: Remittance[] = [];
  for (const batch of batches) {
    const isNew = batch.exportedAt !== undefined && concerns(batch, shown);
    const there = isNew ? await followRemittance(batch, shown, dependencies) : batch;
    if (there.version !== batch.version) changed += 1;
    after.push(there);
  }
  if (reached !== undefined && reached !== marked) await remittances.markFollowed(book, reached);
  return { batches: after, sequence, changed };
}

/** The day before an export shows its orders too, and was perhaps looked through before there were any: it is read again. */
const afterMark = (marked: Day, exported: readonly Day[]): Day =>
  exported.includes(addDays(marked, 1)) ? marked : addDays(marked, 1);

/**
 * The batches whose orders a statement may still show, newest first; rejected ones among them: the younger ones, those that no
 * look saw yet, and those that were on their way at the last, whatever their age. `sequence`: the newest of all, by its number.
 */
async function batchesUnderWay(
  book: BookId,
  { sequence: seen, underWay }: Looked,
  { remittances, now }: Pick<FollowRemittancesDependencies, 'remittances' | 'now'>,
): Promise<{ batches: Remittance[]; sequence: number }> {
  const oldest = startOfDay(addDays(vietnamDay(now()), -LOOK_FORWARD_DAYS - UNTIL_EXPORT_DAYS));
  const found: Remittance[] = [];
  let newest = seen;
  let before: number | undefined;
  for (;;) {
    const page = await remittances.list({ book, before, limit: BATCHES_AT_ONCE });
    found.push(
      ...page.filter((one) => one.proposedAt >= oldest || (sequenceOf(one) > seen && UNDER_WAY.has(one.state))),
    );
    newest = Math.max(newest, ...page.map(sequenceOf));
    const last = page.at(-1);
    before = last && sequenceOf(last);
    // Large batches fill a page before it has as many as were asked for.
    if (!last || before === 1 || (last.proposedAt < oldest && sequenceOf(last) <= seen)) break;
  }
  const there = new Set(found.map(sequenceOf));
  for (const sequence of underWay.filter((one) => !there.has(one)).reverse()) {
    const older = await remittances.find(remittanceId(book, sequence));
    if (older) found.push(older);
  }
  return { batches: found, sequence: newest };
}
