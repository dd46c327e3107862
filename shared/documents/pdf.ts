import {
  type Cell,
  type CellKind,
  type Cells,
  formatHundredths,
  type RowPages,
  type TableColumn,
  type Words,
} from '../domain/reports/table.ts';
import { formatInstant } from '../domain/time.ts';
import type { PdfPages, TextStyle } from './pdf-page.ts';

/** A PDF as a stream, made of blocks one below the other. */

export type PdfBlock =
  /**
   * What stands over an official paper: who issues it at the left; the state, its motto and the date at the right. Source:
   * Decree 30/2020/NĐ-CP, annex I: state and motto are bold, and below the motto is a line of its length.
   */
  | { kind: 'head'; left: readonly string[]; right: readonly string[] }
  | { kind: 'title'; title: Words; under?: readonly string[] }
  /** `beforeSignatures`: goes to the next page where those would stand alone on it. */
  | {
      kind: 'fields';
      heading?: string;
      fields: readonly { label: string; value: string }[];
      beforeSignatures?: boolean;
    }
  | { kind: 'text'; text: string; bold?: boolean }
  | {
      kind: 'table';
      columns: readonly TableColumn[];
      rows: RowPages;
      /** The row below the table, asked for once the rows are drawn. */
      last?: (() => Cells | undefined) | undefined;
    }
  /** A QR code with words beside it. */
  | { kind: 'qr'; content: string; beside: readonly string[] }
  | { kind: 'signatures'; parties: readonly { title: Words; note?: string }[] };

export type PdfOptions = {
  title: string;
  /** Of the page's own words. */
  language: 'vi' | 'en';
  landscape: boolean;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Stands at the foot of every page; asked for at the end, so it may tell a hash of all that was drawn. */
  footer: () => string;
};

/**
 * Blocks are asked for one after the other, so a later one may tell what the rows before it came to. Long text is broken at
 * blanks, titles of columns are repeated on every page. Memory: one page, and some hundred bytes for each that was sent.
 */
export async function* pdf(
  blocks: AsyncIterable<PdfBlock> | Iterable<PdfBlock>,
  options: PdfOptions,
): AsyncGenerator<Uint8Array> {
  // pdfkit takes longer to load than any answer in another format takes to be made.
  const { PdfPages } = await import('./pdf-page.ts');
  const sheet = new Sheet(new PdfPages(options));
  for await (const block of blocks) {
    if (block.kind === 'table') yield* drawTable(sheet, block);
    else draw(sheet, block);
    yield* sheet.pages.taken();
  }
  sheet.pages.end(options.footer());
  yield* sheet.pages.taken();
}

const BODY = { size: 9 } as const;
const SMALL = { size: 7.5 } as const;
/** Line height over size. */
const LEADING = 1.35;

/** For the names of who signs, and their hands. */
const SIGNATURES_ROOM = 90;

/** Where the next line goes. */
class Sheet {
  y: number;
  readonly left: number;
  readonly right: number;
  readonly pages: PdfPages;

  constructor(pages: PdfPages) {
    this.pages = pages;
    this.y = pages.margin;
    this.left = pages.margin;
    this.right = pages.width - pages.margin;
    pages.add();
  }

  /** Whether a new page had to begin to have this much room. */
  need(height: number): boolean {
    if (this.y + height <= this.pages.bottom) return false;
    this.pages.add();
    this.y = this.pages.margin;
    return true;
  }

  /** Lines one below the other, broken at `width`. */
  write(text: string, x: number, width: number, style: TextStyle): void {
    for (const line of broken(text, width, style, this.pages)) {
      this.need(style.size * LEADING);
      this.y += style.size * LEADING;
      this.pages.text(line, x, this.y, style);
    }
  }
}

