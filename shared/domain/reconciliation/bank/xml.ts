import { hash } from '../bytes-index.ts';
import { letters, SHORT_TEXT } from '../letters.ts';
import { BankFileFault } from './model.ts';

/**
 * A scanner for the XML that banks send: elements, attributes and text in UTF-8 or a declared encoding of one byte a letter,
 * piece by piece, in memory bounded by the longest token whatever the size of the file. It works on bytes, because nearly all
 * of a message is tags that were read before and texts that nobody asks for: neither is made into a string. There is no
 * DOCTYPE, so there are no entities beyond XML's own five and no external files; depth and token lengths have limits.
 * Source: XML 1.0 (Fifth Edition), sections 2.1 to 2.8 and 4.6, less what is refused here.
 */

/** Deepest nesting that is read. camt messages stay below 20. */
export const MAX_DEPTH = 64;
/** Longest tag or text, in bytes. Free texts of camt have some hundreds. */
export const MAX_TOKEN = 65_536;
/** Places for tags and short texts that were read before: messages use the same few hundred. A power of two. */
const REMEMBERED = 2048;
/** Longest text that is remembered, in bytes: codes, days, directions. References are longer, and each comes once. */
const SHORT = 10;

export interface XmlHandler {
  /** Whether text is of interest where it stands; if not, it is checked and not told. */
  readonly listens: boolean;
  /** `attributes`: the text between the name and the end of the tag, as written. */
  open(name: string, attributes: string): void;
  /** A piece of text, entities replaced. May come in several pieces. */
  text(text: string): void;
  close(): void;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
/** Everything but the characters of XML 1.0, section 2.2; the decoder lets no half of a pair through. */
const FORBIDDEN = /[^\t\n\r -\ufffd]/;
const NAME = /^[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?$/;
const ATTRIBUTES = /^(?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*$/;
const ATTRIBUTE = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const DECLARED = /^<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']/i;
const UNICODE = /^(?:utf-?8|us-ascii)$/i;
/** One byte a letter, of which the first 128 are ASCII: the only others that banks send. */
const WESTERN = /^(?:iso-8859-(?:1|2|15)|windows-125[0-8])$/i;
const BOM = [0xef, 0xbb, 0xbf] as const;

const [LESS, GREATER, SLASH, QUESTION, EXCLAMATION, DOUBLE, SINGLE, LINE_FEED] = [
  ...[0x3c, 0x3e, 0x2f, 0x3f, 0x21, 0x22, 0x27, 0x0a],
] as [number, number, number, number, number, number, number, number];

/** What a byte of text may need: gathered over a text in one pass. */
const [CONTROL, BEYOND_ASCII, AMPERSAND, VISIBLE] = [1, 2, 4, 8] as const;
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) return 0;
  if (byte < 0x20) return CONTROL | VISIBLE;
  if (byte >= 0x80) return BEYOND_ASCII | VISIBLE;
  return byte === 0x26 ? AMPERSAND | VISIBLE : VISIBLE;
});

/** `written`: what stands between `<` and `>`. `name`: as its closing tag repeats it. */
type Tag = { written: Uint8Array; name: Uint8Array; local: string; attributes: string; empty: boolean };
type Word = { written: Uint8Array; text: string };

const decoderOf = (encoding: string) => new TextDecoder(encoding, { fatal: true, ignoreBOM: true });

export class XmlScanner {
  readonly #handler: XmlHandler;
  #decoder = decoderOf('utf-8');
  #buffer: Uint8Array = new Uint8Array(0);
  /** What is being scanned, and how far; between two pieces the beginning of a token whose end has not come yet. */
  #source: Uint8Array = this.#buffer;
  #at = 0;
  /** Line feeds before {@link #source}. */
  #lines = 0;
  readonly #open: Uint8Array[] = [];
  readonly #tags: (Tag | undefined)[] = new Array(REMEMBERED);
  readonly #words: (Word | undefined)[] = new Array(REMEMBERED);
  #begun = false;
  /** Whether it begins with a mark that only UTF-8 has: another encoding beside it would be a second reading. */
  #isMarked = false;
  #rootSeen = false;

  constructor(handler: XmlHandler) {
    this.#handler = handler;
  }

  /** The line of the markup that is being read, counting from 1. */
  get line(): number {
    return this.#lineAt(this.#at);
  }

  /** Throws {@link BankFileFault}. */
  push(chunk: Uint8Array): void {
    // One buffer for all pieces: what is left of the last one goes to its beginning.
    const rest = this.#source;
    const length = rest.length + chunk.length;
    const buffer = length <= this.#buffer.length ? this.#buffer : new Uint8Array(2 * length);
    buffer.set(rest);
    buffer.set(chunk, rest.length);
    this.#buffer = buffer;
    this.#source = buffer.subarray(0, length);
    const understood = this.#scan(this.#source);
    this.#lines += countLines(this.#source, understood);
    this.#source = this.#source.subarray(understood);
    this.#at = 0;
  }

