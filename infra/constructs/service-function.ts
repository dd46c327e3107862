import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { type IGrantable, type IPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { FilterPattern, LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { COMPILE_CACHE } from '../bundle.ts';
import { alarmPeriod } from './alarm-topic.ts';
import { accept, allow } from './permission.ts';
import type { Setting } from './setting.ts';

/** API Gateway gives up on an integration after 30 s; a function behind it must have answered by then. */
export const httpTimeout = Duration.seconds(28);

/** SQS's and our own: ten messages are one call, and one bad one holds up nine at most. */
const queueBatch = 10;

/** Where Lambda lays a function's files. */
const TASK_ROOT = '/var/task';

/** Of what was bundled, not of what Node compiled of it: that differs from run to run, and means the same. */
function hashOf(folder: string): string {
  const hash = createHash('sha256');
  const files = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter((one) => one.isFile()) : [];
  for (const name of files.map((file) => file.name).sort())
    hash.update(`${name}\0`).update(readFileSync(path.join(folder, name)));
  return hash.digest('hex');
}

type ServiceFunctionProps<Environment> = {
  setting: Setting;
  /** The folder in `functions/`. */
  entry: string;
  /** What people notice when it fails. It stands in the alarm. */
  impact: string;
  /** Exactly what the function's schema in `shared/runtime/environment.ts` wants. */
  environment: Environment;
  timeout: Duration;
  /** MiB; processor time grows with it. */
  memory: number;
  /** Options of Node itself. */
  nodeOptions?: string;
  /** Where a failed asynchronous call goes. Functions that are called or polled have no such calls. */
  deadLetters?: IQueue;
};

/** A function with its own role, its own log group, and an alarm that says what its failure means. */
export class ServiceFunction<Environment extends Record<string, string>> extends Construct implements IGrantable {
  readonly lambda: LambdaFunction;
  readonly grantPrincipal: IPrincipal;
  readonly #props: Pick<ServiceFunctionProps<Environment>, 'entry' | 'setting'>;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps<Environment>) {
    super(scope, id);
    this.#props = props;
    const { setting, entry, impact, timeout, deadLetters } = props;
    const { settings, bundles, alarms } = setting;

    const logGroup = new LogGroup(this, 'Logs', {
      retention: settings.logRetention,
      removalPolicy: settings.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    allow(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn);
    this.grantPrincipal = role;

    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: `thuphi-${settings.stage}-${entry}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(path.join(bundles, entry), { assetHash: hashOf(path.join(bundles, entry)) }),
      environment: {
        ...props.environment,
        SERVICE_NAME: entry,
        NODE_COMPILE_CACHE: `${TASK_ROOT}/${COMPILE_CACHE}`,
        NODE_COMPILE_CACHE_PORTABLE: '1',
        ...(props.nodeOptions ? { NODE_OPTIONS: props.nodeOptions } : {}),
      },
      timeout,
      memorySize: props.memory,
      role,
      logGroup,
      ...(deadLetters ? { deadLetterQueue: deadLetters } : {}),
    });

    accept(
      this.lambda,
      'Serverless-LambdaTracing',
      'Log lines carry request and invoice, and the alarms name the step. A tracer costs 255 M instructions at every start; without one, segments repeat what the platform logs, under a permission on every resource.',
    );
    if (!deadLetters) {
      accept(
        this.lambda,
        'Serverless-LambdaDLQ',
        'Nothing calls it asynchronously: the gateway waits for the answer, and a queue or stream keeps what failed.',
      );
    }

    alarms.watch(this, 'ErrorsAlarm', {
      metric: this.lambda.metricErrors({ period: alarmPeriod }),
      atLeast: 1,
      impact,
      lookAt: `the last lines of failed calls in the log group of ${entry}, then its last deployment.`,
    });
    // What a function answers for, such as a batch that comes back, is no error to Lambda; its own ERROR line says so.
    const errorLines = logGroup.addMetricFilter('ErrorLines', {
      filterPattern: FilterPattern.stringValue('$.level', '=', 'ERROR'),
      metricNamespace: 'Thuphi',
      metricName: `${settings.stage}-${entry}-error-lines`,
    });
    alarms.watch(this, 'ErrorLinesAlarm', {
      metric: errorLines.metric({ period: alarmPeriod, statistic: 'Sum' }),
      atLeast: 1,
      impact,
      lookAt: `ERROR lines in the log group of ${entry}: each names its reason.`,
    });
    alarms.watch(this, 'ThrottlesAlarm', {
      metric: this.lambda.metricThrottles({ period: alarmPeriod }),
      atLeast: 1,
      periods: 2,
      impact,
      lookAt: `throttles of ${entry}: the account's limit of concurrent calls, and who uses it up.`,
    });
  }

  /** Wakes somebody when one person tried to be both pairs of eyes. `tried`: what, as in "tried to …". */
  watchOwnApprovals(tried: string): void {
    const { entry, setting } = this.#props;
    setting.alarms.watch(this, 'OwnApprovalAlarm', {
      metric: new Metric({
        namespace: 'Thuphi',
        metricName: 'OwnApprovalRefused',
        dimensionsMap: { service: entry, stage: setting.settings.stage },
        period: alarmPeriod,
        statistic: 'Sum',
      }),
      atLeast: 1,
      impact: `Somebody tried to ${tried} themselves; it was refused.`,
      lookAt: `lines \`own approval refused\` in the log group of ${entry}, then ask the office whose person it was.`,
    });
  }

  /**
   * Takes from a queue, in batches whose bad messages come back alone. `concurrency` makes the poller wait: without it a
   * throttled poll uses up receives and puts good messages among the dead letters.
   */
  consume(queue: IQueue, { concurrency, batch = queueBatch }: { concurrency: number; batch?: number }): void {
    this.lambda.addEventSource(
      new SqsEventSource(queue, { batchSize: batch, reportBatchItemFailures: true, maxConcurrency: concurrency }),
    );
    accept(
      this.lambda,
      'Serverless-LambdaEventSourceMappingDestination',
      "A queue's mapping has no destination: the queue's own dead letters take what failed.",
    );
  }
}
