import { findProcedures, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { NOT_PLAYED, providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { catalogueInForce } from '../../shared/runtime/catalogue-in-force.ts';
import { cursorCodec } from '../../shared/runtime/cursor.ts';
import { idsIn, PortalApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { LightObjectReader } from '../../shared/runtime/light-object-reader.ts';
import { providerCaller } from '../../shared/runtime/provider-caller.ts';
import { standing } from '../../shared/runtime/provider-standing.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { BasketStore } from '../../shared/store/basket-store.ts';
import { BeneficiaryStore } from '../../shared/store/beneficiary-store.ts';
import { CatalogueStore } from '../../shared/store/catalogue-store.ts';
import { DossierStore } from '../../shared/store/dossier-store.ts';
import { DueDayStore } from '../../shared/store/due-days.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { numberKeysFrom } from '../../shared/usecases/number-keys.ts';

const environment = readEnvironment(PortalApiEnvironment, process.env);
const db = documentClient();
const now = Date.now;
const resultFiles = new LightObjectReader(environment.FILES_BUCKET);

/** Everything that the portal's calls need, wired once per process. */
export const dependencies = {
  now,
  laws: catalogueInForce(
    { procedure: procedureByCode, find: findProcedures },
    new CatalogueStore(db, environment.REGISTRY_TABLE),
    resultFiles,
    now,
  ),
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  dossiers: new DossierStore(db, environment.DOSSIERS_TABLE),
  registry: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), now),
  baskets: new BasketStore(db, environment.WORK_TABLE),
  beneficiaries: new BeneficiaryStore(db, environment.REGISTRY_TABLE),
  dueDays: new DueDayStore(db, environment.WORK_TABLE),
  providers: providersOf(environment.STAGE, environment.PUBLIC_URL, {
    switchedOn: idsIn(environment.SWITCHED_ON_PROVIDERS),
    played: environment.PLAYED_PROVIDERS_URL,
  }),
  ...standing(db, environment.REGISTRY_TABLE, now),
  caller: providerCaller({ allowLocal: environment.PLAYED_PROVIDERS_URL !== NOT_PLAYED }),
  secrets: new SecretStore(environment.SECRET_PREFIX, now),
  resultFiles,
};

/** Keys come from the secret store, remembered there for minutes; whoever needs one asks for it. */
export const keys = {
  quote: () => dependencies.secrets.need('keys/quote'),
  numbers: async () => numberKeysFrom(await dependencies.secrets.need('keys/invoice-number')),
  cursors: async () => cursorCodec(await dependencies.secrets.need('keys/cursor')),
};
