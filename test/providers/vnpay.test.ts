import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dong } from '../../shared/domain/money/dong.ts';
import {
  type Acknowledgement,
  InvalidCallback,
  ProviderNotice,
  type RawCallback,
} from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { vnpay } from '../../shared/providers/vnpay/adapter.ts';
import { manifest } from '../../shared/providers/vnpay/manifest.ts';
import samplesFile from '../../shared/providers/vnpay/samples/callbacks.json' with { type: 'json' };
import { isSigned, sign, signedText } from '../../shared/providers/vnpay/signature.ts';
import { NUMBER } from '../dsl/given.ts';
import { pageOf } from '../dsl/next-step.ts';
import { NOW } from '../dsl/world.ts';
import { BILL } from './contract-order.ts';

const PAY_URL = 'https://sandbox.vnpayment.vn/paymentv2/vpcpay.html';
const SECRET = 'AN-INVENTED-SECRET-OF-A-TERMINAL';
const TERMINAL = 'DVCQG001';
const provider = vnpay({ payUrl: PAY_URL });

const get = (rawQuery: string, more: Partial<RawCallback> = {}): RawCallback => ({
  method: 'GET',
  rawQuery,
  headers: {},
  body: new Uint8Array(),
  ...more,
});

const fields = (more: Record<string, string> = {}): Record<string, string> => ({
  vnp_Amount: '5000000',
  vnp_BankCode: 'NCB',
  vnp_BankTranNo: 'VNP14226112',
  vnp_CardType: 'ATM',
  vnp_OrderInfo: `Thanh toan hoa don ${NUMBER}`,
  vnp_PayDate: '20261120115900',
  vnp_ResponseCode: '00',
  vnp_TmnCode: TERMINAL,
  vnp_TransactionNo: '14226112',
  vnp_TransactionStatus: '00',
  vnp_TxnRef: paymentReference(NUMBER, 1),
  ...more,
});

/** Signed as VNPAY signs, written anew: sorted, form-encoded, empty values left out. */
function query(of: Record<string, string>, secret = SECRET): string {
  const text = Object.keys(of)
    .sort()
    .filter((name) => of[name] !== '')
    .map((name) => `${name}=${encodeURIComponent(of[name] ?? '').replaceAll('%20', '+')}`)
    .join('&');
  return `${text}&vnp_SecureHash=${createHmac('sha512', secret).update(text).digest('hex')}`;
}

const read = (rawQuery: string, keys = [SECRET]) => provider.read(get(rawQuery), keys, NOW);

const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidCallback) return error.reason;
    throw error;
  }
  return 'accepted';
};

