import * as api from '../../shared/api/batches.ts';
import { type Batch, batchFaultWords } from '../../shared/domain/batch/batch.ts';
import { reportCsv } from '../../shared/domain/batch/report.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { BatchApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { answering, httpFunction } from '../../shared/runtime/http.ts';
import { preferredMediaType } from '../../shared/runtime/negotiation.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { BatchStore } from '../../shared/store/batch-store.ts';
import { FilesStore } from '../../shared/store/files-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import * as batches from '../../shared/usecases/request-invoice-batch.ts';

const environment = readEnvironment(BatchApiEnvironment, process.env);
const db = documentClient();
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now);
const dependencies = {
  batches: new BatchStore(db, environment.WORK_TABLE),
  batchFiles: new FilesStore(environment.FILES_BUCKET),
  now: Date.now,
};

const instant = (at: Instant | undefined): string | null => (at === undefined ? null : formatInstant(at));

const present = ({ fault, ...batch }: Batch) => ({
  batchId: batch.batchId,
  state: batch.state,
  format: batch.format,
  fileName: batch.fileName ?? null,
  createdAt: formatInstant(batch.createdAt),
  readAt: instant(batch.readAt),
  endedAt: instant(batch.endedAt),
  sha256: batch.sha256 ?? null,
  rows: batch.rows ?? null,
  done: batch.done,
  counts: batch.counts,
  fault: fault ? { ...fault, message: batchFaultWords[fault.code] } : null,
});

/** Files of invoices: announced here, worked on by `invoice-batch`, reported here. */
export const handler = httpFunction(
  [
    answering(api.requestInvoiceBatch, async ({ body, caller, idempotencyKey }) => {
      const { batch, upload, replayed } = await batches.requestInvoiceBatch(body, caller, idempotencyKey, dependencies);
      return {
        status: 201,
        body: {
          batchId: batch.batchId,
          state: batch.state,
          uploadUrl: upload?.url ?? null,
          uploadHeaders: upload?.headers ?? {},
          expiresAt: instant(upload?.expiresAt),
        },
        replayed,
      };
    }),

    answering(api.readInvoiceBatch, async ({ params, caller }) => ({
      status: 200,
      body: present(await batches.readInvoiceBatch(params.batchId, caller, dependencies)),
    })),

    answering(api.readInvoiceBatchReport, async ({ params, query, caller, accept, language }) => {
      const { batch, results } = await batches.readBatchReport(params.batchId, caller, dependencies);
      const asked = preferredMediaType(accept, ['application/json', 'text/csv']) === 'text/csv' ? 'csv' : 'json';
      if ((query.format ?? asked) === 'csv')
        return {
          status: 200,
          body: reportCsv(results, language),
          contentType: 'text/csv; charset=utf-8',
          headers: { 'content-disposition': `attachment; filename="${batch.batchId}.csv"` },
        };
      return { status: 200, body: { batchId: batch.batchId, state: batch.state, rows: results } };
    }),
  ],
  (claims) => callerOf(claims, registry),
);
