import { Aws, type Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { AlarmTopic } from './alarm-topic.ts';
import { allow } from './permission.ts';

type ClockProps = {
  target: LambdaFunction;
  /** Where a call goes that never came through. */
  deadLetters: Queue;
  /** As EventBridge Scheduler writes it; cron follows the clock in Viet Nam. */
  expression: string;
  /** After so many seconds a call has no worth any more: the next one does the same. */
  worthSeconds: number;
};

/** Calls a function at its times, with a role that may do that and nothing else. */
export class Clock extends Construct {
  constructor(scope: Construct, id: string, { target, deadLetters, expression, worthSeconds }: ClockProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    allow(role, ['lambda:InvokeFunction'], target.functionArn);
    allow(role, ['sqs:SendMessage'], deadLetters.queueArn);
    const schedule = new CfnSchedule(this, 'Schedule', {
      scheduleExpression: expression,
      scheduleExpressionTimezone: 'Asia/Ho_Chi_Minh',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: target.functionArn,
        roleArn: role.roleArn,
        deadLetterConfig: { arn: deadLetters.queueArn },
        retryPolicy: { maximumRetryAttempts: 5, maximumEventAgeInSeconds: worthSeconds },
      },
    });
    // The schedule must not run before its role may.
    schedule.node.addDependency(role);
  }
}

/** Wakes somebody where a clock's function was not called: `periods` times in a row. `impact`: what is not done meanwhile. */
export function watchClock(
  scope: Construct,
  alarms: AlarmTopic,
  {
    lambda,
    name,
    period,
    periods,
    impact,
  }: { lambda: LambdaFunction; name: string; period: Duration; periods: number; impact: string },
): void {
  alarms.expect(scope, 'SilenceAlarm', {
    metric: lambda.metricInvocations({ period }),
    periods,
    impact: `The clock stands still. ${impact}`,
    lookAt: `whether the schedule is enabled and its role may call ${name}.`,
  });
}
