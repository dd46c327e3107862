import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IssueReceiptsEnvironment } from '../../shared/runtime/environment.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; deliveries: WorkQueue };

/** Invoices whose money changed in, numbered and signed receipts out. */
export class IssueReceipts extends Construct {
  /** publish-events and republish send here. A receipt is owed to whoever paid: what waits outlives the stack. */
  readonly orders: WorkQueue;

  constructor(scope: Construct, id: string, { setting, data, deliveries }: Props) {
    super(scope, id);
    const { settings, alarms } = setting;
    const timeout = Duration.seconds(60);
    const impact = 'Payers have paid and have no electronic receipt yet; payments go on.';

    this.orders = new WorkQueue(this, 'Orders', { timeout, keep: settings.deletionProtection });
    this.orders.watch(this, alarms, { impact, patience: Duration.minutes(15) });

    const issueReceipts = new ServiceFunction<IssueReceiptsEnvironment>(this, 'IssueReceipts', {
      setting,
      entry: 'issue-receipts',
      impact,
      timeout,
      memory: settings.memory.consumer,
      environment: {
        STAGE: settings.stage,
        INVOICES_TABLE: data.invoices.table.tableName,
        RECEIPTS_TABLE: data.receipts.table.tableName,
        REGISTRY_TABLE: data.registry.table.tableName,
        FILES_BUCKET: data.files.bucket.bucketName,
        DELIVERIES_QUEUE_URL: deliveries.queue.queueUrl,
        RECEIPT_SIGNER_ID: data.receiptKey.key.keyArn,
      },
    });
    issueReceipts.consume(this.orders.queue, { concurrency: settings.concurrency.issueReceipts });
    data.invoices.grantReadMany(issueReceipts);
    data.receipts.grantIssue(issueReceipts);
    data.registry.grantRead(issueReceipts);
    data.files.grantReadCatalogue(issueReceipts);
    data.receiptKey.grantSign(issueReceipts);
    deliveries.grantSend(issueReceipts);
  }
}
