import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { ReceiptsApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { ReceiptStore } from '../../shared/store/receipt-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { receiptRoutes } from './routes.ts';

const environment = readEnvironment(ReceiptsApiEnvironment, process.env);
const db = documentClient();
const secrets = new SecretStore(environment.SECRET_PREFIX, Date.now);
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now);

export const handler = httpFunction(
  receiptRoutes({
    invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
    receipts: new ReceiptStore(db, environment.RECEIPTS_TABLE),
    receiptOrders: new MessageQueue(environment.RECEIPTS_QUEUE_URL),
    audit: (tried) => {
      log.warn('own approval refused', tried);
      count('OwnApprovalRefused', { stage: environment.STAGE });
    },
    now: Date.now,
    registry,
    publicUrl: environment.PUBLIC_URL,
    linkKey: () => secrets.need('keys/receipt-link'),
  }),
  (claims) => callerOf(claims, registry),
);
