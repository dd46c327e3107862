/** A table as every format shows it: columns with a kind, rows of cells, the totals of what can be added. */

/** What stands in both languages, Vietnamese first. */
export type Words = { vi: string; en: string };

/**
 * What a column's cells are.
 * - `text`: words, names and codes (an id of digits is text);
 * - `amount`: whole dong; `count`: how many;
 * - `hundredths`: a whole number of hundredths, 7,850 is 78.50;
 * - `day`: `YYYY-MM-DD`; `instant`: milliseconds since 1970, shown in Asia/Ho_Chi_Minh.
 */
export type CellKind = 'text' | 'amount' | 'count' | 'hundredths' | 'day' | 'instant';

/** `null`: nothing to say. */
export type Cell = string | number | null;
export type Cells = readonly Cell[];

export type TableColumn = {
  title: Words;
  kind: CellKind;
  /** Room that it wants, in characters. */
  width: number;
};

/** Rows come in pages, as stores read them. */
export type RowPages = AsyncIterable<readonly Cells[]>;

/** `7,850` hundredths as `78.50`. */
export function formatHundredths(hundredths: number): string {
  if (!Number.isSafeInteger(hundredths)) throw new RangeError(`no whole number of hundredths: ${hundredths}`);
  const digits = String(Math.abs(hundredths)).padStart(3, '0');
  return `${hundredths < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
