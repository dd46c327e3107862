import { accountBook, type BookDays, type BookId } from '../domain/reconciliation/book-day.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { OVERDUE_KEY, type OverdueList, type OverdueMoney } from '../domain/remittance/overdue.ts';
import {
  placeOfRemittance,
  type Remittance,
  type RemittanceBook,
  type RemittanceId,
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
import { type OverdueDependencies, overdueOf, readOverdue } from './overdue-remittances.ts';

const BOOKS_AT_ONCE = 8;
const BATCHES_AT_ONCE = 50;
/** Between a batch's proposal and its export, at most: older ones are not looked at by the clock. */
const UNTIL_EXPORT_DAYS = 30;
/** Closed days of an account that one look reads; the next goes on behind them. */
export const DAYS_A_LOOK = 14;

export type FollowRemittancesDependencies = FollowDependencies &
  OverdueDependencies & {
    remittances: Pick<RemittanceBook, 'find' | 'head' | 'list' | 'change' | 'followedTo' | 'markFollowed'>;
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
  const books = await accountBooks(dependencies);
  const before = await readOverdue(dependencies.contents);
  const found = new Map<BookId, OverdueMoney[]>();
  const followed: Followed = { accounts: books.length, changed: 0, overdue: 0, failed: 0 };
  await inParallel(books, BOOKS_AT_ONCE, async (book) => {
    try {
      const { batches, changed } = await follow(book, before, dependencies);
      followed.changed += changed;
      found.set(book, await overdueOf(book, batches, dependencies));
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

/** Every account at a bank that money of ours ever came in on, in order. */
async function accountBooks({
  registry,
  registeredAt,
}: Pick<FollowRemittancesDependencies, 'registry' | 'registeredAt'>): Promise<BookId[]> {
  const all = await Promise.all(registeredAt.map((providerId) => registry.atProvider(providerId)));
  return [...new Set(all.flat().map(({ bankBin, accountNumber }) => accountBook(bankBin, accountNumber)))].sort();
}

/**
 * What closed days show never changes, so each is read once, {@link DAYS_A_LOOK} in a look: up to the first that is open a
 * mark moves on, behind everything that was entered. Days behind an open one are read again until it is closed.
 */
async function follow(
  book: BookId,
  before: OverdueList | undefined,
  dependencies: FollowRemittancesDependencies,
): Promise<{ batches: Remittance[]; changed: number }> {
  const { remittances, days, runs, now } = dependencies;
  const batches = await batchesUnderWay(book, dependencies);
  const exported = batches.flatMap(({ exportedAt }) => (exportedAt === undefined ? [] : vietnamDay(exportedAt)));
  // They wait for longer than statements are looked through for them, and are late all the same.
  batches.push(...(await lateBefore(book, before, batches, dependencies)));
  if (exported.length === 0) return { batches, changed: 0 };
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
  return { batches: after, changed };
}

/** The day before an export shows its orders too, and was perhaps looked through before there were any: it is read again. */
const afterMark = (marked: Day, exported: readonly Day[]): Day =>
  exported.includes(addDays(marked, 1)) ? marked : addDays(marked, 1);

/** Those of the list before that are older than the ones that are known. */
async function lateBefore(
  book: BookId,
  before: OverdueList | undefined,
  known: readonly Remittance[],
  { remittances }: Pick<FollowRemittancesDependencies, 'remittances'>,
): Promise<Remittance[]> {
  const listed = before?.overdue.flatMap((one) => (one.book === book ? (one.remittanceId ?? []) : [])) ?? [];
  const older = new Set<RemittanceId>(listed);
  for (const { remittanceId } of known) older.delete(remittanceId);
  const found = await Promise.all([...older].map((id) => remittances.find(id)));
  return found.filter((one) => one !== undefined);
}

/** The batches whose orders a statement may still show, newest first; rejected ones among them. */
async function batchesUnderWay(
  book: BookId,
  { remittances, now }: Pick<FollowRemittancesDependencies, 'remittances' | 'now'>,
): Promise<Remittance[]> {
  const oldest = startOfDay(addDays(vietnamDay(now()), -LOOK_FORWARD_DAYS - UNTIL_EXPORT_DAYS));
  const found: Remittance[] = [];
  let before: number | undefined;
  for (;;) {
    const page = await remittances.list({ book, before, limit: BATCHES_AT_ONCE });
    found.push(...page.filter(({ proposedAt }) => proposedAt >= oldest));
    const last = page.at(-1);
    before = last && placeOfRemittance(last.remittanceId).sequence;
    // Large batches fill a page before it has as many as were asked for.
    if (!last || before === 1 || last.proposedAt < oldest) return found;
  }
}
