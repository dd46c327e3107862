import { NOT_PLAYED, providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { AskProviderEnvironment, idsIn, readEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { providerCaller } from '../../shared/runtime/provider-caller.ts';
import { ProviderQuestions } from '../../shared/runtime/provider-questions.ts';
import { standing } from '../../shared/runtime/provider-standing.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { WatchStore } from '../../shared/store/watch-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { askProviders } from './ask.ts';

const environment = readEnvironment(AskProviderEnvironment, process.env);
const { STAGE, PUBLIC_URL, PLAYED_PROVIDERS_URL, WORK_TABLE } = environment;
const now = Date.now;
const db = documentClient();

export const handler = askProviders({
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  providers: providersOf(STAGE, PUBLIC_URL, {
    switchedOn: idsIn(environment.SWITCHED_ON_PROVIDERS),
    played: PLAYED_PROVIDERS_URL,
  }),
  secrets: new SecretStore(environment.SECRET_PREFIX, now),
  caller: providerCaller({ allowLocal: PLAYED_PROVIDERS_URL !== NOT_PLAYED }),
  circuit: standing(db, environment.REGISTRY_TABLE, now).circuit,
  inbox: new MessageQueue(environment.INBOX_QUEUE_URL),
  questions: new ProviderQuestions(environment.QUESTIONS_QUEUES),
  watches: new WatchStore(db, WORK_TABLE),
  exceptions: new WorkStore(db, WORK_TABLE),
  speed: environment.ASKING_SPEED,
  now,
  log,
  count,
});
