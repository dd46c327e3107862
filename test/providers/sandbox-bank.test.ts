import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dong } from '../../shared/domain/money/dong.ts';
import { InvalidCallback, ProviderNotice, type RawCallback } from '../../shared/domain/payment/provider.ts';
import type { PaymentReference } from '../../shared/domain/payment/reference.ts';
import { rawMembers, UnreadableMembers } from '../../shared/providers/json-members.ts';
import { MAX_BODY, sandboxBank, WINDOW_MILLISECONDS } from '../../shared/providers/sandbox-bank/adapter.ts';
import { manifest } from '../../shared/providers/sandbox-bank/manifest.ts';
import samplesFile from '../../shared/providers/sandbox-bank/samples/callbacks.json' with { type: 'json' };
import { pageOf } from '../dsl/next-step.ts';
import { BILL } from './contract-order.ts';

const bank = sandboxBank({ publicUrl: 'https://pay.example' });
const NOW = Date.parse('2026-11-22T09:14:06+07:00');

const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' }).toString('base64');
const own = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const KEY = spki(own.publicKey);
const OTHER_KEY = spki(other.publicKey);

const notice = {
  terminal: 'SANDBOX01',
  txnId: 'SB1',
  orderRef: '480213567890017',
  amount: 135000,
  currency: 'VND',
  result: 'OK',
  paidAt: '2026-11-22T09:14:04+07:00',
};

const callback = (body: string | Uint8Array, headers: RawCallback['headers'] = {}): RawCallback => ({
  method: 'POST',
  rawQuery: '',
  headers,
  body: Buffer.from(body as string),
});

/** A callback as the bank signs it. */
function signed(body: unknown, { at = NOW, key = own.privateKey }: { at?: number; key?: KeyObject } = {}): RawCallback {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const timestamp = String(Math.floor(at / 1000));
  const signature = sign(null, Buffer.from(`${timestamp}.${text}`), key).toString('base64');
  return callback(text, { 'x-timestamp': timestamp, 'x-signature': signature });
}

const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidCallback) return error.reason;
    throw error;
  }
  return 'accepted';
};

const read = (raw: RawCallback, keys: readonly string[] = [KEY], now = NOW) => bank.read(raw, keys, now);

describe('beginning a payment', () => {
  const order = {
    reference: '480213567890017' as PaymentReference,
    amount: 135000 as Dong,
    createdAt: NOW,
    expiresAt: NOW + manifest.attemptLifetimeMilliseconds,
    returnUrl: 'https://portal.example/back?a=1&b=2',
    language: 'vi' as const,
    payerIp: '203.0.113.9',
    description: 'Thu phi',
    bill: BILL,
  };

  it('sends the citizen to the bank’s page with all that the page needs, and nothing about the person', () => {
    const next = bank.begin(order, { merchantAccountId: 'x', terminal: 'SANDBOX01', secret: KEY });
    const url = new URL(pageOf(next));
    expect(`${url.origin}${url.pathname}`).toBe('https://pay.example/sandbox-bank');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      terminal: 'SANDBOX01',
      ref: '480213567890017',
      amount: '135000',
      currency: 'VND',
      returnUrl: 'https://portal.example/back?a=1&b=2',
      language: 'vi',
      expiresAt: '2026-11-22T09:29:06+07:00',
    });
  });

  it('gives the same answer for the same order', () => {
    const account = { merchantAccountId: 'x', terminal: 'SANDBOX01', secret: KEY };
    expect(bank.begin(order, account)).toEqual(bank.begin(order, account));
  });

  it('is never offered in production', () => expect(manifest.stages).toEqual(['sandbox']));
});