  /** Throws {@link BankFileFault} where the file ends before its root does. */
  end(): void {
    const rest = this.#decoded(this.#source, 0, this.#source.length).trimStart();
    if (!this.#rootSeen && rest === '') throw new BankFileFault(0, 'empty');
    if (!this.#rootSeen && !rest.startsWith('<')) throw new BankFileFault(this.line, 'not_xml');
    if (!this.#rootSeen || this.#open.length > 0) throw new BankFileFault(this.line, 'truncated');
    if (rest !== '') throw new BankFileFault(this.line, 'not_xml');
  }

  /** Answers how far it was understood. */
  #scan(source: Uint8Array): number {
    let at = 0;
    if (!this.#begun) {
      if (source.length < BOM.length) return 0;
      this.#begun = true;
      this.#isMarked = BOM.every((byte, place) => source[place] === byte);
      if (this.#isMarked) at = BOM.length;
    }
    const { length } = source;
    for (;;) {
      const from = at;
      let kinds = 0;
      for (; at < length && source[at] !== LESS; at++) kinds |= KINDS[source[at] as number] as number;
      this.#at = at;
      if (at - from > MAX_TOKEN) this.#fail(from, 'token_too_long');
      if ((kinds & CONTROL) !== 0) this.#fail(from, 'control_character');
      if (at === length) return from;
      if (at > from) this.#text(source, from, at, kinds);
      const next = this.#markup(source, at);
      if (next < 0) {
        if (length - at > MAX_TOKEN) this.#fail(at, 'token_too_long');
        return at;
      }
      at = next;
    }
  }

  #text(source: Uint8Array, from: number, to: number, kinds: number): void {
    if (this.#open.length === 0) {
      if ((kinds & VISIBLE) !== 0) this.#fail(from, 'not_xml');
      return;
    }
    const plain = (kinds & (BEYOND_ASCII | AMPERSAND)) === 0;
    if (plain && !this.#handler.listens) return;
    if (plain && to - from <= SHORT) {
      this.#handler.text(this.#word(source, from, to));
      return;
    }
    const text = plain && to - from <= SHORT_TEXT ? letters(source, from, to) : this.#decoded(source, from, to);
    const told = (kinds & AMPERSAND) === 0 ? text : this.#replaced(text, from);
    if (this.#handler.listens) this.#handler.text(told);
  }

  /** A short text, as it was made before where it was. */
  #word(source: Uint8Array, from: number, to: number): string {
    const place = hash(source, from, to) & (REMEMBERED - 1);
    const there = this.#words[place];
    if (there && isAt(there.written, source, from, to)) return there.text;
    const text = letters(source, from, to);
    this.#words[place] = { written: source.slice(from, to), text };
    return text;
  }

  #replaced(text: string, at: number): string {
    return text.replace(/&([^;&]*)(;?)/g, (_, name: string, end: string) => {
      if (end === '') this.#fail(at, 'entity_unknown');
      const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
      if (known !== undefined) return known;
      const code = /^#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}))$/.exec(name);
      const point = code ? Number.parseInt(code[1] ?? code[2] ?? '', code[1] === undefined ? 10 : 16) : Number.NaN;
      const letter =
        point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff) ? String.fromCodePoint(point) : '\u0000';
      if (FORBIDDEN.test(letter)) this.#fail(at, 'entity_unknown');
      return letter;
    });
  }

  /** Reads the markup at `<`. Answers where to go on, or -1 if its end is not here yet. Throws {@link BankFileFault}. */
  #markup(source: Uint8Array, mark: number): number {
    switch (source[mark + 1]) {
      case undefined:
        return -1;
      case SLASH:
        return this.#close(source, mark);
      case QUESTION: {
        const end = find(source, '?>', mark + 2);
        if (end < 0) return -1;
        this.#instruction(source, mark, end + 2);
        return end + 2;
      }
      case EXCLAMATION:
        return this.#special(source, mark);
      default:
        return this.#openTag(source, mark);
    }
  }

