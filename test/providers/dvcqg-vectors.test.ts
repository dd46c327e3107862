import { createHmac } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { dong } from '../../shared/domain/money/dong.ts';
import { InvalidCallback, type PayableAccount, type PaymentQuestion } from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { readCompactVietnamTime } from '../../shared/domain/time.ts';
import { dvcqg } from '../../shared/providers/dvcqg/adapter.ts';
import { codeOf, isSigned, SIGNED } from '../../shared/providers/dvcqg/signature.ts';
import { NUMBER } from '../dsl/given.ts';
import { AMOUNT, callbackWorld } from './callback-world.ts';
import { BILL, ORDER, saidBy } from './contract-order.ts';
import { dvcqgParty, INIT, write } from './parties/dvcqg.ts';
import { answered, post } from './parties/party.ts';
import { Expected, haveVectors, STATES, vectorsOf } from './vector-file.ts';

/** The national platform as two public implementations of it speak, and what no signature of its covers. */

const file = vectorsOf('dvcqg-payment-platform');
const secret = file.credential('MaBiMat');
const key = { secret, algorithm: 'sha256' } as const;
const provider = dvcqg({ stage: 'sandbox', publicUrl: 'https://pay.example.gov.vn', apiUrl: 'https://lgsp.example/p' });
const account: PayableAccount = {
  merchantAccountId: 'land-dvcqg',
  terminal: file.credential('MaDoiTac'),
  secret: JSON.stringify({ secret }),
};
const OURS = paymentReference(NUMBER, 1);
const Body = z.record(z.string(), z.unknown());
const valuesOf = (names: readonly string[], body: z.infer<typeof Body>) => names.map((name) => String(body[name]));

describe.skipIf(!haveVectors)('the national platform as others speak it', () => {
  const Init = z.looseObject({
    request_body: Body,
    string_to_hash: z.string(),
    response_example: z.record(z.string(), z.string()),
  });
  it.each(file.take('init', Init))('$id', ({ request_body: body, string_to_hash, response_example }) => {
    const values = valuesOf(SIGNED.INIT, body);
    expect([...values, secret].join('|')).toBe(string_to_hash);
    expect(codeOf(values, key)).toBe(body['MaXacThuc']);
    expect(provider.prepare?.read(answered(response_example), ORDER, account)).toEqual({
      kind: 'prepared',
      prepared: response_example['UrlThanhToan'],
    });
    // The same members in ours, none more and none less, fines aside.
    const ours = JSON.parse(provider.prepare?.request(ORDER, account).body ?? '') as z.infer<typeof Body>;
    expect(Object.keys(ours).sort()).toEqual(Object.keys(body).sort());
    const receipt = Object.keys(ours['ThongTinBienLai'] as object);
    expect(Object.keys(body['ThongTinBienLai'] as object)).toEqual(expect.arrayContaining(receipt));
  });

  const Keyed = z.looseObject({ string_to_sign: z.string(), MaXacThuc: z.string() });
  it.each(file.take('init_hmac_2020', Keyed))('$id', ({ string_to_sign, MaXacThuc }) => {
    expect(codeOf(string_to_sign.split('|'), { secret, algorithm: 'hmac-sha256' })).toBe(MaXacThuc);
  });

  const Confirm = z.looseObject({
    body: Body,
    string_to_hash: z.string(),
    expect: Expected,
    order_in_store: z.unknown(),
  });
  const Echoed = z.looseObject({ body_fields: z.record(z.string(), z.string()) });
  const confirms = file.take('confirm', Confirm);
  it.each(confirms)('$id is read as they read it, and answered and entered as they expect', async (one) => {
    expect([...valuesOf(SIGNED.CONFIRM, one.body), secret].join('|')).toBe(one.string_to_hash);
    const notice = provider.read(post(JSON.stringify(one.body), 'application/json'), [account.secret], 0);
    expect(notice).toMatchObject({ amount: 500_000, currency: 'VND', transactionId: 'DVCQG-0000001' });
    if (typeof one.expect.paid === 'boolean') expect(notice.outcome === 'paid').toBe(one.expect.paid);

    const here = callbackWorld([provider], [{ ...account, providerId: 'dvcqg' }]);
    here.place(one.order_in_store === null ? { attempts: [] } : {});
    const moved = { ...one.body, MaThamChieu: OURS };
    const code = codeOf(valuesOf(SIGNED.CONFIRM, moved), key);
    const raw = post(JSON.stringify({ ...moved, MaXacThuc: code }), 'application/json');
    const wanted = Echoed.parse(one.expect.ack).body_fields;
    for (let times = 0; times < 2; times += 1) {
      const answer = await here.call('dvcqg', raw);
      const told = JSON.parse(answer.body ?? '') as Record<string, string>;
      expect(answer.statusCode).toBe(200);
      expect(Object.keys(told).sort()).toEqual(Object.keys(wanted).sort());
      expect(told).toMatchObject({
        MaLoi: wanted['MaLoi'],
        MaDoiTac: wanted['MaDoiTac'],
        MaThamChieu: OURS,
        MaXacThuc: code,
      });
      await here.post();
    }
    const state = STATES[one.expect.new_state ?? ''];
    if (state) expect([here.invoice()?.state, here.invoice()?.attempts[0]?.state]).toEqual(state);
  });

  const Bill = z.looseObject({ request_body: Body, string_to_hash: z.string() });
  it.each(file.take('get_bill', Bill))(
    '$id is signed by the rule of QUERY',
    ({ request_body: body, string_to_hash }) => {
      const values = valuesOf(SIGNED.QUERY, body);
      expect([...values, secret].join('|')).toBe(string_to_hash);
      expect(codeOf(values, key)).toBe(body['MaXacThuc']);
      expect(isSigned(values, String(body['MaXacThuc']), [key])).toBe(true);
    },
  );

  const Mapped = z.looseObject({ map: z.object({ TrangThaiGD: z.record(z.string(), z.string()) }) });
  const outcomes: Record<string, string> = { PAID: 'paid', PENDING: 'pending', FAILED: 'declined' };
  it.each(file.take('query_response', Mapped))('$id', ({ map }) => {
    for (const [state, meaning] of Object.entries(map.TrangThaiGD)) {
      const said = { MaLoi: '00', TrangThaiGD: state, SoTien: String(AMOUNT), MaGiaoDich: 'DVCQG-0000001' };
      expect(provider.query?.read(answered(said), QUESTION, account).outcome).toBe(outcomes[meaning]);
    }
  });

  // Asked of us by the platform: test/functions/dialect-dvcqg.test.ts.
  file.take('inbound_lookup', z.looseObject({}));

  it('are all read', () => {
    expect(file.allTaken()).toBeGreaterThan(0);
  });
  afterAll(() => console.info('cases read: dvcqg-payment-platform', file.allTaken()));
});

