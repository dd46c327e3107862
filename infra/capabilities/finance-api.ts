import { Construct } from 'constructs';
import type { FinanceApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; gateway: HttpGateway; ledgerBegins: string };

/** Finance staff hand in settlement files, decide exceptions and draw reports. */
export class FinanceApi extends Construct {
  constructor(scope: Construct, id: string, { setting, data, gateway, ledgerBegins }: Props) {
    super(scope, id);
    const { invoices, journal, work, registry, files, secrets, settlementFiles } = data;

    const financeApi = new ServiceFunction<FinanceApiEnvironment>(this, 'FinanceApi', {
      setting,
      entry: 'finance-api',
      impact: 'Finance staff cannot reconcile or report; payments go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
        SECRET_PREFIX: secrets.prefix,
        LEDGER_BEGINS: ledgerBegins,
        RECONCILE_QUEUE_URL: settlementFiles.queue.queueUrl,
        SWITCHED_ON_MAPS: setting.settings.switchedOnMaps.join(','),
      },
    });
    invoices.grantRead(financeApi);
    journal.grantRead(financeApi);
    // What two persons decided about a difference is entered by no invoice.
    journal.grantAppend(financeApi);
    work.grantCreateStatement(financeApi);
    work.grantReadStatement(financeApi);
    work.grantListStatements(financeApi);
    work.grantListExceptions(financeApi);
    work.grantSettleException(financeApi);
    work.grantCloseDays(financeApi);
    // What two persons decided takes effect at once: the account is matched anew.
    settlementFiles.grantSend(financeApi);
    registry.grantRead(financeApi);
    files.grantUploadStatements(financeApi);
    files.grantReadResults(financeApi);
    files.grantReadBalances(financeApi);
    secrets.grantReadKey('cursor', financeApi);
    gateway.serve('finance-api', financeApi.lambda);
    financeApi.watchOwnApprovals('approve what they proposed about a difference');
  }
}
