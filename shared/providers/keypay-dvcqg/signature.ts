import { hmac, isOneOf } from '../wire.ts';

/** The checksum of KeyPay 3.0: HMAC-SHA256 over values joined by `|`, lower-case hex; one key to send, one to receive. */

export const SIGNED = ['addition_fee', 'client_id', 'command', 'trans_amount', 'transaction_id', 'version'] as const;

export const checksum = (values: readonly string[], key: string): string =>
  hmac('sha256', key, values.join('|')).toString('hex');

/** A value that holds the sign between values could be cut in two ways: not signed for us. */
export function isSigned(values: readonly string[], given: string, keys: readonly string[]): boolean {
  if (values.some((value) => value.includes('|'))) return false;
  return isOneOf(
    given,
    keys.map((key) => checksum(values, key)),
  );
}
