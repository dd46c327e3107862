import type { TableMap } from './maps.ts';
import { BankFileFault, type BankSink, type BankVerdict } from './model.ts';
import { TableRows } from './table.ts';
import { type XmlHandler, XmlScanner } from './xml.ts';

/**
 * The first sheet of a spreadsheet (Office Open XML) as a statement. A spreadsheet is a zip whose directory stands at its
 * end, so it is taken whole, with limits on what is compressed and on what it unfolds to. Source: APPNOTE.TXT 6.3 (PKWARE),
 * sections 4.3.7, 4.3.12 and 4.3.16; ECMA-376 part 1, sections 18.3 and 18.4.
 */

/** Largest spreadsheet, in bytes, and what a part of it may unfold to. */
export const MAX_XLSX_BYTES = 20 * 1024 * 1024;
export const MAX_PART_BYTES = 64 * 1024 * 1024;
const MAX_PARTS = 1000;
const MAX_STRINGS = 1_000_000;
const MAX_COLUMNS = 200;

/** Inflates raw deflate data; throws where it would unfold to more than `most` bytes. */
export type Inflate = (bytes: Uint8Array, most: number) => Uint8Array;

export function readXlsx(
  bytes: Uint8Array,
  { map, sink, account, inflate }: { map: TableMap; sink: BankSink; account: string | undefined; inflate: Inflate },
): BankVerdict {
  try {
    const parts = partsOf(bytes);
    const sheet = [...parts.keys()].filter((name) => /^xl\/worksheets\/sheet\d+\.xml$/.test(name)).sort(byNumber)[0];
    if (sheet === undefined) throw new BankFileFault(0, 'sheet_missing');
    const strings = parts.has('xl/sharedStrings.xml')
      ? sharedStrings(unfold(bytes, parts, 'xl/sharedStrings.xml', inflate))
      : [];
    const rows = new TableRows(map, sink, account, 'xlsx');
    let last = 0;
    const handler = new SheetHandler(strings, map, (cells, line) => {
      last = line;
      rows.row(cells, line);
    });
    scan(unfold(bytes, parts, sheet, inflate), handler);
    rows.end(last);
    return { kind: 'read', statements: 1, entries: rows.entries };
  } catch (error) {
    if (!(error instanceof BankFileFault)) throw error;
    return { kind: 'refused', fault: error.fault };
  }
}

const byNumber = (one: string, other: string): number => Number(/\d+/.exec(one)) - Number(/\d+/.exec(other));

type Part = { offset: number; compressed: number; unfolded: number; method: number };

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 65_535;
const STORED = 0;
const DEFLATED = 8;

/** The directory, where it stands and says what it says without overlap or trick; anything else is no spreadsheet. */
function partsOf(bytes: Uint8Array): Map<string, Part> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const noZip = (): never => {
    throw new BankFileFault(0, 'not_zip');
  };
  const least = Math.max(0, bytes.length - END_BYTES - MAX_COMMENT);
  let end = bytes.length - END_BYTES;
  while (end >= least && view.getUint32(end, true) !== END) end -= 1;
  if (end < least || end < 0) return noZip();
  const count = view.getUint16(end + 10, true);
  if (count > MAX_PARTS) throw new BankFileFault(0, 'zip_bomb');
  const parts = new Map<string, Part>();
  let at = view.getUint32(end + 16, true);
  for (let entry = 0; entry < count; entry += 1) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY) return noZip();
    const lengths = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [number, number, number];
    const name = new TextDecoder('latin1').decode(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + lengths[0]));
    const part = {
      offset: view.getUint32(at + 42, true),
      compressed: view.getUint32(at + 20, true),
      unfolded: view.getUint32(at + 24, true),
      method: view.getUint16(at + 10, true),
    };
    if (parts.has(name)) return noZip();
    parts.set(name, part);
    at += ENTRY_BYTES + lengths[0] + lengths[1] + lengths[2];
  }
  return parts;
}

