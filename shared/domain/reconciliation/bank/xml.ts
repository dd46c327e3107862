import { BankFileFault } from './model.ts';

/**
 * A scanner for the XML that banks send: elements, attributes and text in UTF-8, piece by piece, in memory bounded by the
 * longest token whatever the size of the file. There is no DOCTYPE, so there are no entities beyond XML's own five and no
 * external files; depth and token lengths have limits.
 * Source: XML 1.0 (Fifth Edition), sections 2.1 to 2.8 and 4.6, less what is refused here.
 */

/** Deepest nesting that is read. camt messages stay below 20. */
export const MAX_DEPTH = 64;
/** Longest tag or text, in characters. Free texts of camt have some hundreds. */
export const MAX_TOKEN = 65_536;

export interface XmlHandler {
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
const DECLARED = /^<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']/i;
const BLANK = /^\s*$/;

export class XmlScanner {
  readonly #handler: XmlHandler;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** What was read and not yet understood: the beginning of a token. */
  #rest = '';
  /** Line feeds before {@link #rest}. */
  #lines = 0;
  /** What is being scanned, and how far. */
  #source = '';
  #at = 0;
  readonly #open: string[] = [];
  #rootSeen = false;

  constructor(handler: XmlHandler) {
    this.#handler = handler;
  }

  /** The line of the markup that is being read, counting from 1. */
  get line(): number {
    return this.#lines + countLines(this.#source, this.#at) + 1;
  }

