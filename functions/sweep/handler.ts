import { documentClient } from '../../shared/runtime/aws.ts';
import { readEnvironment, SweepEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { DueDayStore } from '../../shared/store/due-days.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { sweep } from './sweep.ts';

const environment = readEnvironment(SweepEnvironment, process.env);
const db = documentClient();

/** Every hour. */
export const handler = sweep({
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  registry: new RegistryStore(db, environment.REGISTRY_TABLE),
  dueDays: new DueDayStore(db, environment.WORK_TABLE),
  now: Date.now,
  log,
});
