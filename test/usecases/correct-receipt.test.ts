import { describe, expect, it } from 'vitest';
import { type RightPayer, rightPayer } from '../../shared/domain/receipt/correction.ts';
import { checkCode, type ReceiptId, receiptId } from '../../shared/domain/receipt/receipt.ts';
import {
  approveCorrection,
  type OwnCorrectionApproval,
  proposeCorrection,
  rejectCorrection,
} from '../../shared/usecases/correct-receipt.ts';
import { proveReceipts } from '../../shared/usecases/prove-receipts.ts';
import { checkReceipt } from '../../shared/usecases/read-receipts.ts';
import { refusalOf } from '../dsl/invoicing.ts';
import { aMovement, aReceiptWorld, paidInvoice, reversed, withMovements } from '../dsl/receipts.ts';
import { HOA, LAN, MINH } from '../dsl/refunding.ts';
import { client, POLICE, PORTAL } from '../dsl/world.ts';

/** Two persons correct what a receipt says of its payer; its amounts are the ledger's. All names are invented. */

const { number } = paidInvoice();
const FIRST = receiptId(number, 1);
const RIGHT_NAME: RightPayer = { name: 'Nguyễn Thị Mẫu & Con' };
const RIGHT_TAX: RightPayer = { taxCode: '0100112437' };
const KEY = 'a key of a correction';

async function issued() {
  const world = aReceiptWorld();
  await world.invoices.create(paidInvoice());
  await world.issue(paidInvoice());
  world.deliveries.take();
  const orders: unknown[] = [];
  const audited: OwnCorrectionApproval[] = [];
  const dependencies = {
    receipts: world.receipts,
    receiptOrders: { sendAll: async (some: readonly unknown[]) => void orders.push(...some) },
    audit: (tried: OwnCorrectionApproval) => void audited.push(tried),
    now: world.now,
  };
  const find = async (id: ReceiptId) => {
    const receipt = await world.receipts.find(id);
    if (!receipt) throw new Error(`no ${id}`);
    return receipt;
  };
  return {
    ...world,
    orders,
    audited,
    find,
    propose: (payer: RightPayer, { by = LAN, key = KEY, id = FIRST } = {}) =>
      proposeCorrection({ receiptId: id, payer, why: 'Ghi sai' }, by, key, dependencies),
    approve: (by = MINH, place = 1, id = FIRST) => approveCorrection({ receiptId: id, place }, by, dependencies),
    reject: (by = MINH, place = 1) => rejectCorrection({ receiptId: FIRST, place, why: 'Đúng rồi' }, by, dependencies),
    prove: () => proveReceipts({ book: world.receipts.pages(), signer: world.signer }),
  };
}

/** Texts of a document by the names of their elements: the first of each. */
function textsOf(xml: string): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [, name = '', text = ''] of xml.matchAll(/<(\w+)>([^<]+)</g)) texts[name] ??= text;
  return texts;
}

