import { Duration } from 'aws-cdk-lib';
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
