import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { cursorCodec } from '../../shared/runtime/cursor.ts';
import { EventsApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { EndpointStore } from '../../shared/store/endpoint-store.ts';
import { FeedStore } from '../../shared/store/feed-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { ReplayStore } from '../../shared/store/replay-store.ts';
import { eventsRoutes } from './routes.ts';

const environment = readEnvironment(EventsApiEnvironment, process.env);
const db = documentClient();
const feed = new FeedStore(db, environment.WORK_TABLE);
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now);
const secrets = new SecretStore(environment.SECRET_PREFIX, Date.now);

export const handler = httpFunction(
  eventsRoutes({
    journal: new DynamoJournalReader(db, environment.JOURNAL_TABLE),
    watermark: feed,
    late: feed,
    invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
    directory: registry,
    blocked: new EndpointStore(db, environment.WORK_TABLE),
    replays: new ReplayStore(db, environment.WORK_TABLE),
    deliveries: new MessageQueue(environment.DELIVERIES_QUEUE_URL),
    cursors: async () => cursorCodec(await secrets.need('keys/cursor')),
    now: Date.now,
  }),
  (claims) => callerOf(claims, registry),
);
