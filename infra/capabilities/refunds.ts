import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { RefundsApiEnvironment, SendRefundEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = {
  setting: Setting;
  data: DataStack;
  gateway: HttpGateway;
  playedProvidersUrl: string;
  askingSpeed: number;
};

/** Refunds: asked for and ordered by two persons over HTTP, given back by the provider that took the money. */
export class Refunds extends Construct {
  /** publish-events puts every approved refund here, sweep those that are not done. */
  readonly refunds: WorkQueue;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id);
    const { setting, data, gateway, playedProvidersUrl, askingSpeed } = props;
    const { settings, alarms } = setting;
    const { invoices, registry, secrets, work, files } = data;

    const refundsApi = new ServiceFunction<RefundsApiEnvironment>(this, 'RefundsApi', {
      setting,
      entry: 'refunds-api',
      impact: 'Nobody can ask for or order refunds; those under way go on.',
      timeout: httpTimeout,
      memory: settings.memory.http,
      environment: {
        STAGE: settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        WORK_TABLE: work.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
        SECRET_PREFIX: secrets.prefix,
      },
    });
    invoices.grantDecideRefunds(refundsApi);
    invoices.grantReadMany(refundsApi);
    work.grantListRefunds(refundsApi);
    work.grantReadRemittance(refundsApi);
    files.grantReadRemittances(refundsApi);
    registry.grantRead(refundsApi);
    secrets.grantReadKey('cursor', refundsApi);
    gateway.serve('refunds-api', refundsApi.lambda);
    refundsApi.watchOwnApprovals('order the refund that they asked for');

    const impact = 'Refunds that were ordered are not given back, and must be within one working day.';
    // Two calls at a provider that is slow to answer.
    const timeout = Duration.seconds(75);
    // An order that is lost is found by sweep, but hours later; so it outlives the stack.
    this.refunds = new WorkQueue(this, 'Orders', { timeout, keep: settings.deletionProtection });
    // Messages are hidden for a quarter of an hour at most, and their age counts from when they were sent.
    this.refunds.watch(this, alarms, { impact, patience: Duration.minutes(45) });
    const sendRefund = new ServiceFunction<SendRefundEnvironment>(this, 'SendRefund', {
      setting,
      entry: 'send-refund',
      impact,
      timeout,
      memory: settings.memory.consumer,
      environment: {
        STAGE: settings.stage,
        SWITCHED_ON_PROVIDERS: settings.switchedOnProviders.join(','),
        INVOICES_TABLE: invoices.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        REFUNDS_QUEUE_URL: this.refunds.queue.queueUrl,
        SECRET_PREFIX: secrets.prefix,
        PUBLIC_URL: gateway.url,
        PLAYED_PROVIDERS_URL: playedProvidersUrl,
        ASKING_SPEED: String(askingSpeed),
      },
    });
    sendRefund.consume(this.refunds.queue, { concurrency: settings.concurrency.sendRefund });
    this.refunds.grantSend(sendRefund);
    invoices.grantDecideRefunds(sendRefund);
    registry.grantNoteSilence(sendRefund);
    secrets.grantReadMerchant(sendRefund);
  }
}
