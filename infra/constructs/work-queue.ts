import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlarmTopic, alarmPeriod } from './alarm-topic.ts';
import { accept, allow } from './permission.ts';

/** A message that was taken this often and never finished is put aside, unless the step has a reason to be more patient. */
const defaultReceives = 5;

/** SQS must not show a message again while Lambda may still be at it or be throttled: six time-outs (AWS's own rule). */
const visibilityInTimeouts = 6;

/** The longest that SQS keeps anything. */
const retention = Duration.days(14);

/** A queue for what nobody could process, kept for the longest time that there is. */
export function deadLetterQueue(scope: Construct, id: string, keep: boolean): Queue {
  const queue = new Queue(scope, id, {
    enforceSSL: true,
    encryption: QueueEncryption.SQS_MANAGED,
    retentionPeriod: retention,
    removalPolicy: keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  accept(queue, 'Serverless-SQSRedrivePolicy', 'It is where redriving ends: a person looks at what is in it.');
  return queue;
}

/** An encrypted queue, whose messages go to these dead letters. SQS keeps the key: it costs no call a message. */
export const workQueue = (
  scope: Construct,
  id: string,
  {
    timeout,
    keep,
    deadLetters,
    receives = defaultReceives,
  }: { timeout: Duration; keep: boolean; deadLetters: Queue; receives?: number },
): Queue =>
  new Queue(scope, id, {
    enforceSSL: true,
    encryption: QueueEncryption.SQS_MANAGED,
    retentionPeriod: retention,
    visibilityTimeout: Duration.seconds(visibilityInTimeouts * timeout.toSeconds()),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: receives },
    removalPolicy: keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });

/** Alarms at the first dead letter. */
export function watchDeadLetters(scope: Construct, alarms: AlarmTopic, deadLetters: Queue, impact: string): void {
  alarms.watch(scope, 'DeadLettersAlarm', {
    metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period: alarmPeriod, statistic: 'Maximum' }),
    atLeast: 1,
    impact,
    lookAt: `the messages in ${deadLetters.node.path} and the function's errors; redrive them when it is mended.`,
  });
}

/** A queue of work with dead letters of its own. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  /** @param options.timeout of the function that takes from it; @param options.keep survives its stack; @param options.receives before it is put aside. */
  constructor(
    scope: Construct,
    id: string,
    { timeout, keep, receives }: { timeout: Duration; keep: boolean; receives?: number },
  ) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', keep);
    this.queue = workQueue(this, 'Queue', {
      ...{ timeout, keep, deadLetters: this.deadLetters },
      ...(receives !== undefined && { receives }),
    });
  }

  /** May put messages in; may not take, count or purge them. */
  grantSend(grantee: IGrantable): void {
    allow(grantee, ['sqs:SendMessage'], this.queue.queueArn);
  }

  /** Alarms at the first dead letter, and when the oldest message has waited too long. */
  watch(scope: Construct, alarms: AlarmTopic, { impact, patience }: { impact: string; patience: Duration }): void {
    watchDeadLetters(scope, alarms, this.deadLetters, impact);
    alarms.watch(scope, 'WaitingAlarm', {
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: alarmPeriod, statistic: 'Maximum' }),
      atLeast: patience.toSeconds(),
      impact: `Late: ${impact}`,
      lookAt: `the function's throttles, errors and concurrency; the oldest message of ${this.queue.node.path}.`,
    });
  }
}
