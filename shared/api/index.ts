import { auditApi } from './audit.ts';
import { batchApi } from './batches.ts';
import { catalogueApi } from './catalogue.ts';
import { counterApi } from './counter.ts';
import { dialectDvcqgApi } from './dialects.ts';
import type { Endpoint } from './endpoint.ts';
import { scopes } from './endpoint.ts';
import { eventsApi } from './events.ts';
import { financeApi } from './finance.ts';
import { ledgerApi } from './ledger.ts';
import { logsApi } from './logs.ts';
import { operationsApi } from './operations.ts';
import { portalApi } from './portal.ts';
import { callbacksApi, docsApi, sandboxBankApi } from './public.ts';
import { checkReceiptApi, receiptsApi } from './receipts.ts';
import { refundsApi } from './refunds.ts';
import { registryApi } from './registry.ts';
import { remittancesApi } from './remittances.ts';
import { reportsApi } from './reports.ts';
import { traceApi } from './trace.ts';

/** Functions that answer HTTP, each for one audience. */
export type HttpFunctionName =
  | 'portal-api'
  | 'registry-api'
  | 'counter-api'
  | 'finance-api'
  | 'reports-api'
  | 'receipts-api'
  | 'batch-api'
  | 'catalogue-api'
  | 'events-api'
  | 'refunds-api'
  | 'remittances-api'
  | 'trace-api'
  | 'logs-api'
  | 'operations-api'
  | 'api-docs'
  | 'provider-callback'
  | 'check-receipt'
  | 'dialect-dvcqg'
  | 'sandbox-bank';

/** The whole HTTP interface by function: routes, scopes and the OpenAPI document are made from it. */
export const httpApi: Readonly<Record<HttpFunctionName, readonly Endpoint[]>> = {
  'portal-api': portalApi,
  'registry-api': [...registryApi, ...auditApi],
  'counter-api': counterApi,
  'finance-api': [...financeApi, ...ledgerApi],
  'reports-api': reportsApi,
  'receipts-api': receiptsApi,
  'batch-api': batchApi,
  'catalogue-api': catalogueApi,
  'events-api': eventsApi,
  'refunds-api': refundsApi,
  'remittances-api': remittancesApi,
  'trace-api': traceApi,
  'logs-api': logsApi,
  'operations-api': operationsApi,
  'api-docs': docsApi,
  'provider-callback': callbacksApi,
  'check-receipt': checkReceiptApi,
  'dialect-dvcqg': dialectDvcqgApi,
  'sandbox-bank': sandboxBankApi,
};

export type { Endpoint };
export { scopes };
