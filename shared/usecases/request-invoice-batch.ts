import {
  type Batch,
  type BatchBook,
  type BatchFiles,
  type BatchFormat,
  type BatchId,
  batchKey,
  NO_COUNTS,
  RowResult,
  reportPartKey,
} from '../domain/batch/batch.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { keyReused, notFound } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Instant } from '../domain/time.ts';
import { sha256 } from './hashing.ts';
import { BATCH_CHUNK_ROWS } from './run-invoice-batch.ts';

/** How long an upload link works. */
export const BATCH_LINK_MILLISECONDS = 15 * 60_000;

const ID_DIGITS = 24;

export type RequestInvoiceBatch = {
  format: BatchFormat;
  fileName?: string | undefined;
  sha256?: string | undefined;
};

export type BatchDependencies = {
  batches: Pick<BatchBook, 'create' | 'find'>;
  batchFiles: Pick<BatchFiles, 'uploadLink' | 'readText'>;
  now: () => Instant;
};

export type BatchUpload = { url: string; headers: Record<string, string>; expiresAt: Instant };

/**
 * Announces a file of invoices and says where to put it. The id is derived from caller and key, so the item itself is the
 * record of the call; a repeat gets a fresh link while the file is still awaited. Refusals: idempotency_key_reused.
 */
export async function requestInvoiceBatch(
  command: RequestInvoiceBatch,
  caller: Caller,
  idempotencyKey: string,
  { batches, batchFiles, now }: BatchDependencies,
): Promise<{ batch: Batch; upload: BatchUpload | undefined; replayed: boolean }> {
  const batchId = batchIdFor(caller.clientId, idempotencyKey);
  const bodyHash = sha256(canonicalJson(command));
  const earlier = await batches.find(batchId);
  const batch =
    earlier ??
    (await batches.create({
      batchId,
      state: 'AWAITING_FILE',
      format: command.format,
      ...(command.fileName !== undefined && { fileName: command.fileName }),
      ...(command.sha256 !== undefined && { announcedSha256: command.sha256 }),
      clientId: caller.clientId,
      subject: caller.subject,
      bodyHash,
      createdAt: now(),
      done: 0,
      counts: NO_COUNTS,
    }));
  if (batch.bodyHash !== bodyHash || batch.clientId !== caller.clientId) throw keyReused();
  return { batch, upload: await uploadOf(batch, batchFiles, now()), replayed: earlier !== undefined };
}

const batchIdFor = (clientId: string, idempotencyKey: string): BatchId =>
  `bat_${sha256(JSON.stringify(['batch', clientId, idempotencyKey])).slice(0, ID_DIGITS)}`;

async function uploadOf(
  batch: Batch,
  files: Pick<BatchFiles, 'uploadLink'>,
  at: Instant,
): Promise<BatchUpload | undefined> {
  if (batch.state !== 'AWAITING_FILE') return undefined;
  const link = await files.uploadLink(batchKey(batch), BATCH_LINK_MILLISECONDS, at);
  return { ...link, expiresAt: at + BATCH_LINK_MILLISECONDS };
}

/** A batch of the caller's own. Refusals: not_found, also for another client's. */
export async function readInvoiceBatch(
  batchId: BatchId,
  caller: Caller,
  { batches }: Pick<BatchDependencies, 'batches'>,
): Promise<Batch> {
  const batch = await batches.find(batchId);
  if (!batch || batch.clientId !== caller.clientId) throw notFound();
  return batch;
}

/** What each row came to so far, in the order of the file. Refusals: not_found. */
export async function readBatchReport(
  batchId: BatchId,
  caller: Caller,
  dependencies: BatchDependencies,
): Promise<{ batch: Batch; results: RowResult[] }> {
  const batch = await readInvoiceBatch(batchId, caller, dependencies);
  const results: RowResult[] = [];
  while (results.length < batch.done) {
    const text = await dependencies.batchFiles.readText(reportPartKey(batchId, results.length));
    const part = (text ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => RowResult.parse(JSON.parse(line)));
    if (part.length === 0 || part.length > BATCH_CHUNK_ROWS)
      throw new Error(`${batchId} has no report of row ${results.length + 1}`);
    results.push(...part);
  }
  return { batch, results };
}