describe('the samples', () => {
  it.each(samplesFile.samples)('$name', ({ headers, body, expected }) => {
    const raw = callback(body, headers);
    const read = bank.read(raw, [samplesFile.publicKey], Date.parse(samplesFile.now));
    expect(read).toEqual({ ...expected, providerId: 'sandbox-bank', evidence: body });
    expect(ProviderNotice.safeParse(read).success).toBe(true);
    expect(bank.terminalOf(raw)).toBe('SANDBOX01');
  });

  it('the guide’s example is one of them, and holds', () => {
    const guide = readFileSync(new URL('../../docs/guides/sandbox-bank-protocol.md', import.meta.url), 'utf8');
    const [, key] = /```text\n(.+)\n```/.exec(guide) ?? [];
    const [, head, body] = /```http\nPOST \/callbacks\/sandbox-bank\n([\s\S]+?)\n\n(.+)\n```/.exec(guide) ?? [];
    const headers = Object.fromEntries((head ?? '').split('\n').map((line) => line.split(': ')));
    const { 'x-timestamp': timestamp } = headers;
    const read = bank.read(callback(body ?? '', headers), [key ?? ''], Number(timestamp) * 1000);
    expect(read).toMatchObject({ outcome: 'paid', amount: 135000, reference: '480213567890017' });
    const [, status, answer] = /```http\n(\d{3})\ncontent-type: application\/json\n\n(.+)\n```/.exec(guide) ?? [];
    expect(bank.acknowledge('accepted')).toEqual({
      status: Number(status),
      contentType: 'application/json',
      body: answer,
    });
  });

  it('the guide’s table of answers is what is answered', () => {
    const guide = readFileSync(new URL('../../docs/guides/sandbox-bank-protocol.md', import.meta.url), 'utf8');
    const rows = [...guide.matchAll(/^\| (\d{3}) +\| `([A-Z_]+)` +\| .+ \| (stops|tries again)/gm)];
    const told = (['accepted', 'duplicate', 'wrongAmount', 'unknownOrder', 'badSignature', 'tryAgain'] as const).map(
      (word) => {
        const { status, body } = bank.acknowledge(word);
        const again = status === 404 || status >= 500;
        return [String(status), (JSON.parse(body) as { result: string }).result, again ? 'tries again' : 'stops'];
      },
    );
    expect(rows.map((row) => row.slice(1))).toEqual(told);
  });
});

