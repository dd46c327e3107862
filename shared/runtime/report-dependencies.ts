import type { DynamoDBDocumentClient } from '../aws/dynamodb.ts';
import { vietnamCalendar } from '../catalogue/calendar.ts';
import { deliveries } from '../catalogue/deliveries.ts';
import { columnMaps } from '../domain/reconciliation/column-maps.ts';
import { deliveryRules } from '../domain/reconciliation/deliveries.ts';
import { providerCutOffs, providerIds } from '../providers/index.ts';
import { AuditStore } from '../store/audit-store.ts';
import { BalanceStore } from '../store/balance-store.ts';
import { BeneficiaryStore } from '../store/beneficiary-store.ts';
import { BookDayStore } from '../store/book-day-store.ts';
import { DeliveryStore } from '../store/delivery-store.ts';
import { FilesStore } from '../store/files-store.ts';
import { InvoiceStore } from '../store/invoice-store.ts';
import { DynamoJournalReader } from '../store/journal-reader.ts';
import { RegistryStore } from '../store/registry-store.ts';
import { RemittanceStore } from '../store/remittance-store.ts';
import { WorkStore } from '../store/work-store.ts';
import type { MakeReportEnvironment } from './environment.ts';
import { feeProcedures } from './fee-procedures.ts';
import { recordId } from './logbook.ts';
import { cachedRegistry } from './registry-cache.ts';

/** What reports are made from, as both functions that make them have it. */
export const reportDependencies = (db: DynamoDBDocumentClient, environment: MakeReportEnvironment) => ({
  journal: new DynamoJournalReader(db, environment.JOURNAL_TABLE),
  balances: new BalanceStore(environment.FILES_BUCKET),
  exceptions: new WorkStore(db, environment.WORK_TABLE),
  fileLog: new WorkStore(db, environment.WORK_TABLE),
  acts: new AuditStore(db, environment.AUDIT_TABLE, recordId),
  registeredAt: providerIds,
  summaries: new FilesStore(environment.FILES_BUCKET),
  runs: new FilesStore(environment.FILES_BUCKET),
  days: new BookDayStore(db, environment.WORK_TABLE),
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  beneficiaries: new BeneficiaryStore(db, environment.REGISTRY_TABLE),
  remittances: new RemittanceStore(db, environment.WORK_TABLE),
  registry: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now),
  deliveries: new DeliveryStore(db, environment.WORK_TABLE),
  rules: deliveryRules(deliveries, providerCutOffs),
  calendar: vietnamCalendar,
  statements: new WorkStore(db, environment.WORK_TABLE),
  withFiles: new Set(columnMaps.map(({ providerId }) => providerId)),
  providerIds: [...new Set(columnMaps.map((map) => map.providerId))],
  first: environment.LEDGER_BEGINS,
  feeProcedures,
});
