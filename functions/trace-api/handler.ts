import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { readEnvironment, TraceApiEnvironment } from '../../shared/runtime/environment.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { LightObjectReader } from '../../shared/runtime/light-object-reader.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { ReceiptStore } from '../../shared/store/receipt-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { RemittanceStore } from '../../shared/store/remittance-store.ts';
import { TellingStore } from '../../shared/store/telling-store.ts';
import { traceRoutes } from './routes.ts';

const environment = readEnvironment(TraceApiEnvironment, process.env);
const db = documentClient();
const files = new LightObjectReader(environment.FILES_BUCKET);
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now);

export const handler = httpFunction(
  traceRoutes({
    invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
    resultFiles: files,
    receipts: new ReceiptStore(db, environment.RECEIPTS_TABLE),
    tellings: new TellingStore(db, environment.WORK_TABLE),
    registry,
    remittances: new RemittanceStore(db, environment.WORK_TABLE),
    contents: files,
    calendar: vietnamCalendar,
    now: Date.now,
  }),
  (claims) => callerOf(claims, registry),
);
