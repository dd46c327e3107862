import { NOT_PLAYED, providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { idsIn, readEnvironment, SendRefundEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { providerCaller } from '../../shared/runtime/provider-caller.ts';
import { standing } from '../../shared/runtime/provider-standing.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { sendRefunds } from './send.ts';

const environment = readEnvironment(SendRefundEnvironment, process.env);
const { STAGE, PUBLIC_URL, PLAYED_PROVIDERS_URL } = environment;
const now = Date.now;
const db = documentClient();

export const handler = sendRefunds({
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  providers: providersOf(STAGE, PUBLIC_URL, {
    switchedOn: idsIn(environment.SWITCHED_ON_PROVIDERS),
    played: PLAYED_PROVIDERS_URL,
  }),
  secrets: new SecretStore(environment.SECRET_PREFIX, now),
  caller: providerCaller({ allowLocal: PLAYED_PROVIDERS_URL !== NOT_PLAYED }),
  circuit: standing(db, environment.REGISTRY_TABLE, now).circuit,
  refunds: new MessageQueue(environment.REFUNDS_QUEUE_URL),
  speed: environment.ASKING_SPEED,
  now,
  log,
  count,
});
