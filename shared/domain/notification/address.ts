import { WebhookUrl } from './webhook.ts';

/**
 * Which addresses this service may call because somebody registered them. A webhook address is chosen by another party, so
 * it must never lead into our own network (server-side request forgery): https only, to public addresses only.
 *
 * Ranges: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and later).
 */

/** `allowLocal` is the development setting: it admits the loopback, also over plain http, and nothing else. */
export type AddressPolicy = { allowLocal: boolean };

export type AddressRefusal =
  | 'malformed'
  | 'notHttps'
  | 'credentials'
  | 'strangeForm'
  | 'localName'
  | 'notPublic'
  | 'unresolvable';

/** Each refusal in words, for whoever registers the address. */
export const addressRefusals: Readonly<Record<AddressRefusal, { vi: string; en: string }>> = {
  malformed: { vi: 'Địa chỉ không đúng dạng URL.', en: 'The address is no well-formed URL.' },
  notHttps: { vi: 'Địa chỉ phải dùng https.', en: 'The address must use https.' },
  credentials: {
    vi: 'Địa chỉ không được chứa tên người dùng hoặc mật khẩu.',
    en: 'The address must not carry a user name or a password.',
  },
  strangeForm: {
    vi: 'Địa chỉ phải viết ở dạng thông thường: tên máy chủ hoặc IP, không có phần #, không có dấu chấm ở cuối.',
    en: 'The address must be written in its usual form: plain host, no fragment, no dot at the end.',
  },
  localName: { vi: 'Tên máy chủ thuộc mạng nội bộ.', en: 'The host name belongs to a local network.' },
  notPublic: {
    vi: 'Máy chủ không có địa chỉ IP công cộng.',
    en: 'The host’s address is not a public one.',
  },
  unresolvable: { vi: 'Không tìm thấy máy chủ theo tên miền.', en: 'The host name does not resolve.' },
};

/** A prefix: 32 leading bits as an unsigned number, and how many of them count. */
type Prefix = readonly [base: number, bits: number];

const ipv4Prefix = (address: string, bits: number): Prefix => [parseIpv4(address) ?? 0, bits];

const LOOPBACK_V4: Prefix = ipv4Prefix('127.0.0.0', 8);

/** IPv4 that is not public. */
const REFUSED_V4: readonly Prefix[] = [
  ipv4Prefix('0.0.0.0', 8), // "This network", unspecified.
  ipv4Prefix('10.0.0.0', 8), // Private.
  ipv4Prefix('100.64.0.0', 10), // Shared by carriers (CGNAT).
  LOOPBACK_V4,
  ipv4Prefix('169.254.0.0', 16), // Link-local; instance metadata lives here.
  ipv4Prefix('172.16.0.0', 12), // Private.
  ipv4Prefix('192.0.0.0', 24), // IETF protocol assignments.
  ipv4Prefix('192.0.2.0', 24), // Documentation.
  ipv4Prefix('192.88.99.0', 24), // 6to4 relays.
  ipv4Prefix('192.168.0.0', 16), // Private.
  ipv4Prefix('198.18.0.0', 15), // Benchmarks.
  ipv4Prefix('198.51.100.0', 24), // Documentation.
  ipv4Prefix('203.0.113.0', 24), // Documentation.
  ipv4Prefix('224.0.0.0', 4), // Multicast.
  ipv4Prefix('240.0.0.0', 4), // Reserved, broadcast.
];

/**
 * Only 2000::/3 is public IPv6. That leaves out the unspecified address, the loopback, IPv4-mapped and -compatible
 * addresses, NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), the discard prefix, unique-local, link-local, site-local, multicast.
 */
const PUBLIC_V6: Prefix = [0x20000000, 3];

/** Within 2000::/3, what is not public or carries an IPv4 address of its own. */
const REFUSED_V6: readonly Prefix[] = [
  [0x20010000, 23], // IETF protocol assignments: Teredo, benchmarks, ORCHID.
  [0x20010db8, 32], // Documentation.
  [0x20020000, 16], // 6to4.
  [0x3fff0000, 20], // Documentation.
];

const within = (value: number, [base, bits]: Prefix): boolean => value >>> (32 - bits) === base >>> (32 - bits);

/** Reads dotted decimal, four numbers without leading zeros, as an unsigned 32-bit number. Nothing else is an address. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part))) return undefined;
  const numbers = parts.map(Number);
  if (numbers.some((number) => number > 255)) return undefined;
  return numbers.reduce((value, number) => value * 256 + number, 0);
}

/** Reads IPv6 text (RFC 4291, with `::` and a dotted tail, without zone) into its eight 16-bit groups. */
export function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const tail = groupsOf(halves[halves.length - 1] ?? '', true);
  const head = halves.length === 2 ? groupsOf(halves[0] ?? '', false) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const dotted = last && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (dotted !== undefined) groups.push(dotted >>> 16, dotted & 0xffff);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

