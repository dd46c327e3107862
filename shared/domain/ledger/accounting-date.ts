import { addDays, type Day, type Instant, vietnamDay } from '../time.ts';

/**
 * The journal lies by day of commit; finance asks by accounting date, the day of the provider's payment time. Callbacks
 * come after the payment, and a provider's clock may be ahead of ours by moments: within these days the two may differ.
 */
export const COMMIT_DAYS_BEFORE = 1;
export const COMMIT_DAYS_AFTER = 2;

/**
 * The day under which money is reported: the one that the provider's clock showed. What we commit long after that day
 * cannot change a report that finance has closed; it counts on the day of its commit, as late items do.
 */
export function accountingDate(paidAt: Instant, committedAt: Instant): Day {
  const [paid, committed] = [vietnamDay(paidAt), vietnamDay(committedAt)];
  const near = paid >= addDays(committed, -COMMIT_DAYS_AFTER) && paid <= addDays(committed, COMMIT_DAYS_BEFORE);
  return near ? paid : committed;
}