const QUESTION: PaymentQuestion = {
  reference: ORDER.reference,
  amount: ORDER.amount,
  createdAt: ORDER.createdAt,
  askedAt: ORDER.createdAt + 120_000,
  payerIp: '192.0.2.1',
};

const own = { ...account, secret: JSON.stringify({ secret: 'fakeDvcqgSecret0001' }) };
const sentOf = (order = ORDER, at: PayableAccount = own) =>
  JSON.parse(provider.prepare?.request(order, at).body ?? '') as Record<string, string> & {
    ThongTinBienLai: { DSKhoanNop: { SoTien: string }[]; PhiLePhi: { SoTien: string }[] } & Record<string, string>;
  };

describe('what the national platform’s signature does not cover', () => {
  it('is filled from the invoice, and its lines come to what is paid', () => {
    const { SoTien, ThongTinBienLai: receipt } = sentOf();
    expect(receipt).toMatchObject({
      MaDichVu: '2',
      MaTTHC: BILL.procedureCode,
      MaDonVi: BILL.agencyCode,
      MaHoSo: BILL.dossierCode,
      HoTenNguoiNop: 'Nguyễn Văn An',
      PhiLePhi: [
        { LoaiPhiLePhi: '1', MaPhiLePhi: '2.000815-01', SoTien: '480000' },
        { LoaiPhiLePhi: '2', MaPhiLePhi: '2.000815-02', SoTien: '20000' },
      ],
    });
    expect(receipt.DSKhoanNop.reduce((all, { SoTien: one }) => all + Number(one), 0)).toBe(Number(SoTien));
  });

  it('is one line of the rest where parts were paid before', () => {
    const { ThongTinBienLai: receipt } = sentOf({ ...ORDER, amount: dong(120_000) });
    expect(receipt.DSKhoanNop.map(({ SoTien }) => SoTien)).toEqual(['120000']);
    expect(receipt.PhiLePhi.map(({ SoTien }) => SoTien)).toEqual(['120000']);
  });

  it('is never read: a confirmation cannot move money with it', () => {
    const raw = write(saidBy(dvcqgParty));
    const body = JSON.parse(Buffer.from(raw.body).toString()) as object;
    const more = { ...body, ThongTinBienLai: { TKThuHuong: '9999999999', MaHoSo: 'another' } };
    const { evidence: _, ...read } = provider.read(post(JSON.stringify(more), 'application/json'), [own.secret], 0);
    expect(read).not.toHaveProperty('bankCredit');
    expect(JSON.stringify(read)).not.toContain('9999999999');
  });
});

