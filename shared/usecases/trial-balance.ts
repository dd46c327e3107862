import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import { BooksDoNotBalance, kindOf, Tally, type Turnover, totalOf } from '../domain/ledger/balances.ts';
import { type CursorCodec, InvalidCursor } from '../domain/paging.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { type Day, endOfDay, type Instant, startOfDay, vietnamDay } from '../domain/time.ts';
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
  const { registry, now } = dependencies;
  const asOf = Math.min(now(), endOfDay(date));
  const agencies = await visibleAgencies(caller, agencyCode, registry);
  const isOfFuture = startOfDay(date) > now();
  const accounts = isOfFuture ? [] : await accountsAt(agencies, date, asOf, dependencies);
  const rows = accounts.map((row) => ({ ...row, kind: kindOf(row.account), balance: row.debit - row.credit }));
  const totals = totalOf(Object.fromEntries(rows.map((row, place) => [String(place), row])));
  if (totals.debit !== totals.credit) throw new BooksDoNotBalance('the trial balance', totals.debit, totals.credit);
  return { date, asOf, rows, totals };
}

/** The next page begins after this row, of the books as they stood at `asOf`. */
const Position = lazy(() => z.strictObject({ asOf: z.int(), agencyCode: z.string(), account: z.string() }));

/**
 * A page of the rows of a {@link trialBalance}, in order of agency and account, with the totals of all of them: what follows
 * a first page is of the same instant, and half of a balance never passes for a balance. Refusals: not_found for another's
 * agency. Throws BooksDoNotBalance and {@link InvalidCursor}.
 */
export async function trialBalancePage(
  { cursor, limit, ...asked }: Parameters<typeof trialBalance>[0] & { cursor?: string | undefined; limit: number },
  caller: Caller,
  { cursors, ...dependencies }: Parameters<typeof trialBalance>[2] & { cursors: CursorCodec },
): Promise<TrialBalance & { nextCursor: string | null }> {
  const boundTo = JSON.stringify(['trial-balance', caller.clientId, asked.date, asked.agencyCode ?? null]);
  const after = cursor === undefined ? undefined : positionIn(cursors.decode(cursor, boundTo));
  const now = after ? () => after.asOf : dependencies.now;
  const { rows, ...whole } = await trialBalance(asked, caller, { ...dependencies, now });
  const rest = after ? rows.filter((row) => orderOf(row) > orderOf(after)) : rows;
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const more = last && rest.length > limit;
  const position = more && { asOf: whole.asOf, agencyCode: last.agencyCode, account: last.account };
  return { ...whole, rows: page, nextCursor: position ? cursors.encode(JSON.stringify(position), boundTo) : null };
}

function positionIn(text: string): z.infer<typeof Position> {
  const position = Position.safeParse(JSON.parse(text));
  if (!position.success) throw new InvalidCursor();
  return position.data;
}

const orderOf = ({ agencyCode, account }: { agencyCode: string; account: string }) => `${agencyCode}\n${account}`;

/**
 * Every account of these agencies at the end of a day of commit, or at `asOf` if that is earlier, in order of agency and
 * account. Amounts in dong. Throws BooksDoNotBalance.
 */
export async function accountsAt(
  agencies: readonly string[],
  date: Day,
  asOf: Instant,
  dependencies: Pick<ProjectDependencies, 'journal' | 'balances'> & { first: Day },
): Promise<(Turnover & { agencyCode: string; account: string })[]> {
  const rows: (Turnover & { agencyCode: string; account: string })[] = [];
  const day = date < vietnamDay(asOf) ? date : vietnamDay(asOf);
  await inParallel(agencies, AGENCIES_AT_ONCE, async (agencyCode) => {
    // The day itself comes from the journal: late entries of a day that is not projected again yet are in it.
    const tally = new Tally(await closingBefore(agencyCode, day, dependencies.first, dependencies));
    for await (const entry of dependencies.journal.ofDay({ agencyCode, day }))
      if (entry.committedAt <= asOf) tally.add(entry);
    for (const [account, { debit, credit }] of Object.entries(tally.accounts(`${agencyCode} ${day}`)))
      rows.push({ agencyCode, account, debit, credit });
  });
  return rows.sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
}
