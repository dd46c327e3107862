import type { BusinessCalendar } from '../domain/calendar.ts';
import type { BookDay, BookDays, BookId } from '../domain/reconciliation/book-day.ts';
import { DEPOSIT, depositOf } from '../domain/reconciliation/desk-deposits.ts';
import { RunLine } from '../domain/reconciliation/run-object.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { paidOnSince, type TerminalAccount } from '../domain/registry/registry.ts';
import { type Holder, OVERDUE_KEY, OverdueList, type OverdueMoney, payOnBefore } from '../domain/remittance/overdue.ts';
import {
  dueAgainOf,
  type Looked,
  MAX_DAYS,
  type OrderPlace,
  type Remittance,
  type RemittanceBook,
  type RemittanceHead,
  type RemittanceOrder,
} from '../domain/remittance/remittance.ts';
import { missingIn } from '../domain/remittance/split.ts';
import { addDays, type Day, type Instant, vietnamDay } from '../domain/time.ts';
import { type DraftDependencies, firstDue, matchedIn, openPayout } from './draft-remittance.ts';
import { LOOK_BACK_DAYS } from './match-account.ts';
import { type RemittanceFiles, readContent } from './remitted-movements.ts';
import { visibleAgencies } from './visible.ts';

export type OverdueDependencies = {
  remittances: Pick<RemittanceBook, 'head' | 'find'>;
  contents: RemittanceFiles;
  days: Pick<BookDays, 'find' | 'between'>;
  runs: DraftDependencies['runs'];
  calendar: Pick<BusinessCalendar, 'workingDayAfter'>;
  now: () => Instant;
};

type Found = { agencyCode: string; amount: number; credited: Day; holder: Holder; remittanceId?: string };

/** What was found before: see `Looked`. */
type Known = Pick<Looked, 'days' | 'left' | 'atDesk'>;

/**
 * What of an account's money was to be paid on before now and is not known to be: on its way through a batch, sent back, left
 * behind, or on days that no batch claims. `batches`: those of the account whose money may still be under way. Of days in no
 * batch the oldest are looked at, as many as one batch can claim, and none where nobody pays on from the account by this
 * service. `overdue` is sorted by agency, holder and day; `known` spares the next look what this one has read.
 */
export async function overdueOf(
  book: BookId,
  { batches, known, accounts }: { batches: readonly Remittance[]; known: Known; accounts: BankAccounts },
  dependencies: OverdueDependencies,
): Promise<{ overdue: OverdueMoney[]; known: Known }> {
  const { remittances, calendar, now } = dependencies;
  const head = await remittances.head(book);
  const left = await leftBehind(head, known, dependencies);
  const desk = await atDesk(book, known, dependencies);
  const unclaimed = (await isPaidFrom(book, head, accounts, dependencies))
    ? await inNoBatch(book, firstDue(head, accounts.get(book) ?? []), { batches, known }, dependencies)
    : { found: [], days: [] };
  const found: Found[] = [
    ...batches.flatMap(inBatch),
    ...(await sentBack(head, dependencies)),
    ...left.found,
    ...desk.found,
    ...unclaimed.found,
  ];
  const sums = new Map<string, OverdueMoney>();
  for (const { agencyCode, amount, credited, holder, remittanceId = null } of found) {
    const dueAt = payOnBefore(credited, calendar);
    if (amount <= 0 || dueAt > now()) continue;
    const key = JSON.stringify([agencyCode, holder, remittanceId]);
    const there = sums.get(key);
    const oldest = there && there.credited < credited ? there : { credited, dueAt };
    sums.set(key, {
      ...{ agencyCode, book, amount: amount + (there?.amount ?? 0), holder, remittanceId },
      ...{ credited: oldest.credited, dueAt: oldest.dueAt },
    });
  }
  const overdue = [...sums].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, one]) => one);
  return { overdue, known: { days: unclaimed.days, left: left.left, atDesk: desk.atDesk } };
}

/** Our accounts, former ones too, by the book of the bank account that they are paid out to. */
export type BankAccounts = ReadonlyMap<BookId, readonly TerminalAccount[]>;