  #instruction(source: Uint8Array, mark: number, end: number): void {
    const declared = DECLARED.exec(this.#decoded(source, mark, end))?.[1];
    if (!declared || UNICODE.test(declared)) return;
    if (!WESTERN.test(declared) || this.#rootSeen || this.#isMarked) this.#fail(mark, 'not_utf8');
    this.#decoder = decoderOf(declared);
  }

  #special(source: Uint8Array, mark: number): number {
    if (isHere(source, '<!--', mark)) {
      const end = find(source, '-->', mark + 4);
      if (end >= 0) this.#decoded(source, mark, end);
      return end < 0 ? -1 : end + 3;
    }
    if (isHere(source, '<![CDATA[', mark)) {
      const end = find(source, ']]>', mark + 9);
      if (end < 0) return -1;
      if (this.#open.length === 0) this.#fail(mark, 'not_xml');
      const text = this.#decoded(source, mark + 9, end);
      if (this.#handler.listens) this.#handler.text(text);
      return end + 3;
    }
    const here = String.fromCharCode(...source.subarray(mark, mark + 9));
    if (here.length < 9 && ['<!--', '<![CDATA['].some((form) => form.startsWith(here))) return -1;
    return this.#fail(mark, 'doctype');
  }

  #openTag(source: Uint8Array, mark: number): number {
    const { length } = source;
    let end = mark + 1;
    while (end < length && source[end] !== GREATER) end += 1;
    if (end === length) return -1;
    const place = hash(source, mark + 1, end) & (REMEMBERED - 1);
    const there = this.#tags[place];
    // One with a `>` inside an attribute's value ends later than it seems, so it is never among those.
    const seen = there !== undefined && isAt(there.written, source, mark + 1, end);
    const last = seen ? end : tagEnd(source, mark);
    if (last < 0) return -1;
    const tag = seen ? there : this.#newTag(source, mark, last);
    if (!seen && last === end) this.#tags[place] = tag;
    if (this.#open.length === 0 && this.#rootSeen) this.#fail(mark, 'not_xml');
    if (this.#open.length >= MAX_DEPTH) this.#fail(mark, 'too_deep');
    this.#rootSeen = true;
    this.#handler.open(tag.local, tag.attributes);
    if (tag.empty) this.#handler.close();
    else this.#open.push(tag.name);
    return last + 1;
  }

  /** Reads a tag for the first time. */
  #newTag(source: Uint8Array, mark: number, end: number): Tag {
    const text = this.#decoded(source, mark + 1, end);
    const empty = text.endsWith('/');
    const inside = empty ? text.slice(0, -1) : text;
    const blank = inside.search(/\s/);
    const name = blank < 0 ? inside : inside.slice(0, blank);
    const attributes = blank < 0 ? '' : inside.slice(blank);
    if (!NAME.test(name) || (attributes !== '' && !areAttributes(attributes))) this.#fail(mark, 'not_xml');
    const written = source.slice(mark + 1, end);
    // Names are ASCII: as many bytes as letters.
    return { written, name: written.subarray(0, name.length), local: localName(name), attributes, empty };
  }

  #close(source: Uint8Array, mark: number): number {
    const begin = mark + 2;
    let end = begin;
    while (end < source.length && source[end] !== GREATER) end += 1;
    if (end === source.length) return -1;
    const name = this.#open.pop();
    let last = end;
    while (last > begin && ((KINDS[source[last - 1] as number] as number) & VISIBLE) === 0) last -= 1;
    if (name === undefined || !isAt(name, source, begin, last)) this.#fail(mark, 'not_xml');
    this.#handler.close();
    return end + 1;
  }

  /** Throws {@link BankFileFault} for what is no UTF-8, or no character of XML. */
  #decoded(source: Uint8Array, from: number, to: number): string {
    let text: string;
    try {
      text = this.#decoder.decode(source.subarray(from, to));
    } catch {
      return this.#fail(from, 'not_utf8');
    }
    if (FORBIDDEN.test(text)) this.#fail(from, 'control_character');
    return text;
  }

  /** The line, counting from 1, of a place in what is being scanned. */
  #lineAt(at: number): number {
    return this.#lines + countLines(this.#source, at) + 1;
  }

  #fail(at: number, code: BankFileFault['fault']['code']): never {
    throw new BankFileFault(this.#lineAt(at), code);
  }
}

/** Well formed, and none twice. */
function areAttributes(attributes: string): boolean {
  if (!ATTRIBUTES.test(attributes)) return false;
  const names = Array.from(attributes.matchAll(ATTRIBUTE), ([, name]) => name);
  return new Set(names).size === names.length;
}

/** The value of an attribute as it is written; undefined where there is none of this name. */
export function attributeOf(attributes: string, wanted: string): string | undefined {
  for (const [, name, double, single] of attributes.matchAll(ATTRIBUTE)) if (name === wanted) return double ?? single;
  return undefined;
}

/** Prefixes are the sender's choice; the names behind them are the message's. */
const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** Where the tag at `mark` ends: a `>` may stand inside an attribute's value. -1 if that is not here yet. */
function tagEnd(source: Uint8Array, mark: number): number {
  const limit = Math.min(source.length, mark + MAX_TOKEN);
  let quote = 0;
  for (let at = mark + 1; at < limit; at++) {
    const code = source[at] as number;
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === DOUBLE || code === SINGLE) quote = code;
    else if (code === GREATER) return at;
  }
  return -1;
}

/** Whether exactly these bytes stand from `from` to before `to`. */
function isAt(bytes: Uint8Array, source: Uint8Array, from: number, to: number): boolean {
  if (bytes.length !== to - from) return false;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== source[from + at]) return false;
  return true;
}

/** Whether this ASCII text stands at `at`. */
function isHere(source: Uint8Array, text: string, at: number): boolean {
  for (let place = 0; place < text.length; place++) if (source[at + place] !== text.charCodeAt(place)) return false;
  return true;
}

/** Where this ASCII text stands next, from `from` on, or -1. */
function find(source: Uint8Array, text: string, from: number): number {
  const first = text.charCodeAt(0);
  for (let at = source.indexOf(first, from); at >= 0; at = source.indexOf(first, at + 1))
    if (isHere(source, text, at)) return at;
  return -1;
}

function countLines(source: Uint8Array, to: number): number {
  let lines = 0;
  for (let at = 0; at < to; at++) if (source[at] === LINE_FEED) lines += 1;
  return lines;
}
