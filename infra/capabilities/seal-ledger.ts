import { Duration } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { SealLedgerEnvironment } from '../../shared/runtime/environment.ts';
import { alarmPeriod } from '../constructs/alarm-topic.ts';
import { Clock, watchClock } from '../constructs/clock.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { deadLetterQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = {
  setting: Setting;
  data: DataStack;
  ledgerBegins: string;
  pace: SealLedgerEnvironment['SEALING_PACE'];
};

const hour = Duration.hours(1);

/** Every hour: seals what is quiet; once a day proves the last days and makes their balances. */
export class SealLedger extends Construct {
  /** Calls that failed for good. The next one does the same again. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { setting, data, ledgerBegins, pace }: Props) {
    super(scope, id);
    const { settings, alarms } = setting;
    const { journal, work, registry, files, seals } = data;
    const impact =
      'The last hours of the ledger are not sealed, or the books are not what was sealed; payments go on, and nothing is lost.';

    this.deadLetters = deadLetterQueue(this, 'DeadLetters', false);
    const sealLedger = new ServiceFunction<SealLedgerEnvironment>(this, 'SealLedger', {
      setting,
      entry: 'seal-ledger',
      impact,
      timeout: Duration.minutes(15),
      // An hour's lines are held until the last is written.
      memory: settings.memory.reconcile,
      deadLetters: this.deadLetters,
      environment: {
        STAGE: settings.stage,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
        SEALS_BUCKET: seals.bucket.bucketName,
        LEDGER_BEGINS: ledgerBegins,
        SEALING_PACE: pace,
      },
    });
    journal.grantProve(sealLedger);
    registry.grantRead(sealLedger);
    seals.grantKeep(sealLedger);
    work.grantRememberSeals(sealLedger);
    files.grantKeepBalances(sealLedger);
    new Clock(this, 'Hourly', {
      target: sealLedger.lambda,
      deadLetters: this.deadLetters,
      expression: 'rate(1 hour)',
      worthSeconds: hour.toSeconds(),
    });

    alarms.watch(this, 'DeadLettersAlarm', {
      metric: this.deadLetters.metricApproximateNumberOfMessagesVisible({ period: alarmPeriod, statistic: 'Maximum' }),
      atLeast: 1,
      impact,
      lookAt: `the errors of seal-ledger: BooksWereTouched names the first entry; then empty ${this.deadLetters.node.path}.`,
    });
    watchClock(this, alarms, {
      lambda: sealLedger.lambda,
      name: 'seal-ledger',
      period: hour,
      periods: 2,
      impact: 'The last 2 hours of the ledger are not sealed.',
    });
  }
}
