/**
 * Numbers byte strings in the order in which they come: the first is 0. A table of typed arrays, because a Map of a
 * million strings takes several times the memory. Hashes only find a candidate; the bytes themselves decide.
 */
const FIRST_ROWS = 1024;
const BYTES_PER_ROW = 16;
/** Slots for each row, at least. */
const SLOTS_PER_ROW = 2;
/** Bits of a slot that hold its row; the others hold a part of the hash. */
const ROW_BITS = 24;
const ROW_MASK = 2 ** ROW_BITS - 1;
/** Most rows. */
export const MAX_ROWS = ROW_MASK;

/**
 * By how much a full column grows. What is allotted and not yet written takes no memory, and the copy's source, which does
 * for a moment, is so much smaller.
 */
export const GROWTH = 4;

/** Heaps into which rows are dealt by a byte, and one of those that end. */
const HEAPS = 256;
/** Heaps of so many rows are sorted by comparing. */
const FEW = 24;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Longest text that is looked up without memory of its own: three bytes for each of its units, at most. */
const SCRATCH_BYTES = 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const scratch = new Uint8Array(SCRATCH_BYTES);

export class BytesIndex {
  #size = 0;
  /** Each 0 where free, else 1 more than a row, above it a part of its hash: nearly no other row's bytes are looked at. */
  #slots = new Uint32Array(4 * FIRST_ROWS);
  /** Where each row's bytes begin; the next row's beginning is the end. */
  #begins = new Uint32Array(FIRST_ROWS + 1);
  #bytes = new Uint8Array(FIRST_ROWS * BYTES_PER_ROW);

  get size(): number {
    return this.#size;
  }

  /** Allots room for so many rows before the first comes: nothing is copied then, and what is not written takes no memory. */
  expect(rows: number): void {
    if (this.#size > 0 || rows <= FIRST_ROWS) return;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.min(rows, MAX_ROWS) * SLOTS_PER_ROW)));
    this.#begins = new Uint32Array(rows + 1);
    this.#bytes = new Uint8Array(rows * BYTES_PER_ROW);
  }

  /** The row of these bytes, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return ((this.#slots[this.#slotOf(hash(bytes, start, end), bytes, start, end)] as number) & ROW_MASK) - 1;
  }

  findText(text: string): number {
    const { bytes, length } = encoded(text);
    return this.find(bytes, 0, length);
  }

  /** The row of these bytes, a new one if they are new. Throws a RangeError beyond {@link MAX_ROWS}. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const code = hash(bytes, start, end);
    const slot = this.#slotOf(code, bytes, start, end);
    const there = (this.#slots[slot] as number) & ROW_MASK;
    if (there > 0) return there - 1;

    const row = this.#size++;
    if (row >= MAX_ROWS) throw new RangeError(`more than ${MAX_ROWS} rows`);
    this.#reserve(row, end - start);
    const begin = this.#begins[row] as number;
    const shift = begin - start;
    const own = this.#bytes;
    // Ids are short: a call that copies a block costs more than their bytes one by one.
    for (let at = start; at < end; at++) own[at + shift] = bytes[at] as number;
    this.#begins[row + 1] = end + shift;
    this.#slots[slot] = slotted(row, code);
    if (this.#size * SLOTS_PER_ROW > this.#slots.length) this.#rehash();
    return row;
  }

  addText(text: string): number {
    const { bytes, length } = encoded(text);
    return this.add(bytes, 0, length);
  }

  text(row: number): string {
    return decoder.decode(this.#bytes.subarray(this.#begins[row], this.#begins[row + 1]));
  }

  /** Writes the bytes of a row into `target` from `offset` on. */
  copyTo(row: number, target: Uint8Array, offset: number): void {
    const own = this.#bytes;
    const begin = this.#begins[row] as number;
    const end = this.#begins[row + 1] as number;
    for (let at = begin; at < end; at++) target[offset + at - begin] = own[at] as number;
  }

  /** All rows, ordered by their bytes; shorter before longer where one begins with the other. */
  sorted(): Uint32Array {
    const rows = new Uint32Array(this.#size);
    for (let row = 0; row < rows.length; row++) rows[row] = row;
    this.#sort(rows, 0, rows.length, 0);
    return rows;
  }

  /**
   * Sorts the rows from `from` to before `to`, which agree in the first `depth` bytes: dealt out by the byte there, then each
   * heap by the next one; few are put in order by comparing. No depth of calls grows with the number of rows: at most the
   * length of the longest bytes.
   */
  #sort(rows: Uint32Array, from: number, to: number, depth: number): void {
    if (to - from <= FEW) {
      for (let at = from + 1; at < to; at++) {
        const row = rows[at] as number;
        let place = at;
        for (; place > from && this.#compare(rows[place - 1] as number, row) > 0; place--)
          rows[place] = rows[place - 1] as number;
        rows[place] = row;
      }
      return;
    }
    const ends = this.#deal(rows, from, to, depth);
    for (let heap = 1; heap <= HEAPS; heap++) {
      const first = ends[heap - 1] as number;
      if ((ends[heap] as number) - first > 1) this.#sort(rows, first, ends[heap] as number, depth + 1);
    }
  }

  /** Deals rows out by their byte at `depth`. Answers where each heap ends; heap 0 is of those that end there. */
  #deal(rows: Uint32Array, from: number, to: number, depth: number): Uint32Array {
    const ends = new Uint32Array(HEAPS + 1);
    for (let at = from; at < to; at++) {
      const heap = this.#byteAt(rows[at] as number, depth);
      ends[heap] = (ends[heap] as number) + 1;
    }
    const begins = new Uint32Array(HEAPS + 1);
    for (let heap = 0, begin = from; heap <= HEAPS; heap++) {
      begins[heap] = begin;
      begin += ends[heap] as number;
      ends[heap] = begin;
    }
    // All alike, as the beginnings of ids are: nothing to deal.
    const alike = this.#byteAt(rows[from] as number, depth);
    if (begins[alike] === from && ends[alike] === to) return ends;
    for (const row of rows.slice(from, to)) {
      const heap = this.#byteAt(row, depth);
      const place = begins[heap] as number;
      rows[place] = row;
      begins[heap] = place + 1;
    }
    return ends;
  }

  /** 1 more than the byte at `depth`, 0 behind the last. */
  #byteAt(row: number, depth: number): number {
    const at = (this.#begins[row] as number) + depth;
    return at < (this.#begins[row + 1] as number) ? (this.#bytes[at] as number) + 1 : 0;
  }

  #compare(one: number, other: number): number {
    const bytes = this.#bytes;
    let left = this.#begins[one] as number;
    let right = this.#begins[other] as number;
    const leftEnd = this.#begins[one + 1] as number;
    const rightEnd = this.#begins[other + 1] as number;
    while (left < leftEnd && right < rightEnd) {
      const difference = (bytes[left++] as number) - (bytes[right++] as number);
      if (difference !== 0) return difference;
    }
    return leftEnd - left - (rightEnd - right);
  }

  /** The slot that holds these bytes, or the free one where they belong. */
  #slotOf(code: number, bytes: Uint8Array, start: number, end: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = code & mask; ; slot = (slot + 1) & mask) {
      const there = slots[slot] as number;
      if (there === 0) return slot;
      const row = (there & ROW_MASK) - 1;
      if (there === slotted(row, code) && this.#equals(row, bytes, start, end)) return slot;
    }
  }

