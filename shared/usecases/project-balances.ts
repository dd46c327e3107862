import { type BalanceBook, type DayBalance, Tally, type Turnover } from '../domain/ledger/balances.ts';
import type { JournalReader } from '../domain/ledger/journal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { addDays, type Day, daysBetween, type Instant, vietnamDay } from '../domain/time.ts';
import { everyAgency } from './every-agency.ts';
import { inParallel } from './in-parallel.ts';

const AGENCIES_AT_ONCE = 8;
/** Days that are made again because late entries may have come: as far back as late entries are looked for. */
const LATE_DAYS = 7;
/** After so many days it is written down how far it has come, so that a run that dies is not in vain. */
const DAYS_AT_ONCE = 7;

export type ProjectDependencies = {
  journal: JournalReader;
  balances: BalanceBook;
  registry: Pick<RegistryReader, 'agencyCodes'>;
};

export type Projected = {
  written: number;
  /** Days on which something else stood than the journal says; they are written anew. */
  differed: { agencyCode: string; day: Day }[];
};

/**
 * Makes the balances of these days from the journal, in order, each on the day before it. What stands there already is
 * compared and, where it differs, written anew and named: a projection that is made again must be the same. `first` is the
 * day before which the journal has nothing. Throws BooksDoNotBalance.
 */
export async function projectBalances(
  { from, to, first }: { from: Day; to: Day; first: Day },
  { journal, balances, registry }: ProjectDependencies,
): Promise<Projected> {
  const result: Projected = { written: 0, differed: [] };
  const agencies = await everyAgency(registry);
  await inParallel(agencies, AGENCIES_AT_ONCE, async (agencyCode) => {
    let closing = from <= first ? {} : await closingBefore(agencyCode, from, first, { journal, balances });
    for (const day of daysBetween(from, to)) {
      const balance = await balanceOf(agencyCode, day, closing, journal);
      closing = balance.closing;
      const there = await balances.find(agencyCode, day);
      if (there && JSON.stringify(there) === JSON.stringify(balance)) continue;
      if (there) result.differed.push({ agencyCode, day });
      // A day before the agency's first entry needs no balance of its own.
      if (!there && Object.keys(closing).length === 0) continue;
      await balances.put(balance);
      result.written += 1;
    }
  });
  const head = await balances.projectedTo();
  if (head === undefined || head < to) await balances.markProjected(to);
  return result;
}

/**
 * Makes the balances of every day that is over, from where the projection stands, and the last days of it again for what
 * came late. `first`: the day before which the journal has nothing. Throws BooksDoNotBalance.
 */
export async function projectClosedDays(
  first: Day,
  dependencies: ProjectDependencies & { now: () => Instant },
): Promise<Projected> {
  const yesterday = addDays(vietnamDay(dependencies.now()), -1);
  const head = await dependencies.balances.projectedTo();
  const again = head === undefined ? first : earlier(addDays(head, 1), addDays(yesterday, -LATE_DAYS));
  const result: Projected = { written: 0, differed: [] };
  for (let from = again < first ? first : again; from <= yesterday; from = addDays(from, DAYS_AT_ONCE)) {
    const to = earlier(addDays(from, DAYS_AT_ONCE - 1), yesterday);
    const { written, differed } = await projectBalances({ from, to, first }, dependencies);
    result.written += written;
    result.differed.push(...differed);
  }
  return result;
}

const earlier = (one: Day, other: Day): Day => (one < other ? one : other);

/** The day's balance on top of what was there before it. */
export async function balanceOf(
  agencyCode: string,
  day: Day,
  opening: Readonly<Record<string, Turnover>>,
  journal: JournalReader,
): Promise<DayBalance> {
  const turnover = new Tally();
  const closing = new Tally(opening);
  for await (const entry of journal.ofDay({ agencyCode, day })) {
    turnover.add(entry);
    closing.add(entry);
  }
  const what = `${agencyCode} ${day}`;
  return {
    v: 1,
    agencyCode,
    day,
    entries: turnover.entries,
    turnover: turnover.accounts(what),
    closing: closing.accounts(what),
  };
}

/**
 * What every account came to by the end of the day before: from the projection as far as it goes, from the journal beyond.
 * An agency that has no balance on a projected day had no entry by then.
 */
export async function closingBefore(
  agencyCode: string,
  day: Day,
  first: Day,
  { journal, balances }: Pick<ProjectDependencies, 'journal' | 'balances'>,
): Promise<Record<string, Turnover>> {
  const eve = addDays(day, -1);
  const head = await balances.projectedTo();
  const from = head !== undefined && head < eve ? head : eve;
  const projected = head === undefined ? undefined : ((await balances.find(agencyCode, from))?.closing ?? {});
  let closing = projected ?? {};
  for (const next of daysBetween(projected ? addDays(from, 1) : first, eve))
    closing = (await balanceOf(agencyCode, next, closing, journal)).closing;
  return closing;
}
