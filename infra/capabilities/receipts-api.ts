import { Construct } from 'constructs';
import type { ReceiptsApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; gateway: HttpGateway; orders: WorkQueue };

/** Portals and agencies read receipts; two persons of the collector correct what one says of its payer. */
export class ReceiptsApi extends Construct {
  constructor(scope: Construct, id: string, { setting, data, gateway, orders }: Props) {
    super(scope, id);
    const { invoices, receipts, registry, secrets } = data;

    const receiptsApi = new ServiceFunction<ReceiptsApiEnvironment>(this, 'ReceiptsApi', {
      setting,
      entry: 'receipts-api',
      impact: 'Payers and agencies cannot read receipts; they are given all the same.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        RECEIPTS_TABLE: receipts.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        RECEIPTS_QUEUE_URL: orders.queue.queueUrl,
        SECRET_PREFIX: secrets.prefix,
        PUBLIC_URL: gateway.url,
      },
    });
    invoices.grantRead(receiptsApi);
    receipts.grantRead(receiptsApi);
    receipts.grantCorrect(receiptsApi);
    orders.grantSend(receiptsApi);
    registry.grantRead(receiptsApi);
    secrets.grantReadKey('receipt-link', receiptsApi);
    gateway.serve('receipts-api', receiptsApi.lambda);
    receiptsApi.watchOwnApprovals('approve the correction of a receipt that they proposed');
  }
}
