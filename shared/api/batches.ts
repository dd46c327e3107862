import * as z from 'zod';
import { BatchCounts, BatchFault, BatchFormat, BatchId, BatchState, MAX_BATCH_ROWS } from '../domain/batch/batch.ts';
import { lazy } from '../domain/lazy.ts';
import { Sha256 } from '../domain/reconciliation/statement-id.ts';
import { Bilingual, InstantText, writtenText } from './common.ts';
import { endpoint } from './endpoint.ts';
import { createInvoice, createQuote } from './portal.ts';

/** Many invoices from one file. */

const MAX_FILE_NAME = 200;

/** A row of a file: what `POST /v1/quotes` and `POST /v1/invoices` take, in one. */
export const BatchRowBody = lazy(() =>
  z.strictObject({
    ...createQuote.body.omit({ dossierCode: true }).shape,
    ...createInvoice.body.omit({ quote: true, replaces: true }).shape,
  }),
);

/** The link is null once the file has come. It takes one PUT, with exactly these headers. */
const BatchUpload = lazy(() =>
  z.strictObject({
    batchId: BatchId,
    state: BatchState,
    uploadUrl: z.string().nullable(),
    uploadHeaders: z.record(z.string(), z.string()),
    expiresAt: InstantText.nullable(),
  }),
);

export const requestInvoiceBatch = endpoint({
  method: 'POST',
  path: '/v1/invoice-batches',
  summary: 'Announce a file of up to 10,000 invoices, CSV or a JSON object a line; answers where to upload it',
  scope: 'invoices:write',
  body: lazy(() =>
    z.strictObject({
      format: BatchFormat,
      fileName: writtenText(MAX_FILE_NAME).optional(),
      /** If given, another content is refused. */
      sha256: Sha256.optional(),
    }),
  ),
  idempotent: true,
  answers: { 201: BatchUpload },
});

const BatchBody = lazy(() =>
  z.strictObject({
    batchId: BatchId,
    state: BatchState,
    format: BatchFormat,
    fileName: z.string().nullable(),
    createdAt: InstantText,
    readAt: InstantText.nullable(),
    endedAt: InstantText.nullable(),
    sha256: Sha256.nullable(),
    /** Rows of the file, and how many of them are worked on. */
    rows: z.int().min(0).max(MAX_BATCH_ROWS).nullable(),
    done: z.int().min(0),
    counts: z.strictObject(BatchCounts.shape),
    /** Why the file was refused whole. */
    fault: z.strictObject({ line: z.int().min(0), code: BatchFault, message: Bilingual }).nullable(),
  }),
);

const BatchParams = lazy(() =>
  z.strictObject({ batchId: BatchId.meta({ examples: ['bat_5f0c2a91d4e87b3610c9a2f4'] }) }),
);

export const readInvoiceBatch = endpoint({
  method: 'GET',
  path: '/v1/invoice-batches/{batchId}',
  summary: 'Read how far a file of invoices has come',
  scope: 'invoices:read',
  params: BatchParams,
  answers: { 200: BatchBody },
});

const RowBody = lazy(() =>
  z.strictObject({
    row: z.int(),
    /** Line of the file on which the row begins. */
    line: z.int(),
    outcome: z.enum(['created', 'existing', 'refused']),
    dossierCode: z.string().optional(),
    invoiceId: z.string().optional(),
    total: z.int().optional(),
    /** The problem that a single call would have been answered with. */
    code: z.string().optional(),
    detail: Bilingual.optional(),
    errors: z.array(z.strictObject({ pointer: z.string(), message: z.string() })).optional(),
  }),
);

export const readInvoiceBatchReport = endpoint({
  method: 'GET',
  path: '/v1/invoice-batches/{batchId}/report',
  summary: 'What each row came to so far, in the order of the file. As text/csv with format=csv or Accept: text/csv',
  scope: 'invoices:read',
  params: BatchParams,
  query: lazy(() => z.strictObject({ format: z.enum(['json', 'csv']).optional() })),
  answers: { 200: lazy(() => z.strictObject({ batchId: BatchId, state: BatchState, rows: z.array(RowBody) })) },
  alsoAs: ['text/csv'],
});

export const batchApi = [requestInvoiceBatch, readInvoiceBatch, readInvoiceBatchReport] as const;
