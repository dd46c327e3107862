import { documentClient } from '../../shared/runtime/aws.ts';
import { PostPaymentEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { enterNotices } from './enter.ts';

const environment = readEnvironment(PostPaymentEnvironment, process.env);

export const handler = enterNotices({
  invoices: new InvoiceStore(documentClient(), environment.INVOICES_TABLE),
  now: Date.now,
  log,
  count,
});
