import { Aws, Duration } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type HttpFunctionName, httpApi } from '../../shared/api/index.ts';
import type { KeepLogEnvironment } from '../../shared/runtime/environment.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { deadLetterQueue, watchDeadLetters } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = {
  setting: Setting;
  data: DataStack;
  /** The functions that answer HTTP. */
  served: ReadonlyMap<HttpFunctionName, LambdaFunction>;
};

/** Whose logs have records: those with calls of somebody, and the one that hears the banks. */
const hasRecords = (name: HttpFunctionName): boolean =>
  name === 'provider-callback' || httpApi[name].some(({ scope }) => scope !== undefined);

/** Lines that say in which book they are to be kept. */
const RECORDS = '{ $.book = "*" }';

/** Lines of functions' logs in, the logbook out. */
export class KeepLog extends Construct {
  /** Batches that failed for good. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { setting, data, served }: Props) {
    super(scope, id);
    const { settings, alarms } = setting;
    const impact = 'Who looked at what, who did what and what banks sent is not in the logbook yet; calls go on.';

    this.deadLetters = deadLetterQueue(this, 'DeadLetters', settings.deletionProtection);
    const keepLog = new ServiceFunction<KeepLogEnvironment>(this, 'KeepLog', {
      setting,
      entry: 'keep-log',
      impact,
      timeout: Duration.minutes(1),
      memory: settings.memory.consumer,
      deadLetters: this.deadLetters,
      environment: { STAGE: settings.stage, AUDIT_TABLE: data.audit.table.tableName },
    });
    data.audit.grantKeepLog(keepLog);
    watchDeadLetters(this, alarms, this.deadLetters, impact);

    // One permission for all: one for each log would outgrow the 20 kB of a function's policy.
    keepLog.lambda.addPermission('Logs', {
      principal: new ServicePrincipal('logs.amazonaws.com'),
      sourceAccount: Aws.ACCOUNT_ID,
    });
    for (const [name, { logGroup }] of served) {
      if (!hasRecords(name)) continue;
      const filter = new CfnSubscriptionFilter(this, `Of-${name}`, {
        logGroupName: logGroup.logGroupName,
        filterPattern: RECORDS,
        destinationArn: keepLog.lambda.functionArn,
      });
      filter.node.addDependency(keepLog.lambda);
    }
  }
}