describe('the national platform’s own traps', () => {
  it.each(['a|b', 'a\u0000b', 'a\nb', 'a\u007fb', 'a\u0085b', 'a\u2028b'])(
    'a value %j is signed by nobody and believed from nobody (scenario 10)',
    (text) => {
      expect(() => codeOf(['CONFIRM', text], { secret: 'k', algorithm: 'sha256' })).toThrow(RangeError);
      const read = () => provider.read(write(saidBy(dvcqgParty, { text })), [own.secret], 0);
      expect(read).toThrow(InvalidCallback);
    },
  );

  it('cannot be told another amount by moving the sign between two values', () => {
    const raw = write(saidBy(dvcqgParty, { reference: `${ORDER.reference}|1` }));
    expect(() => provider.read(raw, [own.secret], 0)).toThrow(InvalidCallback);
  });

  it('writes afternoons in 24 hours (scenario 46)', () => {
    const { ThoiGianGD: at = '' } = sentOf({ ...ORDER, createdAt: Date.parse('2026-11-20T15:30:00+07:00') });
    expect(at).toBe('20261120153000');
    expect(readCompactVietnamTime(at)).toBe(Date.parse('2026-11-20T15:30:00+07:00'));
  });

  it('signs and reads in the keyed form of 2020 where the account says so, and then in no other', () => {
    const keyed = { ...own, secret: JSON.stringify({ secret: 'fakeDvcqgSecret0001', algorithm: 'hmac-sha256' }) };
    const body = sentOf(ORDER, keyed);
    const text = INIT.map((name) => body[name]).join('|');
    expect(body['MaXacThuc']).toBe(createHmac('sha256', 'fakeDvcqgSecret0001').update(text).digest('hex'));
    const said = saidBy(dvcqgParty);
    expect(provider.read(write(said, {}, true), [keyed.secret], 0).outcome).toBe('paid');
    expect(() => provider.read(write(said), [keyed.secret], 0)).toThrow(InvalidCallback);
    expect(() => provider.read(write(said, {}, true), [own.secret], 0)).toThrow(InvalidCallback);
  });

  it('takes a page that a gateway has wrapped, and none from an answer that says no', () => {
    const inner = JSON.stringify({ MaLoi: '00', UrlThanhToan: 'https://thanhtoan.example/p' });
    const read = (body: unknown) => provider.prepare?.read(answered(body), ORDER, own);
    expect(read({ error_code: '0', message: inner })).toEqual({
      kind: 'prepared',
      prepared: 'https://thanhtoan.example/p',
    });
    expect(read({ error_code: '1', message: inner })).toMatchObject({ kind: 'unknown' });
    expect(read({ error_code: '0', message: 'x' })).toMatchObject({ kind: 'unknown' });
    expect(read({ MaLoi: '01', UrlThanhToan: 'https://thanhtoan.example/p' })).toMatchObject({ kind: 'unknown' });
  });

  it('is a review where an answer says paid and not how much, or by which transaction', () => {
    const read = (more: object) =>
      provider.query?.read(answered({ MaLoi: '00', TrangThaiGD: '1', ...more }), QUESTION, own).outcome;
    expect([read({}), read({ SoTien: '500000' }), read({ MaGiaoDich: 'D1' })]).toEqual(['review', 'review', 'review']);
  });

  it('is called nowhere until its contract names an address', () => {
    const unset = dvcqg({ stage: 'production', publicUrl: 'https://pay.example.gov.vn' });
    expect(() => unset.prepare?.request(ORDER, own)).toThrow('address');
    expect(unset.manifest.uncertain).not.toEqual([]);
  });
});
