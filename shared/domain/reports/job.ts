import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { ProviderId } from '../payment/provider.ts';
import { Sha256 } from '../reconciliation/statement-id.ts';
import type { Day, Instant } from '../time.ts';
import { ReportId } from './reports.ts';

/** A report that is made behind the scenes: asked for, made row by row, fetched by a link. */

/** Longest span of days of one report: answered at once, and made by a job. */
export const MAX_DAYS_AT_ONCE = 31;
export const MAX_DAYS_OF_JOB = 366;
/** Most rows that are answered at once; a longer table needs a job. */
export const MAX_ROWS_AT_ONCE = 5_000;
export const ReportFormat = lazy(() => z.enum(['json', 'csv', 'xlsx', 'pdf']));
export type ReportFormat = z.infer<typeof ReportFormat>;

/** Most rows of a job's file: what a worksheet has and the time of its maker allows; of a PDF about 7,000 pages. */
export const mostRows: Readonly<Record<ReportFormat, number>> = {
  json: 1_000_000,
  csv: 1_000_000,
  xlsx: 1_000_000,
  pdf: 200_000,
};

export const contentTypes: Readonly<Record<ReportFormat, string>> = {
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pdf: 'application/pdf',
};

export const ReportJobId = lazy(() => z.string().regex(/^rpt_[0-9a-f]{24}$/));
export type ReportJobId = z.infer<typeof ReportJobId>;

/** What the maker's queue carries. */
export const ReportOrder = lazy(() => z.strictObject({ make: ReportJobId }));

export const ReportJobState = lazy(() => z.enum(['WAITING', 'MAKING', 'DONE', 'FAILED']));
export type ReportJobState = z.infer<typeof ReportJobState>;

/**
 * `too_many_rows`: beyond what the format takes. `client_inactive`: switched off, or the agency taken from it, since it
 * asked. `does_not_foot`: the books and the report tell two sums, and somebody has been woken.
 */
export const ReportFault = lazy(() => z.enum(['too_many_rows', 'client_inactive', 'does_not_foot']));
export type ReportFault = z.infer<typeof ReportFault>;

export const reportFaultWords: Readonly<Record<ReportFault, { vi: string; en: string }>> = {
  too_many_rows: {
    vi: 'Báo cáo dài hơn giới hạn của định dạng (PDF 200.000 dòng, còn lại 1.000.000); hãy chia nhỏ kỳ',
    en: 'Longer than the format takes (PDF 200,000 rows, others 1,000,000); ask for shorter ranges',
  },
  client_inactive: {
    vi: 'Ứng dụng khách đã bị ngừng hoặc không còn được xem cơ quan này',
    en: 'The client is switched off, or may not see the agency any more',
  },
  does_not_foot: {
    vi: 'Báo cáo không khớp sổ cái nên không được đưa ra; người vận hành đã được báo',
    en: 'It does not foot to the ledger and is not shown; operators have been told',
  },
};

/** What is asked for. Days in Asia/Ho_Chi_Minh, both included. */
export const AskedReport = lazy(() =>
  z.object({
    reportId: ReportId,
    from: z.string(),
    to: z.string(),
    agencyCode: z.string().optional(),
    provider: ProviderId.optional(),
  }),
);
export type AskedReport = z.infer<typeof AskedReport>;

export const ReportJob = lazy(() =>
  AskedReport.extend({
    jobId: ReportJobId,
    state: ReportJobState,
    format: ReportFormat,
    /** Whose rights count when it is made. */
    clientId: z.string(),
    subject: z.string(),
    bodyHash: Sha256,
    /** The instant of the books that it tells. */
    createdAt: z.int(),
    /** Rows written so far. */
    rows: z.int().min(0),
    /** The file: its length in bytes and hash, and the hash of its rows, which is the same in every format. */
    file: z.object({ bytes: z.int(), sha256: Sha256, rowsSha256: Sha256 }).optional(),
    fault: ReportFault.optional(),
    endedAt: z.int().optional(),
  }),
);
export type ReportJob = z.infer<typeof ReportJob>;

export const REPORT_PREFIX = 'reports/';

/** Where the file of a job lies; its last part is what the file is called where it is saved. */
export const reportKey = ({ jobId, reportId, from, to, format }: ReportJob): string =>
  `${REPORT_PREFIX}${jobId}/${reportId}_${from}_${to}.${format}`;

/** Port: jobs. A job ends once; what a later run finds changes nothing. */
export interface ReportJobs {
  /** Creates once; answers what stands there. */
  create(job: ReportJob): Promise<ReportJob>;
  find(jobId: ReportJobId): Promise<ReportJob | undefined>;
  /** How many rows are written; false when the job has ended meanwhile. */
  progress(jobId: ReportJobId, rows: number): Promise<boolean>;
  end(
    jobId: ReportJobId,
    ended: Pick<ReportJob, 'rows' | 'file' | 'fault'> & { state: 'DONE' | 'FAILED'; endedAt: Instant },
  ): Promise<ReportJob>;
}

/** Port: the files that jobs make. */
export interface ReportFiles {
  /** Writes the whole object or none. Writing again replaces it. */
  write(
    key: string,
    contentType: string,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<{ bytes: number; sha256: string }>;
  /** A link that fetches the object for so many milliseconds. */
  downloadLink(key: string, validMilliseconds: number, now: Instant): Promise<string>;
}

/** Port: who is told that a job waits. */
export interface ReportQueue {
  send(order: z.infer<typeof ReportOrder>): Promise<void>;
}

/** Days of a report, both included. */
export const spanOf = ({ from, to }: { from: Day; to: Day }): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1;
