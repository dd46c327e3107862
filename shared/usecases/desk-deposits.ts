import type { JournalEntry, JournalReader } from '../domain/ledger/journal.ts';
import { account } from '../domain/ledger/ledger.ts';
import type { Movement } from '../domain/payment/movement.ts';
import { accountBook, type BookId } from '../domain/reconciliation/book-day.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { deskAccountOn, type TerminalAccount } from '../domain/registry/registry.ts';
import { addDays, type Day, type Instant, startOfDay } from '../domain/time.ts';

/** What an agency's drawer was given by an entry, in dong; below zero what was taken out of it. */
export const intoDrawer = ({ lines }: Pick<Movement, 'lines'>, agencyCode: string): number =>
  lines
    .filter((line) => line.account === account.desk(agencyCode, 'cash'))
    .reduce((sum, { side, amount }) => sum + (side === 'debit' ? amount : -amount), 0);

/** The entries of a day that moved the cash in an agency's drawer; what two persons wrote off of a deposit moves none. */
export async function cashOfDay(
  query: { agencyCode: string; day: Day },
  journal: JournalReader,
): Promise<JournalEntry[]> {
  const found: JournalEntry[] = [];
  for await (const entry of journal.ofDay(query))
    if (entry.kind !== 'correction' && intoDrawer(entry, query.agencyCode) !== 0) found.push(entry);
  return found;
}

/** What a desk is to deposit of a day: what came into its drawer less what was taken out of it, in dong. */
export type Deposit = { agencyCode: string; day: Day; amount: number };

/**
 * The deposits of days that are to come in on a bank account, of the agencies that have it: of days whose last entry was
 * committed before `until`, so that none of them changes any more.
 */
export async function depositsAt(
  book: BookId,
  { accounts, days, until }: { accounts: readonly TerminalAccount[]; days: readonly Day[]; until: Instant },
  { journal, registry }: { journal: JournalReader; registry: Pick<RegistryReader, 'agency'> },
): Promise<Deposit[]> {
  const deposits: Deposit[] = [];
  for (const agencyCode of new Set(accounts.map((one) => one.agencyCode as string))) {
    const agency = await registry.agency(agencyCode);
    for (const day of days) {
      const there = agency && deskAccountOn(agency, day);
      if (!there || accountBook(there.bankBin, there.accountNumber) !== book) continue;
      if (startOfDay(addDays(day, 1)) > until) continue;
      const entries = await cashOfDay({ agencyCode, day }, journal);
      const amount = entries.reduce((sum, entry) => sum + intoDrawer(entry, agencyCode), 0);
      if (entries.length > 0) deposits.push({ agencyCode, day, amount });
    }
  }
  return deposits;
}
