import { providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { readEnvironment, SweepEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { DueDayStore } from '../../shared/store/due-days.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { WatchStore } from '../../shared/store/watch-store.ts';
import { daysToSweep, expireInvoices } from '../../shared/usecases/expire-invoices.ts';
import { takeUpSilent } from '../../shared/usecases/take-up-silent.ts';

const environment = readEnvironment(SweepEnvironment, process.env);
const db = documentClient();
const dependencies = {
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  registry: new RegistryStore(db, environment.REGISTRY_TABLE),
  dueDays: new DueDayStore(db, environment.WORK_TABLE),
  now: Date.now,
};

const silent = {
  watches: new WatchStore(db, environment.WORK_TABLE),
  questions: new MessageQueue(environment.QUESTIONS_QUEUE_URL),
  now: Date.now,
};
const providerIds = [...providersOf(environment.STAGE, '').keys()];

/** Every hour: has silent payments asked about, writes down what has expired. Safe to run at any time and any number of times. */
export async function handler(): Promise<{ expired: number; takenUp: number }> {
  const { takenUp } = await takeUpSilent(providerIds, silent);
  let expired = 0;
  for (const day of daysToSweep(dependencies.now())) expired += (await expireInvoices(day, dependencies)).expired;
  log.info('swept', { expired, takenUp });
  return { expired, takenUp };
}
