import * as z from 'zod';
import { TariffRow } from '../domain/fees/procedure.ts';
import { issueWords } from '../domain/issue-words.ts';
import { lazy } from '../domain/lazy.ts';
import { CsvReader, type CsvRecord, MalformedCsv } from '../domain/reconciliation/csv-reader.ts';
import { csvDocument } from '../domain/reports/csv.ts';
import type { CatalogueDocument } from './document.ts';

/**
 * The rates of a document as a table, a row a rate, for those who keep them in a spreadsheet: those that stand with their
 * fee item, then those that other files add to it, a province's resolution for instance. What a row is made of beyond the
 * columns stands as JSON in `more`, so nothing is lost on the way out and back.
 */
const COLUMNS = {
  fee_item: 'feeItem',
  place: 'place',
  channel: 'channel',
  effective_from: 'effectiveFrom',
  effective_to: 'effectiveTo',
  role: 'role',
  condition: 'condition',
  confidence: 'confidence',
  tariff: 'tariff',
  legal_basis: 'legalBasis',
  more: '',
} as const;
type Column = keyof typeof COLUMNS;
const HEADER = Object.keys(COLUMNS) as Column[];
/** Columns that hold JSON; the others hold text as it is. */
const AS_JSON: ReadonlySet<Column> = new Set(['tariff', 'legal_basis', 'more']);
/** Days that may be open: an empty cell is null there, and says nothing elsewhere. */
const AS_NULL: ReadonlySet<Column> = new Set(['effective_from', 'effective_to']);

const RawRow = lazy(() => z.record(z.string(), z.unknown()));
const RawItem = lazy(() => z.looseObject({ id: z.string(), tariffs: z.array(RawRow).default([]) }));
const RawFile = lazy(() =>
  z.looseObject({
    procedures: z.array(z.looseObject({ items: z.array(RawItem) })).optional(),
    tariffs: z.array(z.looseObject({ feeItem: z.string(), row: RawRow })).optional(),
  }),
);
type RawFile = z.infer<typeof RawFile>;
type Document = z.infer<typeof CatalogueDocument>;

/** A cell that is wrong. Rows count from 1, the header being the first. */
export type CellFault = { row: number; column: string; message: string };

const filesOf = (document: Document): RawFile[] => document.files.map((file) => RawFile.parse(file));

const itemsOf = (files: readonly RawFile[]) =>
  files.flatMap((file) => (file.procedures ?? []).flatMap(({ items }) => items));

/** Every rate, by its fee item, in the order of the document. */
function ratesOf(files: readonly RawFile[]): Map<string, Record<string, unknown>[]> {
  const rates = new Map(itemsOf(files).map(({ id, tariffs }) => [id, [...tariffs]]));
  for (const { feeItem, row } of files.flatMap((file) => file.tariffs ?? [])) rates.get(feeItem)?.push(row);
  return rates;
}

/** Every rate of the document. Throws ZodError for a document that {@link checkDocument} would refuse for its form. */
export function tariffCsv(document: Document): string {
  const rates = [...ratesOf(filesOf(document))];
  return csvDocument([HEADER, ...rates.flatMap(([feeItem, rows]) => rows.map((row) => cellsOf(feeItem, row)))]);
}

function cellsOf(feeItem: string, row: Record<string, unknown>): string[] {
  const members = new Set<string>(Object.values(COLUMNS));
  const more = Object.fromEntries(Object.entries(row).filter(([name]) => !members.has(name)));
  return HEADER.map((column) => {
    if (column === 'fee_item') return feeItem;
    if (column === 'more') return Object.keys(more).length > 0 ? JSON.stringify(more) : '';
    const value = row[COLUMNS[column]];
    if (value === undefined || value === null) return '';
    return AS_JSON.has(column) ? JSON.stringify(value) : String(value);
  });
}

/**
 * The document with the rates of a table in place of all that its fee items had; items that the table does not name, or
 * leaves as they are, keep theirs where they stand. Answers every wrong cell instead, if there is one.
 */