/**
 * Whether an account's money is paid on by this service: it was before, somebody has said so, or it is so of an account that
 * was paid out to another bank account.
 */
async function isPaidFrom(
  book: BookId,
  { sequence }: RemittanceHead,
  accounts: BankAccounts,
  { remittances }: Pick<OverdueDependencies, 'remittances'>,
): Promise<boolean> {
  const own = accounts.get(book) ?? [];
  if (sequence > 0 || paidOnSince(own) !== undefined) return true;
  const ids = new Set(own.map(({ id }) => id));
  for (const [other, there] of accounts)
    if (other !== book && there.some(({ id }) => ids.has(id)) && (await remittances.head(other)).sequence > 0)
      return true;
  return false;
}

const holderIn: Partial<Record<Remittance['state'], Holder>> = {
  proposed: 'not_approved',
  approved: 'not_exported',
  exported: 'at_bank',
};

/** Where no day is claimed, because all of it was sent back or left before, it is as old as the batch. */
const oldestOf = ({ from, partOf, proposedAt }: Pick<Remittance, 'from' | 'partOf' | 'proposedAt'>): Day =>
  from ?? partOf ?? vietnamDay(proposedAt);

function inBatch(batch: Remittance): Found[] {
  const holder = holderIn[batch.state];
  if (!holder) return [];
  return batch.orders
    .filter(({ state, how }) => state === 'waiting' && how === 'transfer')
    .map(({ payee: { agencyCode }, amount }) => ({
      ...{ agencyCode, amount, credited: oldestOf(batch), holder, remittanceId: batch.remittanceId },
    }));
}

async function sentBack(
  { returned }: RemittanceHead,
  { remittances }: Pick<OverdueDependencies, 'remittances'>,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const place of returned) {
    const { remittanceId, orderId } = place;
    const order = (await remittances.find(remittanceId))?.orders.find((one) => one.orderId === orderId);
    const credited = order && dayOf(order, place);
    if (!order || !credited) throw new Error(`${orderId} is gone`);
    const amount = dueAgainOf(order, place).reduce((sum, line) => sum + line.amount - line.retained, 0);
    found.push({ agencyCode: order.payee.agencyCode, amount, credited, holder: 'returned', remittanceId });
  }
  return found;
}

const dayOf = ({ returned, ended }: RemittanceOrder, { afterEnd }: OrderPlace): Day | undefined =>
  (afterEnd ? returned : (ended ?? returned))?.day;

async function leftBehind(
  { last }: RemittanceHead,
  { left: known }: Known,
  { remittances, contents }: Pick<OverdueDependencies, 'remittances' | 'contents'>,
): Promise<{ found: Found[]; left: Known['left'] }> {
  const newest = last === null ? undefined : await remittances.find(last);
  if (!newest) return { found: [], left: null };
  const { sha256 } = newest.content;
  const left = known?.content === sha256 ? known : { content: sha256, byAgency: await incompleteIn(newest, contents) };
  const found = left.byAgency.map(([agencyCode, amount]) => ({
    ...{ agencyCode, amount, credited: oldestOf(newest) },
    ...{ holder: 'incomplete' as const, remittanceId: newest.remittanceId },
  }));
  return { found, left };
}

/** What a batch leaves for want of a record. What was given back is left too, below zero: nobody waits for it. */
async function incompleteIn(batch: Remittance, contents: RemittanceFiles): Promise<[string, number][]> {
  const sums = new Map<string, number>();
  for (const line of await readContent(batch, contents)) {
    if (!('left' in line) || missingIn(line.left.place).length === 0) continue;
    const { place, amount, retained } = line.left;
    if (amount > retained) sums.set(place.agencyCode, (sums.get(place.agencyCode) ?? 0) + amount - retained);
  }
  return [...sums];
}

