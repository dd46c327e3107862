import { hmac, isOneOf } from '../wire.ts';

/** The signature of OnePay: HMAC-SHA256, key in hex, over sorted, non-empty `vpc_*` and `user_*`, raw; upper-case hex. */

const SIGNED = /^(?:vpc|user)_/;
const NAME = /^[A-Za-z0-9_]+$/;
/** Where, in what is signed, a field begins. In a value it would cut the same text into other fields. */
const CUT = /&(vpc|user)_/;
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

/** An address as it may stand among signed values: the same parameters, written so that none looks like a field. */
export const uncuttable = (address: string): string => address.replaceAll(new RegExp(CUT, 'g'), '&$1%5F');

/** A value that holds the beginning of another field could be cut in two ways, and so could a name of other signs. */
const isCuttable = ([name, value]: [string, string]): boolean =>
  SIGNED.test(name) && (!NAME.test(name) || CUT.test(value));

export function isSigned(fields: ReadonlyMap<string, string>, keys: readonly string[]): boolean {
  if ([...fields].some(isCuttable)) return false;
  return isOneOf(
    fields.get('vpc_SecureHash') ?? '',
    keys.map((key) => sign(fields, key)),
  );
}
