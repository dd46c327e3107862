import fc from 'fast-check';
import type { RawCallback } from '../../shared/domain/payment/provider.ts';

/** Texts over which signers of other hands disagree, and other ways to write the same message. */

const PIECES = [
  ...[
    '',
    ' ',
    '  ',
    '+',
    '%20',
    '%2B',
    '%',
    '&',
    '=',
    '?',
    '#',
    '/',
    '\\',
    '"',
    "'",
    '<',
    '>',
    ',',
    ';',
    ':',
    '~',
    '*',
    '!',
  ],
  ...[
    '(',
    ')',
    '.',
    '-',
    '_',
    '0',
    'a',
    'Z',
    'TP',
    'vnp_',
    'amount=1',
    '&amount=1',
    'null',
    'true',
    '{}',
    '[]',
    '\u00a0',
  ],
  ...['Nộp lệ phí', 'Đăng ký', 'đ', 'Đ', 'e\u0301', '\u1ebf', '日本', '🏠', 'ß', '\u2028'],
] as const;

/** Up to 60 characters of anything that a person or another system writes, marks and encodings included. */
export const anyText: fc.Arbitrary<string> = fc
  .oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'grapheme', maxLength: 24 }),
  )
  .map((text) => text.slice(0, 60).toWellFormed());

/** What the national platform's rule cannot tell apart, and what no JSON or form carries as it is: nobody signs these. */
export const isPlain = (text: string): boolean => !/[|\p{Cc}\u2028\u2029]/u.test(text);

/** The same members in another order: the pairs of a form, or the members of a JSON object and of those in it. */
export function reordered(raw: RawCallback): RawCallback {
  if (raw.method === 'GET') return { ...raw, rawQuery: raw.rawQuery.split('&').reverse().join('&') };
  const text = Buffer.from(raw.body).toString();
  const other = text.startsWith('{') ? JSON.stringify(turned(JSON.parse(text))) : text.split('&').reverse().join('&');
  return { ...raw, body: Buffer.from(other) };
}

const turned = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, turned(member)]),
  );
};

/** Spaces as `%20` where a form has `+`, and the other way round; `undefined` where the message is no form. */
export function otherSpaces(raw: RawCallback): RawCallback | undefined {
  const swap = (form: string) => form.replace(/\+|%20/g, (found) => (found === '+' ? '%20' : '+'));
  if (raw.method === 'GET') return { ...raw, rawQuery: swap(raw.rawQuery) };
  const text = Buffer.from(raw.body).toString();
  return /^[{<[]/.test(text) ? undefined : { ...raw, body: Buffer.from(swap(text)) };
}

/**
 * The same JSON with its texts and names escaped otherwise, as other writers do: any letter as `\\u` and four digits, in
 * either case, and `/` with a stroke before it. `taste` says which, over and over. `undefined` where the message is no JSON.
 */
export function escapedOtherwise(raw: RawCallback, taste: readonly number[]): RawCallback | undefined {
  const text = Buffer.from(raw.body).toString();
  if (!text.startsWith('{')) return undefined;
  let place = 0;
  const escaped = (unit: string): string => {
    const choice = taste[place++ % taste.length];
    if (unit.startsWith('\\') || choice === 0) return unit;
    if (choice === 1 && unit === '/') return '\\/';
    const codes = Array.from({ length: unit.length }, (_, at) => unit.charCodeAt(at).toString(16).padStart(4, '0'));
    return codes.map((hex) => `\\u${choice === 2 ? hex.toUpperCase() : hex}`).join('');
  };
  const strings = /"(?:[^"\\]|\\.)*"/g;
  const units = /\\u[0-9a-fA-F]{4}|\\.|[^\\]/gsu;
  const other = text.replace(strings, (string) => `"${string.slice(1, -1).replace(units, escaped)}"`);
  return { ...raw, body: Buffer.from(other) };
}
