import { hmac, isOneOf } from '../wire.ts';

/** The signature of Casso's webhook v2: HMAC-SHA512 over the time, a dot and the body as JSON with all names sorted; hex. */

const HEADER_FORM = /^t=([0-9]{13}),v1=([0-9a-f]{128})$/;

export function signedText(time: string, json: string): string {
  return `${time}.${JSON.stringify(JSON.parse(json), sortedNames)}`;
}

/** Names sorted at every depth, arrays as they are. */
function sortedNames(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
}

/** `header` as sent: `t=<milliseconds>,v1=<hex>`. */
export function isSigned(header: string, json: string, keys: readonly string[]): boolean {
  const [, time, given] = HEADER_FORM.exec(header) ?? [];
  if (time === undefined || given === undefined) return false;
  const text = signedText(time, json);
  return isOneOf(
    given,
    keys.map((key) => hmac('sha512', key, text).toString('hex')),
  );
}
