import { createPublicKey } from 'node:crypto';
import { DeleteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignedXml } from 'xml-crypto';
import type * as z from 'zod';
import { ThuphiEvent } from '../../events/index.ts';
import type { LocalStack } from '../../infra/local/stack.ts';
import { createInvoice } from '../../shared/api/portal.ts';
import {
  approveCorrection,
  checkReceipt,
  listInvoiceReceipts,
  listReceipts,
  proposeCorrection,
  type ReceiptBody,
  readNotice,
  readReceipt,
} from '../../shared/api/receipts.ts';
import { approveRefund, createRefund } from '../../shared/api/refunds.ts';
import { putAgencyWebhook } from '../../shared/api/registry.ts';
import { readTrace } from '../../shared/api/trace.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller, expectGateway, expectProblem } from './caller.ts';
import { Inside } from './inside.ts';
import { AGENCY, LICENCE, newDossier, PAYER, tokenOf, vietnamDay, World } from './world.ts';

/** Receipts of a running stack: fifty invoices paid at once, with processes ended meanwhile, and every number accounted for. */

const COUNT = 50;
/** A process needs longer to start on a busy machine than lies between two of them: without an end none would get on. */
const KILLS = 5;
type Receipt = z.infer<typeof ReceiptBody>;

let stack: LocalStack;
let world: World;
/** Two clerks of the collector. */
let lan: Caller;
let minh: Caller;
const symbol = `${vietnamDay(new Date()).slice(2, 4)}TAA`;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  lan = new Caller(stack.url, await tokenOf(stack, 'local-clerk-one'));
  minh = new Caller(stack.url, await tokenOf(stack, 'local-clerk-two'));
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

async function paid(): Promise<string> {
  const { invoiceId } = await world.invoice();
  const { url } = await world.start(invoiceId, 'sandbox-bank');
  await world.decide(url, 'pay');
  return invoiceId;
}

const receiptsOf = async (invoiceId: string): Promise<Receipt[]> =>
  (await world.portal.done(listInvoiceReceipts, { params: { invoiceId } })).data;

const untilIssued = (invoiceId: string): Promise<Receipt> =>
  eventually(`${invoiceId} has its receipt`, async () =>
    (await receiptsOf(invoiceId)).find(({ state }) => state === 'issued'),
  );

async function allUnderSymbol(): Promise<Receipt[]> {
  const found: Receipt[] = [];
  let after: number | null = 0;
  while (after !== null) {
    const page: { data: Receipt[]; nextAfter: number | null } = await world.agency.done(listReceipts, {
      query: { agencyCode: AGENCY, symbol, after: String(after), limit: '20' },
    });
    found.push(...page.data);
    after = page.nextAfter;
  }
  return found;
}

const signed = async ({ receiptId }: Receipt): Promise<string> => {
  const answer = await world.portal.send('GET', `/v1/receipts/${receiptId}`, {
    headers: { accept: 'application/xml' },
  });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/xml; charset=utf-8']);
  return answer.text;
};

/** Under the key that the document brings: what another library says. */
function isGenuine(xml: string): boolean {
  const judge = new SignedXml({ publicCert: keyOf(xml), getCertFromKeyInfo: () => null });
  judge.loadSignature(/<Signature .*<\/Signature>/s.exec(xml)?.[0] ?? '');
  return judge.checkSignature(xml);
}

