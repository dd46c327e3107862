import { Construct } from 'constructs';
import type { RegistryApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = {
  setting: Setting;
  data: DataStack;
  gateway: HttpGateway;
  allowLocalWebhooks: boolean;
  /** `true`, or a parameter of a development stack. */
  fourEyes: string;
};

/** Operators keep agencies, clients, merchant accounts and webhook endpoints. */
export class RegistryApi extends Construct {
  constructor(scope: Construct, id: string, { setting, data, gateway, allowLocalWebhooks, fourEyes }: Props) {
    super(scope, id);
    const { registry, audit, secrets } = data;

    const registryApi = new ServiceFunction<RegistryApiEnvironment>(this, 'RegistryApi', {
      setting,
      entry: 'registry-api',
      impact: 'Operators cannot admit agencies or change where money and webhooks go; payments go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        SWITCHED_ON_PROVIDERS: setting.settings.switchedOnProviders.join(','),
        REGISTRY_TABLE: registry.table.tableName,
        AUDIT_TABLE: audit.table.tableName,
        FOUR_EYES: fourEyes as RegistryApiEnvironment['FOUR_EYES'],
        SECRET_PREFIX: secrets.prefix,
        ALLOW_LOCAL_WEBHOOKS: allowLocalWebhooks ? 'true' : 'false',
      },
    });
    registry.grantRead(registryApi);
    registry.grantWrite(registryApi);
    audit.grantAppend(registryApi);
    audit.grantDecide(registryApi);
    secrets.grantReadKey('proposal', registryApi);
    secrets.grantStoreMerchant(registryApi);
    secrets.grantStoreDialect(registryApi);
    secrets.grantRotateWebhook(registryApi);
    gateway.serve('registry-api', registryApi.lambda);
  }
}
