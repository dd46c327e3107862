import type { Cell, CellKind, Cells, RowPages, TableColumn } from '../domain/reports/table.ts';
import { DAY_MILLISECONDS, startOfDay, VIETNAM_OFFSET_MINUTES } from '../domain/time.ts';
import { type ZipEntry, zip } from './zip.ts';

/**
 * An Excel workbook as a stream: a zip of sheets written as text, strings in their cells, never a formula. Source: ECMA-376
 * part 1, chapter 18 (SpreadsheetML).
 */

export type TableSheet = {
  kind: 'table';
  name: string;
  columns: readonly TableColumn[];
  rows: RowPages;
  /** The row below the table, asked for once the rows are written. */
  last?: (() => Cells | undefined) | undefined;
};

/** Lines of a label and what it says, for a cover; the first line is the title. */
export type LinesSheet = { kind: 'lines'; name: string; lines: readonly (readonly [label: string, value: Cell])[] };

export type Sheet = TableSheet | LinesSheet;

/** Rows of a sheet that Excel opens. A longer table goes on in the next sheet. */
export const SHEET_ROWS = 1_048_576;
/** Characters of a cell that Excel opens. */
const CELL_CHARACTERS = 32_767;
/** Digits of a number that Excel keeps; a longer one is written as text, lest its last dong be rounded. */
const EXACT = 999_999_999_999_999;

/** Places in the style sheet below. */
const STYLES = {
  text: 0,
  amount: 1,
  count: 1,
  hundredths: 2,
  day: 3,
  instant: 4,
  head: 5,
  title: 8,
} as const;
const BOLD = { text: 6, amount: 7, count: 7, hundredths: 9, day: 6, instant: 6 } as const satisfies Record<
  CellKind,
  number
>;

/**
 * Sheets are written as they come and shown in the order of `order`, by name, those of a table that went on behind it
 * (`name (2)`); a cover that tells totals can so be written last and stand first. Throws RangeError for what Excel would not
 * open or would open differently: names, numbers that are not whole, texts too long.
 */
