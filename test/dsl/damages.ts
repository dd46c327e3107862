/** The same numbers in each run. */
export function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const spliced = (bytes: Uint8Array, at: number, removed: number, ...added: number[]): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, at), ...added, ...bytes.subarray(at + removed)]);

export type Damage = (bytes: Uint8Array, roll: (below: number) => number) => Uint8Array;

const onLines =
  (change: (lines: string[], at: number) => void): Damage =>
  (bytes, roll) => {
    const lines = latin(bytes).split('\n');
    change(lines, roll(lines.length));
    return bytesOf(lines.join('\n'));
  };
/** Replaces one of the places where a pattern stands. */
const onOne =
  (pattern: RegExp, replacement: (found: string, roll: (below: number) => number) => string): Damage =>
  (bytes, roll) => {
    const text = latin(bytes);
    const places = [...text.matchAll(pattern)];
    const place = places[roll(places.length)];
    if (!place) return bytes;
    const [found] = place;
    return bytesOf(`${text.slice(0, place.index)}${replacement(found, roll)}${text.slice(place.index + found.length)}`);
  };

/** What happens to files on their way; `roll`: a whole number below the given one. */
export const damages: Readonly<Record<string, Damage>> = {
  'cut off': (bytes, roll) => bytes.subarray(0, roll(bytes.length)),
  'with a bit the other way': (bytes, roll) => {
    const at = roll(bytes.length);
    return spliced(bytes, at, 1, (bytes[at] as number) ^ (1 << roll(8)));
  },
  'without a byte': (bytes, roll) => spliced(bytes, roll(bytes.length), 1),
  'with a byte too many': (bytes, roll) =>
    spliced(bytes, roll(bytes.length), 0, [0x00, 0x22, 0xa0, 0xff, 0x0a, 0x3c, 0x26][roll(7)] as number),
  'without a line': onLines((lines, at) => lines.splice(at, 1)),
  'with a line twice': onLines((lines, at) => lines.splice(at, 0, lines[at] ?? '')),
  'with two lines in each other’s place': onLines((lines, at) => {
    const next = (at + 1) % lines.length;
    [lines[at], lines[next]] = [lines[next] ?? '', lines[at] ?? ''];
  }),
  'with another digit': onOne(/\d/g, (digit, roll) => String((Number(digit) + 1 + roll(9)) % 10)),
  'with another sign': onOne(/CRDT|DBIT|(?<=\d)[CD](?=\d)|(?<=:6[02]F:)[CD]/g, (sign) =>
    sign.length > 1 ? (sign === 'CRDT' ? 'DBIT' : 'CRDT') : sign === 'C' ? 'D' : 'C',
  ),
  'with a separator in a number': onOne(/\d{4,}/g, (digits, roll) => {
    const at = digits.length - 3;
    return `${digits.slice(0, at)}${['.', ',', ' ', '\u00a0', "'"][roll(5)]}${digits.slice(at)}`;
  }),
  'with a minus at a number': onOne(/\d{4,}/g, (digits, roll) => (roll(2) ? `-${digits}` : `${digits}-`)),
  'with an element twice': onOne(/<(\w+)(?: [^>]*)?>[^<]*<\/\1>/g, (element) => element + element),
  'without an element': onOne(/<(\w+)(?: [^>]*)?>[^<]*<\/\1>/g, () => ''),
  'with another end of a line': onOne(/\r?\n/g, (_, roll) => ['\r', '\n', '\r\n', '\r\r\n', ''][roll(5)] as string),
  'with a number one larger': onOne(/\d{3,}/g, (digits) => String(BigInt(digits) + 1n).padStart(digits.length, '0')),
  'with a very long field': onOne(/[A-Z]{3,}/g, (letters) => letters.repeat(30_000)),
};