function draw(sheet: Sheet, block: Exclude<PdfBlock, { kind: 'table' }>): void {
  const { pages, left, right } = sheet;
  const width = right - left;
  switch (block.kind) {
    case 'head': {
      const top = sheet.y;
      const bottoms = [block.left, block.right].map((lines, side) => {
        sheet.y = top;
        const middle = left + width * (side === 0 ? 0.23 : 0.75);
        for (const [index, line] of lines.entries()) {
          const isMotto = side === 1 && index === 1;
          const style = { size: 9, face: index === 0 || isMotto ? ('bold' as const) : ('regular' as const) };
          sheet.write(line, middle, width * 0.46, { ...style, align: 'center' });
          if (isMotto) drawRuleBelow(sheet, middle, pages.widthOf(line, style));
        }
        return sheet.y;
      });
      sheet.y = Math.max(...bottoms) + 14;
      return;
    }
    case 'title':
      sheet.write(block.title.vi.toUpperCase(), left + width / 2, width, { size: 14, face: 'bold', align: 'center' });
      sheet.write(block.title.en, left + width / 2, width, { size: 9.5, align: 'center', gray: 0.3 });
      for (const line of block.under ?? []) sheet.write(line, left + width / 2, width, { ...BODY, align: 'center' });
      sheet.y += 10;
      return;
    case 'fields': {
      const labels = Math.max(...block.fields.map(({ label }) => pages.widthOf(label, BODY)));
      const indent = Math.min(labels + 10, width * 0.45);
      const heightOf = ({ label, value }: { label: string; value: string }) => {
        const valueLines = broken(value, width - indent, { ...BODY, face: 'bold' }, pages).length;
        return Math.max(broken(label, indent - 6, BODY, pages).length, valueLines) * BODY.size * LEADING + 2;
      };
      const heading = block.heading === undefined ? 0 : BODY.size * LEADING + 4;
      const fields = block.fields.reduce((sum, field) => sum + heightOf(field), heading);
      if (block.beforeSignatures) sheet.need(fields + 6 + SIGNATURES_ROOM);
      if (block.heading !== undefined) {
        sheet.write(block.heading, left, width, { ...BODY, face: 'bold' });
        sheet.y += 4;
      }
      for (const field of block.fields) {
        const { label, value } = field;
        sheet.need(heightOf(field));
        const top = sheet.y;
        sheet.write(label, left, indent - 6, { ...BODY, gray: 0.3 });
        const under = sheet.y;
        sheet.y = top;
        sheet.write(value, left + indent, width - indent, { ...BODY, face: 'bold' });
        sheet.y = Math.max(sheet.y, under) + 2;
      }
      sheet.y += 6;
      return;
    }
    case 'text':
      sheet.write(block.text, left, width, { ...BODY, face: block.bold ? 'bold' : 'regular' });
      sheet.y += 4;
      return;
    case 'qr':
      drawQr(sheet, block);
      return;
    case 'signatures': {
      sheet.need(SIGNATURES_ROOM);
      const top = sheet.y + 10;
      const each = width / block.parties.length;
      for (const [index, { title, note }] of block.parties.entries()) {
        sheet.y = top;
        const middle = left + each * (index + 0.5);
        sheet.write(title.vi, middle, each - 8, { ...BODY, face: 'bold', align: 'center' });
        sheet.write(title.en, middle, each - 8, { ...SMALL, align: 'center', gray: 0.3 });
        if (note) sheet.write(note, middle, each - 8, { ...SMALL, align: 'center' });
      }
      sheet.y = top + SIGNATURES_ROOM;
    }
  }
}

/** Room around the line below the motto, in points. */
const RULE_ROOM = 3;

function drawRuleBelow(sheet: Sheet, middle: number, length: number): void {
  sheet.y += RULE_ROOM;
  sheet.pages.rule(middle - length / 2, sheet.y, middle + length / 2, 0.6);
  sheet.y += RULE_ROOM;
}

/** Side of a QR code on paper, in points: 32 mm, which a phone reads at arm's length. */
const QR_SIDE = 90;

function drawQr(sheet: Sheet, { content, beside }: Extract<PdfBlock, { kind: 'qr' }>): void {
  const { pages, left, right } = sheet;
  sheet.need(QR_SIDE);
  const top = sheet.y;
  pages.code(content, left, top, QR_SIDE);
  sheet.y = top + 14;
  for (const line of beside) sheet.write(line, left + QR_SIDE + 10, right - left - QR_SIDE - 10, BODY);
  sheet.y = Math.max(sheet.y, top + QR_SIDE) + 8;
}

const PADDING = 3;
/** The smallest letters of a table, in points, and the width of a usual letter over its size. */
const SMALLEST = 5;
const LETTER = 0.55;
/** Size of a column's title over that of its cells. */
const TITLE = 0.92;
/** Usual letters that the longest word of a title has room in, with one for the room at its sides. */
const titleWidth = ({ vi, en }: Words, pages: Pick<PdfPages, 'widthOf'>): number =>
  Math.max(...`${vi} ${en}`.split(' ').map((word) => pages.widthOf(word, { size: TITLE, face: 'bold' }))) / LETTER + 1;
const isNumber = (kind: CellKind): boolean => kind === 'amount' || kind === 'count' || kind === 'hundredths';