describe('a wrong name', () => {
  it('is explained in a signed notice by two persons, and the receipt stands', async () => {
    const world = await issued();
    const { place, receipt } = await world.propose(RIGHT_NAME);
    expect(receipt.corrections).toMatchObject([{ state: 'proposed', kind: 'notice', by: 'clerk-lan' }]);
    expect(place).toBe(1);
    await world.approve();
    expect(world.orders).toEqual([{ invoiceNumber: number }]);
    expect(await world.issue(paidInvoice())).toEqual({ numbered: 0, signed: 1 });
    const after = await world.find(FIRST);
    expect(after.replacedBy).toBeUndefined();
    expect(await checkReceipt(checkCode(after), world.receipts)).toBe('valid');
    const notice = after.corrections?.[0]?.notice ?? '';
    expect(textsOf(notice)).toMatchObject({
      MSo: '04/SS-CTĐT',
      MBLai: FIRST,
      KHCTu: '26TAA',
      SCTu: '1',
      LDo: 'Ghi sai',
    });
    expect(notice).toContain('<NDDung><TNNop>Nguyễn Thị Mẫu &amp; Con</TNNop></NDDung>');
    expect(notice).toContain('<SignatureValue>');
    expect(await world.issue(paidInvoice())).toEqual({ numbered: 0, signed: 0 });
    expect(await world.prove()).toEqual({ receipts: 2, runs: 1 });
  });

  it('corrected wrongly is corrected back, and not corrected twice to the same', async () => {
    const world = await issued();
    const { payer } = await world.find(FIRST);
    await world.propose(RIGHT_NAME);
    await world.approve();
    await world.issue(paidInvoice());
    expect(await refusalOf(world.propose(RIGHT_NAME, { key: 'another key' }))).toBe('unprocessable');
    expect((await world.propose({ name: payer.name }, { key: 'another key' })).place).toBe(2);
    await world.approve(MINH, 2);
    await world.issue(paidInvoice());
    const after = await world.find(FIRST);
    expect(after.corrections?.map(({ kind, state }) => [kind, state])).toEqual([
      ['notice', 'approved'],
      ['notice', 'approved'],
    ]);
    expect(after.corrections?.[1]?.notice).toContain(`<TNNop>${payer.name.replace('&', '&amp;')}</TNNop>`);
    expect(rightPayer(after)).toEqual(payer);
  });

  it('is right on whatever takes its place later', async () => {
    const world = await issued();
    await world.propose(RIGHT_NAME);
    await world.approve();
    const money = aMovement('T1');
    const back = paidInvoice(undefined, { state: 'open', movements: withMovements(money, reversed(money)) });
    world.invoices.place(back);
    await world.issue(back);
    const { replacedBy } = await world.find(FIRST);
    expect((await world.find(replacedBy ?? FIRST)).payer.name).toBe(RIGHT_NAME.name);
  });
});

describe('a wrong tax code', () => {
  it('takes another receipt in its place, numbered, signed and told; the first one is replaced and never gone', async () => {
    const world = await issued();
    await world.propose(RIGHT_TAX);
    await world.approve();
    expect(await world.issue(paidInvoice())).toEqual({ numbered: 1, signed: 1 });
    const before = await world.find(FIRST);
    const after = await world.find(before.replacedBy ?? FIRST);
    expect(after).toMatchObject({
      number: 3,
      total: before.total,
      lines: before.lines,
      payer: { ...before.payer, taxCode: RIGHT_TAX.taxCode },
      replaces: { receiptId: FIRST, number: 1, reason: 'WRONG_DETAILS' },
    });
    expect(after.xml).toContain('<LDo>Sai thông tin trên biên lai</LDo>');
    expect(await checkReceipt(checkCode(before), world.receipts)).toBe('replaced');
    expect(world.deliveries.take().map(({ event }) => event['data'])).toMatchObject([
      { replaces: FIRST, reason: 'WRONG_DETAILS' },
    ]);
    expect(await world.issue(paidInvoice())).toEqual({ numbered: 0, signed: 0 });
    expect(await refusalOf(world.propose(RIGHT_NAME, { key: 'another key' }))).toBe('receipt_replaced');
    expect(await world.prove()).toEqual({ receipts: 3, runs: 1 });
  });

  it('and money that went back meanwhile come to one receipt, over what is left', async () => {
    const world = await issued();
    await world.propose(RIGHT_TAX);
    await world.approve();
    const money = aMovement('T1');
    const back = paidInvoice(undefined, { state: 'open', movements: withMovements(money, reversed(money)) });
    world.invoices.place(back);
    await world.issue(back);
    const { replacedBy } = await world.find(FIRST);
    const after = await world.find(replacedBy ?? FIRST);
    expect(after).toMatchObject({ total: 0, payer: RIGHT_TAX, replaces: { reason: 'WRONG_DETAILS' } });
    expect((await world.prove()).breach).toBeUndefined();
  });

  it('that is none is taken off', async () => {
    const world = await issued();
    await world.propose(RIGHT_TAX);
    await world.approve();
    await world.issue(paidInvoice());
    const second = (await world.find(FIRST)).replacedBy ?? FIRST;
    await world.propose({ taxCode: null }, { id: second, key: 'another key' });
    await world.approve(MINH, 1, second);
    await world.issue(paidInvoice());
    const third = (await world.find(second)).replacedBy ?? FIRST;
    expect((await world.find(third)).payer).toEqual((await world.find(FIRST)).payer);
  });
});

