import type { JournalReader } from '../domain/ledger/journal.ts';
import type { ExceptionState } from '../domain/reconciliation/exception.ts';
import type { ExceptionsOfDay } from '../domain/reconciliation/ports.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { type DailyReport, DailyTally } from '../domain/reports/daily.ts';
import type { Day, Instant } from '../domain/time.ts';
import { inParallel } from './in-parallel.ts';
import { journalAround } from './journal-of-date.ts';
import { type LateDependencies, lateFiles } from './late-files.ts';
import { visibleAgencies } from './visible.ts';

const AGENCIES_AT_ONCE = 8;

/** Somebody still has to decide. */
const UNDECIDED: readonly ExceptionState[] = ['OPEN', 'ASSIGNED', 'PROPOSED', 'APPROVED'];

export type AskDailyReport = { date: Day; agencyCode?: string | undefined; provider?: string | undefined };

export type DailyReportDependencies = LateDependencies & {
  journal: JournalReader;
  exceptions: ExceptionsOfDay;
  registry: Pick<RegistryReader, 'agencyCodes'>;
  /** All providers that may have sent a settlement file. */
  providerIds: readonly string[];
  now: () => Instant;
};

/**
 * What was collected on an accounting date (the provider's payment time, Vietnam day), agency by provider, computed from
 * the journal as it stood at `asOf`. Refusals: not_found for another's agency. Throws ReportDoesNotFoot rather than show
 * figures that are not the ledger's.
 */
export async function dailyReport(
  { date, agencyCode, provider }: AskDailyReport,
  caller: Caller,
  dependencies: DailyReportDependencies,
): Promise<DailyReport & { date: Day; asOf: Instant }> {
  const { journal, summaries, exceptions, registry, providerIds, now } = dependencies;
  const asOf = now();
  const agencyCodes = await visibleAgencies(caller, agencyCode, registry);
  const visible = new Set(agencyCodes);
  const isAsked = (providerId: string) => provider === undefined || provider === providerId;
  const tally = new DailyTally();

  await journalAround({ agencyCodes, date, asOf }, journal, (entry) => {
    if (entry.accountingDate === date && isAsked(entry.providerId)) tally.addEntry(entry);
  });
  for (const providerId of providerIds.filter(isAsked)) {
    const summary = await summaries.summary(providerId, date);
    const late = await lateFiles({ providerId, from: date, to: date }, dependencies);
    for (const { agencies } of [...(summary ? [summary] : []), ...late])
      for (const [code, { count, amount }] of Object.entries(agencies))
        if (visible.has(code)) tally.addReported(code, providerId, { count, amount });
  }
  await inParallel(agencyCodes, AGENCIES_AT_ONCE, async (code) => {
    for await (const exception of exceptions.ofDay({ agencyCode: code, day: date }))
      if (isAsked(exception.providerId) && UNDECIDED.includes(exception.state))
        tally.addOpenException(code, exception.providerId);
  });
  return { date, asOf, ...tally.report() };
}
