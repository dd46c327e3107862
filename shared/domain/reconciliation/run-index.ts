import type { ResultFiles } from './results.ts';

/**
 * Where a run's lines tell of each item of ours: an object beside the run's own, of lines of one width, sorted by the hash of
 * an item's name, so that one of them is found by a ranged read or two. A hash only finds a candidate; the line decides.
 */

const HASH_DIGITS = 8;
const OFFSET_DIGITS = 12;
const LENGTH_DIGITS = 9;
/** Bytes of a line: hash, space, offset, space, length, line feed. The header has the same width. */
const LINE_BYTES = HASH_DIGITS + 1 + OFFSET_DIGITS + 1 + LENGTH_DIGITS + 1;
/** Lines that are read at once. Hashes are spread evenly, so a look-up begins where its own is likely to stand. */
const LINES_AT_ONCE = 4096;
const FORMAT = 'thuphi.run-index.v1';
const CHUNK_LINES = 10_000;
const FIRST_ENTRIES = 1024;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Finalizer of MurmurHash3. */
const MIX = [0x85ebca6b, 0xc2b2ae35] as const;
const HASHES = 2 ** 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Where a line stands in the object of its run, in bytes. */
export type LinePlace = { offset: number; length: number };

export const runIndexKey = (runKey: string): string => runKey.replace(/\.ndjson$/, '.index');

/** By what an item is looked up: a bank credit by its own name, on whatever invoice it stands, or on none. */
export const nameInRun = (item: string): string =>
  item.startsWith('mov_bank_') && item.includes('@') ? item.slice(0, item.lastIndexOf('@')) : item;

/** Raised for an object that this module did not write. */
export class NoRunIndex extends Error {
  constructor(key: string) {
    super(`not an index of a run: ${key}`);
    this.name = 'NoRunIndex';
  }
}

/** Gathers where items are told of, while a run's lines are written. */
export class RunIndex {
  #size = 0;
  /** A hash in the upper half, the entry's number in the lower one: sorted without a call to compare two. */
  #keys = new BigUint64Array(FIRST_ENTRIES);
  #offsets = new Float64Array(FIRST_ENTRIES);
  #lengths = new Uint32Array(FIRST_ENTRIES);

  get bytes(): number {
    return (this.#size + 1) * LINE_BYTES;
  }

  add(item: string, { offset, length }: LinePlace): void {
    if (this.#size === this.#lengths.length) this.#grow();
    const halves = new Uint32Array(this.#keys.buffer);
    halves[2 * this.#size] = this.#size;
    halves[2 * this.#size + 1] = hashOf(nameInRun(item));
    this.#offsets[this.#size] = offset;
    this.#lengths[this.#size] = length;
    this.#size += 1;
  }

  /** The object in chunks. */
  *chunks(): Generator<Uint8Array, void, undefined> {
    yield encoder.encode(`${FORMAT.padEnd(LINE_BYTES - 1)}\n`);
    const keys = this.#keys.subarray(0, this.#size).slice().sort();
    const halves = new Uint32Array(keys.buffer);
    for (let from = 0; from < this.#size; from += CHUNK_LINES) {
      let text = '';
      for (let at = from; at < Math.min(from + CHUNK_LINES, this.#size); at += 1) {
        const entry = halves[2 * at] as number;
        text += `${hexOf(halves[2 * at + 1] as number)} `;
        text += `${String(this.#offsets[entry]).padStart(OFFSET_DIGITS, '0')} `;
        text += `${String(this.#lengths[entry]).padStart(LENGTH_DIGITS, '0')}\n`;
      }
      yield encoder.encode(text);
    }
  }

  #grow(): void {
    const size = 4 * this.#size;
    const [keys, offsets, lengths] = [new BigUint64Array(size), new Float64Array(size), new Uint32Array(size)];
    keys.set(this.#keys);
    offsets.set(this.#offsets);
    lengths.set(this.#lengths);
    [this.#keys, this.#offsets, this.#lengths] = [keys, offsets, lengths];
  }
}

/** Where lines of a run may tell of an item; undefined where the run has no index. Throws {@link NoRunIndex}. */
export async function placesInRun(runKey: string, item: string, files: ResultFiles): Promise<LinePlace[] | undefined> {
  const key = runIndexKey(runKey);
  const wanted = hashOf(nameInRun(item));
  const read = (from: number, to: number) => files.range(key, from * LINE_BYTES, to * LINE_BYTES - 1);
  const first = await read(0, LINES_AT_ONCE);
  if (!first) return undefined;
  if (!decoder.decode(first.bytes.subarray(0, LINE_BYTES)).startsWith(FORMAT)) throw new NoRunIndex(key);
  const end = first.size / LINE_BYTES;
  if (end <= LINES_AT_ONCE) return placesIn(first.bytes.subarray(LINE_BYTES), wanted);

  // The wanted line is among `from` to `to` - 1, if it is there.
  let [from, to] = [1, end];
  for (let guess = Math.floor((wanted / HASHES) * end); from < to; guess = Math.floor((from + to) / 2)) {
    const start = Math.max(from, Math.min(guess - LINES_AT_ONCE / 2, to - LINES_AT_ONCE));
    const block = await read(start, Math.min(start + LINES_AT_ONCE, to));
    if (!block) throw new NoRunIndex(key);
    const lines = block.bytes.length / LINE_BYTES;
    const [lowest, highest] = [hashAt(block.bytes, 0), hashAt(block.bytes, lines - 1)];
    if (wanted < lowest) to = start;
    else if (wanted > highest) from = start + lines;
    else if (lowest < wanted && wanted < highest) return placesIn(block.bytes, wanted);
    else {
      // Several lines of one hash may reach beyond what was read.
      const around = await read(Math.max(1, start - LINES_AT_ONCE), Math.min(start + 2 * LINES_AT_ONCE, end));
      return placesIn(around?.bytes ?? block.bytes, wanted);
    }
  }
  return [];
}

const hashAt = (bytes: Uint8Array, line: number): number => {
  const begin = line * LINE_BYTES;
  return Number.parseInt(decoder.decode(bytes.subarray(begin, begin + HASH_DIGITS)), 16);
};

function placesIn(bytes: Uint8Array, wanted: number): LinePlace[] {
  const hash = hexOf(wanted);
  return decoder
    .decode(bytes)
    .split('\n')
    .filter((line) => line.startsWith(hash))
    .map((line) => {
      const [, offset, length] = line.split(' ');
      return { offset: Number(offset), length: Number(length) };
    });
}

const hexOf = (hash: number): string => hash.toString(16).padStart(HASH_DIGITS, '0');

/** FNV-1a over the units of a name, which is ASCII, and then mixed, so that names that end alike are spread evenly. */
function hashOf(name: string): number {
  let code = FNV_OFFSET;
  for (let at = 0; at < name.length; at += 1) code = Math.imul(code ^ name.charCodeAt(at), FNV_PRIME);
  code = Math.imul(code ^ (code >>> 16), MIX[0]);
  code = Math.imul(code ^ (code >>> 13), MIX[1]);
  return (code ^ (code >>> 16)) >>> 0;
}
