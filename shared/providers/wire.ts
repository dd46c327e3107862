import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Dong, MAX_DONG } from '../domain/money/dong.ts';
import { InvalidCallback, type ProviderAnswer, type ProviderId, type RawCallback } from '../domain/payment/provider.ts';
import { Terminal } from '../domain/registry/registry.ts';
import type { StageName } from '../domain/stage.ts';
import { rawMembers, UnreadableMembers } from './json-members.ts';

/** What the adapters share: reading what came over the wire, comparing signatures, writing text that everybody takes. */

/** Largest callback that is read, in bytes. Evidence is kept whole, and holds as much. */
export const MAX_CALLBACK_BYTES = 8192;
/** Longest name of a transaction that a notice holds, in characters. */
const MAX_TRANSACTION_ID = 64;

/** Nobody plays the providers: they are called where they are. */
export const NOT_PLAYED = 'none';

/**
 * Where an adapter works: its stage, and the address, without a slash at the end, under which banks reach us. `played`: where
 * providers are played on a developer's machine, likewise.
 */
export type Place = { stage: StageName; publicUrl: string; played?: string };

/**
 * Where a provider is called: at its own host, or, where it is played, at `<played>/<provider>`, so that no development stack
 * speaks to a real bank.
 */
export const hostAt = ({ played = NOT_PLAYED }: Pick<Place, 'played'>, provider: ProviderId, host: string): string =>
  played === NOT_PLAYED ? host : `${played}/${provider}`;

export const callbackUrl = ({ publicUrl }: Place, provider: ProviderId): string => `${publicUrl}/callbacks/${provider}`;

type Refuse = (reason: InvalidCallback['reason']) => never;

export const refusing =
  (provider: ProviderId): Refuse =>
  (reason) => {
    throw new InvalidCallback(provider, reason);
  };

/** The body of a POST as text. Bytes that are no UTF-8 are refused: two readers could see two texts. */
export function bodyText({ method, body }: RawCallback, refuse: Refuse): string {
  if (method !== 'POST' || body.length > MAX_CALLBACK_BYTES) return refuse('malformed');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return refuse('malformed');
  }
}

/** Form-encoded pairs, decoded once, strictly. A repeated name is refused: two readers of it could see two amounts. */
export function readForm(text: string, refuse: Refuse): Map<string, string> {
  if (text.length > MAX_CALLBACK_BYTES) return refuse('malformed');
  const decode = (part: string): string => {
    try {
      return decodeURIComponent(part.replaceAll('+', ' '));
    } catch {
      return refuse('malformed');
    }
  };
  const fields = new Map<string, string>();
  for (const pair of text.split('&').filter(Boolean)) {
    const split = pair.indexOf('=');
    const name = decode(split < 0 ? pair : pair.slice(0, split));
    if (fields.has(name)) return refuse('ambiguous');
    fields.set(name, split < 0 ? '' : decode(pair.slice(split + 1)));
  }
  return fields;
}

/** A JSON object's members. `text` gives a string as it reads and a number in the digits it was written in; else nothing. */
export type Members = {
  text(name: string): string;
  object(name: string): Members | undefined;
  raw: ReadonlyMap<string, string>;
};

/** A callback is read for its terminal, for its signature and sometimes for its answer: the same text, one after the other. */
let latest: { json: string; members: Members } | undefined;

/** Throws through `refuse` for what is no JSON object, and for one in which a member stands twice at any depth. */
export function readMembers(json: string, refuse: Refuse): Members {
  if (latest?.json === json) return latest.members;
  try {
    const members = membersOf(rawMembers(json));
    latest = { json, members };
    return members;
  } catch (error) {
    return refuse(error instanceof UnreadableMembers && error.why === 'duplicate' ? 'ambiguous' : 'malformed');
  }
}

function membersOf(raw: ReadonlyMap<string, string>): Members {
  return {
    raw,
    text: (name) => scalar(raw.get(name) ?? ''),
    object: (name) => {
      const value = raw.get(name);
      return value?.startsWith('{') ? membersOf(rawMembers(value)) : undefined;
    },
  };
}

function scalar(json: string): string {
  if (json.startsWith('"')) return JSON.parse(json) as string;
  return json === 'null' || json.startsWith('{') || json.startsWith('[') ? '' : json;
}

/** The objects of a list among the members of an answer; what stands there that is no object is passed over. */
export function listed({ raw }: Members, name: string): Members[] {
  const list = JSON.parse(raw.get(name) ?? '[]') as unknown;
  const objects = (Array.isArray(list) ? list : []).filter((one) => typeof one === 'object' && one !== null);
  return objects.filter((one) => !Array.isArray(one)).map((one) => membersOf(rawMembers(JSON.stringify(one))));
}

