import type { TableMap } from './maps.ts';
import { BankFileFault, type BankSink, type BankVerdict } from './model.ts';
import type { Epoch } from './rows.ts';
import { TableRows } from './table.ts';
import { attributeOf, type XmlHandler, XmlScanner } from './xml.ts';

/**
 * The first sheet of a spreadsheet (Office Open XML) as a statement; one that has more on other sheets is refused. A
 * spreadsheet is a zip whose directory stands at its end, so its parts are read where the directory says they stand: each
 * unfolds and is scanned piece by piece, and the texts that its cells share are kept outside. Memory does not grow with the
 * file. Source: APPNOTE.TXT 6.3 (PKWARE), sections 4.3.7, 4.3.12 and 4.3.16; ECMA-376 part 1, sections 18.2 to 18.4; part 2,
 * section 6.5 (relationships).
 */

/** What a part may unfold to, in bytes: more than a full sheet (1,048,576 rows) of a statement has. */
export const MAX_PART_BYTES = 512 * 1024 * 1024;
/** How many times its size a part may unfold to. Sheets of statements have 8 to 30, deflate has 1,032 at most. */
export const MAX_UNFOLDING = 200;
/** A small part may have any shape, in bytes. */
const SMALL_PART_BYTES = 1024 * 1024;
const MAX_PARTS = 1000;
const MAX_DIRECTORY_BYTES = 1024 * 1024;
/** Different texts that cells share: four in each row of a full sheet. */
export const MAX_STRINGS = 4_000_000;
const MAX_COLUMNS = 200;
/** Longest text of a cell, in characters: Excel's own limit. */
const MAX_CELL = 32_767;

/** A file of which any part can be read. */
export type SpreadsheetFile = {
  /** In bytes. */
  size: number;
  /** Bytes from `from` to before `to`. */
  part(from: number, to: number): AsyncIterable<Uint8Array>;
};

