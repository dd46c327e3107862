import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { RepublishEnvironment } from '../../shared/runtime/environment.ts';
import { alarmPeriod } from '../constructs/alarm-topic.ts';
import { republishTimeout } from '../constructs/buckets.ts';
import { Clock } from '../constructs/clock.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { deadLetterQueue, type WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

/** Parts of a repair that are looked through beside each other: a bound to what it reads of the table. */
const atOnce = 2;

/** What the stream lost: batches that were put aside, and movements without their entry in the journal. */
export class Republish extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { setting: Setting; data: DataStack; deliveries: WorkQueue; orders: WorkQueue },
  ) {
    super(scope, id);
    const { setting, data, deliveries, orders } = props;
    const { invoices, journal, work, registry, audit, failedBatches } = data;
    const { queue } = failedBatches.republish;
    const impact = 'Movements that the stream lost stay out of journal and webhooks; invoices have them.';

    const deadLetters = deadLetterQueue(this, 'DeadLetters', false);
    const republish = new ServiceFunction<RepublishEnvironment>(this, 'Republish', {
      setting,
      entry: 'republish',
      impact,
      timeout: republishTimeout,
      memory: setting.settings.memory.consumer,
      deadLetters,
      environment: {
        STAGE: setting.settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        AUDIT_TABLE: audit.table.tableName,
        DELIVERIES_QUEUE_URL: deliveries.queue.queueUrl,
        RECEIPTS_QUEUE_URL: orders.queue.queueUrl,
        REPUBLISH_QUEUE_URL: queue.queueUrl,
        FAILED_BATCHES_BUCKET: failedBatches.bucket.bucketName,
      },
    });
    republish.consume(queue, { concurrency: atOnce, batch: 1 });
    failedBatches.watch(this, setting.alarms);
    failedBatches.grantReadBatches(republish);
    failedBatches.republish.grantSend(republish);
    invoices.grantScan(republish);
    invoices.grantReadMany(republish);
    journal.grantRead(republish);
    journal.grantProve(republish);
    journal.grantAppend(republish);
    work.grantOpenException(republish);
    work.grantClearException(republish);
    work.grantProveExceptions(republish);
    audit.grantProveActs(republish);
    work.grantReadRemittance(republish);
    work.grantSettle(republish);
    work.grantRemember(republish);
    registry.grantProve(republish);
    deliveries.grantSend(republish);
    orders.grantSend(republish);
    new Clock(this, 'Nightly', {
      target: republish.lambda,
      deadLetters,
      expression: 'cron(30 2 * * ? *)',
      worthSeconds: Duration.hours(6).toSeconds(),
    });

    setting.alarms.watch(this, 'LostCallsAlarm', {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period: alarmPeriod, statistic: 'Maximum' }),
      atLeast: 1,
      impact,
      lookAt: `the errors of republish; start the repair of that night through the API, then empty ${deadLetters.node.path}.`,
    });
  }
}
