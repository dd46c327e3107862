import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { ReportOrder } from '../../shared/domain/reports/job.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { MakeReportEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { reportDependencies } from '../../shared/runtime/report-dependencies.ts';
import { ReportFileStore } from '../../shared/store/report-files.ts';
import { ReportStore } from '../../shared/store/report-store.ts';
import { makeReport } from '../../shared/usecases/make-report.ts';

const environment = readEnvironment(MakeReportEnvironment, process.env);
const db = documentClient();
const dependencies = {
  ...reportDependencies(db, environment),
  jobs: new ReportStore(db, environment.WORK_TABLE),
  files: new ReportFileStore(environment.FILES_BUCKET),
  now: Date.now,
};

/** One report after another. What fails comes again, and at last to the dead letters; made again it is the same file. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const { messageId, body } of Records) {
    try {
      const { make } = ReportOrder.parse(JSON.parse(body));
      const { job, broken } = await makeReport(make, dependencies);
      const { jobId, reportId, format, state, rows, file, fault } = job;
      log.info('report', { jobId, reportId, format, state, rows, bytes: file?.bytes, fault });
      if (broken) log.error('report does not foot to the ledger', { jobId, reportId, ...describeError(broken) });
    } catch (error) {
      log.warn('report not made', { messageId, ...describeError(error) });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}
