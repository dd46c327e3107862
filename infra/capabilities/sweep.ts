import { Aws, Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { SweepEnvironment } from '../../shared/runtime/environment.ts';
import { alarmPeriod } from '../constructs/alarm-topic.ts';
import { watchClock } from '../constructs/clock.ts';
import { allow } from '../constructs/permission.ts';
import type { ProviderQueues } from '../constructs/provider-queues.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { deadLetterQueue, type WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

const hour = Duration.hours(1);

/** The clock: asks about silent payments, expires invoices, takes up refunds that are not done. */
export class Sweep extends Construct {
  /** Calls that failed for good. The next one does the same again. */
  readonly deadLetters: Queue;

  /** @param props.every how often it runs: an hour, less where everything goes faster. */
  constructor(
    scope: Construct,
    id: string,
    props: {
      setting: Setting;
      data: DataStack;
      questions: ProviderQueues;
      refunds: WorkQueue;
      every: 'hour' | 'minute';
    },
  ) {
    super(scope, id);
    const { setting, data, questions, refunds, every } = props;
    const { settings, alarms } = setting;
    const { invoices, registry, work } = data;
    const impact = 'Silent payments are not asked about, due invoices do not expire, nobody sees late refunds.';

    const deadLetters = deadLetterQueue(this, 'DeadLetters', false);
    this.deadLetters = deadLetters;
    const sweep = new ServiceFunction<SweepEnvironment>(this, 'Sweep', {
      setting,
      entry: 'sweep',
      impact,
      timeout: Duration.minutes(10),
      memory: settings.memory.consumer,
      deadLetters,
      environment: {
        STAGE: settings.stage,
        SWITCHED_ON_PROVIDERS: settings.switchedOnProviders.join(','),
        INVOICES_TABLE: invoices.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        WORK_TABLE: work.table.tableName,
        REFUNDS_QUEUE_URL: refunds.queue.queueUrl,
        QUESTIONS_QUEUES: questions.addresses,
      },
    });
    invoices.grantList(sweep);
    invoices.grantReadMany(sweep);
    invoices.grantExpire(sweep);
    registry.grantRead(sweep);
    work.grantReadDue(sweep);
    work.grantForget(sweep);
    work.grantTakeUpRefunds(sweep);
    work.grantOpenException(sweep);
    questions.grantSend(sweep);
    refunds.grantSend(sweep);

    const clock = new Role(this, 'Clock', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    allow(clock, ['lambda:InvokeFunction'], sweep.lambda.functionArn);
    allow(clock, ['sqs:SendMessage'], deadLetters.queueArn);
    const hourly = new CfnSchedule(this, 'Hourly', {
      scheduleExpression: `rate(1 ${every})`,
      scheduleExpressionTimezone: 'Asia/Ho_Chi_Minh',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: sweep.lambda.functionArn,
        roleArn: clock.roleArn,
        deadLetterConfig: { arn: deadLetters.queueArn },
        // The next hour does the same again, so an older call has no worth.
        retryPolicy: { maximumRetryAttempts: 5, maximumEventAgeInSeconds: hour.toSeconds() },
      },
    });
    // The schedule must not run before its role may.
    hourly.node.addDependency(clock);

    alarms.watch(this, 'DeadLettersAlarm', {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period: alarmPeriod, statistic: 'Maximum' }),
      atLeast: 1,
      impact,
      lookAt: `the messages in ${deadLetters.node.path} and the errors of sweep; the next hour takes up what was missed.`,
    });
    watchClock(this, alarms, { lambda: sweep.lambda, name: 'sweep', period: hour, periods: 2, impact });
  }
}
