import { CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { BatchApi } from '../capabilities/batch-api.ts';
import { CatalogueApi } from '../capabilities/catalogue-api.ts';
import { CounterApi } from '../capabilities/counter-api.ts';
import { FinanceApi } from '../capabilities/finance-api.ts';
import { FollowRemittances } from '../capabilities/follow-remittances.ts';
import { InvoiceBatch } from '../capabilities/invoice-batch.ts';
import { KeepLog } from '../capabilities/keep-log.ts';
import { LogsApi } from '../capabilities/logs-api.ts';
import { MakeReport } from '../capabilities/make-report.ts';
import { OperationsApi } from '../capabilities/operations-api.ts';
import { ReceiptsApi } from '../capabilities/receipts-api.ts';
import { Reconcile } from '../capabilities/reconcile.ts';
import { RegistryApi } from '../capabilities/registry-api.ts';
import { RemittancesApi } from '../capabilities/remittances-api.ts';
import { ReportsApi } from '../capabilities/reports-api.ts';
import { SealLedger } from '../capabilities/seal-ledger.ts';
import { TellAggregates } from '../capabilities/tell-aggregates.ts';
import { TraceApi } from '../capabilities/trace-api.ts';
import { WatchFiles } from '../capabilities/watch-files.ts';
import type { StageSettings } from '../config.ts';
import type { DataStack } from './data.ts';
import type { ServiceStack } from './service.ts';

type OfficeStackProps = StackProps & {
  settings: StageSettings;
  data: DataStack;
  service: ServiceStack;
  /** Webhooks to this machine are allowed, and a test may register alone. */
  development: boolean;
};

/**
 * What the offices work with, beside the way of a payment: clerks, finance staff, operators and their registers. A
 * template holds 500 resources, so it is a stack of its own; it can be rebuilt, and payments go on without it.
 */
export class OfficeStack extends Stack {
  constructor(scope: Construct, id: string, { settings, data, service, development, ...props }: OfficeStackProps) {
    super(scope, id, props);
    const { setting, gateway } = service;
    const allowLocalWebhooks = development;

    // A test's ledger begins with the test: whoever proves it reads every day from there.
    const ledgerBegins = development
      ? new CfnParameter(this, 'LedgerBegins', { default: settings.ledgerBegins }).valueAsString
      : settings.ledgerBegins;

    // Most tests register alone; the stack that a person starts asks for two, as every stage does.
    const fourEyes = development ? new CfnParameter(this, 'FourEyes', { default: 'false' }).valueAsString : 'true';

    new CounterApi(this, 'CounterApi', { setting, data, gateway });
    new InvoiceBatch(this, 'InvoiceBatch', { setting, data });
    new BatchApi(this, 'BatchApi', { setting, data, gateway });

    const sealing = new SealLedger(this, 'SealLedger', {
      ...{ setting, data, ledgerBegins },
      pace: development ? 'atOnce' : 'quietHours',
    });
    new Reconcile(this, 'Reconcile', { setting, data });
    const watching = new WatchFiles(this, 'WatchFiles', { setting, data });
    new FinanceApi(this, 'FinanceApi', { setting, data, gateway, ledgerBegins });
    new RemittancesApi(this, 'RemittancesApi', { setting, data, gateway });
    const following = new FollowRemittances(this, 'FollowRemittances', { setting, data });
    new ReportsApi(this, 'ReportsApi', { setting, data, gateway, ledgerBegins });
    new MakeReport(this, 'MakeReport', { setting, data, ledgerBegins });
    const telling = new TellAggregates(this, 'TellAggregates', { setting, data, ledgerBegins });

    new ReceiptsApi(this, 'ReceiptsApi', { setting, data, gateway, orders: service.receiptOrders });
    new TraceApi(this, 'TraceApi', { setting, data, gateway });

    new CatalogueApi(this, 'CatalogueApi', { setting, data, gateway });
    new RegistryApi(this, 'RegistryApi', { setting, data, gateway, allowLocalWebhooks, fourEyes });
    new OperationsApi(this, 'OperationsApi', {
      ...{ setting, data, gateway },
      queues: {
        ...service.queues,
        'settlement-files': data.settlementFiles,
        'invoice-batches': data.invoiceBatches,
        reports: data.reportOrders,
        republish: data.failedBatches.republish,
        'seal-ledger': sealing,
        'watch-files': watching,
        'follow-remittances': following,
        'tell-aggregates': telling,
      },
    });
    new LogsApi(this, 'LogsApi', { setting, data, gateway });

    // Last: it listens to everybody who answers.
    new KeepLog(this, 'KeepLog', { setting, data, served: gateway.served });
  }
}
