import { Construct } from 'constructs';
import type { CounterApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

/** Clerks at an agency's desk record cash and cards, and take back under four eyes. */
export class CounterApi extends Construct {
  constructor(scope: Construct, id: string, props: { setting: Setting; data: DataStack; gateway: HttpGateway }) {
    super(scope, id);
    const { setting, data, gateway } = props;
    const { invoices, registry } = data;

    const counterApi = new ServiceFunction<CounterApiEnvironment>(this, 'CounterApi', {
      setting,
      entry: 'counter-api',
      impact: 'Clerks cannot take money at the desk; payments online go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
      },
    });
    invoices.grantTakeAtDesk(counterApi);
    registry.grantRead(counterApi);
    gateway.serve('counter-api', counterApi.lambda);
    counterApi.watchOwnApprovals('approve the reversal that they proposed');
  }
}
