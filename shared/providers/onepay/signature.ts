import { hmac, isOneOf } from '../wire.ts';

/** The signature of OnePay: HMAC-SHA256, key in hex, over sorted, non-empty `vpc_*` and `user_*`, raw; upper-case hex. */

const SIGNED = /^(?:vpc|user)_/;
const UNSIGNED: ReadonlySet<string> = new Set(['vpc_SecureHash', 'vpc_SecureHashType']);

export function signedText(fields: ReadonlyMap<string, string>): string {
  return [...fields]
    .filter(([name, value]) => SIGNED.test(name) && !UNSIGNED.has(name) && value !== '')
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export const sign = (fields: ReadonlyMap<string, string>, secureSecret: string): string =>
  hmac('sha256', Buffer.from(secureSecret, 'hex'), signedText(fields)).toString('hex').toUpperCase();

export function isSigned(fields: ReadonlyMap<string, string>, keys: readonly string[]): boolean {
  return isOneOf(
    fields.get('vpc_SecureHash') ?? '',
    keys.map((key) => sign(fields, key)),
  );
}
