/**
 * Numbers byte strings in the order in which they come: the first is 0. A table of typed arrays, because a Map of a
 * million strings takes several times the memory. Hashes only find a candidate; the bytes themselves decide.
 */
const FIRST_ROWS = 1024;
const BYTES_PER_ROW = 16;
/** Most rows in so many slots: fuller, and a search passes many; emptier, and it meets memory that no cache holds. */
const FULL = 3 / 4;
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

/** Bits of a sorting key that hold bytes; the others hold its row. */
const KEY_BITS = 64 - ROW_BITS;
/** Of what {@link BytesIndex.sorted} makes of a byte. */
const HIGHEST = 256;
/** Bits of its lower half that hold bytes. */
const LOW_BITS = 32 - ROW_BITS;
/** Rows of one key: so many are put in order one by one, more by a sort. */
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
  #slots = new Uint32Array(2 * FIRST_ROWS);
  #bytes = new Uint8Array(FIRST_ROWS * BYTES_PER_ROW);
  /** Length of each row's bytes while all have one: then a row's place need not be looked up. */
  #length = 0;
  /** Where each row's bytes begin, once they differ in length; the next row's beginning is the end. */
  #begins: Uint32Array | undefined;
  #expected = FIRST_ROWS;
  /** Of what was read ahead, so that it is read at all. */
  #warmed = 0;

  get size(): number {
    return this.#size;
  }

  /** Allots room for so many rows before the first comes: nothing is copied then, and what is not written takes no memory. */
  expect(rows: number): void {
    if (this.#size > 0 || rows <= FIRST_ROWS) return;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.min(rows, MAX_ROWS) / FULL)));
    this.#bytes = new Uint8Array(rows * BYTES_PER_ROW);
    this.#expected = rows;
  }

  /** The row of these bytes, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return ((this.#slots[this.#slotOf(hash(bytes, start, end), bytes, start, end)] as number) & ROW_MASK) - 1;
  }

  findText(text: string): number {
    const { bytes, length } = encoded(text);
    return this.find(bytes, 0, length);
  }

  /**
   * Reads what looking up these texts will read, all slots first and then all bytes: memory answers many questions at once
   * that do not wait for each other. `found` is told each row that is likely meant.
   */
  warm(texts: readonly string[], found: (row: number) => void): void {
    const mask = this.#slots.length - 1;
    const rows = new Uint32Array(texts.length);
    for (let at = 0; at < rows.length; at++) rows[at] = hashOfText(texts[at] as string) & mask;
    for (let at = 0; at < rows.length; at++) rows[at] = (this.#slots[rows[at] as number] as number) & ROW_MASK;
    for (let at = 0; at < rows.length; at++) {
      const row = (rows[at] as number) - 1;
      if (row < 0) continue;
      this.#warmed ^= this.#bytes[this.#begin(row)] as number;
      found(row);
    }
  }

  /** The row of these bytes, a new one if they are new. Throws a RangeError beyond {@link MAX_ROWS}. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const code = hash(bytes, start, end);
    const slot = this.#slotOf(code, bytes, start, end);
    const there = (this.#slots[slot] as number) & ROW_MASK;
    if (there > 0) return there - 1;

    const row = this.#size;
    if (row >= MAX_ROWS) throw new RangeError(`more than ${MAX_ROWS} rows`);
    const shift = this.#reserve(row, end - start) - start;
    this.#size++;
    const own = this.#bytes;
    // Ids are short: a call that copies a block costs more than their bytes one by one.
    for (let at = start; at < end; at++) own[at + shift] = bytes[at] as number;
    this.#slots[slot] = slotted(row, code);
    if (this.#size > FULL * this.#slots.length) this.#rehash();
    return row;
  }

  addText(text: string): number {
    const { bytes, length } = encoded(text);
    return this.add(bytes, 0, length);
  }

  text(row: number): string {
    return decoder.decode(this.#bytes.subarray(this.#begin(row), this.#begin(row + 1)));
  }

  /** Writes the bytes of a row into `target` from `offset` on. */
  copyTo(row: number, target: Uint8Array, offset: number): void {
    const own = this.#bytes;
    const begin = this.#begin(row);
    const end = this.#begin(row + 1);
    for (let at = begin; at < end; at++) target[offset + at - begin] = own[at] as number;
  }

  /** All rows, ordered by their bytes; shorter before longer where one begins with the other. */
  sorted(): Uint32Array {
    // A row, and before it what tells its bytes apart, in one number: those are sorted without a call to compare two.
    const keys = new BigUint64Array(this.#size);
    const halves = new Uint32Array(keys.buffer);
    const tellers = this.#tellers();
    const unused = tellers.reduce((bits, { width }) => bits - width, KEY_BITS);
    const [places, least, values] = [
      Uint32Array.from(tellers, ({ at }) => at),
      Uint32Array.from(tellers, (teller) => teller.least),
      Uint32Array.from(tellers, ({ width }) => 2 ** width),
    ];
    for (let row = 0; row < this.#size; row++) {
      let key = 0;
      for (let at = 0; at < places.length; at++)
        key = key * (values[at] as number) + this.#byteAt(row, places[at] as number) - (least[at] as number);
      key *= 2 ** unused;
      const high = Math.floor(key / 2 ** LOW_BITS);
      halves[2 * row] = (key - high * 2 ** LOW_BITS) * 2 ** ROW_BITS + row;
      halves[2 * row + 1] = high;
    }
    keys.sort();
    return this.#rowsOf(halves);
  }

  /** The places in which rows differ and the least byte there, from the first on, as many as a key has room for. */
  #tellers(): { at: number; least: number; width: number }[] {
    let [shortest, longest] = [Number.POSITIVE_INFINITY, 0];
    for (let row = 0; row < this.#size; row++) {
      const length = this.#begin(row + 1) - this.#begin(row);
      if (length < shortest) shortest = length;
      if (length > longest) longest = length;
    }
    const least = new Uint16Array(longest).fill(HIGHEST);
    const most = new Uint16Array(longest);
    for (let row = 0; row < this.#size; row++) {
      const begin = this.#begin(row);
      const length = this.#begin(row + 1) - begin;
      for (let at = 0; at < length; at++) {
        const byte = (this.#bytes[begin + at] as number) + 1;
        if (byte < (least[at] as number)) least[at] = byte;
        if (byte > (most[at] as number)) most[at] = byte;
      }
    }
    const tellers = [];
    for (let at = 0, bits = 0; at < longest; at++) {
      const lowest = at < shortest ? (least[at] as number) : 0;
      const width = Math.ceil(Math.log2((most[at] as number) - lowest + 1));
      bits += width;
      if (bits > KEY_BITS) break;
      if (width > 0) tellers.push({ at, least: lowest, width });
    }
    return tellers;
  }

  /** The rows of sorted keys, in the same memory. Where keys are the same, the bytes behind them decide. */
  #rowsOf(halves: Uint32Array): Uint32Array {
    const rows = halves.subarray(0, this.#size);
    let from = 0;
    let [low, high] = [0, 0];
    for (let at = 0; at < rows.length; at++) {
      const key = halves[2 * at] as number;
      const above = halves[2 * at + 1] as number;
      if (above !== high || key >>> ROW_BITS !== low) {
        this.#order(rows, from, at);
        [from, low, high] = [at, key >>> ROW_BITS, above];
      }
      rows[at] = key & ROW_MASK;
    }
    this.#order(rows, from, rows.length);
    return rows;
  }

  #order(rows: Uint32Array, from: number, to: number): void {
    if (to - from > FEW) rows.subarray(from, to).sort((one, other) => this.#compare(one, other));
    else
      for (let at = from + 1; at < to; at++) {
        const row = rows[at] as number;
        let place = at;
        for (; place > from && this.#compare(rows[place - 1] as number, row) > 0; place--)
          rows[place] = rows[place - 1] as number;
        rows[place] = row;
      }
  }

  /** 1 more than the byte at `depth`, 0 behind the last. */
  #byteAt(row: number, depth: number): number {
    const at = this.#begin(row) + depth;
    return at < this.#begin(row + 1) ? (this.#bytes[at] as number) + 1 : 0;
  }

  #begin(row: number): number {
    return this.#begins === undefined ? row * this.#length : (this.#begins[row] as number);
  }

  #compare(one: number, other: number): number {
    const bytes = this.#bytes;
    let left = this.#begin(one);
    let right = this.#begin(other);
    const leftEnd = this.#begin(one + 1);
    const rightEnd = this.#begin(other + 1);
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
    const begin = this.#begin(row);
    if (this.#begin(row + 1) - begin !== end - start) return false;
    const own = this.#bytes;
    for (let at = start; at < end; at++) if (own[begin + at - start] !== bytes[at]) return false;
    return true;
  }

  /** Makes room for a new row of so many bytes. Answers where they begin. */
  #reserve(row: number, bytes: number): number {
    if (row === 0) this.#length = bytes;
    else if (this.#begins === undefined && bytes !== this.#length) {
      this.#begins = new Uint32Array(Math.max(this.#expected, GROWTH * row) + 1);
      for (let there = 0; there <= row; there++) this.#begins[there] = there * this.#length;
    }
    const begin = this.#begin(row);
    if (this.#begins !== undefined) {
      if (row + 1 >= this.#begins.length)
        this.#begins = grown(this.#begins, new Uint32Array(GROWTH * this.#begins.length));
      this.#begins[row + 1] = begin + bytes;
    }
    if (begin + bytes > this.#bytes.length)
      this.#bytes = grown(this.#bytes, new Uint8Array(Math.max(begin + bytes, GROWTH * this.#bytes.length)));
    return begin;
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let row = 0; row < this.#size; row++) {
      const code = hash(this.#bytes, this.#begin(row), this.#begin(row + 1));
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

/** The same as {@link hash} of an ASCII text's bytes. */
function hashOfText(text: string): number {
  let code = FNV_OFFSET;
  for (let at = 0; at < text.length; at++) code = Math.imul(code ^ text.charCodeAt(at), FNV_PRIME);
  return code ^ (code >>> 15);
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
