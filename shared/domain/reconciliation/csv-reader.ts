import { letters, SHORT_TEXT } from './letters.ts';

/**
 * Reads comma-separated text as RFC 4180 has it, from chunks of bytes as they arrive. Memory is bounded by the longest
 * record allowed, whatever the size of the file. Nothing is guessed: what is not plain CSV in UTF-8 is refused.
 */

/** Longest record, in bytes. A settlement line has some hundred; what is longer is no settlement line. */
export const MAX_RECORD_BYTES = 8192;
/** Most fields of one record. */
export const MAX_FIELDS = 64;

export type CsvFault =
  | 'not_utf8'
  | 'control_character'
  | 'record_too_long'
  | 'too_many_fields'
  | 'quotes_unbalanced'
  | 'quote_misplaced'
  | 'bare_carriage_return';

/** The text is no CSV from this line on (counting from 1). */
export class MalformedCsv extends Error {
  readonly fault: CsvFault;
  readonly line: number;
  constructor(fault: CsvFault, line: number) {
    super(`malformed CSV at line ${line}: ${fault}`);
    this.name = 'MalformedCsv';
    this.fault = fault;
    this.line = line;
  }
}

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;
const BOM = [0xef, 0xbb, 0xbf] as const;

/**
 * One record: where its fields begin and end in `bytes`. The reader fills the same object again for the next record, so
 * it is read before the next one is asked for.
 */
export class CsvRecord {
  /** Line of the file on which the record begins, counting from 1. */
  line = 1;
  /** Number of fields. */
  count = 0;
  bytes: Uint8Array = new Uint8Array(0);
  /** Whether all of it is ASCII. */
  plain = true;
  readonly starts = new Int32Array(MAX_FIELDS);
  readonly ends = new Int32Array(MAX_FIELDS);

  start(field: number): number {
    return this.starts[field] ?? 0;
  }

  end(field: number): number {
    return this.ends[field] ?? 0;
  }

