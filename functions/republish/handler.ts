import { documentClient } from '../../shared/runtime/aws.ts';
import { RepublishEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { LightObjectReader } from '../../shared/runtime/light-object-reader.ts';
import { log } from '../../shared/runtime/log.ts';
import { recordId } from '../../shared/runtime/logbook.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { AuditStore } from '../../shared/store/audit-store.ts';
import { BookScan } from '../../shared/store/book-pages.ts';
import { DecisionStore } from '../../shared/store/decision-store.ts';
import { FailedBatches } from '../../shared/store/failed-batches.ts';
import { FeedStore } from '../../shared/store/feed-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { changeOf } from '../../shared/store/outbox.ts';
import { RegistryScan } from '../../shared/store/registry-pages.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { RemittanceStore } from '../../shared/store/remittance-store.ts';
import { WatchStore } from '../../shared/store/watch-store.ts';
import { WorkScan } from '../../shared/store/work-pages.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { republisher } from './republish.ts';

const environment = readEnvironment(RepublishEnvironment, process.env);
const db = documentClient();
const feed = new FeedStore(db, environment.WORK_TABLE);
const registered = new RegistryStore(db, environment.REGISTRY_TABLE);
const registry = cachedRegistry(registered, Date.now);
const reader = new DynamoJournalReader(db, environment.JOURNAL_TABLE);
const failedBatches = new FailedBatches(new LightObjectReader(environment.FAILED_BATCHES_BUCKET));

export const handler = republisher({
  journal: new JournalStore(db, environment.JOURNAL_TABLE),
  exceptions: new WorkStore(db, environment.WORK_TABLE),
  directory: registry,
  deliveries: new MessageQueue(environment.DELIVERIES_QUEUE_URL),
  receiptOrders: new MessageQueue(environment.RECEIPTS_QUEUE_URL),
  watermark: feed,
  late: feed,
  book: new BookScan(db, environment.INVOICES_TABLE),
  entries: reader,
  reader,
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  remittances: new RemittanceStore(db, environment.WORK_TABLE),
  registry,
  registered,
  rows: new RegistryScan(db, environment.REGISTRY_TABLE),
  watches: new WatchStore(db, environment.WORK_TABLE),
  work: new WorkScan(db, environment.WORK_TABLE),
  decisions: new DecisionStore(db, environment.WORK_TABLE),
  acts: new AuditStore(db, environment.AUDIT_TABLE, recordId),
  // Each record is read when its turn comes, so that one that is none of ours stops no other.
  batches: { read: async (key) => (await failedBatches.read(key)).map((record) => () => changeOf(record)) },
  again: new MessageQueue(environment.REPUBLISH_QUEUE_URL),
  now: Date.now,
  log,
});
