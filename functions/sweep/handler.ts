import { providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { idsIn, readEnvironment, SweepEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { ProviderQuestions } from '../../shared/runtime/provider-questions.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { DueDayStore } from '../../shared/store/due-days.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { RefundListStore } from '../../shared/store/refund-list-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { WatchStore } from '../../shared/store/watch-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { sweep } from './sweep.ts';

const environment = readEnvironment(SweepEnvironment, process.env);
const db = documentClient();

/** Every hour. */
export const handler = sweep({
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  registry: new RegistryStore(db, environment.REGISTRY_TABLE),
  dueDays: new DueDayStore(db, environment.WORK_TABLE),
  watches: new WatchStore(db, environment.WORK_TABLE),
  refunds: new MessageQueue(environment.REFUNDS_QUEUE_URL),
  list: new RefundListStore(db, environment.WORK_TABLE),
  exceptions: new WorkStore(db, environment.WORK_TABLE),
  questions: new ProviderQuestions(environment.QUESTIONS_QUEUES),
  providerIds: [...providersOf(environment.STAGE, '', { switchedOn: idsIn(environment.SWITCHED_ON_PROVIDERS) }).keys()],
  now: Date.now,
  log,
});
