import { BankFileFault } from './model.ts';

/** Longest line of a text format, in bytes. MT940 has 65 characters, BAI2 and fixed-width files some hundreds. */
export const MAX_LINE_BYTES = 65_536;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts bytes into lines as they arrive: LF, CR LF or CR, as transfers between systems leave them. A line is UTF-8 where it
 * reads as such, and Windows-1252 otherwise: older banks send that, and no amount or reference depends on it.
 */
export class Lines {
  readonly #take: (text: string, line: number) => void;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true });
  readonly #western = new TextDecoder('windows-1252');
  #rest: Uint8Array = new Uint8Array(0);
  /** Lines taken so far. */
  count = 0;
  /** Whether some line was not UTF-8. */
  western = false;

  /** `take` is told each line without its end, and its number counting from 1. */
  constructor(take: (text: string, line: number) => void) {
    this.#take = take;
  }

  /** Throws {@link BankFileFault}, and whatever `take` throws. */
  push(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    let at = 0;
    for (let end = bytes.indexOf(LF, at); end >= 0; end = bytes.indexOf(LF, at)) {
      this.#line(bytes.subarray(at, end));
      at = end + 1;
    }
    // Who ends lines with CR alone has no LF anywhere: what is complete is taken at the last CR that something follows.
    const end = bytes.length - at > MAX_LINE_BYTES ? bytes.lastIndexOf(CR, bytes.length - 2) : -1;
    if (end >= at) {
      this.#line(bytes.subarray(at, end));
      at = end + 1;
    }
    this.#rest = bytes.slice(at);
    if (this.#rest.length > MAX_LINE_BYTES) throw new BankFileFault(this.count + 1, 'line_too_long');
  }

  /** The last line, where nothing ends it. */
  end(): void {
    if (this.#rest.length > 0) this.#line(this.#rest);
    this.#rest = new Uint8Array(0);
  }

  /** What stands before a LF: one line, with a CR or several at its end, or several lines with a CR between them. */
  #line(bytes: Uint8Array): void {
    let to = bytes.length;
    while (to > 0 && bytes[to - 1] === CR) to -= 1;
    let from = 0;
    for (let end = bytes.indexOf(CR); end >= 0 && end < to; end = bytes.indexOf(CR, from)) {
      this.#whole(bytes.subarray(from, end));
      from = end + 1;
    }
    this.#whole(bytes.subarray(from, to));
  }

  #whole(bytes: Uint8Array): void {
    this.count += 1;
    if (bytes.length > MAX_LINE_BYTES) throw new BankFileFault(this.count, 'line_too_long');
    const text = this.#decode(bytes);
    if (text.includes('\u0000')) throw new BankFileFault(this.count, 'control_character');
    this.#take(text, this.count);
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#utf8.decode(bytes);
    } catch {
      this.western = true;
      return this.#western.decode(bytes);
    }
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