describe('scenario 9: the signature', () => {
  it('holds with any of the valid keys, and passes over a key that does not read', () => {
    expect(read(signed(notice), [OTHER_KEY, 'not a key', '', KEY])).toMatchObject({ outcome: 'paid' });
  });

  it('is refused with one bit off, in the signature or in the body', () => {
    const raw = signed(notice);
    const bytes = Buffer.from(raw.headers['x-signature'] ?? '', 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const bent = Buffer.from(bytes);
      bent.writeUInt8(bent.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const headers = { ...raw.headers, 'x-signature': bent.toString('base64') };
      expect(reasonOf(() => read({ ...raw, headers }))).toBe('signature');
    }
    for (let at = 0; at < raw.body.length; at++) {
      const body = Buffer.from(raw.body);
      body.writeUInt8(body.readUInt8(at) ^ 1, at);
      expect(reasonOf(() => read({ ...raw, body }))).not.toBe('accepted');
    }
  });

  it.each<[string, (raw: RawCallback) => RawCallback['headers'], string]>([
    ['absent', ({ headers }) => ({ 'x-timestamp': headers['x-timestamp'] }), 'signature'],
    ['empty', ({ headers }) => ({ ...headers, 'x-signature': '' }), 'signature'],
    ['without its timestamp', ({ headers }) => ({ 'x-signature': headers['x-signature'] }), 'signature'],
    ['in base64url', ({ headers }) => ({ ...headers, 'x-signature': `${'-'.repeat(86)}==` }), 'signature'],
    [
      'without padding',
      ({ headers }) => ({ ...headers, 'x-signature': headers['x-signature']?.slice(0, 86) }),
      'signature',
    ],
    ['with a line break', ({ headers }) => ({ ...headers, 'x-signature': `${headers['x-signature']}\n` }), 'signature'],
    [
      'sent twice',
      ({ headers }) => ({ ...headers, 'x-signature': `${headers['x-signature']},${headers['x-signature']}` }),
      'ambiguous',
    ],
    [
      'with a timestamp sent twice',
      ({ headers }) => ({ ...headers, 'x-timestamp': `${headers['x-timestamp']}, 1` }),
      'ambiguous',
    ],
    [
      'with a timestamp of another spelling',
      ({ headers }) => ({ ...headers, 'x-timestamp': `+${headers['x-timestamp']}` }),
      'signature',
    ],
  ])('is refused when %s', (_name, change, reason) => {
    const raw = signed(notice);
    expect(reasonOf(() => read({ ...raw, headers: change(raw) }))).toBe(reason);
  });

  it('is refused in any other base64 spelling of the same bytes', () => {
    const raw = signed(notice);
    const text = raw.headers['x-signature'] ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const last = alphabet.indexOf(text[85] ?? '');
    for (let low = 1; low < 16; low++) {
      const spelt = `${text.slice(0, 85)}${alphabet[last + low]}==`;
      expect(Buffer.from(spelt, 'base64')).toEqual(Buffer.from(text, 'base64'));
      expect(reasonOf(() => read({ ...raw, headers: { ...raw.headers, 'x-signature': spelt } }))).toBe('signature');
    }
  });

  it('is refused from another provider’s key, from no key, and from keys of another kind', () => {
    const rsa = spki(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
    for (const keys of [[OTHER_KEY], [], [rsa], [KEY.slice(0, 40)]])
      expect(reasonOf(() => read(signed(notice), keys))).toBe('signature');
    expect(reasonOf(() => read(signed(notice, { key: other.privateKey })))).toBe('signature');
  });

  it('is over the raw bytes: the same object written otherwise is refused', () => {
    const raw = signed(notice);
    const body = Buffer.from(JSON.stringify(notice, null, 1));
    expect(reasonOf(() => read({ ...raw, body }))).toBe('signature');
  });
});

describe('scenario 11: the window', () => {
  const seconds = (now: number) => Math.floor(now / 1000) * 1000;
  it.each([
    [-WINDOW_MILLISECONDS - 1000, 'stale'],
    [-WINDOW_MILLISECONDS, 'accepted'],
    [WINDOW_MILLISECONDS, 'accepted'],
    [WINDOW_MILLISECONDS + 1000, 'stale'],
  ])('a callback %i ms away is %s', (away, verdict) => {
    expect(reasonOf(() => read(signed(notice, { at: seconds(NOW) + away }), [KEY], seconds(NOW)))).toBe(verdict);
  });

  it('a forged old callback is called forged, not old', () => {
    expect(reasonOf(() => read(signed(notice, { at: 1_000_000, key: other.privateKey })))).toBe('signature');
  });
});

describe('money that went back', () => {
  it('is a reversal of the transaction that it names', () =>
    expect(read(signed({ ...notice, result: 'REVERSED' }))).toMatchObject({
      outcome: 'reversed',
      transactionId: notice.txnId,
      amount: notice.amount,
      resultCode: 'REVERSED',
    }));
});

describe('scenarios 10 and 56: ambiguous text', () => {
  it.each([
    '{"terminal":"SANDBOX01","terminal":"OTHER"}',
    '{"terminal":"SANDBOX01","amount":1,"amount":2}',
    '{"terminal":"SANDBOX01","amount":1,"\\u0061mount":2}',
    '{"terminal":"SANDBOX01","x":{"y":[{"z":1,"z":2}]}}',
    '{"terminal":"SANDBOX01","__proto__":1,"__proto__":2}',
  ])('a member that stands twice is refused, signed or not: %s', (text) => {
    expect(reasonOf(() => bank.terminalOf(callback(text)))).toBe('ambiguous');
    expect(reasonOf(() => read(signed(text)))).toBe('ambiguous');
  });

  it('prototypes stay clean', () => {
    const text = JSON.stringify(notice).replace(
      '{',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},',
    );
    expect(read(signed(text))).toMatchObject({ outcome: 'paid' });
    expect('polluted' in {}).toBe(false);
  });

  it.each([
    ['no JSON', 'x', 'malformed'],
    ['empty', '', 'malformed'],
    ['a list', '[]', 'malformed'],
    ['a text', '"terminal"', 'malformed'],
    ['JSON with a byte order mark', '\ufeff{"terminal":"SANDBOX01"}', 'malformed'],
    ['without a terminal', '{}', 'unknownTerminal'],
    ['with a terminal of another form', '{"terminal":["SANDBOX01"]}', 'unknownTerminal'],
    ['with a terminal that leads elsewhere', '{"terminal":"../keys"}', 'unknownTerminal'],
    ['deep', `{"terminal":"SANDBOX01","x":${'['.repeat(4000)}`, 'malformed'],
    ['too long', `{"terminal":"SANDBOX01","x":"${'a'.repeat(MAX_BODY)}"}`, 'malformed'],
  ])('a body that is %s names no terminal', (_name, text, reason) => {
    expect(reasonOf(() => bank.terminalOf(callback(text)))).toBe(reason);
  });

  it('bytes that are no UTF-8, and a GET, name no terminal', () => {
    expect(reasonOf(() => bank.terminalOf(callback(Buffer.from([0x7b, 0xff, 0x7d]))))).toBe('malformed');
    expect(reasonOf(() => bank.terminalOf({ ...callback(JSON.stringify(notice)), method: 'GET' }))).toBe('malformed');
  });

  it('members are read exactly as JSON means them', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 2, '\t'), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        const means = JSON.parse(text) as Record<string, unknown>;
        const members = rawMembers(text);
        expect([...members.keys()].sort()).toEqual(Object.keys(means).sort());
        for (const [name, raw] of members) expect(JSON.parse(raw)).toEqual(means[name]);
      }),
    );
  });

  it('a text that would be slow to read twice over is read once: 10⁵ members', () => {
    const text = `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":"\\\\"`).join(',')}}`;
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const)
      expect(() => rawMembers(`{"a":${open.repeat(4_000)}1${close.repeat(4_000)}}`)).toThrow(UnreadableMembers);
    expect(rawMembers(text).size).toBe(100_000);
    expect(() => rawMembers(text.replace('"k99999"', '"k0"'))).toThrow(UnreadableMembers);
  });
});

describe('signed, but not what we know (scenarios 8, 19, 55)', () => {
  it.each([
    ['1e5'],
    ['135000.0'],
    ['135000.00000000000000001'],
    ['-135000'],
    ['-0'],
    ['0'],
    ['0.1'],
    ['1e999'],
    ['9007199254740993'],
    ['"135000"'],
    ['"１３５０００"'],
    ['null'],
    ['[135000]'],
  ])('an amount written %s goes to a person, unread', (amount) => {
    const text = JSON.stringify(notice).replace('135000', amount);
    expect(read(signed(text))).toMatchObject({ outcome: 'review', amount: null, transactionId: 'SB1' });
  });

  it.each([
    [{ txnId: 'has space' }, { transactionId: '' }],
    [{ txnId: 'x'.repeat(65) }, { transactionId: '' }],
    [{ txnId: 7 }, { transactionId: '' }],
    [{ orderRef: undefined }, { reference: '', transactionId: 'SB1' }],
    [{ currency: 'dong' }, { currency: '', amount: 135000 }],
    [{ result: undefined }, { resultCode: '' }],
    [{ result: 0 }, { resultCode: '' }],
  ])('%j goes to a person with what could be read', (change, expected) => {
    expect(read(signed({ ...notice, ...change }))).toMatchObject({ outcome: 'review', ...expected });
  });

  it.each(['HELD', 'ok', 'toString', '__proto__', 'constructor'])('result %s is no final answer', (result) => {
    expect(read(signed({ ...notice, result }))).toMatchObject({ outcome: 'review', resultCode: result });
  });

  it('another currency is passed on as it is, to be decided there', () => {
    expect(read(signed({ ...notice, currency: 'USD' }))).toMatchObject({ outcome: 'paid', currency: 'USD' });
  });

  it.each([undefined, 'yesterday', '2026-02-30T00:00:00+07:00', '2026-11-22T09:14:04'])(
    'a payment time of %s is none',
    (paidAt) => {
      expect(read(signed({ ...notice, paidAt }))).toMatchObject({ outcome: 'paid', paidAt: null });
    },
  );
});
