import { Construct } from 'constructs';
import type { ReportsApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';
import { grantReadForReports } from './make-report.ts';

type Props = { setting: Setting; data: DataStack; gateway: HttpGateway; ledgerBegins: string };

/** Finance staff read reports and have them made. */
export class ReportsApi extends Construct {
  constructor(scope: Construct, id: string, { setting, data, gateway, ledgerBegins }: Props) {
    super(scope, id);
    const { invoices, journal, work, registry, files, reportOrders } = data;

    const reportsApi = new ServiceFunction<ReportsApiEnvironment>(this, 'ReportsApi', {
      setting,
      entry: 'reports-api',
      impact: 'Finance staff cannot read reports or have them made; payments go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        AUDIT_TABLE: data.audit.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
        REPORTS_QUEUE_URL: reportOrders.queue.queueUrl,
        LEDGER_BEGINS: ledgerBegins,
      },
    });
    grantReadForReports(data, reportsApi);
    work.grantOrderReport(reportsApi);
    work.grantReadAggregates(reportsApi);
    files.grantFetchReports(reportsApi);
    reportOrders.grantSend(reportsApi);
    gateway.serve('reports-api', reportsApi.lambda);
  }
}
