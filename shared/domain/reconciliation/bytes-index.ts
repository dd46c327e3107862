/**
 * Numbers byte strings in the order in which they come: the first is 0. A table of typed arrays, because a Map of a
 * million strings takes several times the memory. Hashes only find a candidate; the bytes themselves decide.
 */
const FIRST_ROWS = 1024;
const BYTES_PER_ROW = 16;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Longest text that is looked up without memory of its own: three bytes for each of its units, at most. */
const SCRATCH_BYTES = 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const scratch = new Uint8Array(SCRATCH_BYTES);

export class BytesIndex {
  #size = 0;
  #slots = new Int32Array(4 * FIRST_ROWS).fill(-1);
  #hashes = new Int32Array(FIRST_ROWS);
  /** Where each row's bytes begin; the next row's beginning is the end. */
  #begins = new Uint32Array(FIRST_ROWS + 1);
  #bytes = new Uint8Array(FIRST_ROWS * BYTES_PER_ROW);

  get size(): number {
    return this.#size;
  }

  /** The row of these bytes, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.#slots[this.#slotOf(hash(bytes, start, end), bytes, start, end)] as number;
  }

  findText(text: string): number {
    const { bytes, length } = encoded(text);
    return this.find(bytes, 0, length);
  }

  /** The row of these bytes, a new one if they are new. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const code = hash(bytes, start, end);
    const slot = this.#slotOf(code, bytes, start, end);
    const there = this.#slots[slot] as number;
    if (there >= 0) return there;

    const row = this.#size++;
    this.#reserve(row, end - start);
    const begin = this.#begins[row] as number;
    this.#bytes.set(bytes.subarray(start, end), begin);
    this.#begins[row + 1] = begin + end - start;
    this.#hashes[row] = code;
    this.#slots[slot] = row;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
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
    target.set(this.#bytes.subarray(this.#begins[row], this.#begins[row + 1]), offset);
  }

  /** All rows, ordered by their bytes. */
  sorted(): Uint32Array {
    const rows = new Uint32Array(this.#size);
    for (let row = 0; row < rows.length; row++) rows[row] = row;
    return rows.sort((one, other) => this.#compare(one, other));
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
    const mask = this.#slots.length - 1;
    for (let slot = code & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot] as number;
      if (row < 0 || (this.#hashes[row] === code && this.#equals(row, bytes, start, end))) return slot;
    }
  }

  #equals(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const begin = this.#begins[row] as number;
    if ((this.#begins[row + 1] as number) - begin !== end - start) return false;
    for (let at = start; at < end; at++) if (this.#bytes[begin + at - start] !== bytes[at]) return false;
    return true;
  }

  #reserve(row: number, bytes: number): void {
    if (row >= this.#hashes.length) {
      this.#hashes = grown(this.#hashes, new Int32Array(2 * this.#hashes.length));
      this.#begins = grown(this.#begins, new Uint32Array(2 * this.#begins.length));
    }
    const needed = (this.#begins[row] as number) + bytes;
    if (needed > this.#bytes.length)
      this.#bytes = grown(this.#bytes, new Uint8Array(Math.max(needed, 2 * this.#bytes.length)));
  }

  #rehash(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1);
    const mask = this.#slots.length - 1;
    for (let row = 0; row < this.#size; row++) {
      let slot = (this.#hashes[row] as number) & mask;
      while ((this.#slots[slot] as number) >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = row;
    }
  }
}

/** Text as UTF-8, good until the next text is encoded. */
function encoded(text: string): { bytes: Uint8Array; length: number } {
  if (3 * text.length <= SCRATCH_BYTES) return { bytes: scratch, length: encoder.encodeInto(text, scratch).written };
  const bytes = encoder.encode(text);
  return { bytes, length: bytes.length };
}

/** FNV-1a, 32 bits, with a last mix so that the low bits take part of all the others. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let code = FNV_OFFSET;
  for (let at = start; at < end; at++) code = Math.imul(code ^ (bytes[at] as number), FNV_PRIME);
  return code ^ (code >>> 15);
}

/** Copies a column into a longer one. */
export function grown<Column extends { set(source: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
