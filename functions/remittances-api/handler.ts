import { providerIds } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { cursorCodec } from '../../shared/runtime/cursor.ts';
import { RemittancesApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { BeneficiaryStore } from '../../shared/store/beneficiary-store.ts';
import { BookDayStore } from '../../shared/store/book-day-store.ts';
import { FilesStore } from '../../shared/store/files-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { RemittanceStore } from '../../shared/store/remittance-store.ts';
import { remittanceRoutes } from './routes.ts';

const environment = readEnvironment(RemittancesApiEnvironment, process.env);
const db = documentClient();
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now);
const secrets = new SecretStore(environment.SECRET_PREFIX, Date.now);
const files = new FilesStore(environment.FILES_BUCKET);
const reader = new DynamoJournalReader(db, environment.JOURNAL_TABLE);
const appender = new JournalStore(db, environment.JOURNAL_TABLE);

export const handler = httpFunction(
  remittanceRoutes({
    remittances: new RemittanceStore(db, environment.WORK_TABLE),
    days: new BookDayStore(db, environment.WORK_TABLE),
    contents: files,
    runs: files,
    summaries: files,
    files,
    links: files,
    journal: {
      ofDay: (query) => reader.ofDay(query),
      followersOfDay: (query) => reader.followersOfDay(query),
      append: (entry) => appender.append(entry),
    },
    invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
    beneficiaries: new BeneficiaryStore(db, environment.REGISTRY_TABLE),
    registry,
    registeredAt: providerIds,
    audit: (tried) => {
      log.warn('own approval refused', tried);
      count('OwnApprovalRefused', { stage: environment.STAGE });
    },
    cursors: async () => cursorCodec(await secrets.need('keys/cursor')),
    now: Date.now,
  }),
  (claims) => callerOf(claims, registry),
);
