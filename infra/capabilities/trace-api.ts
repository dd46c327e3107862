import { Construct } from 'constructs';
import type { TraceApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

/** Where every dong of an invoice has been. It reads, and nothing else. */
export class TraceApi extends Construct {
  constructor(scope: Construct, id: string, props: { setting: Setting; data: DataStack; gateway: HttpGateway }) {
    super(scope, id);
    const { setting, data, gateway } = props;
    const { invoices, receipts, registry, work, files } = data;

    const traceApi = new ServiceFunction<TraceApiEnvironment>(this, 'TraceApi', {
      setting,
      entry: 'trace-api',
      impact: 'Nobody can look a payment up hop by hop; payments go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        RECEIPTS_TABLE: receipts.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        WORK_TABLE: work.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
      },
    });
    invoices.grantRead(traceApi);
    receipts.grantRead(traceApi);
    registry.grantRead(traceApi);
    work.grantReadTellings(traceApi);
    work.grantReadRemittance(traceApi);
    files.grantReadResults(traceApi);
    files.grantReadRemittances(traceApi);
    gateway.serve('trace-api', traceApi.lambda);
  }
}
