import { providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { ProviderCallbackEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { takeCallbacks } from './take.ts';

const environment = readEnvironment(ProviderCallbackEnvironment, process.env);
const db = documentClient();

export const handler = takeCallbacks({
  // A callback is read by whoever sent it, so where citizens are sent plays no part here.
  providers: providersOf(environment.STAGE, ''),
  registry: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now),
  secrets: new SecretStore(environment.SECRET_PREFIX, Date.now),
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  inbox: new MessageQueue(environment.INBOX_QUEUE_URL),
  now: Date.now,
  log,
});
