import { Construct } from 'constructs';
import type { ProviderCallbackEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; gateway: HttpGateway; inbox: WorkQueue };

/** Banks and intermediaries tell what was paid: verified, put into the inbox, acknowledged. */
export class ProviderCallback extends Construct {
  constructor(scope: Construct, id: string, { setting, data, gateway, inbox }: Props) {
    super(scope, id);
    const { invoices, registry, secrets } = data;

    const providerCallback = new ServiceFunction<ProviderCallbackEnvironment>(this, 'ProviderCallback', {
      setting,
      entry: 'provider-callback',
      impact: 'Banks cannot tell us of payments: citizens have paid and see nothing, until the banks try again.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        SWITCHED_ON_PROVIDERS: setting.settings.switchedOnProviders.join(','),
        INVOICES_TABLE: invoices.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        INBOX_QUEUE_URL: inbox.queue.queueUrl,
        SECRET_PREFIX: secrets.prefix,
      },
    });
    invoices.grantRead(providerCallback);
    registry.grantRead(providerCallback);
    secrets.grantReadMerchant(providerCallback);
    inbox.grantSend(providerCallback);
    gateway.serve('provider-callback', providerCallback.lambda);
  }
}
