import { BYTE_ORDER_MARK, csvCell } from '../domain/reports/csv.ts';
import {
  type Cell,
  type CellKind,
  formatHundredths,
  type RowPages,
  type TableColumn,
} from '../domain/reports/table.ts';
import { formatInstant } from '../domain/time.ts';

/** Comma-separated text as a stream: RFC 4180, CRLF, UTF-8 with a byte order mark, rules of `csvCell`. */

const write: Record<CellKind, (cell: string | number) => string> = {
  text: csvCell,
  amount: csvCell,
  count: csvCell,
  day: csvCell,
  hundredths: (cell) => formatHundredths(Number(cell)),
  instant: (cell) => formatInstant(Number(cell)),
};

/** The titles in both languages, the rows, then what `last` says once they are written. Memory: one page of rows. */
export async function* csv(table: {
  columns: readonly TableColumn[];
  rows: RowPages;
  last?: (() => readonly Cell[] | undefined) | undefined;
}): AsyncGenerator<Uint8Array> {
  const { columns } = table;
  const writers = columns.map(({ kind }) => write[kind]);
  const line = (cells: readonly Cell[]): string => {
    if (cells.length !== writers.length) throw new RangeError(`${cells.length} cells under ${writers.length} columns`);
    let text = '';
    for (let at = 0; at < cells.length; at++) {
      const cell = cells[at];
      if (at > 0) text += ',';
      if (cell !== null && cell !== undefined) text += writers[at]?.(cell);
    }
    return `${text}\r\n`;
  };
  yield Buffer.from(
    `${BYTE_ORDER_MARK}${columns.map(({ title }) => csvCell(`${title.vi} / ${title.en}`)).join(',')}\r\n`,
  );
  for await (const page of table.rows) {
    let text = '';
    for (const row of page) text += line(row);
    yield Buffer.from(text);
  }
  const last = table.last?.();
  if (last) yield Buffer.from(line(last));
}
