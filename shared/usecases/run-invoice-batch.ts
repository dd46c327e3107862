import { createHash } from 'node:crypto';
import {
  type Batch,
  type BatchBook,
  type BatchCounts,
  type BatchFault,
  type BatchFiles,
  type BatchId,
  batchKey,
  MAX_BATCH_BYTES,
  MAX_BATCH_ROWS,
  type RowResult,
  readBatchKey,
  reportPartKey,
} from '../domain/batch/batch.ts';
import { MalformedBatch, type ReadRow, readRows } from '../domain/batch/read-rows.ts';
import type { Procedure } from '../domain/fees/procedure.ts';
import { invoiceId } from '../domain/invoice/number.ts';
import type { ObjectVersion } from '../domain/reconciliation/statement.ts';
import { Refusal, type WrongPlace } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Instant } from '../domain/time.ts';
import { type CreateInvoiceDependencies, createPricedInvoice, type InvoiceOrder } from './create-invoice.ts';
import { inParallel } from './in-parallel.ts';
import { createQuote, openQuote, type QuoteDependencies, type QuoteRequest } from './quote.ts';

/** Rows between two checkpoints: what a kill makes us look at again, at most. */
export const BATCH_CHUNK_ROWS = 250;
/** Rows that are worked on at once. Rows of one dossier always follow each other. */
const LANES = 8;
/** No chunk is begun with less time than this left, in milliseconds: a chunk takes some seconds. */
const CHUNK_MILLISECONDS = 60_000;

/** A row that reads: what to price and what to make of it. */
export type BatchRow = { request: QuoteRequest; order: InvoiceOrder };

export type RunBatchDependencies = CreateInvoiceDependencies &
  Omit<QuoteDependencies, 'procedure'> & {
    /** The procedure of a code by the law in force now. */
    procedureOf: (code: string) => Promise<Procedure | undefined>;
    batches: BatchBook;
    batchFiles: Pick<BatchFiles, 'open' | 'writeText'>;
    registry: Pick<RegistryReader, 'agency' | 'client'>;
    /** Reads JSON strictly; throws for anything else. */
    parseJson: (bytes: Uint8Array) => unknown;
    /** A row by the contract of single calls, or its wrong places. */
    parseRow: (value: unknown) => { row: BatchRow } | { errors: WrongPlace[] };
    /** Milliseconds until this process must have ended. */
    timeLeft: () => number;
    now: () => Instant;
  };

export type BatchRun =
  /** Time was up: come again. */
  | { kind: 'unfinished'; batch: Batch }
  | { kind: 'ended'; batch: Batch }
  /** Nothing to do: over already, or another content than the one that is being read. */
  | { kind: 'nothing'; batch: Batch };

/** Something lies where batches belong that nobody announced. Somebody must look. */
export class UnknownBatch extends Error {
  constructor(name: string) {
    super(`no batch awaits ${name}`);
    this.name = 'UnknownBatch';
  }
}

/** A file has come: its batch begins. Throws {@link UnknownBatch}. */
export async function beginBatch(
  { key, version }: { key: string; version: ObjectVersion },
  { batches, now }: Pick<RunBatchDependencies, 'batches' | 'now'>,
): Promise<BatchId> {
  const named = readBatchKey(key);
  const batch = named && (await batches.find(named.batchId));
  if (!batch || batchKey(batch) !== key) throw new UnknownBatch(key);
  // The version of the first notice stays, whatever is uploaded after.
  if (batch.state === 'AWAITING_FILE') await batches.begin(batch.batchId, version, now());
  return batch.batchId;
}

/**
 * Makes invoices of a file's rows, from where an earlier run ended, until all are done or time is up. The file is read
 * whole first: a malformed one makes no invoice at all. Then every row goes through the same use case as a single call,
 * under a key of the content and the row, so a row that is worked on twice, by a repeated run or in the same file
 * announced again, finds the invoice that it made. A chunk's results are written before the checkpoint moves past it.
 */
export async function runBatch(batchId: BatchId, dependencies: RunBatchDependencies): Promise<BatchRun> {
  let batch = await dependencies.batches.find(batchId);
  if (!batch) throw new UnknownBatch(batchId);
  if (batch.state !== 'READING') return { kind: 'nothing', batch };
  const client = await dependencies.registry.client(batch.clientId);
  if (!client?.active) return refuse(batch, 'client_inactive', 0, dependencies);
  const caller: Caller = { clientId: client.id, subject: batch.subject, client };

  if (batch.sha256 === undefined) {
    const whole = await readWhole(batch, dependencies);
    if ('fault' in whole) return refuse(batch, whole.fault, whole.line, dependencies);
    ({ batch } = await dependencies.batches.note(batchId, whole));
  }
  while (batch.state === 'READING' && batch.done < rowsOf(batch)) {
    if (dependencies.timeLeft() < CHUNK_MILLISECONDS) return { kind: 'unfinished', batch };
    const rows = await chunkOf(batch, dependencies);
    if (rows.length === 0) return refuse(batch, 'content_changed', 0, dependencies);
    const results = await workOn(rows, batch, caller, dependencies);
    const report = results.map((result) => `${JSON.stringify(result)}\n`).join('');
    await dependencies.batchFiles.writeText(reportPartKey(batchId, batch.done), 'application/x-ndjson', report);
    // Refused when another run was faster; what it found is what this one found, because rows are made once.
    ({ batch } = await dependencies.batches.advance(
      batchId,
      batch.done,
      batch.done + rows.length,
      added(batch.counts, results),
    ));
  }
  if (batch.state === 'READING') ({ batch } = await dependencies.batches.end(batchId, 'DONE', dependencies.now()));
  return { kind: 'ended', batch };
}

