import { accountBook, type BookDays } from '../domain/reconciliation/book-day.ts';
import { RunLine } from '../domain/reconciliation/run-object.ts';
import { addDays, type Day, type Instant } from '../domain/time.ts';
import type { MatchDependencies } from './match-account.ts';

/** Days behind its own on which a payout may still arrive, or be decided about. */
const PATIENCE_DAYS = 40;

/** `credited` is null where a payout was decided about together with others: it counts as it is due. */
type Found = { atBank: { credited: number | null; adjusted: number } | undefined; overdue: boolean };

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
        const isOne = ours.length === 1;
        const atBank = { credited: isOne ? theirAmount : null, adjusted: isOne ? theirAmount - ourAmount : 0 };
        for (const key of ours) found.set(key, { atBank, overdue: false });
      } else if ('unsettled' in line) {
        const { ours, category, theirs, theirAmount } = line.unsettled;
        for (const key of ours)
          found.set(key, {
            atBank: ours.length === 1 && theirs.length > 0 ? { credited: theirAmount, adjusted: 0 } : undefined,
            overdue: category !== 'DATE_SHIFT',
          });
      }
    }
  }
  return found;
}