export function withTariffs(document: Document, csv: Uint8Array): { document: Document } | { faults: CellFault[] } {
  const read = readTable(csv);
  if ('faults' in read) return read;
  const files = filesOf(document);
  const before = ratesOf(files);
  const faults: CellFault[] = [];
  const changed = new Map<string, Record<string, unknown>[]>();
  for (const [feeItem, rows] of read.rates) {
    const rates = rows.map(({ value }) => value);
    const was = before.get(feeItem);
    if (!was) faults.push({ row: rows[0]?.row ?? 0, column: 'fee_item', message: `no fee item ${feeItem}` });
    else if (tableOf(feeItem, was) !== tableOf(feeItem, rates)) changed.set(feeItem, rates);
  }
  if (faults.length > 0) return { faults };
  for (const item of itemsOf(files)) item.tariffs = changed.get(item.id) ?? item.tariffs;
  for (const file of files)
    if (file.tariffs) file.tariffs = file.tariffs.filter(({ feeItem }) => !changed.has(feeItem));
  return { document: { terms: document.terms, files } };
}

const tableOf = (feeItem: string, rows: readonly Record<string, unknown>[]): string =>
  csvDocument(rows.map((row) => cellsOf(feeItem, row)));

/** A wrong cell as a line of a report. */
export const faultWords = ({ row, column, message }: CellFault): string =>
  `row ${row}${column && `, column ${column}`}: ${message}`;

type Rates = Map<string, { row: number; value: Record<string, unknown> }[]>;

function readTable(csv: Uint8Array): { rates: Rates } | { faults: CellFault[] } {
  const rates: Rates = new Map();
  const faults: CellFault[] = [];
  let row = 0;
  const take = (record: CsvRecord): void => {
    row += 1;
    const cells = Array.from({ length: record.count }, (_, field) => record.text(field));
    if (row === 1) {
      if (cells.join() !== HEADER.join())
        faults.push({ row, column: '', message: `the columns are ${HEADER.join(', ')}` });
      return;
    }
    if (cells.length !== HEADER.length)
      return void faults.push({ row, column: '', message: `${cells.length} cells in place of ${HEADER.length}` });
    const found = rowOf(cells, row);
    if ('faults' in found) return void faults.push(...found.faults);
    const feeItem = cells[0] ?? '';
    rates.set(feeItem, [...(rates.get(feeItem) ?? []), { row, value: found.value }]);
  };
  try {
    const reader = new CsvReader(',');
    for (const record of reader.read(csv)) take(record);
    for (const record of reader.end()) take(record);
  } catch (error) {
    if (!(error instanceof MalformedCsv)) throw error;
    faults.push({ row: row + 1, column: '', message: `no CSV: ${error.fault}` });
  }
  return faults.length > 0 ? { faults } : { rates };
}

function rowOf(cells: readonly string[], row: number): { value: Record<string, unknown> } | { faults: CellFault[] } {
  const value: Record<string, unknown> = {};
  const faults: CellFault[] = [];
  HEADER.forEach((column, at) => {
    const cell = cells[at] ?? '';
    if (column === 'fee_item') return;
    if (cell === '') {
      if (AS_NULL.has(column)) value[COLUMNS[column]] = null;
      return;
    }
    if (!AS_JSON.has(column)) {
      value[COLUMNS[column]] = cell;
      return;
    }
    try {
      const read: unknown = JSON.parse(cell);
      if (column === 'more') Object.assign(value, RawRow.parse(read));
      else value[COLUMNS[column]] = read;
    } catch {
      faults.push({ row, column, message: 'no JSON' });
    }
  });
  if (faults.length > 0) return { faults };
  const parsed = TariffRow.safeParse(value);
  if (parsed.success) return { value };
  return {
    faults: parsed.error.issues.map((issue) => ({
      row,
      column: HEADER.find((column) => COLUMNS[column] === issue.path[0]) ?? 'more',
      message: [issue.path.slice(1).join('.'), issueWords(issue)].filter(Boolean).join(': '),
    })),
  };
}
