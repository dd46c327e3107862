import { accountBook, type BookDays } from '../domain/reconciliation/book-day.ts';
import { RunLine } from '../domain/reconciliation/run-object.ts';
import { addDays, type Day, type Instant } from '../domain/time.ts';
import type { MatchDependencies } from './match-account.ts';

/** Days behind its own on which a payout may still arrive, or be decided about. */
const PATIENCE_DAYS = 40;

/**
 * `above`: what the bank credited above what was due, in dong. Of several payouts together the first of them bears it; none does
 * where people decided about them.
 */
type Found = { atBank: { above: number; adjusted: number } | undefined; overdue: boolean };

/**
 * What the runs of a bank account came to for the payouts of a range of days, by their keys, as they stood at an instant. The
 * runs' objects are read as they lie in the bucket: whatever was confirmed, decided or is still a difference there.
 */
export async function payoutsAtBank(
  { bankBin, account, from, to, asOf }: { bankBin: string; account: string; from: Day; to: Day; asOf: Instant },
  { days, runs }: { days: Pick<BookDays, 'between'>; runs: Pick<MatchDependencies['runs'], 'lines'> },
): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  for (const { run } of await days.between(accountBook(bankBin, account), from, addDays(to, PATIENCE_DAYS))) {
    if (!run || run.asOf > asOf) continue;
    for await (const text of runs.lines(run.key)) {
      // A line of an account that is paid directly names none.
      if (!text.includes('"payout:') || !/^\{"(?:match|unsettled)"/.test(text)) continue;
      const line = RunLine.parse(JSON.parse(text));
      if ('match' in line) {
        const { ours, ourAmount, theirAmount, status } = line.match;
        // A suggestion is none until two persons have taken it up.
        if (status === 'suggested') continue;
        const above = ours.length === 1 ? theirAmount - ourAmount : 0;
        for (const key of ours) found.set(key, { atBank: { above, adjusted: above }, overdue: false });
      } else if ('unsettled' in line) {
        const { ours, category, theirs, ourAmount, theirAmount } = line.unsettled;
        const isThere = theirs.length > 0 && (ours.length === 1 || theirs.length === 1);
        for (const [at, key] of ours.entries()) {
          const above = at === 0 ? theirAmount - ourAmount : 0;
          found.set(key, { atBank: isThere ? { above, adjusted: 0 } : undefined, overdue: category !== 'DATE_SHIFT' });
        }
      }
    }
  }
  return found;
}
