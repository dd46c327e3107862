import { Duration } from 'aws-cdk-lib';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { PublishEventsEnvironment } from '../../shared/runtime/environment.ts';
import type { ProviderQueues } from '../constructs/provider-queues.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

/** Lambda's own limit for streams is infinite: one poison record would hold up its shard for a day and be lost. */
const retries = 10;

/** A stream forgets after 24 h; by then a batch must have been published or left in the bucket. */
const oldestRecord = Duration.hours(24);

/** A second is usual. */
const lateAfter = Duration.minutes(1);

/** The outbox: movements on invoices in, journal entries and deliveries out. Of the journal's writes it may put only. */
export class PublishEvents extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: {
      setting: Setting;
      data: DataStack;
      deliveries: WorkQueue;
      orders: WorkQueue;
      questions: ProviderQueues;
      refunds: WorkQueue;
      askingSpeed: number;
    },
  ) {
    super(scope, id);
    const { setting, data, deliveries, orders, questions, refunds, askingSpeed } = props;
    const { invoices, journal, work, registry, failedBatches } = data;

    const publishEvents = new ServiceFunction<PublishEventsEnvironment>(this, 'PublishEvents', {
      setting,
      entry: 'publish-events',
      impact: 'Payments are recorded on invoices, but the ledger lags and agencies are not told.',
      timeout: Duration.seconds(60),
      memory: setting.settings.memory.consumer,
      environment: {
        STAGE: setting.settings.stage,
        SWITCHED_ON_PROVIDERS: setting.settings.switchedOnProviders.join(','),
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        DELIVERIES_QUEUE_URL: deliveries.queue.queueUrl,
        REFUNDS_QUEUE_URL: refunds.queue.queueUrl,
        RECEIPTS_QUEUE_URL: orders.queue.queueUrl,
        QUESTIONS_QUEUES: questions.addresses,
        ASKING_SPEED: String(askingSpeed),
      },
    });
    publishEvents.lambda.addEventSourceMapping('Outbox', {
      eventSourceArn: invoices.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      // Four batches of a shard at once; an invoice stays in one of them, so its order is kept.
      parallelizationFactor: 4,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: retries,
      maxRecordAge: oldestRecord,
      // A bucket gets the records themselves; a queue would get their position in a stream that forgets them.
      onFailure: { bind: () => ({ destination: failedBatches.bucket.bucketArn }) },
    });
    invoices.grantFollow(publishEvents);
    failedBatches.grantLeave(publishEvents);
    journal.grantAppend(publishEvents);
    work.grantOpenException(publishEvents);
    work.grantClearException(publishEvents);
    work.grantSettle(publishEvents);
    work.grantNoteRefund(publishEvents);
    registry.grantRead(publishEvents);
    deliveries.grantSend(publishEvents);
    orders.grantSend(publishEvents);
    questions.grantSend(publishEvents);
    refunds.grantSend(publishEvents);

    setting.alarms.watch(this, 'LagAlarm', {
      metric: publishEvents.lambda.metric('IteratorAge', { period: Duration.minutes(1), statistic: 'Maximum' }),
      atLeast: lateAfter.toMilliseconds(),
      periods: 5,
      impact: 'The ledger and the agencies are minutes behind what citizens have paid.',
      lookAt: `errors and throttles of publish-events, and batches in ${failedBatches.node.path}.`,
    });
    setting.alarms.watch(this, 'LeftBatchesAlarm', {
      metric: publishEvents.lambda.metric('DestinationDeliveryFailures', {
        period: Duration.minutes(5),
        statistic: 'Sum',
      }),
      atLeast: 1,
      impact:
        'A batch of movements was neither published nor kept: journal, work list and webhooks lack them; invoices have them.',
      lookAt: `the permissions of publish-events on ${failedBatches.node.path}. Within a day of the movements, give publish-events a second mapping of the stream from TRIM_HORIZON until it has caught up: what is in the books is not entered twice, and an event keeps its id.`,
    });
  }
}
