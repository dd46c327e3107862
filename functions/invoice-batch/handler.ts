import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { BatchRowBody } from '../../shared/api/batches.ts';
import { findProcedures, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { BatchContinuation } from '../../shared/domain/batch/batch.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { catalogueInForce } from '../../shared/runtime/catalogue-in-force.ts';
import { InvoiceBatchEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { LightObjectReader } from '../../shared/runtime/light-object-reader.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { arrivedFiles } from '../../shared/runtime/object-notices.ts';
import { placesOf } from '../../shared/runtime/problem.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { readStrictJson } from '../../shared/runtime/strict-json.ts';
import { BatchStore } from '../../shared/store/batch-store.ts';
import { CatalogueStore } from '../../shared/store/catalogue-store.ts';
import { DossierStore } from '../../shared/store/dossier-store.ts';
import { DueDayStore } from '../../shared/store/due-days.ts';
import { FilesStore } from '../../shared/store/files-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { numberKeysFrom } from '../../shared/usecases/number-keys.ts';
import { beginBatch, type RunBatchDependencies, runBatch } from '../../shared/usecases/run-invoice-batch.ts';

const environment = readEnvironment(InvoiceBatchEnvironment, process.env);
const db = documentClient();
const secrets = new SecretStore(environment.SECRET_PREFIX, Date.now);
const queue = new MessageQueue(environment.BATCHES_QUEUE_URL);

const parseRow: RunBatchDependencies['parseRow'] = (value) => {
  const parsed = BatchRowBody.safeParse(value);
  if (!parsed.success) return { errors: placesOf(parsed.error, '') };
  const { procedureCode, channel, submittedAt, facts, ...order } = parsed.data;
  const { agencyCode, dossierCode } = order;
  const request = { procedureCode, agencyCode, dossierCode, channel, submittedAt: Date.parse(submittedAt), facts };
  return { row: { request, order } };
};

const laws = catalogueInForce(
  { procedure: procedureByCode, find: findProcedures },
  new CatalogueStore(db, environment.REGISTRY_TABLE),
  new LightObjectReader(environment.FILES_BUCKET),
  Date.now,
);

const dependencies = {
  now: Date.now,
  procedureOf: async (code: string) => (await laws.at(Date.now())).procedure(code),
  batches: new BatchStore(db, environment.WORK_TABLE),
  batchFiles: new FilesStore(environment.FILES_BUCKET),
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  dossiers: new DossierStore(db, environment.DOSSIERS_TABLE),
  registry: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now),
  dueDays: new DueDayStore(db, environment.WORK_TABLE),
  parseJson: readStrictJson,
  parseRow,
};

async function batchesIn(body: string): Promise<string[]> {
  const own = BatchContinuation.safeParse(JSON.parse(body));
  if (own.success) return [own.data.goOnWith];
  return Promise.all(arrivedFiles(body).map((object) => beginBatch(object, dependencies)));
}

/** One file after another. What fails comes again, and at last to the dead letters; no row is made twice. */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const { messageId, body } of Records) {
    try {
      const [quoteKey, numberSecret] = await Promise.all([
        secrets.need('keys/quote'),
        secrets.need('keys/invoice-number'),
      ]);
      for (const batchId of await batchesIn(body)) {
        const { kind, batch } = await runBatch(batchId, {
          ...dependencies,
          quoteKey,
          numberKeys: numberKeysFrom(numberSecret),
          timeLeft: () => context.getRemainingTimeInMillis(),
        });
        if (kind === 'unfinished') await queue.send({ goOnWith: batchId });
        const { state, rows, done, counts, fault } = batch;
        log.info('invoice batch', { outcome: kind, batchId, state, rows, done, ...counts, fault: fault?.code });
      }
    } catch (error) {
      log.warn('invoice batch not worked on', { messageId, ...describeError(error) });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}
