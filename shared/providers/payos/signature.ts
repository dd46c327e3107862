import { hmac, isOneOf } from '../wire.ts';

/** The signature of payOS v2: HMAC-SHA256 with the checksum key over sorted `k=v&`, raw, lower-case hex. */

const byName = ([one]: [string, unknown], [other]: [string, unknown]): number =>
  one < other ? -1 : one > other ? 1 : 0;

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(byName))
    : value;

/** All members count, those too that came after this was written. Arrays as JSON of objects whose names are sorted. */
export function signedText(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .sort(byName)
    .map(([name, value]) => `${name}=${written(value)}`)
    .join('&');
}

function written(value: unknown): string {
  if (value === null || value === undefined || value === 'null' || value === 'undefined') return '';
  return Array.isArray(value) ? JSON.stringify(value.map(sorted)) : String(value);
}

export const sign = (data: Readonly<Record<string, unknown>>, checksumKey: string): string =>
  hmac('sha256', checksumKey, signedText(data)).toString('hex');

export function isSigned(data: Readonly<Record<string, unknown>>, signature: string, keys: readonly string[]): boolean {
  return isOneOf(
    signature,
    keys.map((key) => sign(data, key)),
  );
}
