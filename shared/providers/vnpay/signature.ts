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

const SIGNED_PAIR = /^vnp_(?!SecureHash(?:Type)?=)[^=]+=./;
const nameOf = (pair: string): string => pair.slice(0, pair.indexOf('='));

/**
 * The signed text as it was sent, only sorted. Encoders disagree about `~*!'()` and the case of escapes, VNPAY's own samples
 * too: who signed by another one has sent what was signed. `undefined` where it would not hold all that was read: a name
 * may be escaped as well.
 */
export function sentText(rawQuery: string, fields: ReadonlyMap<string, string>): string | undefined {
  const pairs = rawQuery.split('&').filter((pair) => SIGNED_PAIR.test(pair));
  if (pairs.length !== signedNames(fields).length) return undefined;
  return pairs.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)).join('&');
}

export const sign = (text: string, secret: string): string => mac(text, secret).toString('hex');

const mac = (text: string, secret: string): Buffer => hmac('sha512', secret, text);

/** Whether any of the keys made the signature. Constant time for a signature of the right form. */
export function isSigned(text: string | undefined, signature: string, keys: readonly string[]): boolean {
  if (text === undefined || !HEX_SHA512.test(signature)) return false;
  const given = Buffer.from(signature, 'hex');
  return keys.some((key) => timingSafeEqual(given, mac(text, key)));
}
