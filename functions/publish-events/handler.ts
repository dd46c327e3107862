import { providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { idsIn, PublishEventsEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { ProviderQuestions } from '../../shared/runtime/provider-questions.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { FeedStore } from '../../shared/store/feed-store.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { RefundListStore } from '../../shared/store/refund-list-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { publishChanges } from './publish.ts';

const environment = readEnvironment(PublishEventsEnvironment, process.env);
const db = documentClient();
const feed = new FeedStore(db, environment.WORK_TABLE);

export const handler = publishChanges({
  watermark: feed,
  late: feed,
  journal: new JournalStore(db, environment.JOURNAL_TABLE),
  exceptions: new WorkStore(db, environment.WORK_TABLE),
  directory: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now),
  deliveries: new MessageQueue(environment.DELIVERIES_QUEUE_URL),
  receiptOrders: new MessageQueue(environment.RECEIPTS_QUEUE_URL),
  watching: {
    // Only whether a provider can be asked, and when: nothing is called from here.
    providers: providersOf(environment.STAGE, '', { switchedOn: idsIn(environment.SWITCHED_ON_PROVIDERS) }),
    questions: new ProviderQuestions(environment.QUESTIONS_QUEUES),
    speed: environment.ASKING_SPEED,
    now: Date.now,
  },
  refunds: {
    refunds: new MessageQueue(environment.REFUNDS_QUEUE_URL),
    list: new RefundListStore(db, environment.WORK_TABLE),
  },
  log,
});
