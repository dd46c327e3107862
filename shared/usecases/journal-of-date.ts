import { COMMIT_DAYS_AFTER, COMMIT_DAYS_BEFORE } from '../domain/ledger/accounting-date.ts';
import type { JournalEntry, JournalReader } from '../domain/ledger/journal.ts';
import { addDays, type Day, daysBetween, type Instant, vietnamDay } from '../domain/time.ts';
import { inParallel } from './in-parallel.ts';

const AGENCIES_AT_ONCE = 8;

/**
 * Gives `take` every entry of these agencies that was committed around an accounting date, up to `asOf` and not later, so
 * that a second reading sees what the first one saw. `until`: the last day of commits, where that is later than usual. The order is not defined; `take` chooses by accounting date.
 */
export async function journalAround(
  query: { agencyCodes: readonly string[]; date: Day; asOf: Instant; until?: Day },
  journal: JournalReader,
  take: (entry: JournalEntry) => void,
): Promise<void> {
  const today = vietnamDay(query.asOf);
  const last = query.until ?? addDays(query.date, COMMIT_DAYS_AFTER);
  const days = daysBetween(addDays(query.date, -COMMIT_DAYS_BEFORE), last).filter((day) => day <= today);
  await inParallel(query.agencyCodes, AGENCIES_AT_ONCE, async (agencyCode) => {
    for (const day of days)
      for await (const entry of journal.ofDay({ agencyCode, day })) if (entry.committedAt <= query.asOf) take(entry);
  });
}
