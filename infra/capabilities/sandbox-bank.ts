import { Construct } from 'constructs';
import type { SandboxBankEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

/** A bank to try things out with: it signs like a real one and moves no money. Production has none. */
export class SandboxBank extends Construct {
  constructor(scope: Construct, id: string, props: { setting: Setting; data: DataStack; gateway: HttpGateway }) {
    super(scope, id);
    const { setting, data, gateway } = props;

    const sandboxBank = new ServiceFunction<SandboxBankEnvironment>(this, 'SandboxBank', {
      setting,
      entry: 'sandbox-bank',
      impact: 'Nobody can try a payment without a real bank; real payments go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        SECRET_PREFIX: data.secrets.prefix,
        WORK_TABLE: data.work.table.tableName,
        PUBLIC_URL: gateway.url,
      },
    });
    data.secrets.grantReadSandboxBank(sandboxBank);
    data.work.grantPlayBank(sandboxBank);
    gateway.serve('sandbox-bank', sandboxBank.lambda);
  }
}
