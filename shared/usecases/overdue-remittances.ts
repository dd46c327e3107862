import type { BusinessCalendar } from '../domain/calendar.ts';
import type { BookDays, BookId } from '../domain/reconciliation/book-day.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { type Holder, OVERDUE_KEY, OverdueList, type OverdueMoney, payOnBefore } from '../domain/remittance/overdue.ts';
import {
  dueAgainOf,
  MAX_DAYS,
  type OrderPlace,
  type Remittance,
  type RemittanceBook,
  type RemittanceHead,
  type RemittanceOrder,
} from '../domain/remittance/remittance.ts';
import { missingIn } from '../domain/remittance/split.ts';
import { addDays, type Day, type Instant, vietnamDay } from '../domain/time.ts';
import { BEGINNING, type DraftDependencies, matchedIn, openPayout } from './draft-remittance.ts';
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

/**
 * What of an account's money was to be paid on before now and is not known to be: on its way through a batch, sent back, left
 * behind, or on days that no batch claims. `batches`: those of the account whose money may still be under way. Of days in no
 * batch the oldest are looked at, as many as one batch can claim. Sorted by agency, holder and day.
 */
export async function overdueOf(
  book: BookId,
  batches: readonly Remittance[],
  dependencies: OverdueDependencies,
): Promise<OverdueMoney[]> {
  const { remittances, calendar, now } = dependencies;
  const head = await remittances.head(book);
  const found: Found[] = [
    ...batches.flatMap(inBatch),
    ...(await sentBack(head, dependencies)),
    ...(await leftBehind(head, dependencies)),
    ...(await inNoBatch(book, head, batches, dependencies)),
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
  return [...sums].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, one]) => one);
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
  { remittances, contents }: Pick<OverdueDependencies, 'remittances' | 'contents'>,
): Promise<Found[]> {
  const newest = last === null ? undefined : await remittances.find(last);
  if (!newest) return [];
  // What was given back is left too, below zero: nobody waits for it.
  return (await readContent(newest, contents)).flatMap((line) =>
    'left' in line && missingIn(line.left.place).length > 0
      ? {
          ...{ agencyCode: line.left.place.agencyCode, amount: line.left.amount - line.left.retained },
          ...{ credited: oldestOf(newest), holder: 'incomplete' as const, remittanceId: newest.remittanceId },
        }
      : [],
  );
}

async function inNoBatch(
  book: BookId,
  { through }: RemittanceHead,
  batches: readonly Remittance[],
  { days, runs, now, calendar }: OverdueDependencies,
): Promise<Found[]> {
  const first = through === null ? BEGINNING : addDays(through, 1);
  const found: Found[] = [];
  let looked = 0;
  for (const day of await days.between(book, first, vietnamDay(now()))) {
    if (payOnBefore(day.day, calendar) > now() || looked === MAX_DAYS) break;
    looked += 1;
    const { payouts, byAgency } = await matchedIn(day, runs);
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
  return found;
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
