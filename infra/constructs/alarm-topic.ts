import { Aws, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { accept } from './permission.ts';

/** How often alarms look. */
export const alarmPeriod = Duration.minutes(5);

type AlarmOptions = {
  metric: IMetric;
  /** Goes off at this value or above. */
  atLeast: number;
  /** Periods in a row. */
  periods?: number;
  /** What it means for people, in one sentence. */
  impact: string;
  /** Where the one who is woken begins. */
  lookAt: string;
};

/** Whoever must be woken. An alarm without an impact does not compile. */
export class AlarmTopic extends Construct {
  readonly #topic: Topic;

  constructor(scope: Construct, id: string, { email }: { email?: string }) {
    super(scope, id);
    // Not encrypted with a key: the managed one keeps CloudWatch out, and a message names an alarm, never a payer.
    this.#topic = new Topic(this, 'Topic', { enforceSSL: true });
    this.#topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.#topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    if (email) {
      this.#topic.addSubscription(new EmailSubscription(email));
      accept(
        this.#topic,
        'Serverless-SNSRedrivePolicy',
        'Mail is not redelivered; the alarm itself stays in CloudWatch.',
      );
    }
  }

  /** Raises an alarm in `scope` for as long as the metric is at the threshold. */
  watch(scope: Construct, id: string, { metric, atLeast, periods = 1, impact, lookAt }: AlarmOptions): Alarm {
    const alarm = new Alarm(scope, id, {
      metric,
      threshold: atLeast,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `${impact} Look at: ${lookAt}`,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
    return alarm;
  }

  /** Raises an alarm when something that must happen regularly has not. */
  expect(scope: Construct, id: string, { metric, periods = 1, impact, lookAt }: Omit<AlarmOptions, 'atLeast'>): Alarm {
    const alarm = new Alarm(scope, id, {
      metric,
      threshold: 1,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
      alarmDescription: `${impact} Look at: ${lookAt}`,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
    return alarm;
  }
}
