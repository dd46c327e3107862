import { hmac, isOneOf } from '../wire.ts';

/** The signature of payOS v2: HMAC-SHA256 with the checksum key over sorted `k=v&`, raw, lower-case hex. */

const byName = ([one]: [string, unknown], [other]: [string, unknown]): number =>
  one < other ? -1 : one > other ? 1 : 0;

/** Made anew as an object, as payOS does: names that are whole numbers come first, by their size. */
const sorted = (members: object): object => Object.fromEntries(Object.entries(members).sort(byName));

/** All members count, those too that came after this was written. Arrays as JSON of objects whose names are sorted. */
export function signedText(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(sorted(data))
    .map(([name, value]) => `${name}=${written(value)}`)
    .join('&');
}

function written(value: unknown): string {
  if (value === null || value === undefined || value === 'null' || value === 'undefined') return '';
  return Array.isArray(value) ? JSON.stringify(value.map(sortedIn)) : String(value);
}

const sortedIn = (item: unknown): unknown =>
  typeof item === 'object' && item !== null && !Array.isArray(item) ? sorted(item) : item;

export const sign = (data: Readonly<Record<string, unknown>>, checksumKey: string): string =>
  hmac('sha256', checksumKey, signedText(data)).toString('hex');

export function isSigned(data: Readonly<Record<string, unknown>>, signature: string, keys: readonly string[]): boolean {
  return isOneOf(
    signature,
    keys.map((key) => sign(data, key)),
  );
}
