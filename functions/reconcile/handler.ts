import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { documentClient } from '../../shared/runtime/aws.ts';
import { ReconcileEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { arrivedFiles } from '../../shared/runtime/object-notices.ts';
import { FilesStore } from '../../shared/store/files-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { reconcileSettlementFile } from '../../shared/usecases/reconcile-settlement-file.ts';

const environment = readEnvironment(ReconcileEnvironment, process.env);
const db = documentClient();
const work = new WorkStore(db, environment.WORK_TABLE);
const files = new FilesStore(environment.FILES_BUCKET);
const dependencies = {
  statements: work,
  exceptions: work,
  files,
  results: files,
  registry: new RegistryStore(db, environment.REGISTRY_TABLE),
  journal: new DynamoJournalReader(db, environment.JOURNAL_TABLE),
  now: Date.now,
};

/** One file after another: each may need most of the memory. What fails comes again, and at last to the dead letters. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const { messageId, body } of Records) {
    try {
      for (const file of arrivedFiles(body)) {
        const { kind, statement } = await reconcileSettlementFile(file, dependencies);
        const { statementId, state, totals, faults } = statement;
        log.info('settlement file', { outcome: kind, statementId, state, totals, faults: faults?.length });
      }
    } catch (error) {
      log.warn('settlement file not taken in', { messageId, ...describeError(error) });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}
