import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { TellAggregatesEnvironment } from '../../shared/runtime/environment.ts';
import { Clock, watchClock } from '../constructs/clock.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { deadLetterQueue, watchDeadLetters } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; ledgerBegins: string };

const hour = Duration.hours(1);
/** Runs in a row: the first ones of a day count the dossiers of a month, and may need several. */
const RUNS_BEHIND = 4;

/** Every hour: what each day came to, for systems of the state. */
export class TellAggregates extends Construct {
  /** Calls that failed for good. The next one does the same again. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { setting, data, ledgerBegins }: Props) {
    super(scope, id);
    const { settings, alarms } = setting;
    const { invoices, journal, work, registry } = data;
    const impact = 'Systems that monitor and report see no newer figures; nothing is lost.';

    this.deadLetters = deadLetterQueue(this, 'DeadLetters', false);
    const tellAggregates = new ServiceFunction<TellAggregatesEnvironment>(this, 'TellAggregates', {
      setting,
      entry: 'tell-aggregates',
      impact,
      timeout: Duration.minutes(15),
      memory: settings.memory.consumer,
      deadLetters: this.deadLetters,
      environment: {
        STAGE: settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        LEDGER_BEGINS: ledgerBegins,
      },
    });
    journal.grantRead(tellAggregates);
    invoices.grantReadMany(tellAggregates);
    invoices.grantList(tellAggregates);
    registry.grantRead(tellAggregates);
    work.grantReadFeed(tellAggregates);
    work.grantTellAggregates(tellAggregates);
    new Clock(this, 'Hourly', {
      target: tellAggregates.lambda,
      deadLetters: this.deadLetters,
      expression: 'rate(1 hour)',
      worthSeconds: hour.toSeconds(),
    });

    alarms.watch(this, 'BehindAlarm', {
      metric: new Metric({
        namespace: 'Thuphi',
        metricName: 'AggregatesBehind',
        dimensionsMap: { service: 'tell-aggregates', stage: settings.stage },
        period: hour,
        statistic: 'Maximum',
      }),
      atLeast: 1,
      periods: RUNS_BEHIND,
      impact: 'What is told to systems of the state stays behind: one run after another leaves agencies to the next.',
      lookAt: 'the log of tell-aggregates for how many (`behind`), and whether the tables throttle.',
    });
    watchDeadLetters(this, alarms, this.deadLetters, impact);
    watchClock(this, alarms, {
      lambda: tellAggregates.lambda,
      name: 'tell-aggregates',
      period: hour,
      periods: 2,
      impact,
    });
  }
}
