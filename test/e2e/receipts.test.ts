import { createPublicKey } from 'node:crypto';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignedXml } from 'xml-crypto';
import type * as z from 'zod';
import { ThuphiEvent } from '../../events/index.ts';
import type { LocalStack } from '../../infra/local/stack.ts';
import { createInvoice } from '../../shared/api/portal.ts';
import {
  checkReceipt,
  listInvoiceReceipts,
  listReceipts,
  type ReceiptBody,
  readReceipt,
} from '../../shared/api/receipts.ts';
import { putAgencyWebhook } from '../../shared/api/registry.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller } from './caller.ts';
import { AGENCY, LICENCE, newDossier, PAYER, vietnamDay, World } from './world.ts';

/** Receipts of a running stack: fifty invoices paid at once, with processes ended meanwhile, and every number accounted for. */

const COUNT = 50;
/** A process needs longer to start on a busy machine than lies between two of them: without an end none would get on. */
const KILLS = 5;
type Receipt = z.infer<typeof ReceiptBody>;

let stack: LocalStack;
let world: World;
const symbol = `${vietnamDay(new Date()).slice(2, 4)}TAA`;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
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

const printOf = async ({ receiptId }: Receipt): Promise<string> => {
  const answer = await fetch(`${world.url}/v1/receipts/${receiptId}`, {
    headers: { authorization: `Bearer ${world.portal.token}`, accept: 'application/pdf' },
  });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/pdf']);
  const { promise } = getDocument({ data: new Uint8Array(await answer.arrayBuffer()), verbosity: 0 });
  const { items } = await (await (await promise).getPage(1)).getTextContent();
  return items.map((item) => ('str' in item ? item.str : '')).join(' ');
};

describe('electronic receipts', () => {
  it('are told to whoever asked, once they have their number', { timeout: 60_000 }, async () => {
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

  it(`of ${COUNT} invoices paid at once, while processes are ended, have neither gap nor double`, {
    timeout: 240_000,
  }, async () => {
    const before = await allUnderSymbol();
    let kills = KILLS;
    const killing = setInterval(() => {
      kills -= 1;
      stack.killFunction('issue-receipts');
      if (kills === 0) clearInterval(killing);
    }, 700);
    const invoices = await Promise.all(Array.from({ length: COUNT }, paid));
    for (const invoiceId of invoices) await world.untilState(invoiceId, 'paid', 60_000);
    clearInterval(killing);
    // What a killed process had in hand comes again when its time is over; nobody waits for that here.
    await Promise.all(invoices.map((invoiceId) => stack.invoke('issue-receipts', orderOf(invoiceId))));
    const issued = await Promise.all(invoices.map(untilIssued));

    const given = await allUnderSymbol();
    expect(given.map(({ number }) => number)).toEqual(given.map((_, index) => index + 1));
    expect(given).toHaveLength(before.length + COUNT);
    expect(new Set(issued.map(({ receiptId }) => receiptId)).size).toBe(COUNT);
    for (const invoiceId of invoices) expect(await receiptsOf(invoiceId)).toHaveLength(1);
    for (const receipt of given) expect(isGenuine(await signed(receipt))).toBe(true);
    // Ordered once more, each: nothing is added.
    await Promise.all(invoices.map((invoiceId) => stack.invoke('issue-receipts', orderOf(invoiceId))));
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

  it('leave nothing of a payer in a log', () => world.expectSilentLogs(stack));
});

/** What the queue would bring. */
const orderOf = (invoiceId: string) => ({
  Records: [{ messageId: invoiceId, body: JSON.stringify({ invoiceNumber: invoiceId.slice(4) }) }],
});
