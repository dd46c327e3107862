import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { WatchFilesEnvironment } from '../../shared/runtime/environment.ts';
import { Clock, watchClock } from '../constructs/clock.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { deadLetterQueue, watchDeadLetters } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

const hour = Duration.hours(1);

/** Every hour: which partners' files were due and did not come. */
export class WatchFiles extends Construct {
  /** Calls that failed for good. The next one does the same again. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { setting, data }: { setting: Setting; data: DataStack }) {
    super(scope, id);
    const { settings, alarms } = setting;
    const { work, registry } = data;
    const impact = 'Nobody notices that a partner’s file did not come; what came is reconciled.';

    this.deadLetters = deadLetterQueue(this, 'DeadLetters', false);
    const watchFiles = new ServiceFunction<WatchFilesEnvironment>(this, 'WatchFiles', {
      setting,
      entry: 'watch-files',
      impact,
      timeout: Duration.minutes(10),
      memory: settings.memory.consumer,
      deadLetters: this.deadLetters,
      environment: {
        STAGE: settings.stage,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        SWITCHED_ON_MAPS: settings.switchedOnMaps.join(','),
      },
    });
    registry.grantRead(watchFiles);
    work.grantExpectDeliveries(watchFiles);
    work.grantSettleDeliveries(watchFiles);
    work.grantReadStatement(watchFiles);
    work.grantReadBooks(watchFiles);
    work.grantOpenException(watchFiles);
    work.grantClearException(watchFiles);
    new Clock(this, 'Hourly', {
      target: watchFiles.lambda,
      deadLetters: this.deadLetters,
      expression: 'rate(1 hour)',
      worthSeconds: hour.toSeconds(),
    });

    alarms.watch(this, 'MissingAlarm', {
      metric: new Metric({
        namespace: 'Thuphi',
        metricName: 'FilesMissing',
        dimensionsMap: { service: 'watch-files', stage: settings.stage },
        period: hour,
        statistic: 'Maximum',
      }),
      atLeast: 1,
      impact: 'Files of partners are due and not there: what they collected or booked cannot be proved.',
      lookAt: 'GET /v1/exceptions?category=FILE_MISSING, then ask the partner for the file.',
    });
    watchDeadLetters(this, alarms, this.deadLetters, impact);
    watchClock(this, alarms, { lambda: watchFiles.lambda, name: 'watch-files', period: hour, periods: 2, impact });
  }
}
