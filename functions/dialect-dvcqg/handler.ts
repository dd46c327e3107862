import { findProcedures, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { NOT_PLAYED, providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { catalogueInForce } from '../../shared/runtime/catalogue-in-force.ts';
import { DialectDvcqgEnvironment, idsIn, readEnvironment } from '../../shared/runtime/environment.ts';
import { LightObjectReader } from '../../shared/runtime/light-object-reader.ts';
import { providerCaller } from '../../shared/runtime/provider-caller.ts';
import { standing } from '../../shared/runtime/provider-standing.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { CatalogueStore } from '../../shared/store/catalogue-store.ts';
import { DossierStore } from '../../shared/store/dossier-store.ts';
import { DueDayStore } from '../../shared/store/due-days.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { ReceiptStore } from '../../shared/store/receipt-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { numberKeysFrom } from '../../shared/usecases/number-keys.ts';
import { dialect } from './dialect.ts';

const environment = readEnvironment(DialectDvcqgEnvironment, process.env);
const db = documentClient();
const now = Date.now;
const secrets = new SecretStore(environment.SECRET_PREFIX, now);
const laws = catalogueInForce(
  { procedure: procedureByCode, find: findProcedures },
  new CatalogueStore(db, environment.REGISTRY_TABLE),
  new LightObjectReader(environment.FILES_BUCKET),
  now,
);

export const handler = dialect({
  now,
  procedureOf: async (code) => (await laws.at(now())).procedure(code),
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  dossiers: new DossierStore(db, environment.DOSSIERS_TABLE),
  registry: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), now),
  dueDays: new DueDayStore(db, environment.WORK_TABLE),
  providers: providersOf(environment.STAGE, environment.PUBLIC_URL, {
    switchedOn: idsIn(environment.SWITCHED_ON_PROVIDERS),
    played: environment.PLAYED_PROVIDERS_URL,
  }),
  ...standing(db, environment.REGISTRY_TABLE, now),
  caller: providerCaller({ allowLocal: environment.PLAYED_PROVIDERS_URL !== NOT_PLAYED }),
  secrets,
  receipts: new ReceiptStore(db, environment.RECEIPTS_TABLE),
  linkKey: () => secrets.need('keys/receipt-link'),
  publicUrl: environment.PUBLIC_URL,
  keys: {
    quote: () => secrets.need('keys/quote'),
    numbers: async () => numberKeysFrom(await secrets.need('keys/invoice-number')),
  },
});