describe('VNPAY’s pay address', () => {
  const order = {
    reference: paymentReference(NUMBER, 1),
    amount: dong(500_000),
    createdAt: Date.parse('2026-01-01T08:30:00+07:00'),
    expiresAt: Date.parse('2026-01-01T08:45:00+07:00'),
    returnUrl: 'https://thanhtoan.example.gov.vn/vnpay/return',
    language: 'vi' as const,
    payerIp: '203.0.113.7',
    description: `Thanh toan hoa don ${NUMBER}`,
    bill: BILL,
  };
  const account = { merchantAccountId: 'land-main', terminal: TERMINAL, secret: SECRET };

  it('is the sorted, signed text, computed by hand here', () => {
    const text =
      'vnp_Amount=50000000&vnp_Command=pay&vnp_CreateDate=20260101083000&vnp_CurrCode=VND&vnp_ExpireDate=20260101084500' +
      '&vnp_IpAddr=203.0.113.7&vnp_Locale=vn&vnp_OrderInfo=Thanh+toan+hoa+don+480213567890&vnp_OrderType=250000' +
      '&vnp_ReturnUrl=https%3A%2F%2Fthanhtoan.example.gov.vn%2Fvnpay%2Freturn&vnp_TmnCode=DVCQG001' +
      `&vnp_TxnRef=${order.reference}&vnp_Version=2.1.0`;
    const hash = createHmac('sha512', SECRET).update(text).digest('hex');
    expect(provider.begin(order, account)).toEqual({
      kind: 'redirect',
      url: `${PAY_URL}?${text}&vnp_SecureHash=${hash}`,
    });
  });

  it('is the same every time: a repeated call is answered as the first', () =>
    expect(provider.begin(order, account)).toEqual(provider.begin(structuredClone(order), account)));

  it('is the same in whatever zone the process runs', () => {
    const zone = process.env['TZ'];
    const there = provider.begin(order, account);
    try {
      for (const other of ['UTC', 'America/New_York', 'Etc/GMT+7', 'Asia/Ho_Chi_Minh']) {
        process.env['TZ'] = other;
        expect(provider.begin(order, account)).toEqual(there);
        expect(read(query(fields())).paidAt).toBe(Date.parse('2026-11-20T11:59:00+07:00'));
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it('writes times on the 24-hour clock', () => {
    const at = Date.parse('2026-01-01T20:05:00+07:00');
    const url = new URL(pageOf(provider.begin({ ...order, createdAt: at, expiresAt: at + 900_000 }, account)));
    expect(url.searchParams.get('vnp_CreateDate')).toBe('20260101200500');
    expect(url.searchParams.get('vnp_ExpireDate')).toBe('20260101202000');
  });

  it('multiplies dong by a hundred, once, for every amount that VNPAY takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: manifest.limits.least, max: manifest.limits.most }), (amount) => {
        const url = new URL(pageOf(provider.begin({ ...order, amount: dong(amount) }, account)));
        expect(url.searchParams.get('vnp_Amount')).toBe(`${amount}00`);
        expect(String(amount * 100).length).toBeLessThanOrEqual(12);
      }),
    );
  });

  it('has no mark in its text on which encoders disagree', () => {
    const url = new URL(pageOf(provider.begin({ ...order, description: "Nộp ~*!'() phí\n<b>" }, account)));
    expect(url.searchParams.get('vnp_OrderInfo')).toMatch(/^[A-Za-z0-9 .,:/_-]*$/);
    const long = new URL(pageOf(provider.begin({ ...order, description: 'x'.repeat(1000) }, account)));
    expect(long.searchParams.get('vnp_OrderInfo')).toHaveLength(255);
  });

  it('speaks English to whoever wants it', () =>
    expect(pageOf(provider.begin({ ...order, language: 'en' }, account))).toContain('vnp_Locale=en'));
});

