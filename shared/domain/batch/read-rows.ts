import { CsvReader, type CsvRecord, MalformedCsv } from '../reconciliation/csv-reader.ts';
import type { BatchFault, BatchFormat } from './batch.ts';

/** One row: what it says, as the API's own body would, or that it cannot be read. */
export type ReadRow = { row: number; line: number } & ({ value: unknown } | { unreadable: true });

/** The file is refused whole from this line on. */
export class MalformedBatch extends Error {
  readonly fault: BatchFault;
  readonly line: number;
  constructor(fault: BatchFault, line: number) {
    super(`malformed batch at line ${line}: ${fault}`);
    this.name = 'MalformedBatch';
    this.fault = fault;
    this.line = line;
  }
}

/** Longest line of JSON, in bytes. */
const MAX_LINE_BYTES = 16 * 1024;
const LF = 0x0a;

/** Columns that every CSV has. The others may be left out; none may be invented. */
const REQUIRED = ['procedureCode', 'agencyCode', 'dossierCode', 'channel', 'submittedAt', 'payer.name'] as const;
const OPTIONAL = [
  ...['payer', 'owner', 'debtor'].flatMap((party) => [`${party}.name`, `${party}.idNumber`, `${party}.taxCode`]),
  'notice.number',
  'notice.date',
  'notice.obligationId',
  'dueAt',
  'additional',
  'facts',
] as const;
const KNOWN: ReadonlySet<string> = new Set([...REQUIRED, ...OPTIONAL]);
/** Any fact that the procedure's tariff reads: `facts.quantity`. */
const FACT = /^facts\.[a-zA-Z][a-zA-Z0-9]{0,31}$/;
const isColumn = (name: string): boolean => KNOWN.has(name) || FACT.test(name);

/**
 * Reads rows from chunks as they arrive; memory is bounded by the longest row. `parseJson` reads a line or a cell of
 * JSON, and throws for anything else. Throws {@link MalformedBatch}.
 */
export async function* readRows(
  format: BatchFormat,
  chunks: AsyncIterable<Uint8Array>,
  parseJson: (bytes: Uint8Array) => unknown,
): AsyncGenerator<ReadRow, void, undefined> {
  if (format === 'csv') yield* csvRows(chunks, parseJson);
  else yield* jsonRows(chunks, parseJson);
}

async function* csvRows(
  chunks: AsyncIterable<Uint8Array>,
  parseJson: (bytes: Uint8Array) => unknown,
): AsyncGenerator<ReadRow, void, undefined> {
  const reader = new CsvReader(',');
  let header: readonly string[] | undefined;
  let row = 0;
  const rowsIn = function* (records: Iterable<CsvRecord>): Generator<ReadRow, void, undefined> {
    for (const record of records) {
      const cells = Array.from({ length: record.count }, (_, field) => record.text(field));
      if (!header) {
        if (!isHeader(cells)) throw new MalformedBatch('header_wrong', record.line);
        header = cells;
        continue;
      }
      // An empty line at the end is none.
      if (cells.length === 1 && cells[0] === '') continue;
      row += 1;
      const place = { row, line: record.line };
      const value = cells.length === header.length ? rowValue(header, cells, parseJson) : undefined;
      yield value ? { ...place, value } : { ...place, unreadable: true };
    }
  };
  try {
    for await (const chunk of chunks) yield* rowsIn(reader.read(chunk));
    yield* rowsIn(reader.end());
  } catch (error) {
    if (error instanceof MalformedCsv) throw new MalformedBatch('malformed_csv', error.line);
    throw error;
  }
}

function isHeader(cells: readonly string[]): boolean {
  return (
    new Set(cells).size === cells.length && cells.every(isColumn) && REQUIRED.every((column) => cells.includes(column))
  );
}

/** An empty cell says nothing. A fact in digits is a number, `true` and `false` are what they say, the rest is text. */
function rowValue(
  header: readonly string[],
  cells: readonly string[],
  parseJson: (bytes: Uint8Array) => unknown,
): Record<string, unknown> | undefined {
  const value: Record<string, unknown> = {};
  const facts: Record<string, unknown> = {};
  for (const [index, column] of header.entries()) {
    const cell = cells[index] ?? '';
    if (cell === '') continue;
    const [first = '', second] = column.split('.');
    if (column === 'facts') {
      try {
        Object.assign(facts, parseJson(new TextEncoder().encode(cell)));
      } catch {
        return undefined;
      }
    } else if (first === 'facts' && second !== undefined) facts[second] = scalar(cell);
    else if (column === 'additional') value[column] = scalar(cell);
    else if (second === undefined) value[column] = cell;
    else {
      const party = (value[first] ?? {}) as Record<string, unknown>;
      party[second] = cell;
      value[first] = party;
    }
  }
  return Object.keys(facts).length > 0 ? { ...value, facts } : value;
}

function scalar(cell: string): unknown {
  if (/^(?:0|[1-9][0-9]{0,14})$/.test(cell)) return Number(cell);
  return cell === 'true' ? true : cell === 'false' ? false : cell;
}

async function* jsonRows(
  chunks: AsyncIterable<Uint8Array>,
  parseJson: (bytes: Uint8Array) => unknown,
): AsyncGenerator<ReadRow, void, undefined> {
  let rest = new Uint8Array(0);
  let line = 0;
  let row = 0;
  const read = (bytes: Uint8Array): ReadRow | undefined => {
    line += 1;
    if (bytes.length > MAX_LINE_BYTES) throw new MalformedBatch('line_too_long', line);
    // Blank lines separate nothing from nothing.
    if (bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)) return undefined;
    row += 1;
    try {
      return { row, line, value: parseJson(bytes) };
    } catch {
      return { row, line, unreadable: true };
    }
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      const found = read(joined(rest, chunk.subarray(from, end)));
      if (found) yield found;
      rest = new Uint8Array(0);
      from = end + 1;
    }
    rest = joined(rest, chunk.subarray(from));
    if (rest.length > MAX_LINE_BYTES) throw new MalformedBatch('line_too_long', line + 1);
  }
  const last = rest.length > 0 ? read(rest) : undefined;
  if (last) yield last;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
