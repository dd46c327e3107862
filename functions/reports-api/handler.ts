import * as api from '../../shared/api/reports.ts';
import { reportBytes } from '../../shared/documents/report.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import {
  MAX_DAYS_AT_ONCE,
  MAX_ROWS_AT_ONCE,
  ReportFormat,
  type ReportJob,
  reportFaultWords,
} from '../../shared/domain/reports/job.ts';
import { reports } from '../../shared/domain/reports/reports.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { ReportsApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { answering, httpFunction } from '../../shared/runtime/http.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { reportDependencies } from '../../shared/runtime/report-dependencies.ts';
import { AggregateStore } from '../../shared/store/aggregate-store.ts';
import { ReportFileStore } from '../../shared/store/report-files.ts';
import { ReportStore } from '../../shared/store/report-store.ts';
import { readAggregates } from '../../shared/usecases/read-aggregates.ts';
import { readReportJob, requestReport } from '../../shared/usecases/request-report.ts';
import { RowLimit, runReport } from '../../shared/usecases/run-report.ts';

const environment = readEnvironment(ReportsApiEnvironment, process.env);
const db = documentClient();
const sources = reportDependencies(db, environment);
const dependencies = {
  ...sources,
  jobs: new ReportStore(db, environment.WORK_TABLE),
  aggregates: new AggregateStore(db, environment.WORK_TABLE),
  files: new ReportFileStore(environment.FILES_BUCKET),
  queue: new MessageQueue(environment.REPORTS_QUEUE_URL),
  now: Date.now,
};

type Link = Awaited<ReturnType<typeof readReportJob>>['link'];

const present = (job: ReportJob, link?: Link) => ({
  ...{ jobId: job.jobId, state: job.state, reportId: job.reportId, from: job.from, to: job.to },
  ...{ agencyCode: job.agencyCode ?? null, provider: job.provider ?? null, format: job.format },
  createdAt: formatInstant(job.createdAt),
  endedAt: job.endedAt === undefined ? null : formatInstant(job.endedAt),
  rows: job.rows,
  file: job.file && link ? { url: link.url, expiresAt: formatInstant(link.expiresAt), ...job.file } : null,
  fault: job.fault ? { code: job.fault, message: reportFaultWords[job.fault] } : null,
});

/** Reports: short ones at once, long ones by `make-report`; and the aggregates that `tell-aggregates` told. */
export const handler = httpFunction(
  [
    answering(api.listReports, async () => ({
      status: 200,
      body: {
        reports: reports.map(({ id, title, notes, byProvider, columns }) => ({
          ...{ reportId: id, title, notes: [...notes], byProvider },
          columns: columns.map(({ key, title: words, kind }) => ({ key, title: words, kind })),
        })),
        formats: [...ReportFormat.options],
      },
    })),

    answering(api.readReport, async ({ params, query, caller }) => {
      const limits = { days: MAX_DAYS_AT_ONCE, rows: MAX_ROWS_AT_ONCE, asOf: dependencies.now() };
      const running = await runReport({ ...params, ...query }, caller, limits, dependencies);
      const chunks: Uint8Array[] = [];
      try {
        for await (const chunk of reportBytes('json', running)) chunks.push(chunk);
      } catch (error) {
        throw error instanceof RowLimit ? new Refusal('report_too_long') : error;
      }
      return { status: 200, body: JSON.parse(Buffer.concat(chunks).toString()) };
    }),

    answering(api.requestReport, async ({ body, caller, idempotencyKey }) => {
      const { job, replayed } = await requestReport(body, caller, idempotencyKey, dependencies);
      return { status: 202, body: present(job), replayed };
    }),

    answering(api.readReportJob, async ({ params, caller }) => {
      const { job, link } = await readReportJob(params.jobId, caller, dependencies);
      return { status: 200, body: present(job, link) };
    }),

    answering(api.readAggregates, async ({ query, caller }) => {
      const { rows, next, caughtUp } = await readAggregates(query, caller, dependencies);
      const data = rows.map((row) => ({ ...row, toldAt: formatInstant(row.toldAt) }));
      return { status: 200, body: { data, next, caughtUp } };
    }),
  ],
  (claims) => callerOf(claims, sources.registry),
);