/** What a zip is made with. */
export type Unpacker = {
  /** Unfolds raw deflate data as it comes. Throws {@link BankFileFault} for what is none or is cut. */
  inflate(packed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** The check sum of what came before, and of these bytes behind it. */
  crc32(bytes: Uint8Array, before: number): number;
};

/** Port: texts by their places, counting from 0. There may be more of them than memory holds. */
export interface Texts {
  readonly size: number;
  add(text: string): void;
  /** `undefined` where there is none. */
  at(place: number): string | undefined;
}

export type SpreadsheetReading = {
  map: TableMap;
  sink: BankSink;
  account: string | undefined;
  unpacker: Unpacker;
  texts: Texts;
  /** Called between pieces: what was told so far may be written down. */
  between(): Promise<void>;
};

export async function readXlsx(
  file: SpreadsheetFile,
  { map, sink, account, unpacker, texts, between }: SpreadsheetReading,
): Promise<BankVerdict> {
  try {
    const parts = await partsOf(file);
    const { sheets, epoch } = await workbookOf(file, parts, unpacker, between);
    const [sheet, ...others] = sheets;
    if (sheet === undefined) throw new BankFileFault(0, 'sheet_missing');
    const shared = parts.get('xl/sharedStrings.xml');
    if (shared) await scan(unfolded(file, shared, unpacker), new SharedTexts(texts), between);
    const rows = new TableRows(map, sink, account, 'xlsx', epoch);
    let last = 0;
    const handler = new SheetHandler(texts, map, (cells, line) => {
      last = line;
      rows.row(cells, line);
    });
    await scan(unfolded(file, sheet, unpacker), handler, between);
    for (const other of others) {
      const nothing = new SheetHandler(texts, map, (cells, line) => {
        if (cells.some((cell) => cell.trim() !== '')) throw new BankFileFault(line, 'sheet_unread');
      });
      await scan(unfolded(file, other, unpacker), nothing, between);
    }
    rows.end(last);
    return { kind: 'read', statements: 1, entries: rows.entries };
  } catch (error) {
    if (!(error instanceof BankFileFault)) throw error;
    return { kind: 'refused', fault: error.fault };
  }
}

/** The sheets as the workbook has them in order; without a workbook by the numbers in their names. And from when it counts days. */
async function workbookOf(
  file: SpreadsheetFile,
  parts: ReadonlyMap<string, Part>,
  unpacker: Unpacker,
  between: () => Promise<void>,
): Promise<{ sheets: Part[]; epoch: Epoch }> {
  const workbook = parts.get('xl/workbook.xml');
  const relations = parts.get('xl/_rels/workbook.xml.rels');
  if (!workbook || !relations)
    return {
      epoch: 1900,
      sheets: [...parts]
        .filter(([name]) => /^xl\/worksheets\/sheet\d+\.xml$/.test(name))
        .sort(([one], [other]) => Number(/\d+/.exec(one)) - Number(/\d+/.exec(other)))
        .map(([, part]) => part),
    };
  const ids: (string | undefined)[] = [];
  let epoch: Epoch = 1900;
  const listed = new OpenTags(['sheet', 'workbookPr'], (attributes, name) => {
    if (name === 'sheet') ids.push(attributeOf(attributes, 'r:id'));
    else if (['1', 'true'].includes(attributeOf(attributes, 'date1904') ?? '')) epoch = 1904;
  });
  await scan(unfolded(file, workbook, unpacker), listed, between);
  const targets = new Map<string | undefined, string>();
  const related = new OpenTags(['Relationship'], (attributes) =>
    targets.set(attributeOf(attributes, 'Id'), attributeOf(attributes, 'Target') ?? ''),
  );
  await scan(unfolded(file, relations, unpacker), related, between);
  const sheets = ids.map((id) => {
    const target = targets.get(id) ?? '';
    const part = parts.get(target.startsWith('/') ? target.slice(1) : `xl/${target}`);
    if (id === undefined || !part) throw new BankFileFault(0, 'sheet_missing');
    return part;
  });
  return { sheets, epoch };
}

type Part = { offset: number; compressed: number; unfolded: number; method: number; crc: number };

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 65_535;
const STORED = 0;
const DEFLATED = 8;
/** Stands where the figure is in a Zip64 record. */
const ELSEWHERE = 0xffff_ffff;

const noZip = () => new BankFileFault(0, 'not_zip');

/** The bytes themselves. Throws {@link BankFileFault} where the file ends before they do. */
async function bytesOf(file: SpreadsheetFile, from: number, to: number): Promise<DataView> {
  if (from < 0 || from > to || to > file.size) throw noZip();
  const bytes = new Uint8Array(to - from);
  let at = 0;
  for await (const chunk of file.part(from, to)) {
    if (at + chunk.length > bytes.length) throw noZip();
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (at < bytes.length) throw noZip();
  return new DataView(bytes.buffer);
}

/** The directory, where it stands and says what it says without overlap or trick; anything else is no spreadsheet. */
async function partsOf(file: SpreadsheetFile): Promise<Map<string, Part>> {
  if (file.size < END_BYTES) throw noZip();
  const tailAt = Math.max(0, file.size - END_BYTES - MAX_COMMENT);
  const tail = await bytesOf(file, tailAt, file.size);
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw noZip();
  const count = tail.getUint16(end + 10, true);
  const [length, from] = [tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (from === ELSEWHERE || length === ELSEWHERE) throw new BankFileFault(0, 'zip_unsupported');
  if (count > MAX_PARTS || length > MAX_DIRECTORY_BYTES) throw new BankFileFault(0, 'zip_bomb');
  if (from + length > tailAt + end) throw noZip();
  const view = await bytesOf(file, from, from + length);
  const parts = new Map<string, Part>();
  let at = 0;
  for (let entry = 0; entry < count; entry += 1) {
    if (at + ENTRY_BYTES > length || view.getUint32(at, true) !== ENTRY) throw noZip();
    const lengths = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [number, number, number];
    const next = at + ENTRY_BYTES + lengths[0] + lengths[1] + lengths[2];
    if (next > length) throw noZip();
    const name = new TextDecoder('latin1').decode(new Uint8Array(view.buffer, at + ENTRY_BYTES, lengths[0]));
    if (parts.has(name)) throw noZip();
    parts.set(name, {
      offset: view.getUint32(at + 42, true),
      compressed: view.getUint32(at + 20, true),
      unfolded: view.getUint32(at + 24, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
    });
    at = next;
  }
  return parts;
}

/**
 * What a part unfolds to, as it comes. A part that says it is too large is refused before a byte of it is unfolded; one that
 * is larger than it says, once it is; what the directory says of length and check sum must be so at its end.
 */
async function* unfolded(file: SpreadsheetFile, part: Part, unpacker: Unpacker): AsyncGenerator<Uint8Array> {
  const { offset, compressed, method } = part;
  if ([offset, compressed, part.unfolded].includes(ELSEWHERE)) throw new BankFileFault(0, 'zip_unsupported');
  const most = Math.min(MAX_PART_BYTES, Math.max(SMALL_PART_BYTES, compressed * MAX_UNFOLDING));
  if (part.unfolded > most) throw new BankFileFault(0, 'zip_bomb');
  if (method !== STORED && method !== DEFLATED) throw new BankFileFault(0, 'zip_unsupported');
  const local = await bytesOf(file, offset, offset + LOCAL_BYTES);
  if (local.getUint32(0, true) !== LOCAL) throw noZip();
  const from = offset + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
  if (from + compressed > file.size) throw noZip();
  const packed = file.part(from, from + compressed);
  let length = 0;
  let crc = 0;
  for await (const piece of method === STORED ? packed : unpacker.inflate(packed)) {
    length += piece.length;
    if (length > part.unfolded) throw new BankFileFault(0, 'zip_bomb');
    crc = unpacker.crc32(piece, crc);
    yield piece;
  }
  if (length !== part.unfolded || crc !== part.crc) throw noZip();
}

const SCANNED_AT_ONCE = 1 << 16;

async function scan(
  content: AsyncIterable<Uint8Array>,
  handler: XmlHandler,
  between: () => Promise<void>,
): Promise<void> {
  const scanner = new XmlScanner(handler);
  for await (const piece of content) {
    for (let at = 0; at < piece.length; at += SCANNED_AT_ONCE) scanner.push(piece.subarray(at, at + SCANNED_AT_ONCE));
    await between();
  }
  scanner.end();
}

/** Text of a cell so far. Throws {@link BankFileFault} past what a cell may have. */
function longer(there: string, more: string, line: number): string {
  if (there.length + more.length > MAX_CELL) throw new BankFileFault(line, 'token_too_long');
  return there + more;
}

/** The attributes of the tags of some names. */
class OpenTags implements XmlHandler {
  readonly listens = false;
  readonly #names: readonly string[];
  readonly #take: (attributes: string, name: string) => void;

  constructor(names: readonly string[], take: (attributes: string, name: string) => void) {
    this.#names = names;
    this.#take = take;
  }

  open(name: string, attributes: string): void {
    if (this.#names.includes(name)) this.#take(attributes, name);
  }

  text(): void {}
  close(): void {}
}

/** Texts that cells share, as they come. */
class SharedTexts implements XmlHandler {
  readonly listens = true;
  readonly #texts: Texts;
  readonly #open: string[] = [];
  #text = '';

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  open(name: string): void {
    this.#open.push(name);
    if (name === 'si') this.#text = '';
  }

  text(piece: string): void {
    // Readings of Japanese characters stand beside the text, and are none of it.
    if (this.#open.at(-1) === 't' && !this.#open.includes('rPh')) this.#text = longer(this.#text, piece, 0);
  }

  close(): void {
    if (this.#open.pop() !== 'si') return;
    if (this.#texts.size >= MAX_STRINGS) throw new BankFileFault(0, 'zip_bomb');
    this.#texts.add(this.#text);
  }
}

/** Gathers the cells of a row; empty ones are left out of the file and stand here as empty text. */
class SheetHandler implements XmlHandler {
  readonly listens = true;
  readonly #texts: Texts;
  readonly #map: TableMap;
  readonly #take: (cells: readonly string[], line: number) => void;
  readonly #open: string[] = [];
  #cells: string[] = [];
  #line = 0;
  #column = 0;
  #type = '';
  #valued = false;
  #text = '';

  constructor(texts: Texts, map: TableMap, take: (cells: readonly string[], line: number) => void) {
    this.#texts = texts;
    this.#map = map;
    this.#take = take;
  }

  open(name: string, attributes: string): void {
    this.#open.push(name);
    if (name === 'row') {
      this.#cells = [];
      this.#column = 0;
      const row = attributeOf(attributes, 'r');
      this.#line = this.#further(this.#line, row, row !== undefined && /^\d{1,7}$/.test(row) ? Number(row) : 0);
    } else if (name === 'c') {
      const place = attributeOf(attributes, 'r');
      this.#column = this.#further(this.#column, place, columnOf(/^([A-Z]{1,3})\d+$/.exec(place ?? '')?.[1] ?? ''));
      if (this.#column > MAX_COLUMNS) throw new BankFileFault(this.#line, 'line_malformed');
      this.#type = attributeOf(attributes, 't') ?? 'n';
      this.#text = '';
      this.#valued = false;
    } else if (name === 'v' || name === 'is') {
      // Of two values one would be lost, or both be read as one number.
      if (this.#valued) throw new BankFileFault(this.#line, 'line_malformed');
      this.#valued = true;
    }
  }

  /** Rows and cells stand in order and once, at the next place where they name none. Throws {@link BankFileFault}. */
  #further(last: number, written: string | undefined, place: number): number {
    if (written === undefined) return last + 1;
    if (place <= last) throw new BankFileFault(this.#line, 'line_malformed');
    return place;
  }

  text(text: string): void {
    const inside = this.#open.at(-1);
    if (inside === 'v' || (inside === 't' && this.#open.includes('is')))
      this.#text = longer(this.#text, text, this.#line);
  }

  close(): void {
    const name = this.#open.pop();
    if (name === 'row') this.#take(this.#cells, this.#line);
    if (name !== 'c') return;
    while (this.#cells.length < this.#column) this.#cells.push('');
    this.#cells[this.#column - 1] = this.#value();
  }

  /** A cell that names a text which is not there would be read as empty, and with it perhaps an amount. */
  #shared(): string {
    if (this.#text === '') return '';
    const text = /^\d{1,7}$/.test(this.#text) ? this.#texts.at(Number(this.#text)) : undefined;
    if (text === undefined) throw new BankFileFault(this.#line, 'line_malformed');
    return text;
  }

  /** A number is written with a point in the file, whatever the map says of text. */
  #value(): string {
    switch (this.#type) {
      case 's':
        return this.#shared();
      case 'n': {
        const { point } = this.#map.decimals;
        const number = plainNumber(this.#text);
        return point === 'implied' ? number : number.replace('.', point);
      }
      case 'b':
        // True is 1 in the file, and no amount.
        return this.#text === '1' ? 'TRUE' : 'FALSE';
      case 'e':
        throw new BankFileFault(this.#line, 'line_malformed');
      default:
        return this.#text;
    }
  }
}

const SCIENTIFIC = /^(-?)(\d+)(?:\.(\d+))?E([+-]?)(\d{1,2})$/i;

/** A number without an exponent: programs that write spreadsheets write 13.5 million as 1.35E7. */
function plainNumber(text: string): string {
  const [, minus = '', whole = '', fraction = '', sign, exponent] = SCIENTIFIC.exec(text) ?? [];
  if (exponent === undefined) return text;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent) * (sign === '-' ? -1 : 1);
  const before = digits.slice(0, Math.max(0, point)).padEnd(point, '0') || '0';
  const behind = `${'0'.repeat(Math.max(0, -point))}${digits.slice(Math.max(0, point))}`.replace(/0+$/, '');
  return `${minus}${before}${behind === '' ? '' : `.${behind}`}`;
}

/** A is 1, Z 26, AA 27. */
const columnOf = (letters: string): number =>
  [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
