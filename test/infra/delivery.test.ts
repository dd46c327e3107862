import { describe, expect, it } from 'vitest';
import { BATCH_PREFIX } from '../../shared/domain/batch/batch.ts';
import { STATEMENT_PREFIX } from '../../shared/domain/reconciliation/statement.ts';
import { askedProviders } from '../../shared/providers/index.ts';
import { questionsOf, type Step, Synthesized } from './synthesized.ts';

type QueueProperties = {
  VisibilityTimeout?: number;
  SqsManagedSseEnabled?: boolean;
  MessageRetentionPeriod?: number;
  RedrivePolicy?: { deadLetterTargetArn: unknown; maxReceiveCount: number };
};
type MappingProperties = {
  EventSourceArn: unknown;
  FunctionName: unknown;
  BatchSize: number;
  FunctionResponseTypes?: string[];
  ScalingConfig?: { MaximumConcurrency?: number };
  StartingPosition?: string;
  BisectBatchOnFunctionError?: boolean;
  MaximumRetryAttempts?: number;
  MaximumRecordAgeInSeconds?: number;
  DestinationConfig?: { OnFailure?: { Destination: unknown } };
  FilterCriteria?: unknown;
};
type AlarmProperties = {
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
  Threshold: number;
  EvaluationPeriods: number;
  AlarmDescription: string;
};
type BucketProperties = { NotificationConfiguration?: { QueueConfigurations: unknown[] } };

const shared: readonly [Step, string][] = [
  ['post-payment', 'PostPaymentInboxQueue'],
  ['send-refund', 'RefundsOrdersQueue'],
  ['notify-agency', 'NotifyAgencyDeliveriesQueue'],
  ['issue-receipts', 'IssueReceiptsOrdersQueue'],
  ['reconcile', 'SettlementFilesQueue'],
  ['invoice-batch', 'InvoiceBatchesQueue'],
  ['make-report', 'ReportOrdersQueue'],
  ['republish', 'FailedBatchesRepublishQueue'],
];

