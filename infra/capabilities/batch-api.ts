import { Construct } from 'constructs';
import type { BatchApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

/** Portals and agencies announce files of invoices and read what became of their rows. */
export class BatchApi extends Construct {
  constructor(scope: Construct, id: string, props: { setting: Setting; data: DataStack; gateway: HttpGateway }) {
    super(scope, id);
    const { setting, data, gateway } = props;
    const { work, registry, files } = data;

    const batchApi = new ServiceFunction<BatchApiEnvironment>(this, 'BatchApi', {
      setting,
      entry: 'batch-api',
      impact: 'Nobody can hand in files of invoices or read their reports; single invoices and payments go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
      },
    });
    work.grantCreateBatch(batchApi);
    work.grantReadBatch(batchApi);
    registry.grantRead(batchApi);
    files.grantUploadBatches(batchApi);
    files.grantReadBatchReports(batchApi);
    gateway.serve('batch-api', batchApi.lambda);
  }
}
