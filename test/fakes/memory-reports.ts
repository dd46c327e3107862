import { createHash } from 'node:crypto';
import type { ReportFiles, ReportJob, ReportJobId, ReportJobs } from '../../shared/domain/reports/job.ts';

/** Jobs of reports in memory. */
export class MemoryReports implements ReportJobs {
  readonly #jobs = new Map<ReportJobId, ReportJob>();

  async create(job: ReportJob): Promise<ReportJob> {
    const there = this.#jobs.get(job.jobId);
    if (!there) this.#jobs.set(job.jobId, structuredClone(job));
    return structuredClone(there ?? job);
  }

  async find(jobId: ReportJobId): Promise<ReportJob | undefined> {
    return structuredClone(this.#jobs.get(jobId));
  }

  async progress(jobId: ReportJobId, rows: number): Promise<boolean> {
    return this.#change(jobId, { state: 'MAKING', rows }).changed;
  }

  async end(jobId: ReportJobId, ended: Parameters<ReportJobs['end']>[1]): Promise<ReportJob> {
    return this.#change(jobId, ended).job;
  }

  #change(jobId: ReportJobId, to: Partial<ReportJob>): { changed: boolean; job: ReportJob } {
    const job = this.#jobs.get(jobId);
    if (!job) throw new Error(`no job ${jobId}`);
    if (job.state === 'DONE' || job.state === 'FAILED') return { changed: false, job: structuredClone(job) };
    const changed = { ...job, ...structuredClone(to) };
    this.#jobs.set(jobId, changed);
    return { changed: true, job: structuredClone(changed) };
  }
}

/** Files of reports in memory. */
export class MemoryReportFiles implements ReportFiles {
  readonly objects = new Map<string, { contentType: string; bytes: Buffer }>();

  async write(key: string, contentType: string, chunks: AsyncIterable<Uint8Array>) {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    const bytes = Buffer.concat(all);
    this.objects.set(key, { contentType, bytes });
    return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }

  async downloadLink(key: string, validMilliseconds: number, now: number): Promise<string> {
    return `https://files.example.test/${key}?until=${now + validMilliseconds}`;
  }
}
