import { CfnOutput, CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ApiDocs } from '../capabilities/api-docs.ts';
import { AskProvider } from '../capabilities/ask-provider.ts';
import { CheckReceipt } from '../capabilities/check-receipt.ts';
import { DialectDvcqg } from '../capabilities/dialect-dvcqg.ts';
import { EventsApi } from '../capabilities/events-api.ts';
import { IssueReceipts } from '../capabilities/issue-receipts.ts';
import { NotifyAgency } from '../capabilities/notify-agency.ts';
import type { Desk } from '../capabilities/operations-api.ts';
import { PortalApi } from '../capabilities/portal-api.ts';
import { PostPayment } from '../capabilities/post-payment.ts';
import { ProviderCallback } from '../capabilities/provider-callback.ts';
import { PublishEvents } from '../capabilities/publish-events.ts';
import { Refunds } from '../capabilities/refunds.ts';
import { ReplayEvents } from '../capabilities/replay-events.ts';
import { Republish } from '../capabilities/republish.ts';
import { SandboxBank } from '../capabilities/sandbox-bank.ts';
import { Sweep } from '../capabilities/sweep.ts';
import type { StageSettings } from '../config.ts';
import { AlarmTopic } from '../constructs/alarm-topic.ts';
import { HttpGateway } from '../constructs/http-gateway.ts';
import type { Setting } from '../constructs/setting.ts';
import type { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from './data.ts';

type ServiceStackProps = StackProps & {
  settings: StageSettings;
  data: DataStack;
  /** The folder of bundles, one folder a function. */
  bundles: string;
  /** Webhooks to this machine, and providers played on it. */
  development: boolean;
};

/** A port that nothing serves: a development stack whose providers nobody plays reaches none, and never a real one. */
const nowhere = 'http://127.0.0.1:9';

/** Two minutes of silence are a second in development: nobody waits to see a silent payment found. */
const developmentSpeed = 120;

/**
 * The way of a payment, which can be rebuilt. It reads as the flow: callers, banks, posting, publishing, telling; the
 * clock.
 */
export class ServiceStack extends Stack {
  readonly setting: Setting;
  readonly gateway: HttpGateway;
  /** What operators look into, by the name that they use. */
  readonly queues: Readonly<Record<string, Desk>>;
  /** Where receipts are ordered. */
  readonly receiptOrders: WorkQueue;

  constructor(scope: Construct, id: string, { settings, data, bundles, development, ...props }: ServiceStackProps) {
    super(scope, id, props);
    const email = settings.alarmEmail;
    const alarms = new AlarmTopic(this, 'Alarms', email ? { email } : {});
    const setting = { settings, bundles, alarms };
    const gateway = new HttpGateway(this, 'Gateway', { setting, identity: data.identity });
    const allowLocalWebhooks = development;
    const playedProvidersUrl = development
      ? new CfnParameter(this, 'PlayedProvidersUrl', { default: nowhere }).valueAsString
      : 'none';

    new PortalApi(this, 'PortalApi', { setting, data, gateway, playedProvidersUrl });
    if (settings.stage !== 'production') new SandboxBank(this, 'SandboxBank', { setting, data, gateway });
    new DialectDvcqg(this, 'DialectDvcqg', { setting, data, gateway, playedProvidersUrl });

    const { inbox } = new PostPayment(this, 'PostPayment', { setting, data });
    new ProviderCallback(this, 'ProviderCallback', { setting, data, gateway, inbox });
    const askingSpeed = development ? developmentSpeed : 1;
    const asking = { gateway, inbox, playedProvidersUrl, askingSpeed };
    const { questions } = new AskProvider(this, 'AskProvider', { setting, data, ...asking });

    const { refunds } = new Refunds(this, 'Refunds', { setting, data, gateway, playedProvidersUrl, askingSpeed });

    const { deliveries } = new NotifyAgency(this, 'NotifyAgency', { setting, data, allowLocalWebhooks });
    const { orders } = new IssueReceipts(this, 'IssueReceipts', { setting, data, deliveries });
    new PublishEvents(this, 'PublishEvents', { setting, data, deliveries, orders, questions, refunds, askingSpeed });
    new Republish(this, 'Republish', { setting, data, deliveries, orders });
    const replays = new ReplayEvents(this, 'ReplayEvents', { setting, data, deliveries, allowLocalWebhooks });
    new EventsApi(this, 'EventsApi', { setting, data, gateway, deliveries });

    // Faster as everything: a payment that missed the early questions would else wait a real hour for the next.
    const sweep = new Sweep(this, 'Sweep', {
      setting,
      data,
      questions,
      refunds,
      every: development ? 'minute' : 'hour',
    });

    new CheckReceipt(this, 'CheckReceipt', { setting, data, gateway });
    new ApiDocs(this, 'ApiDocs', { setting, gateway });

    this.setting = setting;
    this.gateway = gateway;
    this.receiptOrders = orders;
    this.queues = {
      inbox,
      deliveries,
      questions,
      refunds,
      receipts: orders,
      sweep,
      'replay-events': replays,
    };

    new CfnOutput(this, 'ApiUrl', {
      value: gateway.endpoint,
      description:
        "API Gateway's own address of the API, or its id where that is closed; a domain of ours is mapped to it.",
    });
  }
}