const isLoopbackV6 = (groups: readonly number[]): boolean =>
  groups.every((group, index) => group === Number(index === 7));

/** Whether a literal or resolved address may be called. What is no address may not. */
export function isAllowedAddress(address: string, { allowLocal }: AddressPolicy): boolean {
  const v4 = parseIpv4(address);
  if (v4 !== undefined) {
    if (within(v4, LOOPBACK_V4)) return allowLocal;
    return !REFUSED_V4.some((prefix) => within(v4, prefix));
  }
  const v6 = parseIpv6(address);
  if (!v6) return false;
  if (isLoopbackV6(v6)) return allowLocal;
  const top = (v6[0] ?? 0) * 65536 + (v6[1] ?? 0);
  return within(top, PUBLIC_V6) && !REFUSED_V6.some((prefix) => within(top, prefix));
}

const isLiteral = (host: string): boolean => parseIpv4(host) !== undefined || host.includes(':');

/** Names that mean this machine or a network of its own (RFC 6761, RFC 6762, RFC 8375, and what ICANN set aside). */
const LOCAL_ENDINGS = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
] as const;

function isLocalName(host: string): boolean {
  const name = host.replace(/\.+$/, '');
  if (!name.includes('.')) return true; // One label only is looked up in the network's own search list.
  return LOCAL_ENDINGS.some((ending) => name.endsWith(`.${ending}`));
}

/** The host of a URL as `lookup` and `connect` want it: IPv6 without its brackets. */
export const bareHost = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * Checks the text of a webhook address, without looking its name up. Answers why it is refused, or `undefined`.
 *
 * Decimal, octal, hexadecimal and percent-encoded hosts (`2130706433`, `0177.0.0.1`, `0x7f.1`) are turned into plain
 * addresses by the URL parser, so the check comes after it; a host that the parser had to rewrite is refused in any case.
 */
export function checkWebhookUrl(text: string, policy: AddressPolicy): AddressRefusal | undefined {
  const url = WebhookUrl.safeParse(text).success ? URL.parse(text) : null;
  if (!url) return 'malformed';
  if (url.username !== '' || url.password !== '') return 'credentials';

  const host = bareHost(url);
  const localAdmitted = policy.allowLocal && (host === 'localhost' || (isLiteral(host) && isLoopback(host)));
  if (isLiteral(host) && !isAllowedAddress(host, policy)) return 'notPublic';
  if (!isLiteral(host) && isLocalName(host) && !localAdmitted) return 'localName';

  const authority = /^https?:\/\/([^/?#\\]*)/.exec(text)?.[1]?.toLowerCase();
  const defaultPort = url.protocol === 'https:' ? ':443' : ':80';
  const asWritten = authority === url.host || authority === `${url.host}${defaultPort}`;
  if (!asWritten || host.endsWith('.') || url.port === '0' || text.includes('#') || text.includes('\\'))
    return 'strangeForm';

  if (url.protocol !== 'https:' && !localAdmitted) return 'notHttps';
  return undefined;
}

const isLoopback = (address: string): boolean =>
  isAllowedAddress(address, { allowLocal: true }) && !isAllowedAddress(address, { allowLocal: false });

export type ResolvedAddress = { address: string; family: number };

/** Port: all addresses of a host name. Rejects or answers none when there is no such name. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export type Resolved =
  | { kind: 'allowed'; addresses: readonly ResolvedAddress[] }
  | { kind: 'refused'; why: 'unresolvable' | 'notPublic' };

/**
 * Looks a host up and checks every address that it has: one bad address among good ones is refused, because the connection
 * could go to either. Whoever connects must use the addresses answered here and not look the name up again.
 */
export async function resolveChecked(
  hostname: string,
  { allowLocal, lookup }: AddressPolicy & { lookup: Lookup },
): Promise<Resolved> {
  const addresses = isLiteral(hostname)
    ? [{ address: hostname, family: hostname.includes(':') ? 6 : 4 }]
    : await lookup(hostname).catch(() => []);
  if (addresses.length === 0) return { kind: 'refused', why: 'unresolvable' };
  const allowed = addresses.every(({ address }) => isAllowedAddress(address, { allowLocal }));
  return allowed ? { kind: 'allowed', addresses } : { kind: 'refused', why: 'notPublic' };
}

/** Both checks, as registration needs them: the text of the address, then what its name stands for now. */
export async function checkWebhookAddress(
  text: string,
  options: AddressPolicy & { lookup: Lookup },
): Promise<AddressRefusal | undefined> {
  const refusal = checkWebhookUrl(text, options);
  if (refusal) return refusal;
  const resolved = await resolveChecked(bareHost(new URL(text)), options);
  return resolved.kind === 'refused' ? resolved.why : undefined;
}
