import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressRefusals,
  checkWebhookAddress,
  checkWebhookUrl,
  isAllowedAddress,
  type Lookup,
  parseIpv4,
  parseIpv6,
  resolveChecked,
} from '../../../shared/domain/notification/address.ts';

const live = { allowLocal: false };
const development = { allowLocal: true };
const answers =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

describe('scenario 70: a webhook address, as text', () => {
  it.each([
    'https://hooks.agency.example/thuphi',
    'https://hooks.agency.example:8443/thuphi?a=1&b=2',
    'https://HOOKS.agency.example/',
    'https://hooks.agency.example:443/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://localhost.agency.example/',
  ])('admits %s', (url) => expect(checkWebhookUrl(url, live)).toBeUndefined());

  it.each([
    ['http://hooks.agency.example/', 'notHttps'],
    ['ftp://hooks.agency.example/', 'malformed'],
    ['https://', 'malformed'],
    ['https://bad host/', 'malformed'],
    [`https://hooks.agency.example/${'a'.repeat(600)}`, 'malformed'],
    ['https://user@hooks.agency.example/', 'credentials'],
    ['https://user:pass@hooks.agency.example/', 'credentials'],
    ['https://hooks.agency.example@127.0.0.1/', 'credentials'],
    ['https://@hooks.agency.example/', 'strangeForm'],
    ['https://hooks.agency.example/#part', 'strangeForm'],
    ['https://hooks.agency.example./', 'strangeForm'],
    ['https:///hooks.agency.example/', 'strangeForm'],
    ['https://hooks.agency.example\\@evil.example/', 'strangeForm'],
    ['https://hooks%2eagency.example/', 'strangeForm'],
    ['https://hooks.agency.example:0/', 'strangeForm'],
    ['https://134744072/', 'strangeForm'], // 8.8.8.8 in decimal: public, but nobody writes it so.
    ['https://localhost/', 'localName'],
    ['https://LOCALHOST./', 'localName'],
    ['https://api.localhost/', 'localName'],
    ['https://printer.local/', 'localName'],
    ['https://metadata.google.internal/', 'localName'],
    ['https://metadata.google.internal./', 'localName'],
    ['https://intranet/', 'localName'],
    ['https://router.home.arpa/', 'localName'],
    ['https://169.254.169.254/latest/meta-data', 'notPublic'],
    ['https://127.0.0.1/', 'notPublic'],
    ['https://2130706433/', 'notPublic'],
    ['https://0x7f.1/', 'notPublic'],
    ['https://0177.0.0.1/', 'notPublic'],
    ['https://127.1/', 'notPublic'],
    ['https://%31%32%37.0.0.1/', 'notPublic'],
    ['https://0/', 'notPublic'],
    ['https://[::1]/', 'notPublic'],
    ['https://[::]/', 'notPublic'],
    ['https://[::ffff:127.0.0.1]/', 'notPublic'],
    ['https://[::ffff:8.8.8.8]/', 'notPublic'],
    ['https://[64:ff9b::7f00:1]/', 'notPublic'],
    ['https://[2002:7f00:1::]/', 'notPublic'],
    ['https://[fe80::1]/', 'notPublic'],
    ['https://[fd00:ec2::254]/', 'notPublic'],
  ] as const)('refuses %s: %s', (url, refusal) => expect(checkWebhookUrl(url, live)).toBe(refusal));

  it.each([
    'http://localhost:9000/hook',
    'http://127.0.0.1:9000/',
    'http://127.9.9.9/',
    'http://[::1]:9000/',
    'https://localhost/',
  ])('in development admits the loopback: %s', (url) => expect(checkWebhookUrl(url, development)).toBeUndefined());

  it.each([
    ['http://10.0.0.1/', 'notPublic'],
    ['http://169.254.169.254/', 'notPublic'],
    ['http://[::ffff:127.0.0.1]/', 'notPublic'],
    ['http://2130706433/', 'strangeForm'],
    ['http://api.localhost/', 'localName'],
    ['http://localhost./', 'localName'],
    ['http://hooks.agency.example/', 'notHttps'],
  ] as const)('in development still refuses %s: %s', (url, refusal) =>
    expect(checkWebhookUrl(url, development)).toBe(refusal),
  );

  it('explains each refusal in both languages', () => {
    for (const words of Object.values(addressRefusals)) expect(words.vi && words.en).toBeTruthy();
  });
});