describe.each(['sandbox', 'production'] as const)('deliveries of %s', (stage) => {
  const asked = askedProviders(stage, []);
  const consumers = [...shared, ...asked.map((id) => ['ask-provider', questionsOf(id)] as const)];
  const stacks = new Synthesized(stage);
  const queues = stacks.all<QueueProperties>('AWS::SQS::Queue');
  const mappings = stacks.all<MappingProperties>('AWS::Lambda::EventSourceMapping');
  const named = (name: string) => queues.find(({ id }) => id.startsWith(name));
  const bucketNamed = (name: string) =>
    stacks.all<BucketProperties>('AWS::S3::Bucket').find(({ id }) => id.startsWith(name));
  const alarmsOfMessagesIn = (queue: string) =>
    stacks
      .all<AlarmProperties>('AWS::CloudWatch::Alarm')
      .filter(
        ({ properties: { MetricName, Dimensions = [] } }) =>
          MetricName === 'ApproximateNumberOfMessagesVisible' &&
          Dimensions.some(({ Value }) => stacks.plain(Value) === `<${queue}.QueueName>`),
      );

  /** That S3 may send to the queue for this bucket, before the bucket begins to. */
  function expectSpeaker(bucket: ReturnType<typeof bucketNamed>, bucketName: string, queueName: string): void {
    const policies = stacks.all<{ Queues: unknown[]; PolicyDocument: { Statement: { Effect: string }[] } }>(
      'AWS::SQS::QueuePolicy',
    );
    const policy = policies.find(({ properties }) => stacks.plain(properties.Queues[0]) === `<${queueName}>`);
    expect(bucket?.dependsOn).toContain(policy?.id);
    const arn = {
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::${bucketName}-`, { Ref: 'AWS::AccountId' }]],
    };
    const allowed = policy?.properties.PolicyDocument.Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toEqual([
      expect.objectContaining({
        Principal: { Service: 's3.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Condition: {
          ArnEquals: { 'aws:SourceArn': arn },
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        },
      }),
    ]);
  }

  const mappingOf = (step: Step) =>
    mappings.find(({ properties }) => stacks.plain(properties.FunctionName) === `<${short(stacks.function(step).id)}>`);

  it('have a consumer each: seven queues, the questions of each provider, and the outbox', () => {
    expect(asked.length).toBeGreaterThanOrEqual(5);
    expect(mappings.length).toBe(shared.length + asked.length + 1);
  });

  it('are encrypted while they wait', () => {
    for (const { properties } of queues) expect(properties.SqsManagedSseEnabled).toBe(true);
  });

  describe.each(consumers)('%s takes from %s', (step, queueName) => {
    const queue = named(queueName)?.properties;
    const takers = mappings.filter(
      ({ properties }) => stacks.plain(properties.EventSourceArn) === `<${queueName}.Arn>`,
    );
    const mapping = takers[0]?.properties;

    it('which it alone does', () => {
      expect(takers.map(({ properties }) => stacks.plain(properties.FunctionName))).toEqual([
        `<${short(stacks.function(step).id)}>`,
      ]);
    });

    it('and no message is shown again while it may still be at it', () => {
      expect(queue?.VisibilityTimeout).toBeGreaterThanOrEqual(6 * (stacks.function(step).properties.Timeout ?? 0));
    });

    it('and what fails five times is put aside for two weeks, and wakes somebody', () => {
      expect(queue?.RedrivePolicy?.maxReceiveCount).toBeGreaterThanOrEqual(5);
      const deadLetters = stacks.plain(queue?.RedrivePolicy?.deadLetterTargetArn).replaceAll(/[<>]|\.Arn/g, '');
      expect(named(deadLetters)?.properties.MessageRetentionPeriod).toBe(14 * 24 * 3600);
      expect(alarmsOfMessagesIn(deadLetters).length).toBe(1);
    });

    it('and only bad messages of a batch come back, and good ones are not used up by throttling (scenario 44)', () => {
      expect(mapping?.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      expect(mapping?.ScalingConfig?.MaximumConcurrency).toBeGreaterThanOrEqual(2);
    });
  });

  describe('the outbox', () => {
    const mapping = mappingOf('publish-events')?.properties;

    it('is the stream of the invoices, from its beginning', () => {
      expect(stacks.plain(mapping?.EventSourceArn)).toBe('<InvoicesTable.StreamArn>');
      expect(mapping?.StartingPosition).toBe('TRIM_HORIZON');
    });

    it('isolates a poison record, tries it a bounded number of times, and goes on', () => {
      expect(mapping).toMatchObject({
        BatchSize: 100,
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRetryAttempts: 10,
        MaximumRecordAgeInSeconds: 24 * 3600,
      });
    });

    it('leaves what failed in a bucket, with its records, where the data survives', () => {
      expect(stacks.plain(mapping?.DestinationConfig?.OnFailure?.Destination)).toBe('<FailedBatchesBucket.Arn>');
      expect(bucketNamed('FailedBatches')?.stack).toBe('Data');
    });

    // Lambda counts no error when records come back, and none when it gives them up.
    it('announces each batch that was left to republish, in a queue that survives', () => {
      const queue = named('FailedBatchesRepublishQueue');
      expect(queue?.stack).toBe('Data');
      expect(queue?.properties.MessageRetentionPeriod).toBe(14 * 24 * 3600);
      const bucket = bucketNamed('FailedBatches');
      expect(bucket?.properties.NotificationConfiguration?.QueueConfigurations).toEqual([
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'aws/lambda/' }] } },
          Queue: { 'Fn::GetAtt': [queue?.id, 'Arn'] },
        },
      ]);
      expectSpeaker(bucket, `thuphi-${stage}-failed-batches`, 'FailedBatchesRepublishQueue');
    });

    it('wakes somebody at the first batch that cannot be published, and says what is missing and what to do', () => {
      const [alarm, ...others] = alarmsOfMessagesIn('FailedBatchesRepublishDeadLetters');
      expect(others).toEqual([]);
      expect(alarm?.properties).toMatchObject({ Threshold: 1, EvaluationPeriods: 1 });
      expect(alarm?.properties.AlarmDescription).toMatch(
        /^Movements are missing in journal, work list and webhooks until the batch is published\. .*redrive them/,
      );
      // CloudWatch's own limit, in characters.
      expect(alarm?.properties.AlarmDescription.length).toBeLessThanOrEqual(1024);
    });

    it('wakes somebody when it lags', () => {
      const lag = stacks.all<AlarmProperties>('AWS::CloudWatch::Alarm');
      expect(lag.filter(({ properties }) => properties.MetricName === 'IteratorAge').length).toBe(1);
    });
  });

  describe('settlement files', () => {
    const bucket = bucketNamed('FilesBucket');

    it('are announced by the bucket itself, under their prefix only', () => {
      expect(bucket?.properties.NotificationConfiguration?.QueueConfigurations).toEqual([
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: STATEMENT_PREFIX }] } },
          Queue: { 'Fn::GetAtt': [named('SettlementFilesQueue')?.id, 'Arn'] },
        },
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: BATCH_PREFIX }] } },
          Queue: { 'Fn::GetAtt': [named('InvoiceBatchesQueue')?.id, 'Arn'] },
        },
      ]);
    });

    it('are announced after the queue lets the bucket speak, and no other bucket or account may', () => {
      expectSpeaker(bucket, `thuphi-${stage}-files`, 'SettlementFilesQueue');
      expectSpeaker(bucket, `thuphi-${stage}-files`, 'InvoiceBatchesQueue');
    });
  });

  describe('the clock', () => {
    type ScheduleProperties = {
      ScheduleExpression: string;
      ScheduleExpressionTimezone: string;
      Target: { Arn: unknown; DeadLetterConfig?: { Arn: unknown } };
    };
    const schedules = stacks.all<ScheduleProperties>('AWS::Scheduler::Schedule');

    const clocks = [
      ['sweep', 'Sweep', 'rate(1 hour)'],
      ['replay-events', 'ReplayEvents', 'rate(1 minute)'],
      ['seal-ledger', 'SealLedger', 'rate(1 hour)'],
      ['watch-files', 'WatchFiles', 'rate(1 hour)'],
      ['follow-remittances', 'FollowRemittances', 'cron(0/15 * * * ? *)'],
      ['tell-aggregates', 'TellAggregates', 'rate(1 hour)'],
      ['republish', 'Republish', 'cron(30 2 * * ? *)'],
    ] as const;
    const calling = (name: string) =>
      schedules.find(({ properties }) => stacks.plain(properties.Target.Arn) === `<${name}Function.Arn>`)?.properties;

    it('calls seven functions and no other', () => {
      expect(schedules.length).toBe(clocks.length);
    });

    it.each(clocks)('calls %s at its times', (_, name, ScheduleExpression) => {
      expect(calling(name)).toMatchObject({ ScheduleExpression, ScheduleExpressionTimezone: 'Asia/Ho_Chi_Minh' });
    });

    it.each(clocks)('%s: puts aside a call that never came through, and one that failed', (step, name) => {
      const letters = `<${name}DeadLetters.Arn>`;
      expect(stacks.plain(calling(name)?.Target.DeadLetterConfig?.Arn)).toBe(letters);
      expect(stacks.plain(stacks.function(step).properties.DeadLetterConfig?.TargetArn)).toBe(letters);
    });

    it('wakes somebody when it stands still', () => {
      const silence = stacks.all<AlarmProperties & { TreatMissingData: string }>('AWS::CloudWatch::Alarm');
      const still = silence.filter(({ properties }) => properties.TreatMissingData === 'breaching');
      // The sweep's, and those of replay-events, seal-ledger, watch-files, follow-remittances and tell-aggregates; what republish misses one night it looks at the next.
      expect(still.map(({ properties }) => properties.MetricName)).toEqual([
        'Invocations',
        'Invocations',
        'Invocations',
        'Invocations',
        'Invocations',
        'Invocations',
      ]);
    });
  });
});

const short = (id: string): string => id.replace(/[0-9A-F]{8}$/, '');