  /** Throws {@link BankFileFault}. */
  push(chunk: Uint8Array): void {
    let text: string;
    try {
      text = this.#decoder.decode(chunk, { stream: true });
    } catch {
      throw new BankFileFault(this.#lines + 1, 'not_utf8');
    }
    if (FORBIDDEN.test(text)) throw new BankFileFault(this.#lines + 1, 'control_character');
    this.#scan(this.#rest === '' ? text : this.#rest + text);
  }

  /** Throws {@link BankFileFault} where the file ends before its root does. */
  end(): void {
    try {
      this.#decoder.decode();
    } catch {
      throw new BankFileFault(this.#lines + 1, 'not_utf8');
    }
    const rest = this.#rest.trimStart();
    if (!this.#rootSeen && rest === '') throw new BankFileFault(0, 'empty');
    if (!this.#rootSeen && !rest.startsWith('<')) throw new BankFileFault(this.line, 'not_xml');
    if (!this.#rootSeen || this.#open.length > 0) throw new BankFileFault(this.line, 'truncated');
    if (rest !== '') throw new BankFileFault(this.line, 'not_xml');
  }

  #scan(source: string): void {
    this.#source = source;
    let at = 0;
    for (;;) {
      const mark = source.indexOf('<', at);
      const textEnd = mark < 0 ? source.length : mark;
      if (textEnd - at > MAX_TOKEN) this.#fail(source, at, 'token_too_long');
      if (mark < 0) break;
      if (mark > at) this.#text(source, at, mark);
      at = mark;
      this.#at = mark;
      const next = this.#markup(source, mark);
      if (next < 0) {
        if (source.length - mark > MAX_TOKEN) this.#fail(source, mark, 'token_too_long');
        break;
      }
      at = next;
    }
    this.#lines += countLines(source, at);
    this.#rest = source.slice(at);
    this.#source = '';
    this.#at = 0;
  }

  #text(source: string, from: number, to: number): void {
    if (this.#open.length === 0) {
      const outside = source.slice(from, to);
      if (!BLANK.test(outside)) this.#fail(source, from, 'not_xml');
      return;
    }
    const text = source.slice(from, to);
    this.#handler.text(text.includes('&') ? this.#replaced(text, source, from) : text);
  }

  #replaced(text: string, source: string, at: number): string {
    return text.replace(/&([^;&]*)(;?)/g, (_, name: string, end: string) => {
      if (end === '') this.#fail(source, at, 'entity_unknown');
      const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
      if (known !== undefined) return known;
      const code = /^#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}))$/.exec(name);
      const point = code ? Number.parseInt(code[1] ?? code[2] ?? '', code[1] === undefined ? 10 : 16) : Number.NaN;
      const letter =
        point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff) ? String.fromCodePoint(point) : '\u0000';
      if (FORBIDDEN.test(letter)) this.#fail(source, at, 'entity_unknown');
      return letter;
    });
  }

  /** Reads the markup at `<`. Answers where to go on, or -1 if its end is not here yet. Throws {@link BankFileFault}. */
  #markup(source: string, mark: number): number {
    switch (source.charCodeAt(mark + 1)) {
      case SLASH:
        return this.#close(source, mark);
      case QUESTION: {
        const end = source.indexOf('?>', mark + 2);
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

  #instruction(source: string, mark: number, end: number): void {
    const declared = DECLARED.exec(source.slice(mark, end))?.[1];
    if (declared && !/^(?:utf-?8|us-ascii)$/i.test(declared)) this.#fail(source, mark, 'not_utf8');
  }

  #special(source: string, mark: number): number {
    if (source.startsWith('<!--', mark)) {
      const end = source.indexOf('-->', mark + 4);
      return end < 0 ? -1 : end + 3;
    }
    if (source.startsWith('<![CDATA[', mark)) {
      const end = source.indexOf(']]>', mark + 9);
      if (end < 0) return -1;
      if (this.#open.length === 0) this.#fail(source, mark, 'not_xml');
      this.#handler.text(source.slice(mark + 9, end));
      return end + 3;
    }
    if (source.length - mark < 9 && ['<!--', '<![CDATA['].some((form) => form.startsWith(source.slice(mark))))
      return -1;
    return this.#fail(source, mark, 'doctype');
  }

  #openTag(source: string, mark: number): number {
    const end = tagEnd(source, mark);
    if (end < 0) return -1;
    let inside = source.slice(mark + 1, end);
    const empty = inside.endsWith('/');
    if (empty) inside = inside.slice(0, -1);
    const blank = inside.search(/\s/);
    const name = blank < 0 ? inside : inside.slice(0, blank);
    const attributes = blank < 0 ? '' : inside.slice(blank);
    if (!NAME.test(name) || (attributes !== '' && !ATTRIBUTES.test(attributes))) this.#fail(source, mark, 'not_xml');
    if (this.#open.length === 0 && this.#rootSeen) this.#fail(source, mark, 'not_xml');
    if (this.#open.length >= MAX_DEPTH) this.#fail(source, mark, 'too_deep');
    this.#rootSeen = true;
    this.#handler.open(localName(name), attributes);
    if (empty) this.#handler.close();
    else this.#open.push(name);
    return end + 1;
  }

  #close(source: string, mark: number): number {
    const end = source.indexOf('>', mark + 2);
    if (end < 0) return -1;
    const name = this.#open.pop();
    if (name === undefined || source.slice(mark + 2, end).trimEnd() !== name) this.#fail(source, mark, 'not_xml');
    this.#handler.close();
    return end + 1;
  }

  /** The line, counting from 1, of a place in what is being scanned. */
  #fail(source: string, at: number, code: BankFileFault['fault']['code']): never {
    throw new BankFileFault(this.#lines + countLines(source, at) + 1, code);
  }
}

const SLASH = 0x2f;
const QUESTION = 0x3f;
const EXCLAMATION = 0x21;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const GREATER = 0x3e;

/** Prefixes are the sender's choice; the names behind them are the message's. */
const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** Where the tag at `mark` ends: a `>` may stand inside an attribute's value. -1 if that is not here yet. */
function tagEnd(source: string, mark: number): number {
  const limit = Math.min(source.length, mark + MAX_TOKEN);
  let quote = 0;
  for (let at = mark + 1; at < limit; at++) {
    const code = source.charCodeAt(at);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === DOUBLE || code === SINGLE) quote = code;
    else if (code === GREATER) return at;
  }
  return -1;
}

function countLines(text: string, to: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
