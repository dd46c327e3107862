import * as api from '../../shared/api/counter.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { CounterApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { counterRoutes } from './routes.ts';

const environment = readEnvironment(CounterApiEnvironment, process.env);
const db = documentClient();
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now);

/** What clerks at a desk call. The contract says which calls there are; a call without an answer does not start. */
const routes = counterRoutes({
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  audit: (tried) => {
    log.warn('own approval refused', tried);
    count('OwnApprovalRefused', { stage: environment.STAGE });
  },
  now: Date.now,
});
for (const endpoint of api.counterApi)
  if (!routes.some((route) => route.endpoint === endpoint))
    throw new Error(`no answer to ${endpoint.method} ${endpoint.path}`);

export const handler = httpFunction(routes, (claims) => callerOf(claims, registry));
