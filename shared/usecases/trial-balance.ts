import { BooksDoNotBalance, kindOf, Tally, type Turnover, totalOf } from '../domain/ledger/balances.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { type Day, endOfDay, type Instant, startOfDay } from '../domain/time.ts';
import { inParallel } from './in-parallel.ts';
import { closingBefore, type ProjectDependencies } from './project-balances.ts';
import { visibleAgencies } from './visible.ts';

const AGENCIES_AT_ONCE = 8;

export type TrialBalanceRow = Turnover & {
  agencyCode: string;
  account: string;
  kind: string;
  /** Debits less credits, in dong: above zero what is owed to us, below it what we owe. */
  balance: number;
};

export type TrialBalance = { date: Day; asOf: Instant; rows: TrialBalanceRow[]; totals: Turnover };

/**
 * What every account of the caller's agencies came to by the end of a day of commit, or by now on the present day. Both
 * sides of it are equal or it is not shown. Refusals: not_found for another's agency. Throws BooksDoNotBalance.
 */
export async function trialBalance(
  { date, agencyCode }: { date: Day; agencyCode?: string | undefined },
  caller: Caller,
  dependencies: Pick<ProjectDependencies, 'journal' | 'balances'> & {
    registry: Pick<RegistryReader, 'agencyCodes'>;
    first: Day;
    now: () => Instant;
  },
): Promise<TrialBalance> {
  const { journal, registry, first, now } = dependencies;
  const asOf = Math.min(now(), endOfDay(date));
  const agencies = await visibleAgencies(caller, agencyCode, registry);
  const rows: TrialBalanceRow[] = [];
  await inParallel(agencies, AGENCIES_AT_ONCE, async (code) => {
    if (startOfDay(date) > now()) return;
    // The day itself comes from the journal: late entries of a day that is not projected again yet are in it.
    const tally = new Tally(await closingBefore(code, date, first, dependencies));
    for await (const entry of journal.ofDay({ agencyCode: code, day: date }))
      if (entry.committedAt <= asOf) tally.add(entry);
    for (const [account, { debit, credit }] of Object.entries(tally.accounts(`${code} ${date}`)))
      rows.push({ agencyCode: code, account, kind: kindOf(account), debit, credit, balance: debit - credit });
  });
  rows.sort((one, other) => (`${one.agencyCode}\n${one.account}` < `${other.agencyCode}\n${other.account}` ? -1 : 1));
  const totals = totalOf(Object.fromEntries(rows.map((row, place) => [String(place), row])));
  if (totals.debit !== totals.credit) throw new BooksDoNotBalance('the trial balance', totals.debit, totals.credit);
  return { date, asOf, rows, totals };
}
