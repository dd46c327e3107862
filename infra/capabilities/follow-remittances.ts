import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FollowRemittancesEnvironment } from '../../shared/runtime/environment.ts';
import { Clock, watchClock } from '../constructs/clock.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { deadLetterQueue, watchDeadLetters } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

const quarter = Duration.minutes(15);
const hour = Duration.hours(1);

/** Every quarter of an hour: what statements show of batches, and what was to be paid on by now. */
export class FollowRemittances extends Construct {
  /** Calls that failed for good. The next one does the same again. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { setting, data }: { setting: Setting; data: DataStack }) {
    super(scope, id);
    const { settings, alarms } = setting;
    const { journal, work, registry, files } = data;
    const impact = 'Batches are confirmed by hand only, and nobody is told which money did not go on.';

    this.deadLetters = deadLetterQueue(this, 'DeadLetters', false);
    const followRemittances = new ServiceFunction<FollowRemittancesEnvironment>(this, 'FollowRemittances', {
      setting,
      entry: 'follow-remittances',
      impact,
      timeout: Duration.minutes(10),
      memory: settings.memory.consumer,
      deadLetters: this.deadLetters,
      environment: {
        STAGE: settings.stage,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
      },
    });
    registry.grantRead(followRemittances);
    work.grantDecideRemittances(followRemittances);
    // What was paid on is entered by no invoice.
    journal.grantAppend(followRemittances);
    files.grantReadResults(followRemittances);
    files.grantKeepRemittances(followRemittances);
    new Clock(this, 'Quarterly', {
      target: followRemittances.lambda,
      deadLetters: this.deadLetters,
      expression: 'cron(0/15 * * * ? *)',
      worthSeconds: quarter.toSeconds(),
    });

    alarms.watch(this, 'OverdueAlarm', {
      metric: new Metric({
        namespace: 'Thuphi',
        metricName: 'RemittancesOverdue',
        dimensionsMap: { service: 'follow-remittances', stage: settings.stage },
        period: quarter,
        statistic: 'Maximum',
      }),
      atLeast: 1,
      impact: 'Money of the budget was to be at the treasury by 10:00 and is not: lateness bears interest.',
      lookAt: 'GET /v1/remittances/overdue: of which agency, at which account, since when, and whose turn it is.',
    });
    watchDeadLetters(this, alarms, this.deadLetters, impact);
    watchClock(this, alarms, {
      lambda: followRemittances.lambda,
      name: 'follow-remittances',
      period: hour,
      periods: 2,
      impact,
    });
  }
}
