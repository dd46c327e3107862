import { reportBytes } from '../documents/report.ts';
import { Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import {
  contentTypes,
  MAX_DAYS_OF_JOB,
  mostRows,
  type ReportFault,
  type ReportFiles,
  type ReportJob,
  type ReportJobId,
  type ReportJobs,
  reportKey,
} from '../domain/reports/job.ts';
import { ReportDoesNotFoot, type RunningReport } from '../domain/reports/report.ts';
import type { Cells, RowPages } from '../domain/reports/table.ts';
import type { Instant } from '../domain/time.ts';
import { RowLimit, type RunDependencies, runReport } from './run-report.ts';

/** Rows after which it is written down how far a job is. */
const ROWS_BETWEEN_WORDS = 10_000;

export type MakeReportDependencies = RunDependencies & {
  jobs: ReportJobs;
  files: Pick<ReportFiles, 'write'>;
  registry: Pick<RegistryReader, 'agencyCodes' | 'agency' | 'atProvider' | 'client'>;
  now: () => Instant;
};

/**
 * Makes the file of a job, from the books as they stood when it was asked for: made again after a kill, or twice at one time,
 * it is the same bytes under the same key. A job that has ended is left alone. What can never succeed ends the job with its
 * reason; whatever else fails is thrown, and comes again. `broken`: the report does not foot to the ledger.
 */
export async function makeReport(
  jobId: ReportJobId,
  dependencies: MakeReportDependencies,
): Promise<{ job: ReportJob; broken?: ReportDoesNotFoot }> {
  const { jobs, files, registry, now } = dependencies;
  const job = await jobs.find(jobId);
  if (!job) throw new Error(`${jobId} is no job`);
  if (job.state === 'DONE' || job.state === 'FAILED') return { job };

  const client = await registry.client(job.clientId);
  let running: RunningReport | undefined;
  const failed = async (fault: ReportFault): Promise<ReportJob> =>
    jobs.end(jobId, { state: 'FAILED', fault, rows: running?.rowCount() ?? 0, endedAt: now() });
  if (!client?.active) return { job: await failed('client_inactive') };
  try {
    const caller = { clientId: job.clientId, subject: job.subject, client };
    const limits = { days: MAX_DAYS_OF_JOB, rows: mostRows[job.format], asOf: job.createdAt };
    running = await runReport(job, caller, limits, dependencies);
    const told = { ...running, rows: telling(running.rows, (count) => jobs.progress(jobId, count)) };
    const { bytes, sha256 } = await files.write(
      reportKey(job),
      contentTypes[job.format],
      reportBytes(job.format, told),
    );
    const file = { bytes, sha256, rowsSha256: running.rowsSha256() };
    return { job: await jobs.end(jobId, { state: 'DONE', file, rows: running.rowCount(), endedAt: now() }) };
  } catch (error) {
    if (error instanceof RowLimit) return { job: await failed('too_many_rows') };
    if (error instanceof Refusal) return { job: await failed('client_inactive') };
    if (error instanceof ReportDoesNotFoot) return { job: await failed('does_not_foot'), broken: error };
    throw error;
  }
}

async function* telling(pages: RowPages, tell: (rows: number) => Promise<unknown>): AsyncGenerator<readonly Cells[]> {
  let rows = 0;
  let told = 0;
  for await (const page of pages) {
    rows += page.length;
    if (told === 0 || rows - told >= ROWS_BETWEEN_WORDS) {
      await tell(rows);
      told = rows;
    }
    yield page;
  }
}
