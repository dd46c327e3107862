import { type BookDays, providerBook } from '../domain/reconciliation/book-day.ts';
import type { Adjustment, ResultSummaries } from '../domain/reconciliation/results.ts';
import type { StatementBook } from '../domain/reconciliation/statement.ts';
import type { Day, Instant } from '../domain/time.ts';

export type LateDependencies = {
  days: Pick<BookDays, 'between'>;
  statements: Pick<StatementBook, 'find'>;
  summaries: ResultSummaries;
};

/** What a file says otherwise of a closed day. `revision`: which file of that day it is. */
export type LateFile = Adjustment & { businessDate: Day; revision: number; reportedAt: Instant };

/** The files of a provider that came when their day was closed, and count on one of these days; in the order of those. */
export async function lateFiles(
  { providerId, from, to }: { providerId: string; from: Day; to: Day },
  { days, statements, summaries }: LateDependencies,
): Promise<LateFile[]> {
  const found: LateFile[] = [];
  for (const { day, files } of await days.between(providerBook(providerId), from, to))
    for (const { statementId, days: own } of files) {
      if (own.includes(day)) continue;
      const statement = await statements.find(statementId);
      if (!statement) throw new Error(`${statementId} counts on ${day} and is gone`);
      const { businessDate, revision } = statement;
      const late = await summaries.summary(providerId, businessDate, revision);
      // Its results are written behind its place; by an older release without what they adjust.
      if (late?.adjusts) found.push({ ...late.adjusts, businessDate, revision, reportedAt: late.reportedAt });
    }
  return found;
}
