import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { deliveries } from '../../shared/catalogue/deliveries.ts';
import { RematchOrder } from '../../shared/domain/reconciliation/book-day.ts';
import { deliveryRules } from '../../shared/domain/reconciliation/deliveries.ts';
import { providerCutOffs, providerIds } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { ReconcileEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { arrivedFiles } from '../../shared/runtime/object-notices.ts';
import { BookDayStore } from '../../shared/store/book-day-store.ts';
import { DecisionStore } from '../../shared/store/decision-store.ts';
import { DeliveryStore } from '../../shared/store/delivery-store.ts';
import { FilesStore } from '../../shared/store/files-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { RemittanceStore } from '../../shared/store/remittance-store.ts';
import { SpilledTexts } from '../../shared/store/spilled-texts.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { matchAccount } from '../../shared/usecases/match-account.ts';
import { takeInFile } from '../../shared/usecases/take-in-file.ts';

const environment = readEnvironment(ReconcileEnvironment, process.env);
const db = documentClient();
const work = new WorkStore(db, environment.WORK_TABLE);
const files = new FilesStore(environment.FILES_BUCKET);
const dependencies = {
  statements: work,
  exceptions: work,
  files,
  results: files,
  summaries: files,
  lines: files,
  texts: () => new SpilledTexts(),
  runs: files,
  days: new BookDayStore(db, environment.WORK_TABLE),
  decisions: new DecisionStore(db, environment.WORK_TABLE),
  deliveries: new DeliveryStore(db, environment.WORK_TABLE),
  remittances: new RemittanceStore(db, environment.WORK_TABLE),
  registry: new RegistryStore(db, environment.REGISTRY_TABLE),
  registeredAt: providerIds,
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  journal: new DynamoJournalReader(db, environment.JOURNAL_TABLE),
  calendar: vietnamCalendar,
  rules: deliveryRules(deliveries, providerCutOffs),
  now: Date.now,
};

/** Files that came into the bucket, or an account that is to be matched anew. */
async function carryOut(body: string): Promise<void> {
  const order = RematchOrder.safeParse(JSON.parse(body)).data;
  if (order) {
    const runs = await matchAccount(order.rematch, order.from, dependencies);
    log.info('account matched anew', { ...order, runs: runs.length });
    return;
  }
  for (const file of arrivedFiles(body)) {
    const { kind, statement } = await takeInFile(file, dependencies);
    const { statementId, state, totals, faults } = statement;
    log.info('file taken in', { outcome: kind, statementId, state, totals, faults: faults?.length });
  }
}

/** One file after another: each may need most of the memory. What fails comes again, and at last to the dead letters. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const { messageId, body } of Records) {
    try {
      await carryOut(body);
    } catch (error) {
      log.warn('not reconciled', { messageId, ...describeError(error) });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}
