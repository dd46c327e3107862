import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { MakeReportEnvironment } from '../../shared/runtime/environment.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { type DataStack, reportTimeout } from '../stacks/data.ts';

/** All that reports are made from, read only. */
export function grantReadForReports(
  { invoices, journal, work, registry, audit, files }: DataStack,
  grantee: IGrantable,
): void {
  journal.grantRead(grantee);
  invoices.grantReadMany(grantee);
  invoices.grantList(grantee);
  work.grantListExceptions(grantee);
  work.grantListStatements(grantee);
  work.grantReadStatement(grantee);
  audit.grantReadActs(grantee);
  work.grantReadRemittance(grantee);
  work.grantReadBooks(grantee);
  work.grantReadDeliveries(grantee);
  registry.grantRead(grantee);
  files.grantReadResults(grantee);
  files.grantReadBalances(grantee);
}

/** Orders in, files of reports out. */
export class MakeReport extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { setting, data, ledgerBegins }: { setting: Setting; data: DataStack; ledgerBegins: string },
  ) {
    super(scope, id);
    const { settings, alarms } = setting;
    const { invoices, journal, work, registry, files, reportOrders } = data;
    const impact = 'A report that finance staff asked for is not made.';

    const makeReport = new ServiceFunction<MakeReportEnvironment>(this, 'MakeReport', {
      setting,
      entry: 'make-report',
      impact,
      timeout: reportTimeout,
      memory: settings.memory.reconcile,
      environment: {
        STAGE: settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        AUDIT_TABLE: data.audit.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
        LEDGER_BEGINS: ledgerBegins,
      },
    });
    // One report a call: it may take the whole time-out.
    makeReport.consume(reportOrders.queue, { concurrency: settings.concurrency.makeReport, batch: 1 });
    reportOrders.watch(this, alarms, { impact, patience: reportTimeout.plus(reportTimeout) });
    grantReadForReports(data, makeReport);
    work.grantMakeReport(makeReport);
    files.grantWriteReports(makeReport);
  }
}