const keyOf = (xml: string): string => {
  const url = (name: string) =>
    Buffer.from(new RegExp(`<${name}>(.*)</${name}>`).exec(xml)?.[1] ?? '', 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', n: url('Modulus'), e: url('Exponent') }, format: 'jwk' })
    .export({ format: 'pem', type: 'spki' })
    .toString();
};

/** What anybody hears of a receipt by its code. */
const validityOf = async ({ check: { code } }: Receipt): Promise<string> => {
  const answer = await new Caller(world.url, undefined).send('GET', `/check/${code}`, {
    headers: { accept: 'application/json' },
  });
  return (JSON.parse(answer.text) as { validity: string }).validity;
};

const printOf = async ({ receiptId }: Receipt): Promise<string> => {
  const answer = await fetch(`${world.url}/v1/receipts/${receiptId}`, {
    headers: { authorization: `Bearer ${world.portal.token}`, accept: 'application/pdf' },
  });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/pdf']);
  const { promise } = getDocument({ data: new Uint8Array(await answer.arrayBuffer()), verbosity: 0 });
  const { items } = await (await (await promise).getPage(1)).getTextContent();
  return items.map((item) => ('str' in item ? item.str : '')).join(' ');
};

/** Orders receipts as the queue does: a call that fails, as one whose process was just ended, is made again. */
const ordered = (invoiceId: string): Promise<unknown> =>
  eventually(`receipts of ${invoiceId} are ordered`, () =>
    stack.invoke('issue-receipts', orderOf(invoiceId)).then(
      () => true,
      () => false,
    ),
  );

describe('electronic receipts', () => {
  it('are told to whoever asked, once they have their number', async () => {
    await world.agency.done(putAgencyWebhook, {
      params: { code: AGENCY },
      body: { url: world.receiver.addressOf('agency'), events: ['receipt.issued.v1'] },
    });
    const invoiceId = await paid();
    const receipt = await untilIssued(invoiceId);
    expect(receipt).toMatchObject({
      invoiceId,
      form: 'EBL01',
      symbol,
      number: 1,
      kind: 'le_phi',
      collector: { taxCode: '0199999991' },
      payer: { name: PAYER.name, idNumber: '••••••••3456' },
      lines: [{ name: expect.stringMatching(/lệ phí/i), amount: LICENCE.amount }],
      total: { amount: LICENCE.amount },
      totalInWords: { vi: 'Một trăm ba mươi lăm nghìn đồng' },
      replaces: null,
      replacedBy: null,
    });
    expect(await printOf(receipt)).toContain('Một trăm ba mươi lăm nghìn đồng');
    const event = await eventually('the agency hears of its receipt', () =>
      world.receiver.eventsTo('agency').find(({ subject }) => subject === receipt.receiptId),
    );
    expect(ThuphiEvent.parse(event).type).toBe('receipt.issued.v1');
  });

  it(`of ${COUNT} invoices paid at once, while processes are ended, have neither gap nor double`, async () => {
    const before = await allUnderSymbol();
    let kills = KILLS;
    const killing = setInterval(() => {
      kills -= 1;
      stack.killFunction('issue-receipts');
      if (kills === 0) clearInterval(killing);
    }, 700);
    const invoices = await Promise.all(Array.from({ length: COUNT }, paid));
    for (const invoiceId of invoices) await world.untilState(invoiceId, 'paid');
    clearInterval(killing);
    // What a killed process had in hand comes again when its time is over; nobody waits for that here.
    await Promise.all(invoices.map(ordered));
    const issued = await Promise.all(invoices.map(untilIssued));

    const given = await allUnderSymbol();
    expect(given.map(({ number }) => number)).toEqual(given.map((_, index) => index + 1));
    expect(given).toHaveLength(before.length + COUNT);
    expect(new Set(issued.map(({ receiptId }) => receiptId)).size).toBe(COUNT);
    for (const invoiceId of invoices) expect(await receiptsOf(invoiceId)).toHaveLength(1);
    for (const receipt of given) expect(isGenuine(await signed(receipt))).toBe(true);
    // Ordered once more, each: nothing is added.
    await Promise.all(invoices.map(ordered));
    expect(await allUnderSymbol()).toEqual(given);
  });

  it('are checked by anybody, who learns whether they stand and nothing else', async () => {
    const [receipt] = await allUnderSymbol();
    if (!receipt) throw new Error('no receipt');
    const anybody = new Caller(world.url, undefined);
    const check = async (code: string, accept: string) => {
      const answer = await anybody.call(checkReceipt, { params: { code } });
      const page = await anybody.send('GET', `/check/${encodeURIComponent(code)}`, { headers: { accept } });
      expect([answer.status, page.status]).toEqual([200, 200]);
      return page.text;
    };
    const { code, url } = receipt.check;
    expect(url).toBe(`${world.url}/check/${code}`);
    expect(JSON.parse(await check(code, 'application/json'))).toEqual({ code, validity: 'valid' });
    expect(await check(code, 'text/html')).toContain('Biên lai hợp lệ');
    const wrong = `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}`;
    const nobodys = `99999999999901-${code.slice(15)}`;
    for (const asked of [wrong, nobodys])
      expect(JSON.parse(await check(asked, 'application/json'))).toEqual({ code: asked, validity: 'unknown' });
    expect(JSON.parse(await check('<script>', 'application/json'))).toEqual({ code: null, validity: 'unknown' });
    for (const accept of ['application/json', 'text/html']) {
      const text = await check(code, accept);
      for (const word of [PAYER.name, AGENCY, String(LICENCE.amount), '135.000', receipt.dossierCode, '0199999991'])
        expect(text).not.toContain(word);
    }
  });

  it('are another agency’s secret', async () => {
    const [receipt] = await allUnderSymbol();
    const { receiptId = '', invoiceId = '' } = receipt ?? {};
    await world.otherPortal.refused(readReceipt, { params: { receiptId } }, 'not_found');
    await world.otherPortal.refused(listInvoiceReceipts, { params: { invoiceId } }, 'not_found');
    await world.otherPortal.refused(listReceipts, { query: { agencyCode: AGENCY, symbol } }, 'not_found');
    await world.portal.refused(readReceipt, { params: { receiptId: 'rct_99999999999901' } }, 'not_found');
  });

  it('are none for an agency that registered no series', async () => {
    const quote = await world.quote(undefined, LICENCE, 'H29.13');
    const body = { quote, agencyCode: 'H29.13', dossierCode: newDossier(), payer: PAYER };
    const { invoiceId } = await world.portal.done(createInvoice, { body });
    expect(await receiptsOf(invoiceId)).toEqual([]);
  });

  it('are replaced after a refund, which the public check and the trace say', async () => {
    const invoiceId = await paid();
    const first = await untilIssued(invoiceId);
    const { refundId } = await lan.done(createRefund, {
      params: { invoiceId },
      body: { amount: 35_000, reason: 'EXEMPTION_GRANTED', decision: { number: '125/QĐ-SDV', date: '2026-11-20' } },
    });
    await minh.done(approveRefund, { params: { refundId }, body: {} });
    await eventually('another receipt is signed', async () =>
      (await receiptsOf(invoiceId)).some(({ replaces, state }) => replaces && state === 'issued'),
    );
    const [before, after] = await receiptsOf(invoiceId);
    expect(before).toMatchObject({ receiptId: first.receiptId, state: 'replaced', replacedBy: after?.receiptId });
    expect(after).toMatchObject({
      total: { amount: LICENCE.amount - 35_000 },
      replaces: { receiptId: first.receiptId, reason: 'MONEY_WENT_BACK' },
    });
    expect(await validityOf(first)).toBe('replaced');
    expect(isGenuine(await signed(first))).toBe(true);
    const { hops } = await eventually('the endpoint was told', async () => {
      const trace = await world.portal.done(readTrace, { params: { invoiceId } });
      const told = trace.hops.filter(({ kind, event }) => kind === 'told' && event?.type === 'receipt.issued.v1');
      return told.length === 2 && trace;
    });
    const kinds = hops.map(({ kind }) => kind);
    for (const kind of ['receiptIssued', 'refundAsked', 'refundOrdered', 'refundSent', 'refundDone', 'receiptReplaced'])
      expect(kinds).toContain(kind);
    expect(hops.find(({ kind }) => kind === 'told')?.actor).toEqual({ kind: 'agency', name: AGENCY });
  });

  it('whose tax code was wrong are replaced by two persons; a wrong name is explained in a signed notice', async () => {
    const { receiptId } = await untilIssued(await paid());
    const why = 'Người nộp báo sai';
    const propose = (payer: object, id = receiptId) =>
      lan.done(proposeCorrection, { params: { receiptId: id }, body: { payer, why } });
    // No portal has the scope: the receipt is the collector's word.
    expectGateway(await world.portal.call(proposeCorrection, { params: { receiptId }, body: { payer: {}, why } }), 403);
    const params = { receiptId, place: '1' };
    expect((await propose({ name: 'Nguyễn Thị Đúng' })).corrections).toMatchObject([
      { state: 'proposed', kind: 'notice' },
    ]);
    expectProblem(await lan.call(approveCorrection, { params }), 'own_approval');
    await minh.done(approveCorrection, { params });
    const notice = await eventually('the notice is signed', async () => {
      const answer = await minh.send('GET', `/v1/receipts/${receiptId}/corrections/1/notice`, {
        headers: { accept: 'application/xml' },
      });
      return answer.status === 200 && answer.text;
    });
    expect(isGenuine(notice)).toBe(true);
    expect(notice).toContain('Nguyễn Thị Đúng');
    expect(await minh.done(readNotice, { params })).toMatchObject({
      form: '04/SS-CTĐT',
      right: { name: 'Nguyễn Thị Đúng' },
    });
    const named = await minh.done(readReceipt, { params: { receiptId } });
    expect([named.state, named.corrections[0]?.state]).toEqual(['issued', 'done']);
    expect(await validityOf(named)).toBe('valid');

    await propose({ taxCode: '0100112437' });
    await minh.done(approveCorrection, { params: { receiptId, place: '2' } });
    const { replacedBy } = await eventually('another receipt stands for it', async () => {
      const one = await minh.done(readReceipt, { params: { receiptId } });
      return one.replacedBy !== null && one;
    });
    const right = await eventually('it is signed', async () => {
      const one = await minh.done(readReceipt, { params: { receiptId: replacedBy ?? '' } });
      return one.state === 'issued' && one;
    });
    expect(right).toMatchObject({
      payer: { name: 'Nguyễn Thị Đúng', taxCode: '0100112437' },
      replaces: { receiptId, reason: 'WRONG_DETAILS' },
      total: { amount: LICENCE.amount },
    });
    expect([await validityOf(named), await validityOf(right)]).toEqual(['replaced', 'valid']);
    expect(isGenuine(await signed(right))).toBe(true);
  });

  it('are proved, and a hand in their table is found out (scenario 72)', async () => {
    const inside = new Inside(stack);
    const table = inside.table('ReceiptsTable');
    const proved = () => inside.ledger(['verify']);
    expect(await proved()).toMatchObject({ code: 0, said: expect.stringMatching(/receipts in 1 runs/) });
    const { Items = [] } = await inside.db.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
    const receipt = Items.find((item) => item['r']) as Record<string, unknown> & { r: Record<string, unknown> };
    const number = Items.find((item) => item['i'] === receipt.r['receiptId']) as Record<string, unknown>;
    const keyOfItem = (item: Record<string, unknown>) => ({ p: item['p'], s: item['s'] });
    const put = (Item: Record<string, unknown>) => inside.db.send(new PutCommand({ TableName: table, Item }));
    const remove = (item: Record<string, unknown>) =>
      inside.db.send(new DeleteCommand({ TableName: table, Key: keyOfItem(item) }));
    const hands: [string, () => Promise<unknown>][] = [
      ['receipt_altered', () => put({ ...receipt, r: { ...receipt.r, dossierCode: 'H29.12-000101-0001' } })],
      ['receipt_unreadable', () => put({ ...receipt, r: {} })],
      ['receipt_missing', () => remove(receipt)],
      ['receipt_number_missing', () => remove(number)],
    ];
    for (const [kind, hand] of hands) {
      await hand();
      expect(await proved(), kind).toMatchObject({ code: 1, said: expect.stringContaining(`BREACH ${kind}`) });
      for (const item of [receipt, number]) await put(item);
    }
    expect((await proved()).code).toBe(0);
    inside.close();
  });

  it('leave nothing of a payer in a log', () => world.expectSilentLogs(stack));
});

/** What the queue would bring. */
const orderOf = (invoiceId: string) => ({
  Records: [{ messageId: invoiceId, body: JSON.stringify({ invoiceNumber: invoiceId.slice(4) }) }],
});