/** What the newest run waits for of desks' deposits: it has what the runs before it waited for too. */
async function atDesk(
  book: BookId,
  { atDesk: known }: Known,
  { days, runs, now }: Pick<OverdueDependencies, 'days' | 'runs' | 'now'>,
): Promise<{ found: Found[]; atDesk: Known['atDesk'] }> {
  const today = vietnamDay(now());
  const run = (await days.between(book, addDays(today, -LOOK_BACK_DAYS), today)).findLast((one) => one.run)?.run;
  if (!run) return { found: [], atDesk: known };
  const there = known?.run === run.sha256 ? known : { run: run.sha256, deposits: await openDeposits(run.key, runs) };
  const found = there.deposits.map(([agencyCode, credited, amount]) => ({
    ...{ agencyCode, amount, credited, holder: 'at_desk' as const },
  }));
  return { found, atDesk: there };
}

async function openDeposits(key: string, runs: OverdueDependencies['runs']): Promise<[string, Day, number][]> {
  const found: [string, Day, number][] = [];
  for await (const text of runs.lines(key)) {
    if (!text.startsWith('{"ours"') || !text.includes(DEPOSIT)) continue;
    const line = RunLine.parse(JSON.parse(text));
    if ('ours' in line && depositOf(line.ours.key)) found.push([line.ours.agencyCode, line.ours.day, line.ours.amount]);
  }
  return found;
}

async function inNoBatch(
  book: BookId,
  first: Day,
  { batches, known }: { batches: readonly Remittance[]; known: Known },
  { days, runs, now, calendar }: OverdueDependencies,
): Promise<{ found: Found[]; days: Known['days'] }> {
  const byRun = new Map(known.days.map((one) => [one.run, one]));
  const found: Found[] = [];
  const kept: Known['days'] = [];
  for (const day of await days.between(book, first, vietnamDay(now()))) {
    if (payOnBefore(day.day, calendar) > now() || kept.length === MAX_DAYS) break;
    const matched = byRun.get(day.run?.sha256 ?? '') ?? (await matchedBy(day, runs));
    if (!matched) continue;
    kept.push(matched);
    const { payouts, byAgency } = matched;
    const holder =
      day.state !== 'CLOSED' ? 'day_open' : (await openPayout(payouts, days)) ? 'provider_day_open' : 'not_proposed';
    const parts = batches.filter(({ partOf, state }) => partOf === day.day && state !== 'rejected');
    for (const [agencyCode, credited] of byAgency) {
      const inParts = parts.flatMap(({ orders }) => orders.filter(({ payee }) => payee.agencyCode === agencyCode));
      const amount =
        credited - inParts.reduce((sum, { lines }) => sum + lines.reduce((all, one) => all + one.amount, 0), 0);
      found.push({ agencyCode, amount, credited: day.day, holder });
    }
  }
  return { found, days: kept };
}

/** What a day's run matched, as it is kept; nothing of a day without one. */
async function matchedBy(day: BookDay, runs: OverdueDependencies['runs']): Promise<Known['days'][number] | undefined> {
  if (!day.run) return undefined;
  const { payouts, byAgency } = await matchedIn(day, runs);
  const ofProviders = payouts.map(({ providerId, date, late }) => ({ providerId, date: late?.countsOn ?? date }));
  return { run: day.run.sha256, payouts: ofProviders, byAgency: [...byAgency] };
}

export type OverdueReadDependencies = {
  contents: RemittanceFiles;
  registry: Pick<RegistryReader, 'agencyCodes'>;
};

/** What the last look found for the agencies that a caller may see, or for one of them. Refusal: not_found. */
export async function overdueFor(
  wanted: string | undefined,
  caller: Caller,
  { contents, registry }: OverdueReadDependencies,
): Promise<{ asOf: Instant | null; overdue: OverdueMoney[] }> {
  const visible = new Set(await visibleAgencies(caller, wanted, registry));
  const list = await readOverdue(contents);
  if (!list) return { asOf: null, overdue: [] };
  return { asOf: list.asOf, overdue: list.overdue.filter(({ agencyCode }) => visible.has(agencyCode)) };
}

/** What the last look at all accounts found; `undefined` before the first. */
export async function readOverdue(files: RemittanceFiles): Promise<OverdueList | undefined> {
  const text = await files.readText(OVERDUE_KEY);
  return text === undefined ? undefined : OverdueList.parse(JSON.parse(text));
}