  #equals(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const begin = this.#begins[row] as number;
    if ((this.#begins[row + 1] as number) - begin !== end - start) return false;
    for (let at = start; at < end; at++) if (this.#bytes[begin + at - start] !== bytes[at]) return false;
    return true;
  }

  #reserve(row: number, bytes: number): void {
    if (row + 1 >= this.#begins.length)
      this.#begins = grown(this.#begins, new Uint32Array(GROWTH * this.#begins.length));
    const needed = (this.#begins[row] as number) + bytes;
    if (needed > this.#bytes.length)
      this.#bytes = grown(this.#bytes, new Uint8Array(Math.max(needed, GROWTH * this.#bytes.length)));
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let row = 0; row < this.#size; row++) {
      const code = hash(this.#bytes, this.#begins[row] as number, this.#begins[row + 1] as number);
      let slot = code & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = slotted(row, code);
    }
    this.#slots = slots;
  }
}

/** What a slot holds of a row whose bytes have this hash. */
const slotted = (row: number, code: number): number => ((code & ~ROW_MASK) | (row + 1)) >>> 0;

/** Text as UTF-8, good until the next text is encoded. */
function encoded(text: string): { bytes: Uint8Array; length: number } {
  const { length } = text;
  if (3 * length > SCRATCH_BYTES) {
    const bytes = encoder.encode(text);
    return { bytes, length: bytes.length };
  }
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) return { bytes: scratch, length: encoder.encodeInto(text, scratch).written };
    scratch[at] = code;
  }
  return { bytes: scratch, length };
}

/** FNV-1a, 32 bits, with a last mix so that the low bits take part of all the others. */
export function hash(bytes: Uint8Array, start: number, end: number): number {
  let code = FNV_OFFSET;
  for (let at = start; at < end; at++) code = Math.imul(code ^ (bytes[at] as number), FNV_PRIME);
  return code ^ (code >>> 15);
}

/** Copies a column into a longer one. */
export function grown<Column extends { set(source: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
