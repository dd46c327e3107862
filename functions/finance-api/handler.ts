import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { deliveries } from '../../shared/catalogue/deliveries.ts';
import { columnMaps } from '../../shared/domain/reconciliation/column-maps.ts';
import { deliveryRules } from '../../shared/domain/reconciliation/deliveries.ts';
import { mapSwitch } from '../../shared/domain/reconciliation/switched-maps.ts';
import { providerCutOffs, providerIds } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { cursorCodec } from '../../shared/runtime/cursor.ts';
import { FinanceApiEnvironment, idsIn, readEnvironment } from '../../shared/runtime/environment.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { LightObjectReader } from '../../shared/runtime/light-object-reader.ts';
import { log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { BalanceStore } from '../../shared/store/balance-store.ts';
import { BookDayStore } from '../../shared/store/book-day-store.ts';
import { DecisionStore } from '../../shared/store/decision-store.ts';
import { FilesStore } from '../../shared/store/files-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { ledgerRoutes } from './ledger-routes.ts';
import { financeRoutes } from './routes.ts';

const environment = readEnvironment(FinanceApiEnvironment, process.env);
const db = documentClient();
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now);
const secrets = new SecretStore(environment.SECRET_PREFIX, Date.now);
const work = new WorkStore(db, environment.WORK_TABLE);
const journal = new DynamoJournalReader(db, environment.JOURNAL_TABLE);
const cursors = async () => cursorCodec(await secrets.need('keys/cursor'));
const files = new FilesStore(environment.FILES_BUCKET);

export const handler = httpFunction(
  [
    ...financeRoutes({
      statements: work,
      exceptions: work,
      fileLog: work,
      registeredAt: providerIds,
      desk: work,
      isOn: mapSwitch(idsIn(environment.SWITCHED_ON_MAPS)),
      rematching: new MessageQueue(environment.RECONCILE_QUEUE_URL),
      days: new BookDayStore(db, environment.WORK_TABLE),
      decisions: new DecisionStore(db, environment.WORK_TABLE),
      runs: files,
      invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
      resultFiles: new LightObjectReader(environment.FILES_BUCKET),
      calendar: vietnamCalendar,
      rules: deliveryRules(deliveries, providerCutOffs),
      corrections: new JournalStore(db, environment.JOURNAL_TABLE),
      audit: (tried) => {
        log.warn('own approval refused', tried);
        count('OwnApprovalRefused', { stage: environment.STAGE });
      },
      files,
      summaries: files,
      registry,
      journal,
      providerIds: [...new Set(columnMaps.map((map) => map.providerId))],
      // No real money moves in the sandbox, so its day need not be over.
      admitsOpenDay: environment.STAGE === 'sandbox',
      cursors,
      now: Date.now,
    }),
    ...ledgerRoutes({
      journal,
      registry,
      cursors,
      balances: new BalanceStore(environment.FILES_BUCKET),
      first: environment.LEDGER_BEGINS,
      now: Date.now,
    }),
  ],
  (claims) => callerOf(claims, registry),
);