/** Members of an answer to a call of ours; `undefined` where it holds none: an error page is no word of the provider. */
export function answerMembers(body: Uint8Array): Members | undefined {
  if (body.length > MAX_ANSWER_BYTES) return undefined;
  try {
    return membersOf(rawMembers(new TextDecoder('utf-8', { fatal: true }).decode(body)));
  } catch {
    return undefined;
  }
}
const MAX_ANSWER_BYTES = 65_536;

export const hmac = (hash: 'sha1' | 'sha256' | 'sha512', key: string | Buffer, text: string | Uint8Array): Buffer =>
  createHmac(hash, typeof key === 'string' ? keyOf(key) : key)
    .update(text)
    .digest();

/** Most keys that one process has ready; there are some of each terminal. */
const MAX_READY_KEYS = 100;
const ready = new Map<string, KeyObject>();

/** A key in the form that OpenSSL takes: to make it costs a third of a signature, and one key checks many. */
function keyOf(secret: string): KeyObject {
  const known = ready.get(secret);
  if (known) return known;
  if (ready.size >= MAX_READY_KEYS) ready.clear();
  const key = createSecretKey(secret, 'utf8');
  ready.set(secret, key);
  return key;
}

export const digest = (hash: 'sha256' | 'sha512', text: string): Buffer => createHash(hash).update(text).digest();

/** Whether a text is one of those expected, in a time that tells nothing of how much of it is right. */
export function isOneOf(given: string, expected: readonly string[]): boolean {
  const bytes = Buffer.from(given);
  return expected.some((one) => {
    const other = Buffer.from(one);
    return bytes.length === other.length && timingSafeEqual(bytes, other);
  });
}

/** A header that must stand there once. The gateway joins repeated ones with a comma. */
export function header({ headers }: RawCallback, name: string): string {
  return headers[name] ?? '';
}

/** A terminal as a callback names it. */
export function terminalIn(text: string, refuse: Refuse): string {
  return Terminal.safeParse(text).data ?? refuse('unknownTerminal');
}

/** Whole dong in plain digits, or null: `5e5`, `500000.0`, `0500000` and `-5` are nobody's amount. `unit`: parts of a dong. */
export function wholeDong(wire: string, unit: 1 | 100 = 1): Dong | null {
  if (!/^[1-9][0-9]{0,16}$/.test(wire)) return null;
  const amount = Number(wire) / unit;
  return Number.isInteger(amount) && amount <= MAX_DONG ? Dong.parse(amount) : null;
}

/** The transaction's own name, or nothing. Never cut: half of a name may be the name of other money. */
export function transactionName(wire: string): string {
  return wire.length <= MAX_TRANSACTION_ID && wire !== '0' ? wire : '';
}

/** Letters without marks, and only those signs on which all encoders agree; at most `most` characters. */
export function plainText(text: string, most: number): string {
  return withoutMarks(text)
    .replace(/[^A-Za-z0-9 .,:/_-]/g, ' ')
    .slice(0, most);
}

/** Vietnamese letters as ASCII: marks fall away, Đ becomes D. */
export function withoutMarks(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D');
}

/**
 * An address that is known. Where it comes with a contract, a host under `.invalid` (RFC 2606) stands for it: nobody is sent
 * there. Throws.
 */
export function settled(address: string): string {
  if (new URL(address).hostname.endsWith('.invalid')) throw new Error(`the contract's address is not set: ${address}`);
  return address;
}

export const jsonAnswer = (status: number, body: unknown): ProviderAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(body),
});

export const textAnswer = (status: number, body: string): ProviderAnswer => ({
  status,
  contentType: 'text/plain',
  body,
});

export const postJson = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  method: 'POST' as const,
  url,
  headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
  body: JSON.stringify(body),
});

/** A key, code or name inside a secret: visible ASCII, where a space or a line break came along by mistake. */
const PART_FORM = /^[!-~]{1,256}$/;

/**
 * A secret of several parts: one JSON text with exactly these members, each visible ASCII of 1 to 256 characters; `others`
 * may stand there too.
 */
export function partsOfSecret<Name extends string, Other extends string = never>(
  names: readonly Name[],
  others: readonly Other[] = [],
): { accepts(secret: string): boolean; read(secret: string): Record<Name, string> & Partial<Record<Other, string>> } {
  const parsed = (secret: string): Record<string, string> | undefined => {
    try {
      const raw = rawMembers(secret);
      const known = [...raw.keys()].every((name) => [...names, ...others].includes(name as Name & Other));
      const parts = Object.fromEntries([...raw].map(([name, value]) => [name, JSON.parse(value) as unknown]));
      const formed = Object.values(parts).every((part) => typeof part === 'string' && PART_FORM.test(part));
      return known && formed && names.every((name) => raw.has(name)) ? (parts as Record<string, string>) : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    accepts: (secret) => parsed(secret) !== undefined,
    read: (secret) => {
      const parts = parsed(secret);
      if (!parts) throw new Error(`a merchant account's secret lacks one of: ${names.join(', ')}`);
      return parts as Record<Name, string> & Partial<Record<Other, string>>;
    },
  };
}
