import { digest, isOneOf } from '../wire.ts';

/** The merchantToken of MegaPay: SHA-256 over the values, one after the other, and the key; lower-case hex. */

export const token = (values: readonly string[], encodeKey: string): string =>
  digest('sha256', values.join('') + encodeKey).toString('hex');

export function isSigned(values: readonly string[], given: string, keys: readonly string[]): boolean {
  return isOneOf(
    given,
    keys.map((key) => token(values, key)),
  );
}