describe('addresses that may be called', () => {
  const edges: [string, string, string, string][] = [
    // First and last of each refused range, and the neighbours outside.
    ['0.0.0.0', '0.255.255.255', '1.0.0.0', '1.0.0.0'],
    ['10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
    ['100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
    ['127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
    ['169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
    ['172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
    ['192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
    ['192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
    ['192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
    ['192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
    ['198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
    ['198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
    ['203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
    ['224.0.0.0', '255.255.255.255', '223.255.255.255', '223.255.255.255'],
    ['::', '1fff:ffff::', '2000::1', '2000::1'],
    ['2001::', '2001:1ff:ffff::', '2000:ffff::', '2001:200::'],
    ['2001:db8::', '2001:db8:ffff::', '2001:db7:ffff::', '2001:db9::'],
    ['2002::', '2002:ffff::', '2001:ffff::', '2003::'],
    ['3fff::', '3fff:fff::', '3ffe:ffff::', '3fff:1000::'],
    ['4000::', 'ffff::', '3fff:ffff::', '3fff:ffff::'],
  ];
  it.each(edges)('refuses %s to %s and admits %s and %s', (first, last, below, above) => {
    expect([first, last].map((address) => isAllowedAddress(address, live))).toEqual([false, false]);
    expect([below, above].map((address) => isAllowedAddress(address, live))).toEqual([true, true]);
  });

  it.each([
    '::ffff:8.8.8.8',
    '::8.8.8.8',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'fc00::1',
    '01.2.3.4',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '',
    'example.com',
    '2606:4700::1::1',
    '1.2.3.4::',
  ])('refuses %s, also in development', (address) => expect(isAllowedAddress(address, development)).toBe(false));

  it('reads every IPv4 address and its IPv6 neighbours exactly', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        const value = text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
        expect(parseIpv4(text)).toBe(value);
        expect(parseIpv6(`::ffff:${text}`)).toEqual([0, 0, 0, 0, 0, 0xffff, Math.floor(value / 65536), value % 65536]);
      }),
    );
  });

  it('reads every IPv6 address as the URL parser does', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const written = new URL(`https://[${text}]/`).hostname.slice(1, -1);
        expect(parseIpv6(text)).toBeDefined();
        expect(parseIpv6(text)).toEqual(parseIpv6(written));
      }),
    );
  });
});

describe('names, resolved', () => {
  it('admits a name with public addresses only', async () => {
    const lookup = answers('93.184.215.14', '2606:2800:21f::1');
    expect(await resolveChecked('hooks.agency.example', { ...live, lookup })).toMatchObject({ kind: 'allowed' });
  });

  it('refuses a name with one private address among public ones', async () => {
    const lookup = answers('93.184.215.14', '10.0.0.1');
    const resolved = await resolveChecked('hooks.agency.example', { ...live, lookup });
    expect(resolved).toEqual({ kind: 'refused', why: 'notPublic' });
  });

  it('refuses a name that resolves to nothing, or not at all', async () => {
    const broken: Lookup = () => Promise.reject(new Error('ENOTFOUND'));
    for (const lookup of [answers(), broken])
      expect(await checkWebhookAddress('https://hooks.agency.example/', { ...live, lookup })).toBe('unresolvable');
  });

  it('does not look literal addresses up', async () => {
    const never: Lookup = () => Promise.reject(new Error('looked up'));
    expect(await checkWebhookAddress('https://8.8.8.8/', { ...live, lookup: never })).toBeUndefined();
    expect(await checkWebhookAddress('https://[::1]/', { ...live, lookup: never })).toBe('notPublic');
  });

  it('refuses at registration what resolves to instance metadata', async () => {
    const lookup = answers('169.254.169.254');
    expect(await checkWebhookAddress('https://hooks.agency.example/', { ...live, lookup })).toBe('notPublic');
  });
});
