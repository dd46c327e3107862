import { Construct } from 'constructs';
import type { InvoiceBatchEnvironment } from '../../shared/runtime/environment.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { batchTimeout, type DataStack } from '../stacks/data.ts';

/** Files of invoices in, invoices and a report of each row out. */
export class InvoiceBatch extends Construct {
  constructor(scope: Construct, id: string, { setting, data }: { setting: Setting; data: DataStack }) {
    super(scope, id);
    const { settings, alarms } = setting;
    const { invoices, dossiers, registry, work, files, invoiceBatches, secrets } = data;
    const impact = 'A file of invoices is not worked on: its dossiers have no invoice yet.';

    const invoiceBatch = new ServiceFunction<InvoiceBatchEnvironment>(this, 'InvoiceBatch', {
      setting,
      entry: 'invoice-batch',
      impact,
      timeout: batchTimeout,
      memory: settings.memory.consumer,
      environment: {
        STAGE: settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        DOSSIERS_TABLE: dossiers.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        WORK_TABLE: work.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
        BATCHES_QUEUE_URL: invoiceBatches.queue.queueUrl,
        SECRET_PREFIX: secrets.prefix,
      },
    });
    // One file a call: it may take the whole time-out.
    invoiceBatch.consume(invoiceBatches.queue, { concurrency: settings.concurrency.invoiceBatch, batch: 1 });
    invoiceBatches.watch(this, alarms, { impact, patience: batchTimeout.plus(batchTimeout) });
    invoiceBatches.grantSend(invoiceBatch);
    invoices.grantCreate(invoiceBatch);
    invoices.grantRead(invoiceBatch);
    invoices.grantReadMany(invoiceBatch);
    // An invoice that a row stands for is marked as replaced.
    invoices.grantExpire(invoiceBatch);
    dossiers.grantClaim(invoiceBatch);
    dossiers.grantRead(invoiceBatch);
    registry.grantRead(invoiceBatch);
    work.grantReadBatch(invoiceBatch);
    work.grantMoveBatch(invoiceBatch);
    work.grantRemember(invoiceBatch);
    files.grantReadBatches(invoiceBatch);
    files.grantReadCatalogue(invoiceBatch);
    files.grantWriteBatchReports(invoiceBatch);
    secrets.grantReadKey('quote', invoiceBatch);
    secrets.grantReadKey('invoice-number', invoiceBatch);
  }
}