export async function* xlsx(
  sheets: AsyncIterable<Sheet> | Iterable<Sheet>,
  { title, order }: { title: string; order?: readonly string[] },
): AsyncGenerator<Uint8Array> {
  const written: { name: string; part: string; head: string | undefined }[] = [];
  const begin = (name: string, head: string | undefined) => {
    const part = `sheet${written.length + 1}.xml`;
    if (!/^[^\\/?*[\]:']{1,31}$/.test(name) || written.some((one) => one.name === name))
      throw new RangeError(`no name of a sheet, or there twice: ${name}`);
    written.push({ name, part, head });
    return `xl/worksheets/${part}`;
  };
  async function* entries(): AsyncGenerator<ZipEntry> {
    for await (const sheet of sheets) {
      if (sheet.kind === 'lines') {
        yield { name: begin(sheet.name, undefined), content: [linesXml(sheet)] };
        continue;
      }
      const rows = new Lookahead(sheet.rows);
      const head = `$A$1:$${columnName(sheet.columns.length - 1)}$1`;
      for (let part = 1; part === 1 || !rows.ended; part++) {
        const name = part === 1 ? sheet.name : `${sheet.name} (${part})`;
        yield { name: begin(name, head), content: tableXml(sheet, rows) };
      }
    }
    const shown = inOrder(written, order ?? []);
    yield* Object.entries(packageParts(shown, title)).map(([name, text]) => ({ name, content: [Buffer.from(text)] }));
  }
  yield* zip(entries());
}

function inOrder<Named extends { name: string }>(sheets: readonly Named[], order: readonly string[]): Named[] {
  const rank = ({ name }: Named) => {
    const at = order.indexOf(name.replace(/ \(\d+\)$/, ''));
    return at === -1 ? order.length : at;
  };
  return sheets.toSorted((one, other) => rank(one) - rank(other));
}

/** Reads pages of rows, a given number of rows at once, and knows whether there are more. */
class Lookahead {
  readonly #pages: AsyncIterator<readonly Cells[]>;
  #page: readonly Cells[] = [];
  #at = 0;
  ended = false;

  constructor(pages: RowPages) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** Rows at hand, `most` at most; none when there are no more. */
  async take(most: number): Promise<readonly Cells[]> {
    await this.#fill();
    const rows = this.#at === 0 && this.#page.length <= most ? this.#page : this.#page.slice(this.#at, this.#at + most);
    this.#at += rows.length;
    await this.#fill();
    return rows;
  }

  async #fill(): Promise<void> {
    while (!this.ended && this.#at >= this.#page.length) {
      const next = await this.#pages.next();
      if (next.done) this.ended = true;
      else [this.#page, this.#at] = [next.value, 0];
    }
  }
}

const PROLOGUE = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';

async function* tableXml({ columns, last }: TableSheet, rows: Lookahead): AsyncGenerator<Uint8Array> {
  const places = columns.map((_, index) => columnName(index));
  const titles = columns
    .map(({ title }, at) => textCell(`${places[at]}1`, `${title.vi}\n${title.en}`, STYLES.head))
    .join('');
  yield Buffer.from(
    `${PROLOGUE}<worksheet ${MAIN}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0">` +
      '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>' +
      `<sheetFormatPr defaultRowHeight="15"/>${colsXml(columns.map(({ kind, width }) => (kind === 'amount' ? Math.max(width, AMOUNT_WIDTH) : width)))}` +
      `<sheetData><row r="1" ht="45" customHeight="1">${titles}</row>`,
  );
  const plain = columns.map(({ kind }) => writerOf(kind, STYLES[kind]));
  const bold = columns.map(({ kind }) => writerOf(kind, BOLD[kind]));
  const line = (number: number, cells: Cells, writers: typeof plain): string => {
    if (cells.length !== writers.length) throw new RangeError(`${cells.length} cells under ${columns.length} columns`);
    let text = `<row r="${number}">`;
    for (let at = 0; at < cells.length; at++) {
      const cell = cells[at];
      if (cell !== null && cell !== undefined) text += writers[at]?.(places[at] + String(number), cell);
    }
    return `${text}</row>`;
  };
  let number = 1;
  // The last row of a sheet is kept for what stands below the table.
  while (number < SHEET_ROWS - 1) {
    const page = await rows.take(SHEET_ROWS - 1 - number);
    if (page.length === 0) break;
    let text = '';
    for (const row of page) {
      number += 1;
      text += line(number, row, plain);
    }
    yield Buffer.from(text);
  }
  const below = rows.ended ? last?.() : undefined;
  const lastRow = below ? line(number + 1, below, bold) : '';
  const table = `A1:${places.at(-1)}${number}`;
  yield Buffer.from(
    `${lastRow}</sheetData><autoFilter ref="${table}"/>` +
      '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>' +
      '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>' +
      '<headerFooter><oddFooter>&amp;R&amp;P / &amp;N</oddFooter></headerFooter></worksheet>',
  );
}

function linesXml({ lines }: LinesSheet): Uint8Array {
  const rows = lines.map(([label, value], index) => {
    const number = index + 1;
    const first = textCell(`A${number}`, label, index === 0 ? STYLES.title : BOLD.text);
    if (value === null) return `<row r="${number}">${first}</row>`;
    const second = writerOf(
      typeof value === 'number' ? 'amount' : 'text',
      STYLES[typeof value === 'number' ? 'amount' : 'text'],
    );
    return `<row r="${number}">${first}${second(`B${number}`, value)}</row>`;
  });
  return Buffer.from(
    `${PROLOGUE}<worksheet ${MAIN}><sheetFormatPr defaultRowHeight="15"/>${colsXml([44, 80])}` +
      `<sheetData>${rows.join('')}</sheetData></worksheet>`,
  );
}

/** Room for the longest number that Excel keeps, 15 digits in groups: what is wider is shown as `#####`. */
const AMOUNT_WIDTH = 19;

const colsXml = (widths: readonly number[]): string =>
  `<cols>${widths.map((width, at) => `<col min="${at + 1}" max="${at + 1}" width="${width + 2}" customWidth="1"/>`).join('')}</cols>`;

/** `A`, `B`, … `Z`, `AA`. */
function columnName(index: number): string {
  const rest = Math.floor(index / 26);
  return `${rest === 0 ? '' : columnName(rest - 1)}${String.fromCharCode(65 + (index % 26))}`;
}

/** Days since 30 December 1899, as Excel counts them, on the clock of Vietnam. */
const serialDay = (at: number): number =>
  (at + VIETNAM_OFFSET_MINUTES * 60_000 - Date.UTC(1899, 11, 30)) / DAY_MILLISECONDS;

type CellWriter = (place: string, cell: string | number) => string;

/** A cell of a kind; what is no such thing, such as the word before totals, is text. */
function writerOf(kind: CellKind, style: number): CellWriter {
  const number =
    (of: (cell: number) => number): CellWriter =>
    (place, cell) =>
      typeof cell === 'number' ? numberCell(place, of(cell), style) : textCell(place, cell, style);
  switch (kind) {
    case 'text':
      return (place, cell) => textCell(place, String(cell), style);
    case 'amount':
    case 'count':
      return number(whole);
    case 'hundredths':
      return number((cell) => whole(cell) / 100);
    case 'instant':
      return number(serialDay);
    case 'day':
      return (place, cell) =>
        typeof cell === 'string' && DAY.test(cell)
          ? numberCell(place, serialDay(startOfDay(cell)), style)
          : textCell(place, String(cell), style);
  }
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`no whole number: ${value}`);
  return value;
}

const numberCell = (place: string, value: number, style: number): string =>
  Math.abs(value) > EXACT ? textCell(place, String(value), style) : `<c r="${place}" s="${style}"><v>${value}</v></c>`;

function textCell(place: string, text: string, style: number): string {
  if (text.length > CELL_CHARACTERS) throw new RangeError(`a cell of ${text.length} characters`);
  return `<c r="${place}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`;
}

const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no such characters.
  /[&<>\u0000-\u0008\u000b-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|_x[0-9A-Fa-f]{4}_/;
const EACH_UNSAFE = new RegExp(UNSAFE, 'g');
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** What XML cannot say is written as `_xHHHH_`, and so is what looks like that. Source: ECMA-376 part 1, 22.9.2.19. */
function escaped(text: string): string {
  if (!UNSAFE.test(text)) return text;
  const code = (unit: string) => `_x${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
  return text.replace(
    EACH_UNSAFE,
    (one) => ENTITIES[one] ?? (one.length > 1 ? `${code('_')}${one.slice(1)}` : code(one)),
  );
}

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const SPREADSHEET = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** All parts of the package that are not sheets. */
function packageParts(
  sheets: readonly { name: string; part: string; head: string | undefined }[],
  title: string,
): Record<string, string> {
  const id = (part: string) => `r${/\d+/.exec(part)?.[0]}`;
  return {
    'xl/workbook.xml':
      `${PROLOGUE}<workbook ${MAIN} xmlns:r="${OFFICE}/relationships"><sheets>` +
      sheets
        .map(({ name, part }, at) => `<sheet name="${escaped(name)}" sheetId="${at + 1}" r:id="${id(part)}"/>`)
        .join('') +
      `</sheets>${definedNames(sheets)}</workbook>`,
    'xl/_rels/workbook.xml.rels':
      `${PROLOGUE}<Relationships xmlns="${PACKAGE}/relationships">` +
      sheets.map(({ part }) => relationship(id(part), 'worksheet', `worksheets/${part}`)).join('') +
      `${relationship('styles', 'styles', 'styles.xml')}</Relationships>`,
    'xl/styles.xml': STYLE_SHEET,
    'docProps/core.xml':
      `${PROLOGUE}<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
      `<dc:title>${escaped(title)}</dc:title><dc:creator>Thuphi</dc:creator></cp:coreProperties>`,
    '_rels/.rels':
      `${PROLOGUE}<Relationships xmlns="${PACKAGE}/relationships">${relationship('book', 'officeDocument', 'xl/workbook.xml')}` +
      `<Relationship Id="core" Type="${PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`,
    '[Content_Types].xml':
      `${PROLOGUE}<Types xmlns="${PACKAGE}/content-types">` +
      '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
      `<Override PartName="/xl/workbook.xml" ContentType="${SPREADSHEET}.sheet.main+xml"/>` +
      `<Override PartName="/xl/styles.xml" ContentType="${SPREADSHEET}.styles+xml"/>` +
      '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>' +
      sheets
        .map(({ part }) => `<Override PartName="/xl/worksheets/${part}" ContentType="${SPREADSHEET}.worksheet+xml"/>`)
        .join('') +
      '</Types>',
  };
}

const relationship = (id: string, type: string, target: string): string =>
  `<Relationship Id="${id}" Type="${OFFICE}/relationships/${type}" Target="${target}"/>`;

/** The titles are printed on every page. */
function definedNames(sheets: readonly { name: string; head: string | undefined }[]): string {
  const names = sheets.flatMap(({ name, head }, at) =>
    head === undefined
      ? []
      : [`<definedName name="_xlnm.Print_Titles" localSheetId="${at}">'${escaped(name)}'!$1:$1</definedName>`],
  );
  return names.length > 0 ? `<definedNames>${names.join('')}</definedNames>` : '';
}

const font = (inside: string) => `<font>${inside}<sz val="11"/><name val="Calibri"/></font>`;
const cellFormat = (numberFormat: number, fontAt: number, fill = 0, border = 0, alignment = '') =>
  `<xf numFmtId="${numberFormat}" fontId="${fontAt}" fillId="${fill}" borderId="${border}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1"` +
  (alignment ? ` applyAlignment="1">${alignment}</xf>` : '/>');

/** Formats 3 (`#,##0`), 4 (`#,##0.00`) and 49 (text) are Excel's own. */
const STYLE_SHEET =
  `${PROLOGUE}<styleSheet ${MAIN}><numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>` +
  '<numFmt numFmtId="165" formatCode="dd/mm/yyyy hh:mm:ss"/></numFmts>' +
  `<fonts count="3">${font('')}${font('<b/>')}<font><b/><sz val="14"/><name val="Calibri"/></font></fonts>` +
  '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>' +
  '<fill><patternFill patternType="solid"><fgColor rgb="FFE8EEF7"/></patternFill></fill></fills>' +
  '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>' +
  '<border><left/><right/><top style="thin"/><bottom style="thin"/><diagonal/></border></borders>' +
  '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
  '<cellXfs count="10">' +
  cellFormat(49, 0) +
  cellFormat(3, 0) +
  cellFormat(4, 0) +
  cellFormat(164, 0) +
  cellFormat(165, 0) +
  cellFormat(49, 1, 2, 1, '<alignment vertical="center" wrapText="1"/>') +
  cellFormat(49, 1, 0, 1) +
  cellFormat(3, 1, 0, 1) +
  cellFormat(49, 2) +
  cellFormat(4, 1, 0, 1) +
  '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>';
