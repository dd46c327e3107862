import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { askedProviders } from '../../shared/providers/index.ts';
import type { AskProviderEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { ProviderQueues } from '../constructs/provider-queues.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = {
  setting: Setting;
  data: DataStack;
  gateway: HttpGateway;
  inbox: WorkQueue;
  playedProvidersUrl: string;
  askingSpeed: number;
};

/** Payments on which no final word has come: the provider is asked, and its answer goes where its callback would. */
export class AskProvider extends Construct {
  /** publish-events puts the first question about each payment here, sweep those of the silent ones. */
  readonly questions: ProviderQueues;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id);
    const { setting, data, gateway, inbox, playedProvidersUrl, askingSpeed } = props;
    const { settings, alarms } = setting;
    const { invoices, registry, work, secrets } = data;
    const timeout = Duration.seconds(40);
    const impact =
      'Citizens whose bank never told us have paid and see nothing; reconciliation would find it days later.';

    // A question that is lost is a payment that nobody asks about any more, so it outlives the stack.
    this.questions = new ProviderQueues(this, 'Questions', {
      providers: askedProviders(settings.stage, settings.switchedOnProviders),
      timeout,
      keep: settings.deletionProtection,
    });
    // Messages are hidden for a quarter of an hour at most, and their age counts from when they were sent.
    this.questions.watch(this, alarms, { impact, patience: Duration.minutes(45) });

    const askProvider = new ServiceFunction<AskProviderEnvironment>(this, 'AskProvider', {
      setting,
      entry: 'ask-provider',
      impact,
      timeout,
      memory: settings.memory.consumer,
      environment: {
        STAGE: settings.stage,
        SWITCHED_ON_PROVIDERS: settings.switchedOnProviders.join(','),
        INVOICES_TABLE: invoices.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        WORK_TABLE: work.table.tableName,
        INBOX_QUEUE_URL: inbox.queue.queueUrl,
        QUESTIONS_QUEUES: this.questions.addresses,
        SECRET_PREFIX: secrets.prefix,
        PUBLIC_URL: gateway.url,
        PLAYED_PROVIDERS_URL: playedProvidersUrl,
        ASKING_SPEED: String(askingSpeed),
      },
    });
    for (const queue of Object.values(this.questions.queues))
      askProvider.consume(queue, { concurrency: settings.concurrency.askProvider });
    this.questions.grantSend(askProvider);
    inbox.grantSend(askProvider);
    invoices.grantReadMany(askProvider);
    registry.grantNoteSilence(askProvider);
    work.grantRemember(askProvider);
    work.grantOpenException(askProvider);
    secrets.grantReadMerchant(askProvider);
  }
}