async function* drawTable(
  sheet: Sheet,
  { columns, rows, last }: Extract<PdfBlock, { kind: 'table' }>,
): AsyncGenerator<Uint8Array> {
  const { pages } = sheet;
  const widths = columns.map(({ title, width }) => Math.max(width, titleWidth(title, pages)));
  const wanted = widths.reduce((sum, width) => sum + width, 0);
  const unit = (sheet.right - sheet.left) / wanted;
  // A wide table is set smaller, so that a day or an amount of the width that its column asks for stays on one line.
  const size = Math.min(SMALL.size, Math.max(SMALLEST, (unit - (2 * PADDING * columns.length) / wanted) / LETTER));
  const place = (at: number) => sheet.left + unit * widths.slice(0, at).reduce((sum, width) => sum + width, 0);
  const places = columns.map(({ kind }, at) => ({ kind, x: place(at), room: unit * (widths[at] ?? 0) - 2 * PADDING }));

  const drawRow = (texts: readonly string[], style: TextStyle, fill?: number): void => {
    const cells = places.map(({ room, kind, x }, at) => ({
      ...fitted(texts[at] ?? '', room, kind, style, pages),
      x: isNumber(kind) ? x + PADDING + room : x + PADDING,
      align: isNumber(kind) ? ('right' as const) : ('left' as const),
    }));
    const line = style.size * LEADING;
    const height = Math.max(...cells.map(({ lines }) => lines.length)) * line + 2 * PADDING;
    if (sheet.need(height)) drawTitles();
    if (fill !== undefined) pages.fill(sheet.left, sheet.y, sheet.right - sheet.left, height, fill);
    for (const { lines, size: own, x, align } of cells)
      for (const [index, text] of lines.entries())
        pages.text(text, x, sheet.y + PADDING + line * (index + 0.8), { ...style, size: own, align });
    sheet.y += height;
    pages.rule(sheet.left, sheet.y, sheet.right, 0.3);
  };
  const drawTitles = () =>
    drawRow(
      columns.map(({ title }) => `${title.vi}\n${title.en}`),
      { size: TITLE * size, face: 'bold' },
      0.92,
    );

  drawTitles();
  for await (const page of rows) {
    for (const row of page) {
      if (row.length !== columns.length) throw new RangeError(`${row.length} cells under ${columns.length} columns`);
      drawRow(
        row.map((cell, at) => shown(cell, columns[at]?.kind ?? 'text')),
        { size },
      );
    }
    yield* pages.taken();
  }
  const below = last?.();
  if (below)
    drawRow(
      below.map((cell, at) => shown(cell, columns[at]?.kind ?? 'text')),
      { size, face: 'bold' },
      0.96,
    );
  sheet.y += 10;
}

/** A cell as people in Vietnam read it: 1.234.567 dong, 27/11/2026. */
export function shown(cell: Cell, kind: CellKind): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return kind === 'day' && /^\d{4}-\d{2}-\d{2}$/.test(cell) ? turned(cell) : cell;
  if (kind === 'instant') {
    const text = formatInstant(cell);
    return `${turned(text.slice(0, 10))} ${text.slice(11, 19)}`;
  }
  return kind === 'hundredths' ? grouped(formatHundredths(cell).replace('.', ',')) : grouped(String(cell));
}

const turned = (day: string): string => day.split('-').reverse().join('/');
const grouped = (digits: string): string => digits.replace(/\B(?=(?:\d{3})+(?!\d))/g, '.');

/** How much smaller a single word may be set so that it is not broken: a code, an id. */
const SHRUNK = 0.75;

/** A cell in lines. A number is never broken, however small it must be set: two halves would be two numbers. */
function fitted(text: string, room: number, kind: CellKind, style: TextStyle, pages: Pick<PdfPages, 'widthOf'>) {
  const single = /^\S+$/.test(text);
  const fitting = (style.size * room) / Math.max(room, pages.widthOf(text, style));
  if (single && (isNumber(kind) || fitting >= SHRUNK * style.size)) return { lines: [text], size: fitting };
  return { lines: broken(text, room, style, pages), size: style.size };
}

/** A text in lines that fit: broken at line ends and blanks, and within a word only where it is wider than a line. */
function broken(text: string, width: number, style: TextStyle, pages: Pick<PdfPages, 'widthOf'>): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (pages.widthOf(longer, style) <= width) {
        line = longer;
        continue;
      }
      if (line !== '') lines.push(line);
      line = word;
      while (pages.widthOf(line, style) > width && line.length > 1) {
        let fits = line.length - 1;
        while (fits > 1 && pages.widthOf(line.slice(0, fits), style) > width) fits -= 1;
        lines.push(line.slice(0, fits));
        line = line.slice(fits);
      }
    }
    lines.push(line);
    return lines;
  });
}
