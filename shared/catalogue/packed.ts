import type { Procedure } from '../domain/fees/procedure.ts';
import { type FoundProcedures, findIn, type ProcedureSearch, searchLines, searchText } from './find.ts';

/**
 * A checked catalogue as three blocks, so that a function starts without parsing the law of the whole country: one line of
 * JSON for each procedure, an index of fixed width, in order of code, that is searched where it lies, and what lists are
 * made of.
 */
export type Packed = {
  /** Entries of {@link ENTRY_BYTES} bytes: code, offset and length of the line, padded with spaces. */
  index: Buffer;
  /** Bytes of the lines, from an offset. */
  read(offset: number, length: number): Buffer;
  /** The text that words are looked for in; see {@link searchText}. */
  search(): string;
};

const CODE_BYTES = 8;
const NUMBER_BYTES = 12;
export const ENTRY_BYTES = CODE_BYTES + 2 * NUMBER_BYTES;

/** Most procedures that one process keeps in mind, parsed. */
const MAX_REMEMBERED = 1_000;

/** Lines, index and search of procedures that were checked. The same procedures give the same bytes. */
export function pack(procedures: readonly Procedure[]): { index: Buffer; lines: Buffer; search: string } {
  const sorted = [...procedures].sort((one, other) => (one.code < other.code ? -1 : 1));
  const lines = sorted.map((procedure) => Buffer.from(`${JSON.stringify(procedure)}\n`));
  let offset = 0;
  const entries = sorted.map(({ code }, place) => {
    const length = lines[place]?.length ?? 0;
    const entry = `${code.padEnd(CODE_BYTES)}${String(offset).padEnd(NUMBER_BYTES)}${String(length).padEnd(NUMBER_BYTES)}`;
    offset += length;
    return entry;
  });
  return { index: Buffer.from(entries.join(''), 'latin1'), lines: Buffer.concat(lines), search: searchText(sorted) };
}

/** Reads a packed catalogue, a procedure when it is first asked for. */
export class PackedCatalogue {
  readonly #packed: Packed;
  readonly #read = new Map<string, Procedure>();
  #search: readonly string[] | undefined;

  constructor(packed: Packed) {
    this.#packed = packed;
  }

  get size(): number {
    return this.#packed.index.length / ENTRY_BYTES;
  }

  /** The procedure of a code (`N.NNNNNN`), if the catalogue has it. Reads and parses one line at most. */
  byCode(code: string): Procedure | undefined {
    const known = this.#read.get(code);
    if (known) return known;
    let [low, high] = [0, this.size - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const there = this.#text(middle, 0, CODE_BYTES);
      if (there === code) return this.#remember(this.#parse(middle));
      if (there < code) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** Searches by code or words; see {@link findIn}. */
  find(search: ProcedureSearch): FoundProcedures {
    this.#search ??= searchLines(this.#packed.search());
    return findIn(this.#search, search);
  }

  /** Every procedure, in order of code. */
  all(): Procedure[] {
    return Array.from({ length: this.size }, (_, place) => this.#parse(place));
  }

  #text(place: number, from: number, bytes: number): string {
    const start = place * ENTRY_BYTES + from;
    return this.#packed.index.toString('latin1', start, start + bytes);
  }

  #parse(place: number): Procedure {
    const offset = Number(this.#text(place, CODE_BYTES, NUMBER_BYTES));
    const length = Number(this.#text(place, CODE_BYTES + NUMBER_BYTES, NUMBER_BYTES));
    // Checked against the schema when it was packed; nothing but our own build writes these bytes.
    return JSON.parse(this.#packed.read(offset, length).toString('utf8')) as Procedure;
  }

  #remember(procedure: Procedure): Procedure {
    if (this.#read.size >= MAX_REMEMBERED) this.#read.clear();
    this.#read.set(procedure.code, procedure);
    return procedure;
  }
}
