import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { NotifyAgencyEnvironment } from '../../shared/runtime/environment.ts';
import { allow } from '../constructs/permission.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; allowLocalWebhooks: boolean };

/**
 * Tries before a delivery is put aside. An endpoint that does not answer is blocked long before that, and its messages are
 * done with: so many tries are left only where our own tables or secrets cannot be reached, for some six hours.
 */
const deliveryReceives = 30;

/** Deliveries in, webhooks to agencies and portals out. */
export class NotifyAgency extends Construct {
  /** publish-events sends here. */
  readonly deliveries: WorkQueue;

  constructor(scope: Construct, id: string, { setting, data, allowLocalWebhooks }: Props) {
    super(scope, id);
    const { settings, alarms } = setting;
    const timeout = Duration.seconds(60);
    const impact = 'An agency is not told of payments; it can still read them through the API.';

    this.deliveries = new WorkQueue(this, 'Deliveries', { timeout, keep: false, receives: deliveryReceives });
    this.deliveries.watch(this, alarms, { impact, patience: Duration.minutes(30) });

    const notifyAgency = new ServiceFunction<NotifyAgencyEnvironment>(this, 'NotifyAgency', {
      setting,
      entry: 'notify-agency',
      impact,
      timeout,
      memory: settings.memory.consumer,
      environment: {
        STAGE: settings.stage,
        REGISTRY_TABLE: data.registry.table.tableName,
        WORK_TABLE: data.work.table.tableName,
        DELIVERIES_QUEUE_URL: this.deliveries.queue.queueUrl,
        SECRET_PREFIX: data.secrets.prefix,
        ALLOW_LOCAL_WEBHOOKS: allowLocalWebhooks ? 'true' : 'false',
      },
    });
    notifyAgency.consume(this.deliveries.queue, { concurrency: settings.concurrency.notifyAgency });
    // The growing gaps between retries are the message's visibility.
    allow(notifyAgency, ['sqs:ChangeMessageVisibility'], this.deliveries.queue.queueArn);
    data.registry.grantRead(notifyAgency);
    data.work.grantHold(notifyAgency);
    data.work.grantNoteTellings(notifyAgency);
    data.secrets.grantReadWebhook(notifyAgency);
    data.secrets.grantReadDialect(notifyAgency);
  }
}
