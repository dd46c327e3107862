/** Writes comma-separated text that Excel opens as meant: RFC 4180, CRLF, UTF-8 with a byte order mark. */

export const BYTE_ORDER_MARK = '\uFEFF';

/** A cell that begins so is taken for a formula. Source: OWASP ASVS 5.0, 1.2.10. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a tab, a carriage return or NUL before `=` hides it.
const FORMULA = /^[=+\-@\t\r\u0000]/;
const NEEDS_QUOTES = /[",\r\n]/;
/** Either of the two: most cells are neither, and are looked at once. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const NEEDS_CARE = /^[=+\-@\t\u0000]|[",\r\n]/;

/** One cell: numbers stay numbers, text that would be read as a formula gets `'` before it. Integers only. */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`no whole number: ${value}`);
    return String(value);
  }
  if (!NEEDS_CARE.test(value)) return value;
  const inert = FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/** A whole document. */
export function csvDocument(rows: Iterable<readonly (string | number)[]>): string {
  let text = BYTE_ORDER_MARK;
  for (const row of rows) text += `${row.map(csvCell).join(',')}\r\n`;
  return text;
}