async function refuse(
  { batchId }: Batch,
  code: BatchFault,
  line: number,
  { batches, now }: RunBatchDependencies,
): Promise<BatchRun> {
  return { kind: 'ended', batch: (await batches.end(batchId, 'REFUSED', now(), { code, line })).batch };
}

function rowsOf({ rows, batchId }: Batch): number {
  if (rows === undefined) throw new Error(`${batchId} is read without a count of rows`);
  return rows;
}

function versionOf({ object, batchId }: Batch): ObjectVersion {
  if (!object) throw new Error(`${batchId} is read without an object`);
  return object;
}

/** Reads the file from end to end: its hash and its rows, or why it is refused. */
async function readWhole(
  batch: Batch,
  { batchFiles, parseJson }: RunBatchDependencies,
): Promise<{ sha256: string; rows: number } | { fault: BatchFault; line: number }> {
  const opened = await batchFiles.open(batchKey(batch), versionOf(batch), MAX_BATCH_BYTES);
  if (opened.kind === 'changed') return { fault: 'content_changed', line: 0 };
  if (opened.kind === 'tooLarge') return { fault: 'file_too_large', line: 0 };
  const hash = createHash('sha256');
  async function* hashed(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  let rows = 0;
  try {
    for await (const { row, line } of readRows(batch.format, hashed(opened.chunks), parseJson)) {
      if (row > MAX_BATCH_ROWS) return { fault: 'too_many_rows', line };
      rows = row;
    }
  } catch (error) {
    if (error instanceof MalformedBatch) return { fault: error.fault, line: error.line };
    throw error;
  }
  const sha256 = hash.digest('hex');
  if (batch.announcedSha256 !== undefined && batch.announcedSha256 !== sha256) return { fault: 'hash_other', line: 0 };
  return rows === 0 ? { fault: 'no_rows', line: 0 } : { sha256, rows };
}

/** The rows behind the checkpoint, as many as a chunk has. */
async function chunkOf(batch: Batch, { batchFiles, parseJson }: RunBatchDependencies): Promise<ReadRow[]> {
  const opened = await batchFiles.open(batchKey(batch), versionOf(batch), MAX_BATCH_BYTES);
  if (opened.kind !== 'open') return [];
  const rows: ReadRow[] = [];
  for await (const row of readRows(batch.format, opened.chunks, parseJson)) {
    if (row.row <= batch.done) continue;
    rows.push(row);
    if (rows.length === BATCH_CHUNK_ROWS) break;
  }
  return rows;
}

const added = (counts: BatchCounts, results: readonly RowResult[]): BatchCounts => {
  const of = (outcome: RowResult['outcome']) => results.filter((result) => result.outcome === outcome).length;
  return {
    created: counts.created + of('created'),
    existing: counts.existing + of('existing'),
    refused: counts.refused + of('refused'),
  };
};

/** Works on rows in lanes. A dossier stays in its lane, so that of two rows for one dossier the first one counts. */
async function workOn(
  rows: readonly ReadRow[],
  batch: Batch,
  caller: Caller,
  dependencies: RunBatchDependencies,
): Promise<RowResult[]> {
  const lanes: (() => Promise<void>)[][] = Array.from({ length: LANES }, () => []);
  const results = new Map<number, RowResult>();
  for (const row of rows) {
    const parsed =
      'value' in row ? dependencies.parseRow(row.value) : { errors: [{ pointer: '', message: 'unreadable' }] };
    const place = { row: row.row, line: row.line };
    if ('errors' in parsed) {
      results.set(row.row, { ...place, outcome: 'refused', code: 'malformed_request', errors: parsed.errors });
      continue;
    }
    const lane = createHash('sha256').update(parsed.row.order.dossierCode).digest()[0] ?? 0;
    lanes[lane % LANES]?.push(async () => {
      results.set(row.row, { ...place, ...(await makeInvoice(parsed.row, row.row, batch, caller, dependencies)) });
    });
  }
  await inParallel(lanes, LANES, async (lane) => {
    for (const work of lane) await work();
  });
  return rows.flatMap(({ row }) => results.get(row) ?? []);
}

type Made = Omit<RowResult, 'row' | 'line'>;

async function makeInvoice(
  { request, order }: BatchRow,
  row: number,
  batch: Batch,
  caller: Caller,
  dependencies: RunBatchDependencies,
): Promise<Made> {
  // A space cannot stand in a caller's own key, so no call of theirs has this one.
  const key = `batch ${batch.sha256} ${row}`;
  try {
    const { invoice } = await createPricedInvoice(
      {
        order,
        body: { request, order },
        price: async () => {
          const procedure = await dependencies.procedureOf(request.procedureCode);
          const { quote } = await createQuote(request, caller, { ...dependencies, procedure: () => procedure });
          return openQuote(quote, dependencies.quoteKey);
        },
      },
      caller,
      key,
      dependencies,
    );
    return {
      // A run that was killed had made it; only what stood there before the file came is not this batch's.
      outcome: invoice.createdAt >= (batch.readAt ?? 0) ? 'created' : 'existing',
      dossierCode: order.dossierCode,
      invoiceId: invoiceId(invoice.number),
      total: invoice.total,
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, detail, errors } = error;
    return {
      outcome: 'refused',
      dossierCode: order.dossierCode,
      code,
      ...(detail && { detail }),
      ...(errors.length > 0 && { errors: [...errors] }),
    };
  }
}