  /** The field as text; an absent field is empty. */
  text(field: number): string {
    if (field >= this.count) return '';
    const [start, end] = [this.start(field), this.end(field)];
    if (this.plain && end - start <= SHORT_TEXT) return letters(this.bytes, start, end);
    return utf8.decode(this.bytes.subarray(start, end));
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class CsvReader {
  readonly #delimiter: number;
  /** Bytes at which a field without quotes ends, or is none: 1 at each. */
  readonly #stops: Uint8Array;
  readonly #record = new CsvRecord();
  /** Bytes of a record whose end has not come yet. */
  #rest: Uint8Array = new Uint8Array(0);
  #buffer: Uint8Array = new Uint8Array(0);
  #line = 1;
  #begun = false;

  /** `delimiter`: one ASCII character. */
  constructor(delimiter: string) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#stops = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte < 0x20 || byte === QUOTE));
    this.#stops[this.#delimiter] = 1;
  }

  /** The records that end in this chunk. Throws {@link MalformedCsv}. */
  *read(chunk: Uint8Array): Generator<CsvRecord, void, undefined> {
    const rest = this.#rest;
    if (rest.length === 0) {
      yield* this.#scan(chunk, false);
      return;
    }
    // One buffer for all pieces: what is left of the last one goes to its beginning.
    const length = rest.length + chunk.length;
    if (length > this.#buffer.length) this.#buffer = new Uint8Array(2 * length);
    this.#buffer.set(rest);
    this.#buffer.set(chunk, rest.length);
    yield* this.#scan(this.#buffer.subarray(0, length), false);
  }

  /** The last record, if no line end closes it. Throws {@link MalformedCsv}. */
  *end(): Generator<CsvRecord, void, undefined> {
    yield* this.#scan(this.#rest, true);
  }

  *#scan(bytes: Uint8Array, last: boolean): Generator<CsvRecord, void, undefined> {
    let at = 0;
    if (!this.#begun) {
      if (bytes.length < BOM.length && !last) {
        this.#rest = bytes.slice();
        return;
      }
      this.#begun = true;
      if (BOM.every((byte, index) => bytes[index] === byte)) at = BOM.length;
    }
    while (at < bytes.length) {
      const next = this.#recordAt(bytes, at, last);
      if (next < 0) break;
      yield this.#record;
      at = next;
    }
    this.#rest = bytes.slice(at);
  }

  /** Reads the record that begins at `from`. Answers where the next one begins, or -1 if its end is not here yet. */
  #recordAt(bytes: Uint8Array, from: number, last: boolean): number {
    const record = this.#record;
    const delimiter = this.#delimiter;
    const stops = this.#stops;
    const length = bytes.length;
    const limit = Math.min(length, from + MAX_RECORD_BYTES);
    let lines = 0;
    let seen = 0;
    let escapes = false;
    let field = 0;
    let at = from;

    for (;;) {
      if (field === MAX_FIELDS) throw new MalformedCsv('too_many_fields', this.#line);
      let start = at;
      let end: number;
      if (at < limit && bytes[at] === QUOTE) {
        start = ++at;
        for (;;) {
          if (at >= limit) return this.#unfinished(limit < length, last, 'quotes_unbalanced');
          const byte = bytes[at] as number;
          if (byte === QUOTE) {
            if (at + 1 >= length && !last) return -1;
            if (bytes[at + 1] !== QUOTE) break;
            escapes = true;
            at += 2;
            continue;
          }
          if (byte < 0x20 && byte !== LF && byte !== CR) throw new MalformedCsv('control_character', this.#line);
          if (byte === LF) lines++;
          seen |= byte;
          at++;
        }
        end = at++;
        if (at < length && bytes[at] !== delimiter && bytes[at] !== LF && bytes[at] !== CR)
          throw new MalformedCsv('quote_misplaced', this.#line);
      } else {
        for (; at < limit; at++) {
          const byte = bytes[at] as number;
          if (stops[byte] !== 0) break;
          seen |= byte;
        }
        end = at;
        const stop = at < limit ? (bytes[at] as number) : LF;
        if (stop === QUOTE) throw new MalformedCsv('quote_misplaced', this.#line);
        if (stop !== delimiter && stop !== LF && stop !== CR) throw new MalformedCsv('control_character', this.#line);
      }
      record.starts[field] = start;
      record.ends[field] = end;
      field++;

      if (at >= limit) {
        if (limit < length) throw new MalformedCsv('record_too_long', this.#line);
        if (!last) return -1;
        break;
      }
      const byte = bytes[at++];
      if (byte === delimiter) continue;
      if (byte === CR) {
        if (at >= length && !last) return -1;
        if (bytes[at] !== LF) throw new MalformedCsv('bare_carriage_return', this.#line);
        at++;
      }
      lines++;
      break;
    }

    record.plain = seen < 0x80;
    if (!record.plain) this.#checkUtf8(bytes.subarray(from, at));
    record.line = this.#line;
    record.count = field;
    record.bytes = bytes;
    if (escapes) unescaped(record);
    this.#line += lines;
    return at;
  }

  #unfinished(tooLong: boolean, last: boolean, fault: CsvFault): -1 {
    if (tooLong) throw new MalformedCsv('record_too_long', this.#line);
    if (last) throw new MalformedCsv(fault, this.#line);
    return -1;
  }

  #checkUtf8(bytes: Uint8Array): void {
    try {
      strictUtf8.decode(bytes);
    } catch {
      throw new MalformedCsv('not_utf8', this.#line);
    }
  }
}

/** Makes `""` one quote. Rare, so the record gets bytes of its own; those of the chunk are the caller's. */
function unescaped(record: CsvRecord): void {
  const from = record.start(0);
  const bytes = new Uint8Array(record.end(record.count - 1) - from);
  let to = 0;
  for (let field = 0; field < record.count; field++) {
    const start = to;
    const end = record.end(field);
    for (let at = record.start(field); at < end; at++) {
      const byte = record.bytes[at] as number;
      bytes[to++] = byte;
      if (byte === QUOTE) at++;
    }
    record.starts[field] = start;
    record.ends[field] = to;
  }
  record.bytes = bytes;
}
