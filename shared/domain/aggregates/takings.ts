import type { JournalEntry } from '../ledger/journal.ts';
import { heldBy, wholeSum } from '../reports/report.ts';
import { MINUTE_MILLISECONDS } from '../time.ts';
import type { TakingFigures } from './aggregate.ts';

/** Handling of an electronic payment takes five minutes at most (Decree 347/2025/NĐ-CP, article 4.6.b). */
const IN_TIME_MINUTES = 5;

export const noTakings = (): TakingFigures => ({
  ...{ entries: 0, paid: 0, odd: 0, inTime: 0, received: 0, givenBack: 0 },
  ...{ delayMilliseconds: 0, longestDelayMilliseconds: 0 },
});

/** The figures with an entry of payers' money added. Throws RangeError past 2^53. */
export function withEntry(figures: TakingFigures, entry: JournalEntry): TakingFigures {
  const held = heldBy(entry, 'payable', 'surplus', 'unmatched');
  // A provider's clock may be ahead of ours by moments.
  const delay = Math.max(0, entry.committedAt - entry.paidAt);
  return {
    entries: figures.entries + 1,
    paid: figures.paid + (entry.kind === 'payment' || entry.kind === 'part' ? 1 : 0),
    odd: figures.odd + (entry.category ? 1 : 0),
    inTime: figures.inTime + (delay <= IN_TIME_MINUTES * MINUTE_MILLISECONDS ? 1 : 0),
    received: wholeSum(figures.received, Math.max(0, held)),
    givenBack: wholeSum(figures.givenBack, Math.max(0, -held)),
    delayMilliseconds: wholeSum(figures.delayMilliseconds, delay),
    longestDelayMilliseconds: Math.max(figures.longestDelayMilliseconds, delay),
  };
}
