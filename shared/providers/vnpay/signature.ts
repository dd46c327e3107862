import { timingSafeEqual } from 'node:crypto';
import { hmac } from '../wire.ts';

/** The signature of VNPAY PAY 2.1.0: HMAC-SHA512 over the sorted, form-encoded fields, lower-case hex. */

const SIGNED_PREFIX = 'vnp_';
/** Carry the signature itself, so they are no part of what is signed. */
const UNSIGNED = new Set(['vnp_SecureHash', 'vnp_SecureHashType']);
const HEX_SHA512 = /^[0-9a-f]{128}$/;

/** A field that comes as the URL Standard's form encoding writes it, but for what that escapes. */
export const isPlain = (pair: string): boolean => /^[A-Za-z0-9_]+=[A-Za-z0-9*._+-]*$/.test(pair);

/**
 * The signed text: empty values dropped, keys sorted by code point, a space as `+`, upper-case percent escapes. `asSent`:
 * fields that are written so already, by key.
 */
export function signedText(
  fields: ReadonlyMap<string, string>,
  asSent: ReadonlyMap<string, string> = new Map(),
): string {
  return signedNames(fields)
    .sort()
    .map((key) => asSent.get(key) ?? formEncoded(key, fields.get(key) ?? ''))
    .join('&');
}

const signedNames = (fields: ReadonlyMap<string, string>): string[] =>
  [...fields.keys()].filter((key) => key.startsWith(SIGNED_PREFIX) && !UNSIGNED.has(key) && fields.get(key) !== '');

const formEncoded = (key: string, value: string): string => new URLSearchParams([[key, value]]).toString();

const SIGNED_PAIR = /^vnp_(?!SecureHash(?:Type)?=)[^=]+=/;
const nameOf = (pair: string): string => pair.slice(0, pair.indexOf('='));

/**
 * The signed text as others write it. VNPAY's own samples disagree about `~*!'()`, the case of escapes and whether a field
 * without a value counts, and so do those who learned from them: what was sent, only sorted, without and with such fields; and
 * where a value holds one of the signs, written as each of them would. Nothing of what was sent where it would not hold all
 * that was read: a name may be escaped as well.
 */
export function otherTexts(rawQuery: string, fields: ReadonlyMap<string, string>): string[] {
  const pairs = rawQuery.split('&').filter((pair) => SIGNED_PAIR.test(pair));
  pairs.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const filled = pairs.filter((pair) => pair.length > nameOf(pair).length + 1);
  const names = signedNames(fields).sort();
  const sent = filled.length !== names.length ? [] : filled.length === pairs.length ? [pairs] : [filled, pairs];
  const disputed = names.some((name) => DISPUTED.test(fields.get(name) ?? ''));
  const written = disputed
    ? WRITERS.map((write) => names.map((name) => `${write(name)}=${write(fields.get(name) ?? '')}`))
    : [];
  return [...sent, ...written].map((text) => text.join('&'));
}

const DISPUTED = /[~*!'()]/;
const escaped = (signs: RegExp) => (value: string) =>
  encodeURIComponent(value)
    .replaceAll('%20', '+')
    .replace(signs, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
/** Each by the disputed signs that it escapes: none (JavaScript), all (PHP), all but one (Python, Go), some (.NET). */
const WRITERS = [/(?!)/g, /[~*!'()]/g, /[*!'()]/g, /[~']/g].map(escaped);

export const sign = (text: string, secret: string): string => mac(text, secret).toString('hex');

const mac = (text: string, secret: string): Buffer => hmac('sha512', secret, text);

/** Whether any of the keys made the signature. Constant time for a signature of the right form. */
export function isSigned(text: string, signature: string, keys: readonly string[]): boolean {
  if (!HEX_SHA512.test(signature)) return false;
  const given = Buffer.from(signature, 'hex');
  return keys.some((key) => timingSafeEqual(given, mac(text, key)));
}
