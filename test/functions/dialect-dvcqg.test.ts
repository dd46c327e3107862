import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { dialect } from '../../functions/dialect-dvcqg/dialect.ts';
import { confirmDvcqg } from '../../functions/notify-agency/confirm-dvcqg.ts';
import { receiptRoutes } from '../../functions/receipts-api/routes.ts';
import { MAX_SHARED_CALLS } from '../../shared/domain/invoice/invoice.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import type { CallOutcome } from '../../shared/domain/payment/provider-caller.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { DIALECT_CONFIRM, dialectSecretName } from '../../shared/domain/registry/dialect.ts';
import { terminalSecretName } from '../../shared/domain/registry/registry.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import { confirmPortal } from '../../shared/usecases/confirm-portal.ts';
import { MAX_DOSSIER_AGENCIES } from '../../shared/usecases/read-invoices.ts';
import { startPayment } from '../../shared/usecases/start-payment.ts';
import {
  askOf,
  type Body,
  CONFIRM,
  INIT,
  initOf,
  type Ordered,
  PORTAL_SECRET,
  QUERY,
  signed,
  written,
} from '../dsl/dialect-portal.ts';
import { aCounter, COPIES, EXTRACT, numberKey, PERMIT, QUOTE_KEY } from '../dsl/invoicing.ts';
import { nobody } from '../dsl/paper-bank.ts';
import { aMovement, aReceipt, reversed, withMovements } from '../dsl/receipts.ts';
import { callerOf, client, LAND, LAND_AT_ONE, LAND_AT_TWO, NOW, POLICE } from '../dsl/world.ts';
import { MemoryReceipts } from '../fakes/memory-receipts.ts';
import { MemorySecrets } from '../fakes/memory-secrets.ts';
import { standing } from '../fakes/memory-states.ts';
import { haveVectors, vectorsOf } from '../providers/vector-file.ts';
import { httpEvent } from './http-events.ts';

for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});

const connection = {
  secret: PORTAL_SECRET,
  algorithm: 'sha256',
  providerId: 'bank-one',
  returnUrl: 'https://portal.example.gov.vn/ket-qua',
  confirmUrl: 'https://portal.example.gov.vn/confirm',
};
const ORDER: Ordered = {
  partner: 'portal',
  reference: 'dvc-0001',
  amount: 50_000,
  agency: LAND,
  dossier: `${LAND}-261120-0001`,
  procedure: PERMIT,
  account: '1234567890',
  at: NOW,
};

const LINK_KEY = 'a key for links to receipts';
const PUBLIC_URL = 'https://pay.example.gov.vn';

type Told = Record<string, string>;