function unfold(bytes: Uint8Array, parts: ReadonlyMap<string, Part>, name: string, inflate: Inflate): Uint8Array {
  const { offset, compressed, unfolded, method } = parts.get(name) as Part;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (unfolded > MAX_PART_BYTES) throw new BankFileFault(0, 'zip_bomb');
  if (offset + LOCAL_BYTES > bytes.length || view.getUint32(offset, true) !== LOCAL)
    throw new BankFileFault(0, 'not_zip');
  const from = offset + LOCAL_BYTES + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (from + compressed > bytes.length) throw new BankFileFault(0, 'not_zip');
  const data = bytes.subarray(from, from + compressed);
  if (method === STORED) return data;
  if (method !== DEFLATED) throw new BankFileFault(0, 'zip_unsupported');
  let content: Uint8Array;
  try {
    content = inflate(data, MAX_PART_BYTES);
  } catch {
    throw new BankFileFault(0, 'zip_bomb');
  }
  // What the directory says of it must be so.
  if (content.length !== unfolded) throw new BankFileFault(0, 'not_zip');
  return content;
}

const SCANNED_AT_ONCE = 1 << 16;

function scan(content: Uint8Array, handler: XmlHandler): void {
  const scanner = new XmlScanner(handler);
  for (let at = 0; at < content.length; at += SCANNED_AT_ONCE) scanner.push(content.subarray(at, at + SCANNED_AT_ONCE));
  scanner.end();
}

function sharedStrings(content: Uint8Array): string[] {
  const strings: string[] = [];
  const open: string[] = [];
  let text = '';
  scan(content, {
    listens: true,
    open: (name) => {
      open.push(name);
      if (name === 'si') text = '';
    },
    text: (piece) => {
      // Readings of Japanese characters stand beside the text, and are none of it.
      if (open.at(-1) === 't' && !open.includes('rPh')) text += piece;
    },
    close: () => {
      if (open.pop() !== 'si') return;
      if (strings.length >= MAX_STRINGS) throw new BankFileFault(0, 'zip_bomb');
      strings.push(text);
    },
  });
  return strings;
}

/** Gathers the cells of a row; empty ones are left out of the file and stand here as empty text. */
class SheetHandler implements XmlHandler {
  readonly listens = true;
  readonly #strings: readonly string[];
  readonly #map: TableMap;
  readonly #take: (cells: readonly string[], line: number) => void;
  readonly #open: string[] = [];
  #cells: string[] = [];
  #line = 0;
  #column = 0;
  #type = '';
  #text = '';

  constructor(strings: readonly string[], map: TableMap, take: (cells: readonly string[], line: number) => void) {
    this.#strings = strings;
    this.#map = map;
    this.#take = take;
  }

  open(name: string, attributes: string): void {
    this.#open.push(name);
    if (name === 'row') {
      this.#cells = [];
      this.#column = 0;
      this.#line = Number(/\br="(\d{1,7})"/.exec(attributes)?.[1] ?? this.#line + 1);
    } else if (name === 'c') {
      const letters = /\br="([A-Z]{1,3})\d+"/.exec(attributes)?.[1];
      this.#column = letters === undefined ? this.#column + 1 : columnOf(letters);
      if (this.#column > MAX_COLUMNS) throw new BankFileFault(this.#line, 'line_malformed');
      this.#type = /\bt="([a-zA-Z]+)"/.exec(attributes)?.[1] ?? 'n';
      this.#text = '';
    }
  }

  text(text: string): void {
    const inside = this.#open.at(-1);
    if (inside === 'v' || (inside === 't' && this.#open.includes('is'))) this.#text += text;
  }

  close(): void {
    const name = this.#open.pop();
    if (name === 'row') this.#take(this.#cells, this.#line);
    if (name !== 'c') return;
    while (this.#cells.length < this.#column) this.#cells.push('');
    this.#cells[this.#column - 1] = this.#value();
  }

  /** A number is written with a point in the file, whatever the map says of text. */
  #value(): string {
    switch (this.#type) {
      case 's':
        return this.#strings[Number(this.#text)] ?? '';
      case 'n': {
        const { point } = this.#map.decimals;
        return point === 'implied' ? this.#text : this.#text.replace('.', point);
      }
      case 'e':
        throw new BankFileFault(this.#line, 'line_malformed');
      default:
        return this.#text;
    }
  }
}

/** A is 1, Z 26, AA 27. */
const columnOf = (letters: string): number =>
  [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
