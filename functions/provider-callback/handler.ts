import { noticeSourcesOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { idsIn, ProviderCallbackEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { keep } from '../../shared/runtime/logbook.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { callbacks } from './callbacks.ts';

const environment = readEnvironment(ProviderCallbackEnvironment, process.env);
const db = documentClient();
// A callback is read by whoever sent it, so where citizens are sent plays no part here.
const sources = noticeSourcesOf(environment.STAGE, '', { switchedOn: idsIn(environment.SWITCHED_ON_PROVIDERS) });

export const handler = callbacks(sources, {
  registry: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now),
  secrets: new SecretStore(environment.SECRET_PREFIX, Date.now),
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  inbox: new MessageQueue(environment.INBOX_QUEUE_URL),
  now: Date.now,
  log,
  keep,
});
