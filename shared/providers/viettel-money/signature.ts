import { hmac, isOneOf } from '../wire.ts';
import { CHECKSUM_FORM } from './manifest.ts';

/** The checksum of Viettel Money 2.0: HMAC-SHA1 over the access code and the values, one after the other, nothing between. */

export type Keys = { accessCode: string; hashKey: string };

export const checksum = (values: readonly string[], { accessCode, hashKey }: Keys, form = CHECKSUM_FORM): string =>
  hmac('sha1', hashKey, accessCode + values.join('')).toString(form);

export function isSigned(values: readonly string[], given: string, keys: readonly Keys[]): boolean {
  return isOneOf(
    given,
    keys.map((one) => checksum(values, one)),
  );
}
