import { BankFileFault } from './model.ts';

/** Longest line of a text format, in bytes. MT940 has 65 characters, BAI2 and fixed-width files some hundreds. */
export const MAX_LINE_BYTES = 65_536;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts bytes into lines as they arrive: LF or CR LF. A line is UTF-8 where it reads as such, and Windows-1252 otherwise:
 * older banks send that, and no amount or reference depends on it.
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
    this.#rest = bytes.slice(at);
    if (this.#rest.length > MAX_LINE_BYTES) throw new BankFileFault(this.count + 1, 'line_too_long');
  }

  /** The last line, where nothing ends it. */
  end(): void {
    if (this.#rest.length > 0) this.#line(this.#rest);
    this.#rest = new Uint8Array(0);
  }

  #line(bytes: Uint8Array): void {
    this.count += 1;
    if (bytes.length > MAX_LINE_BYTES) throw new BankFileFault(this.count, 'line_too_long');
    const to = bytes.length > 0 && bytes[bytes.length - 1] === CR ? bytes.length - 1 : bytes.length;
    const text = this.#decode(bytes.subarray(0, to));
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
