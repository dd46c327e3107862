import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { putClient, putClientDialect } from '../../shared/api/registry.ts';
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
} from '../dsl/dialect-portal.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { AGENCY, LICENCE, newDossier, World } from './world.ts';

/** A portal that knows the national platform alone, over HTTP: it orders, its citizen pays, it is told, it asks. */

const PARTNER = 'MAU_DVCTINH01';
let stack: LocalStack;
let world: World;
/** What the portal hears, and how often it says that it could not take it. */
const heard: Body[] = [];
let refusals = 1;

const portal = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  heard.push(JSON.parse(Buffer.concat(chunks).toString()) as Body);
  const taken = refusals-- <= 0;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ MaLoi: taken ? '00' : '99', MaXacThuc: heard.at(-1)?.['MaXacThuc'] }));
});

beforeAll(async () => {
  portal.listen(0, '127.0.0.1');
  await once(portal, 'listening');
  const { port } = portal.address() as AddressInfo;
  stack = await startTestStack();
  world = await World.enter(stack);
  world.confide(PORTAL_SECRET, 'Nguyễn Thị Mẫu');
  await world.operator.done(putClient, {
    params: { id: PARTNER },
    body: {
      kind: 'portal',
      name: { vi: 'Cổng mẫu', en: 'Sample portal' },
      agencies: [AGENCY],
      returnHosts: ['portal.example.gov.vn'],
      active: true,
    },
  });
  const shown = await world.operator.done(putClientDialect, {
    params: { id: PARTNER },
    body: {
      secret: PORTAL_SECRET,
      providerId: 'sandbox-bank',
      returnUrl: 'https://portal.example.gov.vn/ket-qua',
      confirmUrl: `http://127.0.0.1:${port}/confirm`,
    },
  });
  expect(JSON.stringify(shown)).not.toContain(PORTAL_SECRET);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  portal.closeAllConnections();
  portal.close();
  removeTemporaryFolders();
});

async function say(message: string, body: Body): Promise<Record<string, string>> {
  const answer = await fetch(`${stack.url}/dialects/dvcqg/${message}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, string>;
}

describe('a portal that speaks the national platform’s words', () => {
  const order = (): Ordered => ({
    partner: PARTNER,
    reference: `dvc-${newDossier()}`,
    amount: LICENCE.amount,
    agency: AGENCY,
    dossier: newDossier(),
    procedure: LICENCE.procedureCode,
    account: '120010000001',
    at: Math.floor(Date.now() / 1000) * 1000,
  });

  it('orders, has its citizen pay, is told until it has taken it, and asks (scenarios 1, 16)', async () => {
    const one = order();
    const init = signed(initOf(one), INIT);
    const told = await say('init', init);
    expect(told).toMatchObject({ MaLoi: '00', MaThamChieu: one.reference });
    expect((await say('init', init))['UrlThanhToan']).toBe(told['UrlThanhToan']);
    const query = signed(askOf('QUERY', one), QUERY);
    expect(await say('query', query)).toMatchObject({ TrangThaiGD: '3' });

    const page = new URL(told['UrlThanhToan'] ?? '').searchParams;
    const paid = await fetch(`${stack.url}/sandbox-bank/decide`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        terminal: page.get('terminal'),
        ref: page.get('ref'),
        amount: Number(page.get('amount')),
        outcome: 'pay',
      }),
    });
    expect(paid.status).toBe(200);
    await eventually('the portal has taken it', async () => heard.length >= 2);
    expect(heard[0]).toEqual(heard[1]);
    expect(heard[0]).toMatchObject({
      LoaiBanTin: 'CONFIRM',
      MaLoi: '00',
      MaDoiTac: PARTNER,
      MaThamChieu: one.reference,
    });
    expect(heard[0]).toEqual(signed(heard[0] ?? {}, CONFIRM));
    expect(await say('query', query)).toMatchObject({ TrangThaiGD: '1', MaGiaoDich: heard[0]?.['MaGiaoDich'] });

    const bill = signed(askOf('GET_BILL', one), QUERY);
    const url = await eventually('its receipt is signed', async () => (await say('get-bill', bill))['UrlBienLai']);
    const print = await fetch(url);
    expect([print.status, print.headers.get('content-type')]).toEqual([200, 'application/pdf']);
    expect(
      Buffer.from(await print.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
    expect((await fetch(`${url.slice(0, -1)}!`)).status).toBe(404);
  });

  it('finds what is due for a dossier with its token, and pays what another has ordered (scenario 9)', async () => {
    const partner = 'local-portal';
    await world.operator.done(putClientDialect, {
      params: { id: partner },
      body: {
        secret: PORTAL_SECRET,
        providerId: 'sandbox-bank',
        returnUrl: 'http://localhost/done',
        confirmUrl: 'http://127.0.0.1:9/confirm',
      },
    });
    const dossierCode = newDossier();
    await world.invoice(dossierCode);
    const asked = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ MaHoSo: dossierCode }) };
    const open = await fetch(`${stack.url}/dialects/dvcqg/look-up`, { method: 'POST', ...asked });
    expect(open.status).toBe(401);
    const answer = await world.portal.send('POST', '/dialects/dvcqg/look-up', asked);
    const { error_code: code, message: due } = JSON.parse(answer.text) as { error_code: number; message: Body };
    expect([answer.status, code, due['MaHoSo'], due['SoTien']]).toEqual([200, 1, dossierCode, String(LICENCE.amount)]);
    const one = { ...order(), partner, reference: String(due['MaThamChieu']), dossier: dossierCode };
    expect(await say('init', signed(initOf(one), INIT))).toMatchObject({ MaLoi: '00', MaThamChieu: one.reference });
  });

  it('cannot set a fee, name an account, or speak for another agency (scenarios 8, 10)', async () => {
    const one = order();
    const lines = { PhiLePhi: [{ SoTien: '1000' }], DSKhoanNop: [{ SoTien: '1000' }] };
    const bent: [Body, Body][] = [
      [{ SoTien: '1000' }, lines],
      [{}, { TKThuHuong: '999999999999' }],
      [{}, { MaDonVi: 'H26.07' }],
    ];
    for (const [more, receipt] of bent)
      expect(await say('init', signed(initOf(one, more, receipt), INIT))).toMatchObject({ MaLoi: '99' });
    const forged = signed(initOf(one), INIT, 'anotherDialectSecret');
    expect(await say('init', forged)).toMatchObject({ MaLoi: '99', MoTaLoi: 'Sai ma xac thuc' });
    expect(await say('query', signed(askOf('QUERY', one), QUERY))).toMatchObject({ MaLoi: '99' });
  });
});
