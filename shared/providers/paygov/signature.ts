import { digest, isOneOf } from '../wire.ts';

/** The checksum of PayGov: SHA-256 over the keys and the values, one after the other, nothing between; lower-case hex. */

export type Keys = { partnerCode: string; accessKey: string; secretKey: string };

export const checksum = (values: readonly string[], { partnerCode, accessKey, secretKey }: Keys): string =>
  digest('sha256', [secretKey, partnerCode, accessKey, ...values].join('')).toString('hex');

export function isSigned(values: readonly string[], given: string, keys: readonly Keys[]): boolean {
  return isOneOf(
    given,
    keys.map((one) => checksum(values, one)),
  );
}
