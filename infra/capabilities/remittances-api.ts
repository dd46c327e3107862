import { Construct } from 'constructs';
import type { RemittancesApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

/** What came in goes on to whom it belongs, by two persons. */
export class RemittancesApi extends Construct {
  constructor(scope: Construct, id: string, props: { setting: Setting; data: DataStack; gateway: HttpGateway }) {
    super(scope, id);
    const { setting, data, gateway } = props;
    const { invoices, journal, work, registry, files, secrets } = data;

    const remittancesApi = new ServiceFunction<RemittancesApiEnvironment>(this, 'RemittancesApi', {
      setting,
      entry: 'remittances-api',
      impact: 'Finance staff cannot pay out to the treasury, which is due by 10:00; payments go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
        SECRET_PREFIX: secrets.prefix,
      },
    });
    invoices.grantReadMany(remittancesApi);
    journal.grantRead(remittancesApi);
    // What was paid on is entered by no invoice.
    journal.grantAppend(remittancesApi);
    work.grantDecideRemittances(remittancesApi);
    registry.grantRead(remittancesApi);
    files.grantReadResults(remittancesApi);
    files.grantKeepRemittances(remittancesApi);
    secrets.grantReadKey('cursor', remittancesApi);
    gateway.serve('remittances-api', remittancesApi.lambda);
    remittancesApi.watchOwnApprovals('approve the batch that they proposed');
  }
}
