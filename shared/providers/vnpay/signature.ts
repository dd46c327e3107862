import { createHmac, timingSafeEqual } from 'node:crypto';

/** The signature of VNPAY PAY 2.1.0: HMAC-SHA512 over the sorted, form-encoded fields, lower-case hex. */

const SIGNED_PREFIX = 'vnp_';
/** Carry the signature itself, so they are no part of what is signed. */
const UNSIGNED = new Set(['vnp_SecureHash', 'vnp_SecureHashType']);
const HEX_SHA512 = /^[0-9a-f]{128}$/;

/** The signed text: empty values dropped, keys sorted by code point, a space as `+`, upper-case percent escapes. */
export function signedText(fields: ReadonlyMap<string, string>): string {
  const signed = [...fields.keys()].filter(
    (key) => key.startsWith(SIGNED_PREFIX) && !UNSIGNED.has(key) && fields.get(key) !== '',
  );
  return signed
    .sort()
    .map((key) => `${formEncoded(key)}=${formEncoded(fields.get(key) ?? '')}`)
    .join('&');
}

/** What a form leaves as it is but for spaces: most of what VNPAY writes (URL Standard, application/x-www-form-urlencoded). */
const UNCHANGED = /^[A-Za-z0-9*._ -]*$/;
const formEncoded = (text: string): string =>
  UNCHANGED.test(text) ? text.replaceAll(' ', '+') : new URLSearchParams([['', text]]).toString().slice(1);

export const sign = (text: string, secret: string): string => mac(text, secret).toString('hex');

const mac = (text: string, secret: string): Buffer => createHmac('sha512', secret).update(text).digest();

/** Whether any of the keys made the signature. Constant time for a signature of the right form. */
export function isSigned(text: string, signature: string, keys: readonly string[]): boolean {
  if (!HEX_SHA512.test(signature)) return false;
  const given = Buffer.from(signature, 'hex');
  return keys.some((key) => timingSafeEqual(given, mac(text, key)));
}
