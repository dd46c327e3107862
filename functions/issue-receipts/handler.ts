import { randomBytes } from 'node:crypto';
import { KmsKey } from '../../shared/aws/kms.ts';
import { findProcedures, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { providerNames } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { catalogueInForce } from '../../shared/runtime/catalogue-in-force.ts';
import { IssueReceiptsEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { LightObjectReader } from '../../shared/runtime/light-object-reader.ts';
import { log } from '../../shared/runtime/log.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { CatalogueStore } from '../../shared/store/catalogue-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { ReceiptStore } from '../../shared/store/receipt-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { issueOrders } from './issue.ts';

const environment = readEnvironment(IssueReceiptsEnvironment, process.env);
const db = documentClient();
const now = Date.now;
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), now);
const laws = catalogueInForce(
  { procedure: procedureByCode, find: findProcedures },
  new CatalogueStore(db, environment.REGISTRY_TABLE),
  new LightObjectReader(environment.FILES_BUCKET),
  now,
);

/** A check code has 128 random bits. */
const SECRET_BYTES = 16;

export const handler = issueOrders({
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  registry,
  directory: registry,
  deliveries: new MessageQueue(environment.DELIVERIES_QUEUE_URL),
  receipts: new ReceiptStore(db, environment.RECEIPTS_TABLE),
  signer: new KmsKey(environment.RECEIPT_SIGNER_ID),
  feeName: async ({ procedureCode, createdAt }, feeItem) => {
    const procedure = await (await laws.at(createdAt)).procedure(procedureCode);
    return procedure?.items.find(({ id }) => id === feeItem)?.name.vi;
  },
  providerName: (provider) => providerNames.get(provider),
  secret: () => randomBytes(SECRET_BYTES).toString('base64url'),
  now,
  log,
});
