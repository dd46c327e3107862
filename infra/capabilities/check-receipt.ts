import { Construct } from 'constructs';
import type { CheckReceiptEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; gateway: HttpGateway };

/** Anybody asks whether a receipt is genuine. It may read one receipt at a time, and nothing else. */
export class CheckReceipt extends Construct {
  constructor(scope: Construct, id: string, { setting, data, gateway }: Props) {
    super(scope, id);

    const checkReceipt = new ServiceFunction<CheckReceiptEnvironment>(this, 'CheckReceipt', {
      setting,
      entry: 'check-receipt',
      impact: 'Nobody can check a receipt for the moment; receipts are what they were.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: { STAGE: setting.settings.stage, RECEIPTS_TABLE: data.receipts.table.tableName },
    });
    data.receipts.grantCheck(checkReceipt);
    gateway.serve('check-receipt', checkReceipt.lambda);
  }
}
