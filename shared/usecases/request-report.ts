import { canonicalJson } from '../domain/canonical-json.ts';
import { keyReused, notFound } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import {
  type AskedReport,
  MAX_DAYS_OF_JOB,
  type ReportFiles,
  type ReportFormat,
  type ReportJob,
  type ReportJobId,
  type ReportJobs,
  type ReportQueue,
  reportKey,
} from '../domain/reports/job.ts';
import type { Instant } from '../domain/time.ts';
import { sha256 } from './hashing.ts';
import { checkedReport } from './run-report.ts';
import { visibleAgencies } from './visible.ts';

/** How long a link works. */
export const REPORT_LINK_MILLISECONDS = 15 * 60_000;

const ID_DIGITS = 24;

export type RequestReport = AskedReport & { format: ReportFormat };

export type RequestReportDependencies = {
  jobs: Pick<ReportJobs, 'create' | 'find'>;
  queue: ReportQueue;
  registry: Pick<RegistryReader, 'agencyCodes'>;
  now: () => Instant;
};

/**
 * Has a report made of the books as they stand now. The id is derived from caller and key, so the item itself is the record
 * of the call; as long as nothing is made, a repeat tells the maker again, for its word may have been lost. Refusals:
 * idempotency_key_reused, and those of a report's range.
 */
export async function requestReport(
  command: RequestReport,
  caller: Caller,
  idempotencyKey: string,
  { jobs, queue, registry, now }: RequestReportDependencies,
): Promise<{ job: ReportJob; replayed: boolean }> {
  const jobId: ReportJobId = `rpt_${sha256(JSON.stringify(['report', caller.clientId, idempotencyKey])).slice(0, ID_DIGITS)}`;
  const bodyHash = sha256(canonicalJson(command));
  const earlier = await jobs.find(jobId);
  if (!earlier) {
    checkedReport(command, MAX_DAYS_OF_JOB);
    await visibleAgencies(caller, command.agencyCode, registry);
  }
  const job =
    earlier ??
    (await jobs.create({
      ...{ reportId: command.reportId, from: command.from, to: command.to, format: command.format },
      ...(command.agencyCode !== undefined && { agencyCode: command.agencyCode }),
      ...(command.provider !== undefined && { provider: command.provider }),
      ...{
        jobId,
        state: 'WAITING',
        clientId: caller.clientId,
        subject: caller.subject,
        bodyHash,
        createdAt: now(),
        rows: 0,
      },
    }));
  if (job.bodyHash !== bodyHash) throw keyReused();
  if (job.state === 'WAITING') await queue.send({ make: jobId });
  return { job, replayed: earlier !== undefined };
}

/** A job of the caller's own, with a link to its file once that is made. Refusals: not_found, also for another client's. */
export async function readReportJob(
  jobId: ReportJobId,
  caller: Caller,
  {
    jobs,
    files,
    now,
  }: { jobs: Pick<ReportJobs, 'find'>; files: Pick<ReportFiles, 'downloadLink'>; now: () => Instant },
): Promise<{ job: ReportJob; link: { url: string; expiresAt: Instant } | undefined }> {
  const job = await jobs.find(jobId);
  if (!job || job.clientId !== caller.clientId) throw notFound();
  if (job.state !== 'DONE') return { job, link: undefined };
  const at = now();
  const url = await files.downloadLink(reportKey(job), REPORT_LINK_MILLISECONDS, at);
  return { job, link: { url, expiresAt: at + REPORT_LINK_MILLISECONDS } };
}
