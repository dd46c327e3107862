import { digest, isOneOf } from '../wire.ts';

/** The checksums of Payoo (2018): SHA-512 over the key and the text, lower-case hex. Not an HMAC: the key stands first. */

export const orderChecksum = (xml: string, key: string): string => digest('sha512', key + xml).toString('hex');

export const noticeChecksum = (values: readonly string[], key: string): string =>
  digest('sha512', [key, ...values].join('|')).toString('hex');

/** A value that holds the sign between values could be cut in two ways: not signed for us. */
export function isSigned(values: readonly string[], given: string, keys: readonly string[]): boolean {
  if (values.some((value) => value.includes('|'))) return false;
  return isOneOf(
    given,
    keys.map((key) => noticeChecksum(values, key)),
  );
}