describe('a genuine callback', () => {
  it('is the notice of a payment, in dong', () => {
    const raw = query(fields());
    const notice = read(raw);
    expect(notice).toEqual({
      providerId: 'vnpay',
      terminal: TERMINAL,
      reference: paymentReference(NUMBER, 1),
      outcome: 'paid',
      amount: 50_000,
      currency: 'VND',
      transactionId: '14226112',
      paidAt: Date.parse('2026-11-20T11:59:00+07:00'),
      resultCode: '00/00',
      evidence: raw,
    });
    expect(ProviderNotice.parse(notice)).toEqual(notice);
  });

  it('may come in any order, with other escapes, empty fields and foreign parameters (scenario 10)', () => {
    const raw = query(fields());
    const { evidence: _, ...there } = read(raw);
    const pairs = raw.split('&');
    const variants = [
      pairs.toReversed().join('&'),
      raw.replaceAll('+', '%20'),
      raw.replace('Thanh', '%54hanh').replace('toan', '%74oan'),
      `${raw}&utm_source=x`,
      `${raw}&vnp_Bill_Mobile=`,
      `${raw}&vnp_SecureHashType=SHA512`,
    ];
    for (const variant of variants) expect(read(variant)).toMatchObject(there);
  });

  /** As other languages escape: PHP and .NET, Python, JavaScript, .NET's older one with small digits. */
  const ENCODERS: Record<string, (text: string) => string> = {
    'urlencode of PHP': (text) => encoded(text, /[~*!'()]/g),
    'quote_plus of Python': (text) => encoded(text, /[*!'()]/g),
    'encodeURIComponent of JavaScript': (text) => encoded(text, /$^/g),
    'URLEncoder of Java': (text) => new URLSearchParams([['', text]]).toString().slice(1),
    'UrlEncode of .NET, in small digits': (text) =>
      encoded(text, /[~']/g).replace(/%../g, (digits) => digits.toLowerCase()),
  };
  const encoded = (text: string, also: RegExp): string =>
    encodeURIComponent(text)
      .replace(also, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%20', '+');

  it.each(Object.entries(ENCODERS))('may be signed over what %s makes of it, and sent so in any order', (_, encode) => {
    const texts = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .map((text) => `${text}~*!'() đ`.toWellFormed());
    fc.assert(
      fc.property(texts, fc.infiniteStream(fc.nat()), (text, order) => {
        const said = fields({ vnp_OrderInfo: text, vnp_Bank: 'A', vnp_Bank1: 'B' });
        const pairs = Object.keys(said)
          .sort()
          .map((name) => `${name}=${encode(said[name] ?? '')}`);
        const hash = createHmac('sha512', SECRET).update(pairs.join('&')).digest('hex');
        const sent = [...pairs, `vnp_SecureHash=${hash}`, 'lang=vi', 'vnp_Empty='].sort(
          () => (order.next().value % 2) - 0.5,
        );
        expect(read(sent.join('&'))).toMatchObject({ outcome: 'paid', amount: 50_000 });
        const bent = sent.map((pair) => pair.replace('vnp_Amount=5000000', 'vnp_Amount=5000100'));
        expect(() => read(bent.join('&'))).toThrow('signature');
        // Signed over one form, and sent in another. Small digits are only ever read as sent.
        for (const sendIn of encode('đ') === '%C4%91' ? Object.values(ENCODERS) : [encode]) {
          const otherwise = Object.keys(said).map((name) => `${name}=${sendIn(said[name] ?? '')}`);
          expect(read(`${otherwise.join('&')}&vnp_SecureHash=${hash}`).amount).toBe(50_000);
        }
        // A name that is escaped is the same name, so that nothing gets in beside what is signed.
        for (const more of ['vnp%5FCurrCode=USD', 'vnp_CurrCod%65=USD', '%76np_CurrCode=USD'])
          expect(() => read(`${sent.join('&')}&${more}`)).toThrow('signature');
      }),
      { numRuns: 100 },
    );
  });

  it('may be signed over a value that ends with `=` and was sent so', () => {
    const pairs = Object.entries(fields({ vnp_BankTranNo: 'VlNQMTQ=' })).map(([name, value]) => `${name}=${value}`);
    const text = pairs.join('&').replaceAll(' ', '+');
    const hash = createHmac('sha512', SECRET).update(text).digest('hex');
    for (const more of ['', '&vnp_Empty='])
      expect(read(`${text}${more}&vnp_SecureHash=${hash}`)).toMatchObject({ outcome: 'paid', amount: 50_000 });
    expect(() => read(`${text.replace('VlNQMTQ=', 'VlNQMTU=')}&vnp_SecureHash=${hash}`)).toThrow('signature');
  });

  it('may be signed with or without its empty fields, of which none says anything', () => {
    const { vnp_BankTranNo: _tran, vnp_CardType: _card, ...filled } = fields();
    const all: Record<string, string> = { ...filled, vnp_BankTranNo: '', vnp_CardType: '', vnp_Extra: '' };
    const text = (of: Record<string, string>) => new URLSearchParams(Object.entries(of).sort()).toString();
    const hashOf = (signed: string) => createHmac('sha512', SECRET).update(signed).digest('hex');
    for (const signed of [text(filled), text(all)]) {
      const sent = `vnp_SecureHash=${hashOf(signed)}&${text(all)}`;
      expect(read(sent)).toMatchObject({ outcome: 'paid', amount: 50_000 });
      expect(() => read(sent.replace('vnp_CardType=', 'vnp_CardType=ATM'))).toThrow('signature');
    }
    const without = text(all).replace('&vnp_Extra=', '');
    expect(() => read(`${without}&vnp_SecureHash=${hashOf(text(all))}`)).toThrow('signature');
  });

  it('holds a name that looks like other fields for one name (scenario 10)', () => {
    const said = fields({ vnp_OrderInfo: "Nop (phi) *~!'" });
    const encode = ENCODERS['encodeURIComponent of JavaScript'] as (text: string) => string;
    const text = Object.keys(said)
      .sort()
      .map((name) => `${name}=${encode(said[name] ?? '')}`)
      .join('&');
    const hash = createHmac('sha512', SECRET).update(text).digest('hex');
    const [first = '', second = '', ...others] = text.split('&');
    const joined = `${encodeURIComponent(`${first}&${second.split('=')[0]}`)}=${second.split('=')[1]}`;
    expect(read(`${text}&vnp_SecureHash=${hash}`).outcome).toBe('paid');
    expect(() => read(`${[joined, ...others].join('&')}&vnp_SecureHash=${hash}`)).toThrow('signature');
  });

  it('may be signed by any key that is valid now (scenario 68)', () => {
    const raw = query(fields());
    expect(read(raw, ['another', SECRET]).outcome).toBe('paid');
    expect(reasonOf(() => read(raw, []))).toBe('signature');
  });

  it('is read at one o’clock in the afternoon, not at one in the night', () => {
    expect(read(query(fields({ vnp_PayDate: '20261120130000' }))).paidAt).toBe(Date.parse('2026-11-20T13:00:00+07:00'));
    expect(read(query(fields({ vnp_PayDate: '20261120010000' }))).paidAt).toBe(Date.parse('2026-11-20T01:00:00+07:00'));
    expect(read(query(fields({ vnp_PayDate: '20261120000000' }))).paidAt).toBe(Date.parse('2026-11-20T00:00:00+07:00'));
  });

  it.each(['', '20260230120000', '2026-11-20', '20261120250000'])('without a readable time (%j) still pays', (time) =>
    expect(read(query(fields({ vnp_PayDate: time })))).toMatchObject({ outcome: 'paid', paidAt: null }),
  );

  it.each([
    ['00', '00', 'paid'],
    ['24', '02', 'declined'],
    ['51', '02', 'declined'],
    ['99', '02', 'declined'],
    ['00', '01', 'pending'],
    ['24', '01', 'pending'],
    ['00', '02', 'review'],
    ['07', '00', 'review'],
    ['07', '07', 'review'],
    ['00', '04', 'limbo'],
    ['24', '04', 'limbo'],
    ['00', '07', 'review'],
    ['24', '00', 'review'],
    ['98', '02', 'review'],
    ['00', '77', 'review'],
    ['00', '', 'review'],
  ])('with the codes %s and %s is %s: paid only if both say so (scenario 19)', (response, status, outcome) =>
    expect(read(query(fields({ vnp_ResponseCode: response, vnp_TransactionStatus: status }))).outcome).toBe(outcome),
  );

  it.each([
    ['100', 1],
    ['5000000', 50_000],
    ['999999999900', 9_999_999_999],
  ])('of %s hundredths is %d dong', (wire, amount) =>
    expect(read(query(fields({ vnp_Amount: wire })))).toMatchObject({ outcome: 'paid', amount }),
  );

  it.each([
    '5000001',
    '50',
    '0',
    '00',
    '-100',
    '1e4',
    '5000000.00',
    ' 5000000',
    '5000000 ',
    '٥٠٠',
    '５００００００',
    '0500',
    '',
    '9'.repeat(30),
  ])('of %j is no amount: a person looks (scenarios 8, 55)', (wire) =>
    expect(read(query(fields({ vnp_Amount: wire })))).toMatchObject({ outcome: 'review', amount: null }),
  );

  it('in another currency says so', () => expect(read(query(fields({ vnp_CurrCode: 'USD' }))).currency).toBe('USD'));

  it('always fits what goes into the inbox, whatever VNPAY writes', () => {
    const name = fc.constantFrom(...Object.keys(fields()), 'vnp_CurrCode').filter((one) => one !== 'vnp_TmnCode');
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'binary', maxLength: 200 })), (more) => {
        const raw = query(
          fields(Object.fromEntries(Object.entries(more).map(([one, text]) => [one, text.toWellFormed()]))),
        );
        const signed = signedAsRead(raw);
        fc.pre(signed.length <= 4096);
        // Without both codes it is an order, and refused.
        fc.pre(more['vnp_ResponseCode'] !== '' || more['vnp_TransactionStatus'] !== '');
        expect(ProviderNotice.safeParse(read(signed)).error).toBeUndefined();
      }),
    );
  });

  it('with a transaction too long to be kept whole is not cut to the name of another', () => {
    const id = '1'.repeat(65);
    expect(read(query(fields({ vnp_TransactionNo: id }))).transactionId).toBe('');
    expect(read(query(fields({ vnp_TransactionNo: id.slice(1) }))).transactionId).toBe(id.slice(1));
  });
});

describe('a callback that is not VNPAY’s word', () => {
  const genuine = query(fields());
  const hash = genuine.slice(-128);

  it.each([
    ['one bit off', `${genuine.slice(0, -1)}${(Number.parseInt(genuine.at(-1) ?? '0', 16) ^ 1).toString(16)}`],
    ['in upper case', genuine.replace(hash, hash.toUpperCase())],
    ['cut in half', genuine.slice(0, -64)],
    ['empty', genuine.replace(hash, '')],
    ['absent', genuine.slice(0, genuine.indexOf('&vnp_SecureHash'))],
    ['with text behind it', `${genuine}00`],
    [
      'of SHA-256',
      genuine.replace(
        hash,
        createHmac('sha256', SECRET)
          .update(genuine.slice(0, genuine.indexOf('&vnp_SecureHash')))
          .digest('hex'),
      ),
    ],
    ['by another key', query(fields(), 'another secret')],
    ['over another amount', genuine.replace('5000000', '5000100')],
    ['over fewer fields', genuine.replace('&vnp_CardType=ATM', '')],
    ['over fewer fields than came', genuine.replace('&vnp_CardType', '&vnp_Injected=1&vnp_CardType')],
  ])('is refused: a signature %s (scenario 9)', (_, raw) => expect(reasonOf(() => read(raw))).toBe('signature'));

  it.each([
    ['vnp_Amount', '&vnp_Amount=100'],
    ['vnp_SecureHash', '&vnp_SecureHash=00'],
    ['vnp_TmnCode', '&vnp_TmnCode=OTHER'],
    ['an escaped name', '&vnp_%41mount=100'],
    ['a foreign name twice', '&a=1&a=1'],
  ])('is refused when it repeats %s (scenario 10)', (_, more) => {
    expect(reasonOf(() => read(genuine + more))).toBe('ambiguous');
    expect(reasonOf(() => provider.terminalOf(get(genuine + more)))).toBe('ambiguous');
  });

  it.each([
    ['a broken escape', `${genuine}&a=%zz`],
    ['bytes that are no UTF-8', `${genuine}&a=%ff`],
    ['4,097 bytes', genuine.padEnd(4097, 'x')],
  ])('is refused with %s (scenarios 53, 54)', (_, raw) => expect(reasonOf(() => read(raw))).toBe('malformed'));

  it('is refused when it was posted, and without a terminal', () => {
    expect(reasonOf(() => provider.read(get(genuine, { method: 'POST' }), [SECRET], NOW))).toBe('malformed');
    expect(reasonOf(() => provider.terminalOf(get('vnp_Amount=1')))).toBe('malformed');
    expect(reasonOf(() => provider.terminalOf(get('')))).toBe('malformed');
    expect(provider.terminalOf(get(genuine))).toBe(TERMINAL);
  });

  it('leaves no prototype behind (scenario 56)', () => {
    expect(reasonOf(() => read(`${genuine}&__proto__=1&constructor=2`))).toBe('accepted');
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });
});

describe('the signature', () => {
  it('drops empty values and its own fields, and sorts by code point', () => {
    const of = new Map([
      ['vnp_b', '2'],
      ['vnp_a', ''],
      ['vnp_B', 'x y'],
      ['vnp_SecureHash', 'h'],
      ['vnp_SecureHashType', 't'],
      ['other', '1'],
    ]);
    expect(signedText(of)).toBe('vnp_B=x+y&vnp_b=2');
  });

  it('of no key holds for nothing', () => {
    expect(isSigned('a', sign('a', 'k'), ['k'])).toBe(true);
    expect(isSigned('a', sign('a', 'k'), [])).toBe(false);
    expect(isSigned('a', '', ['k'])).toBe(false);
  });
});

describe('the answer', () => {
  it.each<[Acknowledgement, string, string]>([
    ['accepted', '00', 'Confirm Success'],
    ['unknownOrder', '01', 'Order not found'],
    ['duplicate', '02', 'Order already confirmed'],
    ['wrongAmount', '04', 'Invalid amount'],
    ['badSignature', '97', 'Invalid signature'],
    ['tryAgain', '99', 'Unknow error'],
  ])('to %s is %s', (acknowledgement, RspCode, Message) => {
    const answer = provider.acknowledge(acknowledgement);
    expect({ ...answer, body: JSON.parse(answer.body) as unknown }).toEqual({
      status: 200,
      contentType: 'application/json',
      body: { RspCode, Message },
    });
  });
});

describe('the samples', () => {
  it.each(samplesFile.samples)('$name', ({ query: raw, expect: expected }) => {
    const act = () => read(raw, [samplesFile.secret]);
    if ('refused' in expected) expect(reasonOf(act)).toBe(expected.refused);
    else expect(act()).toMatchObject(expected);
  });
});

/** The same query, signed over what its reader makes of it, for marks on which encoders disagree. */
function signedAsRead(raw: string): string {
  const read = new Map(new URLSearchParams(raw));
  read.delete('vnp_SecureHash');
  return `${new URLSearchParams([...read])}&vnp_SecureHash=${sign(signedText(read), SECRET)}`;
}
