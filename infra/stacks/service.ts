import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ApiDocs } from '../capabilities/api-docs.ts';
import { EventsApi } from '../capabilities/events-api.ts';
import { FinanceApi } from '../capabilities/finance-api.ts';
import { NotifyAgency } from '../capabilities/notify-agency.ts';
import { OperationsApi } from '../capabilities/operations-api.ts';
import { PortalApi } from '../capabilities/portal-api.ts';
import { PostPayment } from '../capabilities/post-payment.ts';
import { ProviderCallback } from '../capabilities/provider-callback.ts';
import { PublishEvents } from '../capabilities/publish-events.ts';
import { Reconcile } from '../capabilities/reconcile.ts';
import { RegistryApi } from '../capabilities/registry-api.ts';
import { ReplayEvents } from '../capabilities/replay-events.ts';
import { Republish } from '../capabilities/republish.ts';
import { SandboxBank } from '../capabilities/sandbox-bank.ts';
import { Sweep } from '../capabilities/sweep.ts';
import type { StageSettings } from '../config.ts';
import { AlarmTopic } from '../constructs/alarm-topic.ts';
import { HttpGateway } from '../constructs/http-gateway.ts';
import type { DataStack } from './data.ts';

type ServiceStackProps = StackProps & {
  settings: StageSettings;
  data: DataStack;
  /** The folder of bundles, one folder a function. */
  bundles: string;
  /** Webhooks to this machine, for development. */
  allowLocalWebhooks: boolean;
};

/** What can be rebuilt. It reads as the flow: callers, banks, posting, publishing, telling; the clock; the files. */
export class ServiceStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { settings, data, bundles, allowLocalWebhooks, ...props }: ServiceStackProps,
  ) {
    super(scope, id, props);
    const email = settings.alarmEmail;
    const alarms = new AlarmTopic(this, 'Alarms', email ? { email } : {});
    const setting = { settings, bundles, alarms };
    const gateway = new HttpGateway(this, 'Gateway', { setting, identity: data.identity });

    new PortalApi(this, 'PortalApi', { setting, data, gateway });
    if (settings.stage !== 'production') new SandboxBank(this, 'SandboxBank', { setting, data, gateway });

    const { inbox } = new PostPayment(this, 'PostPayment', { setting, data });
    new ProviderCallback(this, 'ProviderCallback', { setting, data, gateway, inbox });

    const { deliveries } = new NotifyAgency(this, 'NotifyAgency', { setting, data, allowLocalWebhooks });
    new PublishEvents(this, 'PublishEvents', { setting, data, deliveries });
    new Republish(this, 'Republish', { setting, data, deliveries });
    const replays = new ReplayEvents(this, 'ReplayEvents', { setting, data, deliveries, allowLocalWebhooks });
    new EventsApi(this, 'EventsApi', { setting, data, gateway, deliveries });

    const sweep = new Sweep(this, 'Sweep', { setting, data });

    new Reconcile(this, 'Reconcile', { setting, data });
    new FinanceApi(this, 'FinanceApi', { setting, data, gateway });

    new OperationsApi(this, 'OperationsApi', {
      ...{ setting, data, gateway },
      queues: {
        inbox,
        deliveries,
        'settlement-files': data.settlementFiles,
        republish: data.failedBatches.republish,
        sweep,
        'replay-events': replays,
      },
    });
    new RegistryApi(this, 'RegistryApi', { setting, data, gateway, allowLocalWebhooks });
    new ApiDocs(this, 'ApiDocs', { setting, gateway });

    new CfnOutput(this, 'ApiUrl', {
      value: gateway.endpoint,
      description: "API Gateway's own address of the API; a domain of ours is mapped to it.",
    });
  }
}
