import { createHash } from 'node:crypto';
import { Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { AskedReport } from '../domain/reports/job.ts';
import { spanOf } from '../domain/reports/job.ts';
import {
  LedgerSums,
  type Proof,
  type Report,
  ReportDoesNotFoot,
  type ReportQuery,
  type RunningReport,
  wholeSum,
} from '../domain/reports/report.ts';
import { reportOf } from '../domain/reports/reports.ts';
import type { Cells } from '../domain/reports/table.ts';
import type { Instant } from '../domain/time.ts';
import { reportSources, type SourceDependencies } from './report-sources.ts';
import { visibleAgencies } from './visible.ts';

export type RunDependencies = SourceDependencies & {
  registry: Pick<RegistryReader, 'agencyCodes' | 'agency' | 'atProvider'>;
};

/** More rows than whoever asked can take. */
export class RowLimit extends Error {
  constructor(most: number) {
    super(`more than ${most} rows`);
    this.name = 'RowLimit';
  }
}

/**
 * Begins a report for a caller, as the books stood at `asOf`. Refusals: not_found (another's agency), unprocessable (a range
 * that ends before it begins, a provider for a report that has none), report_range_too_wide.
 */
export async function runReport(
  asked: AskedReport,
  caller: Caller,
  limits: { days: number; rows: number; asOf: Instant },
  dependencies: RunDependencies,
): Promise<RunningReport> {
  const report = checkedReport(asked, limits.days);
  const agencyCodes = await visibleAgencies(caller, asked.agencyCode, dependencies.registry);
  const { from, to, provider } = asked;
  const query: ReportQuery = { from, to, provider, agencyCodes, asOf: limits.asOf };
  const agency = asked.agencyCode === undefined ? undefined : await dependencies.registry.agency(asked.agencyCode);

  const ledger = new LedgerSums();
  const hash = createHash('sha256');
  const totals: Record<string, number> = Object.fromEntries(
    report.columns.filter(({ total }) => total).map(({ key }) => [key, 0]),
  );
  let rowCount = 0;
  let digest: string | undefined;
  let proofs: readonly Proof[] | undefined;

  const add = (row: Cells): void => {
    for (const [at, { key, total }] of report.columns.entries())
      if (total) totals[key] = wholeSum(totals[key] ?? 0, Number(row[at] ?? 0));
    hash.update(`${JSON.stringify(row)}\n`);
  };

  async function* counted(): AsyncGenerator<readonly Cells[]> {
    for await (const page of report.rows(reportSources(query, ledger, dependencies), query)) {
      rowCount += page.length;
      if (rowCount > limits.rows) throw new RowLimit(limits.rows);
      for (const row of page) add(row);
      yield page;
    }
    proofs = report.proofs(totals, ledger);
    const broken = proofs.find((proof) => proof.report !== proof.ledger);
    if (broken) throw new ReportDoesNotFoot(report.id, broken.what.en, broken.report, broken.ledger);
    digest = hash.digest('hex');
  }

  return {
    report,
    query,
    issuer: agency?.name ?? caller.client.name,
    rows: counted(),
    rowCount: () => rowCount,
    totals: () => totals,
    rowsSha256: () => known(digest),
    proofs: () => known(proofs),
  };
}

/** The report that is asked for, if it can be made of the range. Refusals as of {@link runReport}. */
export function checkedReport({ reportId, from, to, provider }: AskedReport, days: number): Report {
  const report = reportOf(reportId);
  if (!report) throw new Refusal('not_found');
  if (from > to) throw wrong('/to', 'kết thúc trước khi bắt đầu / it ends before it begins');
  if (spanOf({ from, to }) > days)
    throw new Refusal('report_range_too_wide', { vi: `Nhiều nhất ${days} ngày.`, en: `At most ${days} days.` });
  if (provider !== undefined && !report.byProvider)
    throw wrong('/provider', 'báo cáo này không tách theo nhà cung cấp / this report is not by provider');
  return report;
}

const wrong = (pointer: string, message: string): Refusal =>
  new Refusal('unprocessable', undefined, [{ pointer, message }]);

function known<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the rows of the report have not been read to their end');
  return value;
}
