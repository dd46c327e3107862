import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { ObjectVersion } from '../reconciliation/statement.ts';
import { Sha256 } from '../reconciliation/statement-id.ts';
import type { Instant } from '../time.ts';

/** Many invoices from one file: from the upload link to the report, row by row. */

/** Most rows of one file. */
export const MAX_BATCH_ROWS = 10_000;
/** Largest file, in bytes: rows of about 2 kB. */
export const MAX_BATCH_BYTES = 20 * 1024 * 1024;

export const BatchId = lazy(() => z.string().regex(/^bat_[0-9a-f]{24}$/));
export type BatchId = z.infer<typeof BatchId>;

/** What the batches' reader tells itself when its time is up. */
export const BatchContinuation = lazy(() => z.strictObject({ goOnWith: BatchId }));

export const BatchFormat = lazy(() => z.enum(['csv', 'ndjson']));
export type BatchFormat = z.infer<typeof BatchFormat>;

export const BatchState = lazy(() => z.enum(['AWAITING_FILE', 'READING', 'REFUSED', 'DONE']));
export type BatchState = z.infer<typeof BatchState>;

/** Why a file was refused whole, before its first row was looked at. */
export const BatchFault = lazy(() =>
  z.enum([
    'content_changed',
    'file_too_large',
    'too_many_rows',
    'no_rows',
    'hash_other',
    'header_wrong',
    'malformed_csv',
    'line_too_long',
    'client_inactive',
  ]),
);
export type BatchFault = z.infer<typeof BatchFault>;

export const batchFaultWords: Readonly<Record<BatchFault, { vi: string; en: string }>> = {
  content_changed: { vi: 'Nội dung tệp đã bị thay', en: 'The file was replaced' },
  file_too_large: { vi: 'Tệp lớn hơn 20 MiB', en: 'The file is larger than 20 MiB' },
  too_many_rows: { vi: 'Tệp có hơn 10.000 dòng', en: 'The file has more than 10,000 rows' },
  no_rows: { vi: 'Tệp không có dòng nào', en: 'The file has no rows' },
  hash_other: { vi: 'Nội dung khác với SHA-256 đã báo', en: 'The content is not what its announced SHA-256 says' },
  header_wrong: {
    vi: 'Dòng tiêu đề thiếu cột, lặp cột hoặc có cột lạ',
    en: 'The header lacks, repeats or invents a column',
  },
  malformed_csv: { vi: 'Từ dòng này tệp không còn là CSV UTF-8', en: 'From this line on it is no CSV in UTF-8' },
  line_too_long: { vi: 'Dòng dài hơn 16 KiB', en: 'The line is longer than 16 KiB' },
  client_inactive: { vi: 'Ứng dụng khách đã bị ngừng', en: 'The client is switched off' },
};

/** What rows came to so far. Together they are the rows that are done. */
export const BatchCounts = lazy(() =>
  z.object({
    created: z.int().min(0),
    existing: z.int().min(0),
    refused: z.int().min(0),
  }),
);
export type BatchCounts = z.infer<typeof BatchCounts>;

export const NO_COUNTS: BatchCounts = { created: 0, existing: 0, refused: 0 };

export const Batch = lazy(() =>
  z.object({
    batchId: BatchId,
    state: BatchState,
    format: BatchFormat,
    fileName: z.string().max(200).optional(),
    announcedSha256: Sha256.optional(),
    /** Whose invoices they become: the rights of this client count, when the rows are worked on. */
    clientId: z.string(),
    subject: z.string(),
    bodyHash: Sha256,
    createdAt: z.int(),
    /** When its reading began: an invoice made before that was there already. */
    readAt: z.int().optional(),
    object: ObjectVersion.optional(),
    sha256: Sha256.optional(),
    rows: z.int().min(1).max(MAX_BATCH_ROWS).optional(),
    /** Rows from the first on that are worked on and reported. A later run goes on behind them. */
    done: z.int().min(0),
    counts: BatchCounts,
    fault: z.object({ code: BatchFault, line: z.int().min(0) }).optional(),
    endedAt: z.int().optional(),
  }),
);
export type Batch = z.infer<typeof Batch>;

/** What one row came to. `row` counts from 1, `line` is where it begins in the file. */
export const RowResult = lazy(() =>
  z.object({
    row: z.int().min(1),
    line: z.int().min(1),
    outcome: z.enum(['created', 'existing', 'refused']),
    dossierCode: z.string().optional(),
    invoiceId: z.string().optional(),
    /** In dong. */
    total: z.int().optional(),
    /** Of the problem that a single call would have been answered with. */
    code: z.string().optional(),
    detail: z.object({ vi: z.string(), en: z.string() }).optional(),
    errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
  }),
);
export type RowResult = z.infer<typeof RowResult>;

/** Prefix under which the bucket tells of new files. They hold names, so they are kept for weeks only. */
export const BATCH_PREFIX = 'batches/';
/** Prefix of the reports, which hold none. */
export const BATCH_REPORT_PREFIX = 'batch-reports/';

export const batchKey = ({ batchId, format }: Pick<Batch, 'batchId' | 'format'>): string =>
  `${BATCH_PREFIX}${batchId}.${format}`;

/** Reads {@link batchKey} back; undefined for any other key. */
export function readBatchKey(key: string): { batchId: BatchId; format: BatchFormat } | undefined {
  const parts = /^batches\/(bat_[0-9a-f]{24})\.(csv|ndjson)$/.exec(key);
  return parts ? { batchId: parts[1] as BatchId, format: parts[2] as BatchFormat } : undefined;
}

/** A part of the report: the rows behind `after`, as lines of JSON. Written over with the same rows if a run is repeated. */
export const reportPartKey = (batchId: BatchId, after: number): string =>
  `${BATCH_REPORT_PREFIX}${batchId}/${String(after).padStart(5, '0')}.ndjson`;

export type BatchMove = { kind: 'moved' | 'refused'; batch: Batch };

/** Port: batches. Every write is conditional on what its decision used; a refused one answers what stands there. */
export interface BatchBook {
  create(batch: Batch): Promise<Batch>;
  find(batchId: BatchId): Promise<Batch | undefined>;
  /** A file has come: AWAITING_FILE → READING, once. */
  begin(batchId: BatchId, object: ObjectVersion, readAt: Instant): Promise<BatchMove>;
  /** What the whole file is, found before its first row is worked on. While READING. */
  note(batchId: BatchId, found: { sha256: string; rows: number }): Promise<BatchMove>;
  /** Rows behind `from` up to `to` are worked on and reported. Refused if another run got further. */
  advance(batchId: BatchId, from: number, to: number, counts: BatchCounts): Promise<BatchMove>;
  end(batchId: BatchId, state: 'REFUSED' | 'DONE', endedAt: Instant, fault?: Batch['fault']): Promise<BatchMove>;
}

/** Port: files of batches and their reports. */
export interface BatchFiles {
  uploadLink(
    key: string,
    validMilliseconds: number,
    now: Instant,
  ): Promise<{ url: string; headers: Record<string, string> }>;
  open(
    key: string,
    version: ObjectVersion,
    most: number,
  ): Promise<
    { kind: 'open'; chunks: AsyncIterable<Uint8Array> } | { kind: 'changed' } | { kind: 'tooLarge'; size: number }
  >;
  writeText(key: string, contentType: string, text: string): Promise<void>;
  readText(key: string): Promise<string | undefined>;
}