function aPortal() {
  const counter = aCounter();
  const { world, quoting } = counter;
  const secrets = new MemorySecrets({
    [dialectSecretName('portal')]: JSON.stringify(connection),
    [terminalSecretName('bank-one', LAND_AT_ONE)]: `key of ${LAND_AT_ONE}`,
  });
  const receipts = new MemoryReceipts();
  const handler = dialect({
    now: world.now,
    procedureOf: async (code) => quoting.procedure(code),
    invoices: world.invoices,
    dossiers: world.dossiers,
    registry: world.registry,
    dueDays: world.dueDays,
    providers: world.providers,
    secrets,
    receipts,
    linkKey: async () => LINK_KEY,
    publicUrl: PUBLIC_URL,
    ...standing(() => NOW),
    caller: { call: async () => ({ kind: 'unreachable', why: 'timeout' }) },
    keys: { quote: async () => QUOTE_KEY, numbers: async () => [numberKey(1)] },
  });
  const post = async (message: string, body: Body | string): Promise<[number | undefined, Told]> => {
    const answer = await handler(
      httpEvent('POST /dialects/dvcqg/{message}', {
        params: { message },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    );
    return [answer.statusCode, JSON.parse(answer.body ?? '') as Told];
  };
  const init = async (more: Body = {}, receipt: Body = {}, order = ORDER) =>
    (await post('init', signed(initOf(order, more, receipt), INIT)))[1];
  const bill = async (order = ORDER) => (await post('get-bill', signed(askOf('GET_BILL', order), QUERY)))[1];
  /** The look-up, with the token of a client. */
  const lookUp = async (body: Body | string, clientId = 'portal') => {
    const event = httpEvent('POST /dialects/dvcqg/look-up', {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      claims: { client_id: clientId },
    });
    const answer = await handler(event);
    return [answer.statusCode, JSON.parse(answer.body ?? '') as Record<string, unknown>] as const;
  };
  const query = async (order = ORDER) => (await post('query', signed(askOf('QUERY', order), QUERY)))[1];
  const made = () => world.invoices.changes.map(({ after }) => after).filter(({ kind }) => kind === 'invoice');
  const invoice = () => {
    const last = made().at(-1);
    if (last?.kind !== 'invoice') throw new Error('no invoice');
    return last.invoice;
  };
  return { counter, world, secrets, receipts, post, init, bill, lookUp, query, made, invoice };
}

/** The citizen pays the last invoice at the bank, and the bank calls back; or it tells that the money went back. */
async function pay(
  { world, invoice }: Pick<ReturnType<typeof aPortal>, 'world' | 'invoice'>,
  {
    amount = Number(invoice().total),
    attempt = 1,
    transactionId = 'TX1',
    at = 'bank-one',
    outcome = 'paid' as 'paid' | 'reversed',
  } = {},
) {
  const { number } = invoice();
  await world.callback(at, {
    terminal: at === 'bank-one' ? LAND_AT_ONE : LAND_AT_TWO,
    reference: paymentReference(number, attempt),
    outcome,
    amount: dong(amount),
    currency: 'VND',
    transactionId,
    paidAt: NOW,
    resultCode: 'OK',
  });
  await world.post();
  await world.publish();
}

describe('an order in the national platform’s words', () => {
  it('is an invoice of ours with a page, and the same again is the same', async () => {
    const portal = aPortal();
    const first = await portal.init();
    expect(first).toMatchObject({ MaLoi: '00', MaDoiTac: 'portal', MaThamChieu: 'dvc-0001' });
    expect(first['UrlThanhToan']).toMatch(/^https:\/\//);
    expect(portal.invoice()).toMatchObject({
      agencyCode: LAND,
      dossierCode: ORDER.dossier,
      procedureCode: PERMIT,
      total: 50_000,
      origin: { clientId: 'portal' },
      payer: { name: 'Nguyễn Thị Mẫu' },
    });
    const changes = portal.made().length;
    portal.world.clock.at += 60_000;
    expect(await portal.init()).toMatchObject({ MaLoi: '00', UrlThanhToan: first['UrlThanhToan'] });
    expect(portal.made()).toHaveLength(changes);
  });

  it('is answered with the same page also after the law has changed, while it can be paid', async () => {
    const portal = aPortal();
    const { UrlThanhToan: url } = await portal.init();
    portal.counter.prices.set(PERMIT, 60_000);
    portal.world.clock.at += 5 * 60_000;
    expect(await portal.init()).toMatchObject({ MaLoi: '00', UrlThanhToan: url });
  });

  it('has a new page once its payment has run out', async () => {
    const portal = aPortal();
    const { UrlThanhToan: url } = await portal.init();
    portal.world.clock.at += 24 * 3_600_000;
    const again = await portal.init();
    expect(again['MaLoi']).toBe('00');
    expect(again['UrlThanhToan']).not.toBe(url);
    expect(portal.invoice().attempts).toHaveLength(2);
  });

  it('has a new page once its bank took the money back, and no third while that one can be paid', async () => {
    const portal = aPortal();
    const { UrlThanhToan: first } = await portal.init();
    await pay(portal);
    expect(await portal.init()).toMatchObject({ MaLoi: '00', UrlThanhToan: first });
    await pay(portal, { outcome: 'reversed' });
    expect(await portal.query()).toMatchObject({ TrangThaiGD: '3' });
    const again = await portal.init();
    expect(again['MaLoi']).toBe('00');
    expect(again['UrlThanhToan']).not.toBe(first);
    expect(await portal.init()).toMatchObject({ UrlThanhToan: again['UrlThanhToan'] });
    expect(portal.invoice().attempts.map(({ state }) => state)).toEqual(['reversed', 'pending']);

    await pay(portal, { attempt: 2, transactionId: 'TX2' });
    expect(await portal.init()).toMatchObject({ MaLoi: '00', UrlThanhToan: again['UrlThanhToan'] });
    expect(await portal.query()).toMatchObject({ TrangThaiGD: '1', MaGiaoDich: 'TX2' });
    const confirmed = portal.world.told.filter(({ event }) => event.type === DIALECT_CONFIRM);
    expect(confirmed).toMatchObject([
      { event: { data: { transactionId: 'TX1' } } },
      { event: { data: { transactionId: 'TX2' } } },
    ]);
    expect(new Set(confirmed.map(({ event }) => event.id)).size).toBe(2);
  });

  it('has a new page once a second payment, which was surplus, is all that stands', async () => {
    const portal = aPortal();
    const { UrlThanhToan: first } = await portal.init();
    portal.world.clock.at += 24 * 3_600_000;
    const { UrlThanhToan: second } = await portal.init();
    await pay(portal, { attempt: 1 });
    await pay(portal, { attempt: 2, transactionId: 'TX2' });
    await pay(portal, { attempt: 1, outcome: 'reversed' });
    expect(portal.invoice()).toMatchObject({
      state: 'open',
      attempts: [{ state: 'reversed' }, { state: 'succeeded' }],
    });
    const third = await portal.init();
    expect(third['MaLoi']).toBe('00');
    expect(new Set([first, second, third['UrlThanhToan']]).size).toBe(3);
  });

  it('goes on at another bank once the portal’s connection was moved there, and back', async () => {
    const portal = aPortal();
    const { UrlThanhToan: first } = await portal.init();
    await portal.secrets.write(terminalSecretName('bank-two', LAND_AT_TWO), `key of ${LAND_AT_TWO}`, 'terminal');
    const moveTo = (providerId: string) =>
      portal.secrets.write(
        dialectSecretName('portal'),
        JSON.stringify({ ...connection, providerId }),
        `to ${providerId}`,
      );
    await moveTo('bank-two');
    const moved = await portal.init();
    expect(moved['MaLoi']).toBe('00');
    expect(moved['UrlThanhToan']).not.toBe(first);
    expect(await portal.init()).toMatchObject({ UrlThanhToan: moved['UrlThanhToan'] });
    expect(portal.invoice().attempts.map(({ providerId }) => providerId)).toEqual(['bank-one', 'bank-two']);
    await moveTo('bank-one');
    expect(await portal.init()).toMatchObject({ MaLoi: '00', UrlThanhToan: first });
  });

  it('has no page any more once it was cancelled', async () => {
    const portal = aPortal();
    expect(await portal.init()).toMatchObject({ MaLoi: '00' });
    await portal.counter.cancel(portal.invoice());
    const again = await portal.init();
    expect([again['MaLoi'], again['UrlThanhToan']]).toEqual(['99', undefined]);
  });

  it('is refused with the sum that is left once a part was paid elsewhere, and goes on under the printed number', async () => {
    const portal = aPortal();
    await portal.init();
    portal.world.invoices.place({ ...portal.invoice(), choices: { parts: 'accumulate' } });
    await pay(portal, { amount: 20_000 });
    expect(portal.invoice()).toMatchObject({ state: 'open', due: 30_000 });
    expect(await portal.init()).toMatchObject({ MaLoi: '99', MoTaLoi: expect.stringContaining('30000') });
    const [, { message }] = await portal.lookUp({ MaHoSo: ORDER.dossier });
    const { MaThamChieu: reference } = message as { MaThamChieu: string };
    expect(await portal.init({}, {}, { ...ORDER, reference, amount: 30_000 })).toMatchObject({ MaLoi: '00' });
    await pay(portal, { amount: 30_000, attempt: 2, transactionId: 'TX2' });
    expect(portal.invoice()).toMatchObject({ state: 'paid' });
  });

  it('is over, not paid, where its portal went on under the printed number: the money is told once', async () => {
    const portal = aPortal();
    await portal.init();
    const [, { message }] = await portal.lookUp({ MaHoSo: ORDER.dossier });
    const { MaThamChieu: reference } = message as { MaThamChieu: string };
    const printed = { ...ORDER, reference };
    expect(await portal.init({}, {}, printed)).toMatchObject({ MaLoi: '00' });
    expect([await portal.query(), await portal.query(printed)]).toMatchObject([
      { TrangThaiGD: '3' },
      { TrangThaiGD: '3' },
    ]);
    await pay(portal);
    const told = portal.world.told.filter(({ event }) => event.type === DIALECT_CONFIRM).map(({ event }) => event);
    expect(told).toMatchObject([
      { data: { outcome: 'over', reference: 'dvc-0001', transactionId: '', bank: '' } },
      { data: { outcome: 'paid', reference, amount: 50_000, transactionId: 'TX1' } },
    ]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
    const asked = await portal.query();
    expect(asked).toMatchObject({ TrangThaiGD: '4' });
    expect(asked).not.toHaveProperty('MaGiaoDich');
    expect(await portal.query(printed)).toMatchObject({ TrangThaiGD: '1', SoTien: '50000', MaGiaoDich: 'TX1' });
  });

  it.each<[string, Body, Body]>([
    ['another sum', { SoTien: '40000' }, { PhiLePhi: [{ SoTien: '40000' }], DSKhoanNop: [{ SoTien: '40000' }] }],
    ['lines that do not come to it', {}, { PhiLePhi: [{ SoTien: '40000' }] }],
    ['slips that do not come to it', {}, { DSKhoanNop: [{ SoTien: '50000' }, { SoTien: '1' }] }],
    ['another account', {}, { TKThuHuong: '9999999999' }],
    ['another currency', { MaTienTe: 'USD' }, {}],
    ['an agency that is not the client’s', {}, { MaDonVi: POLICE }],
    ['an agency that there is not', {}, { MaDonVi: 'H99.99' }],
    ['a procedure that there is not', {}, { MaTTHC: '9.999999' }],
    ['a fine', {}, { MaDichVu: '1' }],
    ['another version', { PhienBan: '1.0.7' }, {}],
    ['a time long ago', { ThoiGianGD: '20251120120000' }, {}],
    ['a time that is none', { ThoiGianGD: '20261120250000' }, {}],
    ['an amount that is none', { SoTien: '5e4' }, {}],
    ['a | where nobody signs', {}, { HoTenNguoiNop: 'Mẫu|x' }],
    ['a | where it is signed', { ThongTinGiaoDich: 'a|b' }, {}],
    ['a control character', { ThongTinGiaoDich: 'a\u0007b' }, {}],
  ])('with %s is refused in its words, and makes nothing (scenario 8)', async (_, more, receipt) => {
    const portal = aPortal();
    const told = await portal.init(more, receipt);
    expect(told['MaLoi']).toBe('99');
    expect(told['MoTaLoi']).toMatch(/\S/);
    expect(told).not.toHaveProperty('UrlThanhToan');
    expect(portal.made()).toEqual([]);
  });

  it('under a MaThamChieu that stands for other words is refused, the unsigned ones too', async () => {
    const portal = aPortal();
    await portal.init();
    const changes = portal.made().length;
    expect(await portal.init({ Ip: '203.0.113.8' })).toMatchObject({ MaLoi: '99' });
    expect(await portal.init({}, { HoTenNguoiNop: 'Trần Văn Khác' })).toMatchObject({ MaLoi: '99' });
    expect(await portal.init({}, { MaTTHC: EXTRACT })).toMatchObject({ MaLoi: '99' });
    expect(portal.made()).toHaveLength(changes);
  });

  it.each<[string, (body: Body) => Body | string]>([
    ['signed with another secret', (body) => signed(body, INIT, 'anotherDialectSecret')],
    ['unsigned', ({ MaXacThuc: _, ...body }) => body],
    ['in capitals', (body) => ({ ...body, MaXacThuc: String(body['MaXacThuc']).toUpperCase() })],
    ['of a MaDoiTac that does not speak it', (body) => signed({ ...body, MaDoiTac: 'other-portal' }, INIT)],
    ['of a MaDoiTac that is no name', (body) => signed({ ...body, MaDoiTac: '../keys/quote' }, INIT)],
    ['of another kind', (body) => signed({ ...body, LoaiBanTin: 'QUERY' }, INIT)],
    ['with a member twice', (body) => JSON.stringify(body).replace('{', '{"SoTien":"1",')],
    ['that is no JSON', () => 'SoTien=1'],
    ['that is too long', (body) => ({ ...body, more: 'x'.repeat(40_000) })],
  ])('%s is refused without an echo, and makes nothing (scenarios 9, 10)', async (_, bend) => {
    const portal = aPortal();
    const [status, told] = await portal.post('init', bend(signed(initOf(ORDER), INIT)));
    expect([status, told['MaLoi']]).toEqual([200, '99']);
    expect(told).not.toHaveProperty('MaThamChieu');
    expect(portal.made()).toEqual([]);
  });

  it('of a client that was switched off is refused', async () => {
    const portal = aPortal();
    const client = await portal.world.registry.client('portal');
    portal.world.registry.client = async () => client && { ...client, active: false };
    expect(await portal.init()).toMatchObject({ MaLoi: '99' });
  });

  it('is to come again where we cannot answer (scenario 50)', async () => {
    const portal = aPortal();
    portal.secrets.outage = new Error('away');
    const [status, told] = await portal.post('init', signed(initOf(ORDER), INIT));
    expect([status, told['MaLoi']]).toEqual([503, '99']);
    portal.secrets.outage = undefined;
    expect(await portal.init()).toMatchObject({ MaLoi: '00' });
  });

  it('is no message of another name', async () => {
    expect((await aPortal().post('refund', {}))[0]).toBe(404);
  });
});

describe('asking in the national platform’s words', () => {
  it('tells what became of an order: open, paid, over', async () => {
    const portal = aPortal();
    await portal.init();
    expect(await portal.query()).toMatchObject({ MaLoi: '00', TrangThaiGD: '3', SoTien: '50000' });
    await pay(portal);
    expect(await portal.query()).toMatchObject({ TrangThaiGD: '1', MaGiaoDich: expect.stringMatching(/\S/) });
    const late = aPortal();
    await late.init();
    late.world.clock.at += 60 * 24 * 3_600_000;
    expect(await late.query()).toMatchObject({ TrangThaiGD: '4' });
  });

  it.each(['partially_refunded', 'refunded'] as const)(
    'tells of an order that is %s that it was paid',
    async (state) => {
      const portal = aPortal();
      await portal.init();
      await pay(portal);
      portal.world.invoices.place({ ...portal.invoice(), state });
      expect(await portal.query()).toMatchObject({ TrangThaiGD: '1', SoTien: '50000', MaGiaoDich: 'TX1' });
    },
  );

  it('names the money that stands, where a bank took other money back before', async () => {
    const portal = aPortal();
    await portal.init();
    await pay(portal);
    const gone = aMovement('TX0');
    const movements = { ...withMovements(gone, reversed(gone)), ...portal.invoice().movements };
    portal.world.invoices.place({ ...portal.invoice(), movements });
    expect(await portal.query()).toMatchObject({ TrangThaiGD: '1', MaGiaoDich: 'TX1' });
  });

  it('knows nothing of other references, and of another time than the INIT’s', async () => {
    const portal = aPortal();
    await portal.init();
    expect(await portal.query({ ...ORDER, reference: 'dvc-0002' })).toMatchObject({ MaLoi: '99' });
    expect(await portal.query({ ...ORDER, at: NOW + 1000 })).toMatchObject({ MaLoi: '99' });
  });

  it('is given a link to the receipts once one is signed, that opens them for a quarter of an hour', async () => {
    const portal = aPortal();
    await portal.init();
    await pay(portal);
    expect(await portal.bill()).toMatchObject({ MaLoi: '99', MaThamChieu: 'dvc-0001' });
    const { number } = portal.invoice();
    const receipt = aReceipt({ receiptId: `rct_${number}01` });
    await portal.receipts.add({ taxCode: receipt.collector.taxCode, symbol: receipt.symbol }, [receipt]);
    expect(await portal.bill()).toMatchObject({ MaLoi: '99' });
    await portal.receipts.keepSigned(receipt.receiptId, '<x></x>');
    const { MaLoi, UrlBienLai: url = '' } = await portal.bill();
    expect([MaLoi, url.startsWith(`${PUBLIC_URL}/receipts/`)]).toEqual(['00', true]);

    const link = url.slice(`${PUBLIC_URL}/receipts/`.length);
    const routes = receiptRoutes({
      invoices: portal.world.invoices,
      receipts: portal.receipts,
      registry: portal.world.registry,
      receiptOrders: { sendAll: async () => undefined },
      audit: () => undefined,
      publicUrl: PUBLIC_URL,
      linkKey: async () => LINK_KEY,
      now: portal.world.now,
    });
    const open = httpFunction(routes, () => Promise.reject(new Error('nobody is asked for'))) as unknown as (
      event: object,
    ) => Promise<{ statusCode: number; headers: Record<string, string>; body: string }>;
    const opened = (text: string) => open(httpEvent('GET /receipts/{link}', { params: { link: text } }));
    const print = await opened(link);
    expect([print.statusCode, print.headers['content-type']]).toEqual([200, 'application/pdf']);
    expect(Buffer.from(print.body, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
    const bent = [
      link.replace(number, String(Number(number) + 1)),
      link.slice(0, -1),
      `${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`,
      link.replace(/-([0-9]{10})-/, (_, until: string) => `-${Number(until) + 1}-`),
      '',
    ];
    for (const one of bent) expect((await opened(one)).statusCode).toBe(404);
    portal.world.clock.at += 15 * 60_000 + 1_000;
    expect((await opened(link)).statusCode).toBe(404);
  });

  it('tells nobody of another’s order', async () => {
    const portal = aPortal();
    await portal.init();
    const other = { ...ORDER, partner: 'other-portal' };
    const connected = portal.secrets.read.bind(portal.secrets);
    portal.secrets.read = (name) => connected(name.replace('other-portal', 'portal'));
    expect(await portal.bill(other)).toMatchObject({ MaLoi: '99' });
    expect(await portal.query(other)).toMatchObject({ MaLoi: '99' });
  });
});

describe('a fee that depends on facts', () => {
  const copies = (more: Body) => [{ SoTien: '6000' }, { MaTTHC: COPIES, ...more }] as const;
  const lines = { PhiLePhi: [{ SoTien: '6000' }], DSKhoanNop: [{ SoTien: '6000' }] };

  it('is ordered with them, and only at the sum that comes of them', async () => {
    const portal = aPortal();
    const [sum, receipt] = copies({ ...lines, DuLieuTinhPhi: { quantity: 3 } });
    expect(await portal.init(sum, receipt)).toMatchObject({ MaLoi: '00' });
    expect(portal.invoice()).toMatchObject({ total: 6_000, lines: [{ quantity: 3 }] });
  });

  it.each([{ quantity: 2 }, { quantity: 4 }, { quantity: '3' }, { copies: 3 }, {}, 3])(
    'is refused with %j for that sum',
    async (facts) => {
      const portal = aPortal();
      const [sum, receipt] = copies({ ...lines, DuLieuTinhPhi: facts });
      expect(await portal.init(sum, receipt)).toMatchObject({ MaLoi: '99' });
      expect(portal.made()).toEqual([]);
    },
  );
});

describe('what is due for a dossier', () => {
  const FACTS = vectorsOf('dvcqg-payment-platform');
  const Lookup = z.looseObject({
    request_body: z.record(z.string(), z.unknown()),
    responses: z.object({
      unknown: z.record(z.string(), z.unknown()),
      nothing_to_pay: z.record(z.string(), z.unknown()),
      bill: z.looseObject({ error_code: z.number() }),
    }),
  });

  it.skipIf(!haveVectors).each(FACTS.take('inbound_lookup', Lookup))(
    '$id: unknown, the bill, and nothing once it is paid',
    async ({ request_body: body, responses }) => {
      const portal = aPortal();
      const dossier = String(body['MaHoSo']).replace('000.00.12.H29', LAND);
      expect(await portal.lookUp(body)).toEqual([200, responses.unknown]);
      await portal.init({}, {}, { ...ORDER, dossier });
      const [status, bill] = await portal.lookUp({ MaHoSo: dossier });
      expect([status, bill['error_code']]).toEqual([200, responses.bill.error_code]);
      expect((bill['message'] as Body)['MaTraCuuTT']).toBe(`${dossier}${written(NOW)}`);
      await pay(portal);
      expect(await portal.lookUp({ MaHoSo: dossier })).toEqual([200, responses.nothing_to_pay]);
    },
  );

  it('is a bill as ThongTinBienLai has it, without the number of who pays', async () => {
    const portal = aPortal();
    await portal.init({}, { SoCMNDNguoiNop: '001099000001' });
    const [, { message }] = await portal.lookUp({ MaHoSo: ORDER.dossier });
    expect(message).toMatchObject({
      MaDichVu: '2',
      MaTTHC: PERMIT,
      MaDonVi: LAND,
      MaHoSo: ORDER.dossier,
      SoTien: '50000',
      TKThuHuong: '1234567890',
      PhiLePhi: [{ LoaiPhiLePhi: '1', MaPhiLePhi: `${PERMIT}-01`, SoTien: '50000' }],
      HoTenNguoiNop: 'Nguyễn Thị Mẫu',
      SoCMNDNguoiNop: '',
    });
  });

  it.each([
    ['a client that speaks no dialect', 'other-portal', 403],
    ['nobody', '', 403],
  ])('is told to no other than the dialect’s clients: %s', async (_, clientId, status) => {
    const portal = aPortal();
    await portal.init();
    expect((await portal.lookUp({ MaHoSo: ORDER.dossier }, clientId))[0]).toBe(status);
  });

  it.each([{ MaHoSo: 'x|y' }, { MaHoSo: 7 }, {}, '{"MaHoSo":"a","MaHoSo":"b"}', 'MaHoSo=1'])(
    'is unknown for %j, and changes nothing',
    async (body) => {
      const portal = aPortal();
      expect(await portal.lookUp(body)).toEqual([200, { error_code: -1 }]);
    },
  );

  it('is not that of an agency that is not the client’s', async () => {
    const portal = aPortal();
    await portal.init();
    const client = await portal.world.registry.client('portal');
    portal.world.registry.client = async () => client && { ...client, agencies: [POLICE] };
    expect(await portal.lookUp({ MaHoSo: ORDER.dossier })).toEqual([200, { error_code: -1 }]);
  });

  it('is unknown to a client of very many agencies where its code begins with another’s', async () => {
    const portal = aPortal();
    await portal.init();
    const client = await portal.world.registry.client('portal');
    const many = Array.from({ length: MAX_DOSSIER_AGENCIES + 1 }, (_, index) => `H01.${index + 1}`);
    portal.world.registry.client = async () => client && { ...client, agencies: many };
    expect(await portal.lookUp({ MaHoSo: ORDER.dossier })).toEqual([200, { error_code: -1 }]);
  });

  it('is to be asked again where we cannot answer (scenario 50)', async () => {
    const portal = aPortal();
    portal.secrets.outage = new Error('away');
    expect((await portal.lookUp({ MaHoSo: ORDER.dossier }))[0]).toBe(503);
  });
});

describe('a bill that another has made', () => {
  /** An invoice of another portal of the agency, and how this portal finds it. */
  async function aBill() {
    const portal = aPortal();
    const desk = callerOf(client('desk-portal'));
    const quote = await portal.counter.quote({}, desk);
    await portal.counter.create(await portal.counter.command({ quote }), 'desk-1', desk);
    const [, { message }] = await portal.lookUp({ MaHoSo: ORDER.dossier });
    const { MaThamChieu: reference } = message as { MaThamChieu: string };
    return { ...portal, order: { ...ORDER, reference } };
  }
  type Bill = Awaited<ReturnType<typeof aBill>>;

  /** A part of the bill is paid at another bank, where the agency accumulates parts. Its attempt is the bill's next. */
  async function payPart(bill: Bill, amount: number) {
    bill.world.invoices.place({ ...bill.invoice(), choices: { parts: 'accumulate' } });
    const { index } = await begin(bill, { providerId: 'bank-two' });
    await pay(bill, { amount, attempt: index + 1, transactionId: 'PART', at: 'bank-two' });
  }
  const confirmed = ({ world }: Bill) => world.told.filter(({ event }) => event.type === DIALECT_CONFIRM);

  it('is asked about and confirmed with the sum that was ordered, once a part was paid elsewhere', async () => {
    const bill = await aBill();
    await payPart(bill, 20_000);
    const order = { ...bill.order, amount: 30_000 };
    const first = await bill.init({}, {}, order);
    expect(first).toMatchObject({ MaLoi: '00' });
    expect(await bill.query(order)).toMatchObject({ TrangThaiGD: '3', SoTien: '30000' });
    await pay(bill, { amount: 30_000, attempt: 2 });
    expect(bill.invoice()).toMatchObject({ state: 'paid', due: 0, total: 50_000 });
    expect(await bill.query(order)).toMatchObject({ TrangThaiGD: '1', SoTien: '30000', MaGiaoDich: 'TX1' });
    expect(confirmed(bill)).toMatchObject([{ event: { data: { outcome: 'paid', amount: 30_000 } } }]);
    expect(await bill.init({}, {}, order)).toMatchObject({ MaLoi: '00', UrlThanhToan: first['UrlThanhToan'] });
    expect(await bill.init({}, {}, bill.order)).toMatchObject({ MaLoi: '99' });
  });

  it('has a page of what is left, where a part was paid after the portal began', async () => {
    const bill = await aBill();
    const { UrlThanhToan: whole } = await bill.init({}, {}, bill.order);
    await payPart(bill, 20_000);
    expect(await bill.init({}, {}, bill.order)).toMatchObject({ MaLoi: '99' });
    const order = { ...bill.order, amount: 30_000 };
    const rest = await bill.init({}, {}, order);
    expect(rest['MaLoi']).toBe('00');
    expect(rest['UrlThanhToan']).not.toBe(whole);
    expect(bill.invoice().attempts.map(({ amount }) => amount)).toEqual([undefined, undefined, 30_000]);
    await pay(bill, { amount: 30_000, attempt: 3 });
    expect(confirmed(bill)).toMatchObject([{ event: { data: { outcome: 'paid', amount: 30_000 } } }]);
  });

  it('has one page at one bank: a portal that joins another’s payment gets it, and is confirmed', async () => {
    const bill = await aBill();
    const { next } = await begin(bill);
    const joined = await bill.init({}, {}, bill.order);
    expect(joined).toMatchObject({ MaLoi: '00', UrlThanhToan: 'url' in next && next.url });
    expect(bill.invoice().attempts).toMatchObject([{ joinedBy: ['portal'] }]);
    expect(await bill.query(bill.order)).toMatchObject({ TrangThaiGD: '3', SoTien: '50000' });
    await pay(bill);
    expect(await bill.init({}, {}, bill.order)).toMatchObject({ UrlThanhToan: joined['UrlThanhToan'] });
    expect(confirmed(bill)).toMatchObject([
      { owner: 'client:portal', event: { data: { outcome: 'paid', amount: 50_000 } } },
    ]);
  });

  it('has one page for every citizen who comes, also from another address and at another time', async () => {
    const bill = await aBill();
    const { UrlThanhToan: page } = await bill.init({}, {}, bill.order);
    const later = written(NOW + 60_000);
    for (let visit = 0; visit < MAX_SHARED_CALLS + 3; visit += 1) {
      const came = { Ip: `203.0.113.${visit + 10}`, ThoiGianGD: later };
      expect(await bill.init(came, {}, bill.order)).toMatchObject({ MaLoi: '00', UrlThanhToan: page });
    }
    expect(bill.invoice().attempts).toHaveLength(1);
    await pay(bill);
    expect(confirmed(bill)).toHaveLength(1);
  });

  it('is no order of a portal before its INIT: there is nothing to ask about', async () => {
    const bill = await aBill();
    expect(await bill.query(bill.order)).toMatchObject({ MaLoi: '99' });
    expect(await bill.bill(bill.order)).toMatchObject({ MaLoi: '99' });
    await begin(bill);
    expect(await bill.query(bill.order)).toMatchObject({ MaLoi: '99' });
    await bill.init({}, {}, bill.order);
    expect(await bill.query(bill.order)).toMatchObject({ MaLoi: '00', TrangThaiGD: '3' });
  });

  it('is confirmed also where another’s payment answers as many calls as it remembers', async () => {
    const bill = await aBill();
    for (let call = 0; call <= MAX_SHARED_CALLS; call += 1) await begin(bill, { key: `desk-pay-${call}` });
    expect(bill.invoice().attempts).toMatchObject([{ sharedWith: { length: MAX_SHARED_CALLS } }]);
    expect(await bill.init({}, {}, bill.order)).toMatchObject({ MaLoi: '00' });
    expect(bill.invoice().attempts).toMatchObject([{}, { confirmTo: 'portal' }]);
    await pay(bill);
    expect(confirmed(bill)).toMatchObject([{ owner: 'client:portal', event: { data: { outcome: 'paid' } } }]);
  });

  /** The portal that made the bill begins to pay it. */
  const begin = ({ world, invoice }: Bill, { providerId = 'bank-one', key = 'desk-pay-1' } = {}) =>
    startPayment(
      {
        ...{ invoiceId: invoiceId(invoice().number), providerId, language: 'vi' },
        returnUrl: connection.returnUrl,
      },
      callerOf(client('desk-portal')),
      key,
      {
        ...{ invoices: world.invoices, registry: world.registry, providers: world.providers, secrets: world.secrets },
        ...{ caller: nobody, hashKeys: ['the key of hashes'], now: world.now, ...standing(world.now) },
      },
    );

  it('is paid under the MaThamChieu that the look-up names, asked about and confirmed to who began it', async () => {
    const portal = await aBill();
    const first = await portal.init({}, {}, portal.order);
    expect(first).toMatchObject({ MaLoi: '00', MaThamChieu: portal.order.reference });
    expect(portal.invoice()).toMatchObject({
      origin: { clientId: 'desk-portal' },
      attempts: [{ confirmTo: 'portal' }],
    });
    expect(await portal.init({}, {}, portal.order)).toMatchObject({ UrlThanhToan: first['UrlThanhToan'] });
    expect(await portal.query(portal.order)).toMatchObject({ TrangThaiGD: '3' });
    await pay(portal);
    expect(await portal.query(portal.order)).toMatchObject({ TrangThaiGD: '1' });
    expect(await portal.init({}, {}, portal.order)).toMatchObject({ UrlThanhToan: first['UrlThanhToan'] });
    expect(portal.world.told.filter(({ event }) => event.type === DIALECT_CONFIRM)).toMatchObject([
      {
        owner: 'client:portal',
        event: { data: { outcome: 'paid', reference: portal.order.reference, amount: 50_000 } },
      },
    ]);
  });

  it.each<[string, Body, Body]>([
    ['another sum', { SoTien: '40000' }, { PhiLePhi: [{ SoTien: '40000' }], DSKhoanNop: [{ SoTien: '40000' }] }],
    ['another account', {}, { TKThuHuong: '9999999999' }],
    ['another dossier', {}, { MaHoSo: `${LAND}-261120-0009` }],
    ['another procedure', {}, { MaTTHC: EXTRACT }],
    ['another agency', {}, { MaDonVi: POLICE }],
  ])('is not paid with %s', async (_, more, receipt) => {
    const portal = await aBill();
    expect(await portal.init(more, receipt, portal.order)).toMatchObject({ MaLoi: '99' });
    expect(portal.invoice().attempts).toEqual([]);
  });

  it('is not that of an agency that is not the client’s', async () => {
    const portal = await aBill();
    const known = await portal.world.registry.client('portal');
    portal.world.registry.client = async () => known && { ...known, agencies: [POLICE] };
    expect(await portal.init({}, {}, portal.order)).toMatchObject({ MaLoi: '99' });
    expect(await portal.query(portal.order)).toMatchObject({ MaLoi: '99' });
  });
});

describe('CONFIRM to a portal', () => {
  it('goes out once the invoice is paid, signed its way, with the same words on every try', async () => {
    const portal = aPortal();
    await portal.init();
    await pay(portal);
    const [delivery, ...others] = portal.world.told.filter(({ event }) => event.type === DIALECT_CONFIRM);
    if (!delivery) throw new Error('nothing to confirm');
    expect(others).toEqual([]);
    const sent: { url: string; body: string }[] = [];
    const answers: CallOutcome[] = [
      { kind: 'unreachable', why: 'timeout' },
      { kind: 'answered', response: { status: 500, body: Buffer.from('{"MaLoi":"00"}') } },
      { kind: 'answered', response: { status: 200, body: Buffer.from('{"MaLoi":"99"}') } },
      { kind: 'answered', response: { status: 200, body: Buffer.from('<html>') } },
      { kind: 'answered', response: { status: 200, body: Buffer.from('{"MaLoi":"00"}') } },
    ];
    const kinds: string[] = [];
    for (const answer of answers) {
      const caller = {
        call: async (request: { url: string; body: string }) => {
          sent.push(request);
          return answer;
        },
      };
      kinds.push((await confirmPortal(delivery, { secrets: portal.secrets, caller, words: confirmDvcqg })).kind);
    }
    expect(kinds).toEqual(['failed', 'failed', 'failed', 'failed', 'delivered']);
    expect(new Set(sent.map(({ body }) => body)).size).toBe(1);
    expect(sent[0]?.url).toBe(connection.confirmUrl);
    const body = JSON.parse(sent[0]?.body ?? '') as Body;
    expect(body).toMatchObject({ LoaiBanTin: 'CONFIRM', MaLoi: '00', MaThamChieu: 'dvc-0001', SoTien: '50000' });
    expect(body).toEqual(signed(body, CONFIRM));
  });

  it('says once that an order is over, where it ran out or was cancelled, and never both that and paid', async () => {
    const portal = aPortal();
    await portal.init();
    await portal.counter.cancel(portal.invoice());
    await portal.world.publish();
    const told = portal.world.told.filter(({ event }) => event.type === DIALECT_CONFIRM);
    expect(told).toMatchObject([{ event: { data: { outcome: 'over', reference: 'dvc-0001', amount: 50_000 } } }]);
    const sent: Body[] = [];
    const caller = {
      call: async ({ body }: { body: string }): Promise<CallOutcome> => {
        sent.push(JSON.parse(body) as Body);
        return { kind: 'answered', response: { status: 200, body: Buffer.from('{"MaLoi":"00"}') } };
      },
    };
    for (const one of told) await confirmPortal(one, { secrets: portal.secrets, caller, words: confirmDvcqg });
    expect(sent).toMatchObject([{ MaLoi: '01', MaThamChieu: 'dvc-0001', MaGiaoDich: '', MaNganHang: '' }]);
    expect(sent[0]).toEqual(signed(sent[0] ?? {}, CONFIRM));
  });

  it('is nothing to do for a client that speaks it no more', async () => {
    const portal = aPortal();
    await portal.init();
    await pay(portal);
    const [delivery] = portal.world.told.filter(({ event }) => event.type === DIALECT_CONFIRM);
    if (!delivery) throw new Error('nothing to confirm');
    const caller = { call: () => Promise.reject(new Error('called')) };
    const told = await confirmPortal(delivery, { secrets: new MemorySecrets(), caller, words: confirmDvcqg });
    expect(told).toEqual({ kind: 'nothingToDo' });
  });
});

describe('the guide to the dialect', () => {
  const guide = readFileSync(path.resolve(import.meta.dirname, '../../docs/guides/dialect-dvcqg.md'), 'utf8');
  const message = (name: string): string => {
    const found = new RegExp(`^\`\`\`json ${name}\\n([\\s\\S]*?)\\n\`\`\`$`, 'm').exec(guide)?.[1];
    if (found === undefined) throw new Error(`the guide has no message ${name}`);
    return found;
  };

  it('has an order, a question and a confirmation that are what is said and sent', async () => {
    const portal = aPortal();
    expect((await portal.post('init', message('init')))[1]).toMatchObject({ MaLoi: '00' });
    expect((await portal.post('query', message('query')))[1]).toMatchObject({ TrangThaiGD: '3' });
    expect((await portal.lookUp(message('look-up')))[1]).toMatchObject({ error_code: 1 });
    await pay(portal);
    const receipt = { ...aReceipt({ receiptId: `rct_${portal.invoice().number}01` }), xml: '<x></x>' };
    portal.receipts.kept.set(receipt.receiptId, receipt);
    const [, billed] = await portal.post('get-bill', message('get-bill'));
    expect(billed).toMatchObject({ MaLoi: '00', UrlBienLai: expect.stringContaining('/receipts/') });
    const delivery = portal.world.told.find(({ event }) => event.type === DIALECT_CONFIRM);
    const sent: string[] = [];
    const caller = {
      call: async ({ body }: { body: string }): Promise<CallOutcome> => {
        sent.push(body);
        return { kind: 'answered', response: { status: 200, body: Buffer.from('{"MaLoi":"00"}') } };
      },
    };
    if (delivery) await confirmPortal(delivery, { secrets: portal.secrets, caller, words: confirmDvcqg });
    expect(sent.map((body) => JSON.parse(body) as Body)).toEqual([JSON.parse(message('confirm'))]);
  });
});
