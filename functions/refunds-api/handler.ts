import * as api from '../../shared/api/refunds.ts';
import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { banks } from '../../shared/catalogue/reference.ts';
import { faultOfAccount } from '../../shared/domain/refund/account.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { cursorCodec } from '../../shared/runtime/cursor.ts';
import { RefundsApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { LightObjectReader } from '../../shared/runtime/light-object-reader.ts';
import { log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { RefundListStore } from '../../shared/store/refund-list-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { RemittanceStore } from '../../shared/store/remittance-store.ts';
import { isPaidOn } from '../../shared/usecases/find-remittance.ts';
import { refundsRoutes } from './routes.ts';

const environment = readEnvironment(RefundsApiEnvironment, process.env);
const db = documentClient();
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now);
const secrets = new SecretStore(environment.SECRET_PREFIX, Date.now);

const remittances = new RemittanceStore(db, environment.WORK_TABLE);
const contents = new LightObjectReader(environment.FILES_BUCKET);

/** What agencies, portals and finance call about refunds. A call of the contract without an answer does not start. */
const routes = refundsRoutes({
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  registry,
  list: new RefundListStore(db, environment.WORK_TABLE),
  calendar: vietnamCalendar,
  isPaidOn: (money, number) => isPaidOn(money, number, { registry, remittances, contents }),
  checkAccount: (account) => faultOfAccount(account, banks()),
  audit: (tried) => {
    log.warn('own approval refused', tried);
    count('OwnApprovalRefused', { stage: environment.STAGE });
  },
  cursors: async () => cursorCodec(await secrets.need('keys/cursor')),
  now: Date.now,
});
for (const endpoint of api.refundsApi)
  if (!routes.some((route) => route.endpoint === endpoint))
    throw new Error(`no answer to ${endpoint.method} ${endpoint.path}`);

export const handler = httpFunction(routes, (claims) => callerOf(claims, registry));
