import { Duration } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ReplayEventsEnvironment } from '../../shared/runtime/environment.ts';
import { alarmPeriod } from '../constructs/alarm-topic.ts';
import { Clock, watchClock } from '../constructs/clock.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { deadLetterQueue, type WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; deliveries: WorkQueue; allowLocalWebhooks: boolean };

/** Every minute: asks endpoints that did not answer, tells them what they missed, and goes on with replays. */
export class ReplayEvents extends Construct {
  /** Calls that failed for good. The next one does the same again. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { setting, data, deliveries, allowLocalWebhooks }: Props) {
    super(scope, id);
    const { settings, alarms } = setting;
    const { journal, work, registry, secrets } = data;
    const impact = 'Agencies whose endpoint was down are not told what they missed; they can read it in the feed.';

    this.deadLetters = deadLetterQueue(this, 'DeadLetters', false);
    const replayEvents = new ServiceFunction<ReplayEventsEnvironment>(this, 'ReplayEvents', {
      setting,
      entry: 'replay-events',
      impact,
      // One run lasts some 45 s; an endpoint that drips may hold it up for some more.
      timeout: Duration.minutes(3),
      memory: settings.memory.consumer,
      deadLetters: this.deadLetters,
      environment: {
        STAGE: settings.stage,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        DELIVERIES_QUEUE_URL: deliveries.queue.queueUrl,
        SECRET_PREFIX: secrets.prefix,
        ALLOW_LOCAL_WEBHOOKS: allowLocalWebhooks ? 'true' : 'false',
      },
    });
    journal.grantRead(replayEvents);
    registry.grantRead(replayEvents);
    secrets.grantReadWebhook(replayEvents);
    work.grantReadFeed(replayEvents);
    work.grantCatchUp(replayEvents);
    work.grantNoteTellings(replayEvents);
    work.grantRunReplays(replayEvents);
    work.grantOpenException(replayEvents);
    deliveries.grantSend(replayEvents);
    new Clock(this, 'Minutely', {
      target: replayEvents.lambda,
      deadLetters: this.deadLetters,
      expression: 'rate(1 minute)',
      worthSeconds: Duration.minutes(5).toSeconds(),
    });

    alarms.watch(this, 'DeadLettersAlarm', {
      metric: this.deadLetters.metricApproximateNumberOfMessagesVisible({ period: alarmPeriod, statistic: 'Maximum' }),
      atLeast: 1,
      impact,
      lookAt: `the errors of replay-events; the next minute does the same again. Then empty ${this.deadLetters.node.path}.`,
    });
    watchClock(this, alarms, {
      lambda: replayEvents.lambda,
      name: 'replay-events',
      period: alarmPeriod,
      periods: 3,
      impact,
    });
  }
}
