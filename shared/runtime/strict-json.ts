/**
 * JSON as callers may send it: less than the standard allows, because each thing left out has been an attack or a wrong
 * amount somewhere. One pass, linear time, no recursion on the caller's depth.
 */

/** Deepest nesting that any of our shapes has, with room. */
const MAX_DEPTH = 16;
/** Members that would reach into an object's prototype. */
const FORBIDDEN_MEMBERS = new Set(['__proto__', 'constructor', 'prototype']);

export class MalformedJson extends Error {
  /** JSON pointer to the place, as far as it is known. */
  readonly pointer: string;
  constructor(message: string, pointer = '') {
    super(message);
    this.name = 'MalformedJson';
    this.pointer = pointer;
  }
}

type Level = { kind: 'object'; members: Set<string>; current: string | undefined } | { kind: 'array'; index: number };

const WHITE = /[\t\n\r ]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids bare control characters in a text.
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const WORD = /[^\s,\]}:"[{]+/y;
const HALF_A_PAIR = 'half of a surrogate pair';
/** Whole numbers only: no fraction, no exponent, no -0. */
const INTEGER = /^(?:0|-?[1-9][0-9]*)$/;

/**
 * Reads JSON text from bytes. Refuses bytes that are no UTF-8, halves of surrogate pairs, NUL, depth over 16, doubled members, `__proto__` and its
 * kin, and every number that is not a safe whole number (`1e999`, `-0`, `0.1`, 2^53+1). Throws {@link MalformedJson}.
 */
export function readStrictJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MalformedJson('not UTF-8');
  }
  check(text);
  return JSON.parse(text);
}

function check(text: string): void {
  const levels: Level[] = [];
  let at = 0;
  let ended = false;

  const pointer = () =>
    levels
      .flatMap((level) => (level.kind === 'object' ? (level.current ?? []) : String(level.index)))
      .map((part) => `/${part.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join('');
  const fail = (message: string): never => {
    throw new MalformedJson(message, pointer());
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const white = () => match(WHITE);

  /** Reads `"name" :` of an object. */
  const member = (level: Level & { kind: 'object' }) => {
    // Until its name is read, what is wrong is the object itself.
    level.current = undefined;
    white();
    const name = match(STRING);
    if (name === undefined) return fail('a member name was expected');
    const decoded = JSON.parse(name) as string;
    level.current = decoded;
    if (!decoded.isWellFormed()) fail(HALF_A_PAIR);
    if (level.members.has(decoded)) fail(`member ${JSON.stringify(decoded.slice(0, 64))} appears twice`);
    if (FORBIDDEN_MEMBERS.has(decoded)) fail(`member ${decoded} is not allowed`);
    level.members.add(decoded);
    white();
    if (text[at] !== ':') fail('a colon was expected');
    at += 1;
  };

  const value = () => {
    white();
    const first = text[at];
    if (first === '{' || first === '[') {
      if (levels.length === MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH}`);
      at += 1;
      white();
      const close = first === '{' ? '}' : ']';
      if (text[at] === close) {
        at += 1;
        return afterValue();
      }
      if (first === '{') {
        const level: Level = { kind: 'object', members: new Set(), current: undefined };
        levels.push(level);
        member(level);
      } else levels.push({ kind: 'array', index: 0 });
      return;
    }
    if (first === '"') {
      const token = match(STRING);
      if (token === undefined) return fail('a text is malformed');
      // The bytes are UTF-8, so only an escape can bring half of a surrogate pair; no store takes such a text.
      if (token.includes('\\u') && !(JSON.parse(token) as string).isWellFormed()) fail(HALF_A_PAIR);
      return afterValue();
    }
    const word = match(WORD);
    if (word !== 'true' && word !== 'false' && word !== 'null') {
      if (word === undefined || !INTEGER.test(word)) fail('whole numbers only, in plain digits');
      if (!Number.isSafeInteger(Number(word))) fail('the number is too large');
    }
    afterValue();
  };

  const afterValue = () => {
    for (;;) {
      white();
      const level = levels.at(-1);
      if (!level) {
        ended = true;
        if (at < text.length) fail('text after the end');
        return;
      }
      const next = text[at];
      at += 1;
      if (next === ',') {
        if (level.kind === 'object') member(level);
        else level.index += 1;
        return;
      }
      if (next !== (level.kind === 'object' ? '}' : ']')) fail('a comma or an end was expected');
      levels.pop();
    }
  };

  while (!ended) value();
}
