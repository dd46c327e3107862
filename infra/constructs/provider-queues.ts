import { type Duration, Stack } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlarmTopic, alarmPeriod } from './alarm-topic.ts';
import { allow } from './permission.ts';
import { deadLetterQueue, watchDeadLetters, workQueue } from './work-queue.ts';

/** One queue a provider, so that one that does not answer holds up its own messages only, and dead letters for all. */
export class ProviderQueues extends Construct {
  readonly deadLetters: Queue;
  /** By provider. */
  readonly queues: Readonly<Record<string, Queue>>;

  /** @param options.timeout of the function that takes from them; @param options.keep survive their stack. */
  constructor(
    scope: Construct,
    id: string,
    { providers, timeout, keep }: { providers: readonly string[]; timeout: Duration; keep: boolean },
  ) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', keep);
    this.queues = Object.fromEntries(
      providers.map((provider) => [
        provider,
        workQueue(this, `Queue-${provider}`, { timeout, keep, deadLetters: this.deadLetters }),
      ]),
    );
  }

  /** Their addresses by provider, as JSON. */
  get addresses(): string {
    return Stack.of(this).toJsonString(mapped(this.queues, ({ queueUrl }) => queueUrl));
  }

  /** May put messages in; may not take, count or purge them. */
  grantSend(grantee: IGrantable): void {
    allow(grantee, ['sqs:SendMessage'], ...Object.values(this.queues).map(({ queueArn }) => queueArn));
  }

  /** Alarms at the first dead letter, and when the oldest message of any has waited too long. */
  watch(scope: Construct, alarms: AlarmTopic, { impact, patience }: { impact: string; patience: Duration }): void {
    watchDeadLetters(scope, alarms, this.deadLetters, impact);
    const names = Object.keys(this.queues).map((_, place) => `q${place}`);
    const ages = Object.values(this.queues).map((queue, place) => [
      `q${place}`,
      queue.metricApproximateAgeOfOldestMessage({ period: alarmPeriod, statistic: 'Maximum' }),
    ]);
    alarms.watch(scope, 'WaitingAlarm', {
      metric: new MathExpression({
        expression: `MAX([${names.join(', ')}])`,
        usingMetrics: Object.fromEntries(ages),
        period: alarmPeriod,
      }),
      atLeast: patience.toSeconds(),
      impact: `Late: ${impact}`,
      lookAt: `the function's throttles, errors and concurrency; the oldest message of each queue in ${this.node.path}.`,
    });
  }
}

const mapped = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