describe('two persons', () => {
  it('are needed: the write itself compares them, and the try is written down (scenario 30)', async () => {
    const world = await issued();
    await world.propose(RIGHT_TAX);
    expect(await refusalOf(world.approve(LAN))).toBe('own_approval');
    expect(await refusalOf(world.approve({ ...LAN, clientId: 'elsewhere' }))).toBe('own_approval');
    expect(world.audited.map(({ by }) => by)).toEqual(['clerk-lan', 'clerk-lan']);
    expect(await world.issue(paidInvoice())).toEqual({ numbered: 0, signed: 0 });
  });

  it('say no with a reason, and the receipt may be corrected anew', async () => {
    const world = await issued();
    await world.propose(RIGHT_TAX);
    expect(await refusalOf(world.propose(RIGHT_NAME, { key: 'another key' }))).toBe('correction_pending');
    await world.reject();
    expect(await refusalOf(world.approve())).toBe('correction_not_pending');
    expect((await world.find(FIRST)).corrections).toMatchObject([{ state: 'rejected', refusal: 'Đúng rồi' }]);
    expect((await world.propose(RIGHT_NAME, { key: 'another key' })).place).toBe(2);
  });

  it('decided: whoever may carries on what was approved and not ordered', async () => {
    const world = await issued();
    await world.propose(RIGHT_TAX);
    await world.approve();
    // As after a crash between the write and the order.
    world.orders.length = 0;
    expect(await world.approve(HOA)).toMatchObject({ place: 1, replayed: true });
    expect(world.orders).toEqual([{ invoiceNumber: number }]);
    expect((await world.find(FIRST)).corrections).toMatchObject([{ state: 'approved', decidedBy: 'clerk-minh' }]);
    expect(await refusalOf(world.approve(PORTAL))).toBe('forbidden');
  });

  it('repeat their calls and change nothing by that', async () => {
    const world = await issued();
    await world.propose(RIGHT_TAX);
    expect(await world.propose(RIGHT_TAX)).toMatchObject({ place: 1, replayed: true });
    expect(await refusalOf(world.propose(RIGHT_NAME))).toBe('idempotency_key_reused');
    await world.approve();
    expect(await world.approve()).toMatchObject({ replayed: true });
    // What the first approval could not order is ordered by the second.
    expect(world.orders).toHaveLength(2);
    expect((await world.find(FIRST)).corrections).toHaveLength(1);
  });
});

describe('a correction', () => {
  it('that changes nothing is none, and one of what is not signed has to wait', async () => {
    const world = await issued();
    const { payer } = await world.find(FIRST);
    expect(await refusalOf(world.propose({ name: payer.name }))).toBe('unprocessable');
    expect(await refusalOf(world.propose({}))).toBe('unprocessable');
    expect(await refusalOf(world.propose({ taxCode: null }))).toBe('unprocessable');
    const receipt = world.receipts.kept.get(FIRST);
    if (receipt) world.receipts.kept.set(FIRST, { ...receipt, xml: undefined });
    expect(await refusalOf(world.propose(RIGHT_TAX))).toBe('receipt_not_signed');
  });

  it('is nothing for portals, and of another agency’s receipt does not exist (scenario 64)', async () => {
    const world = await issued();
    expect(await refusalOf(world.propose(RIGHT_TAX, { by: PORTAL }))).toBe('forbidden');
    const stranger = { ...LAN, client: client('desk', { kind: 'agency', agencies: [POLICE] }) };
    expect(await refusalOf(world.propose(RIGHT_TAX, { by: stranger }))).toBe('not_found');
    expect(await refusalOf(world.approve(MINH, 7))).toBe('not_found');
  });
});
