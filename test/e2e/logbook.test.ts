import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { recordCounterPayment } from '../../shared/api/counter.ts';
import { readAudit, readCallbacks, readReads } from '../../shared/api/logs.ts';
import { listInvoices } from '../../shared/api/portal.ts';
import * as refunds from '../../shared/api/refunds.ts';
import { readReport } from '../../shared/api/reports.ts';
import { readTrace } from '../../shared/api/trace.ts';
import { eventually, removeTemporaryFolders, startTestStack, temporaryFolder } from '../stack.ts';
import { Caller } from './caller.ts';
import { AGENCY, LICENCE, newDossier, tokenOf, vietnamDay, World } from './world.ts';

/** Who looked, who did what, and what a bank sent: from the running service into the logbook, and out again. */

let stack: LocalStack;
let world: World;
let bank: Caller;
let lan: Caller;
let minh: Caller;
const SLIP = {
  method: 'cash',
  receipt: { symbol: '01AA/26P', number: '0000123' },
  desk: 'quay-01',
  amount: LICENCE.amount,
};
const folder = temporaryFolder('data');
const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();
const span = () => ({ from: minutes(-60), to: minutes(60) });
const today = vietnamDay(new Date());
const tomorrow = vietnamDay(new Date(Date.now() + 86_400_000));
const days = { from: today, to: tomorrow };

const callbacksOf = async (who: Caller, query: Record<string, string> = {}) =>
  (await who.done(readCallbacks, { params: { providerId: 'vnpay' }, query: { ...span(), limit: '100', ...query } }))
    .data;
const actsOn = async (kind: string, id: string) =>
  (await world.operator.done(readAudit, { query: { ...days, kind, id } })).data;
const readsOf = async (query: Record<string, string>) =>
  (await world.operator.done(readReads, { query: { ...days, ...query } })).data;

beforeAll(async () => {
  stack = await startTestStack(folder);
  world = await World.enter(stack);
  const caller = async (id: string) => new Caller(stack.url, await tokenOf(stack, id));
  [bank, lan, minh] = await Promise.all([caller('local-vnpay'), caller('local-clerk-one'), caller('local-clerk-two')]);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

describe('what a bank sent', () => {
  it('stands there with what it was answered: taken, repeated, unknown, wrong, forged', async () => {
    const { invoiceId } = await world.invoice();
    const order = await world.order(invoiceId);
    const { reference } = order;
    const transaction = world.transact(order);
    await world.vnpay.notify(transaction.query);
    await world.untilState(invoiceId, 'paid');
    await world.vnpay.notify(transaction.query);
    const forged = transaction.query.replace(/vnp_Amount=\d+/, 'vnp_Amount=100');
    await new Caller(stack.url, undefined).send('GET', `/callbacks/vnpay?${forged}`);

    const told = await eventually('three callbacks are in the log', async () => {
      const found = await callbacksOf(bank);
      return found.length >= 3 && found;
    });
    expect(told.map(({ outcome, answer }) => [outcome, answer.status, JSON.parse(answer.body).RspCode])).toEqual([
      ['accepted', 200, '00'],
      ['duplicate', 200, '02'],
      ['refused', 200, '97'],
    ]);
    expect(told[0]?.told).toMatchObject([{ reference, amount: LICENCE.amount, outcome: 'paid', resultCode: '00/00' }]);
    // The forged one named the same payment; nobody's word for that is believed.
    expect(told[2]).toMatchObject({ reason: 'signature', told: [] });
    expect(told[0]?.sha256).toBe(told[1]?.sha256);
    expect(await callbacksOf(bank, { reference })).toHaveLength(2);
    expect(await callbacksOf(bank, { outcome: 'refused' })).toHaveLength(1);
    expect(await callbacksOf(world.operator)).toHaveLength(told.length);
  });

  it('is for that bank alone, which sees nothing else of anybody', async () => {
    await bank.refused(readCallbacks, { params: { providerId: 'momo' }, query: span() }, 'not_found');
    for (const other of [world.finance, world.agency, world.portal])
      expect((await other.call(readCallbacks, { params: { providerId: 'vnpay' }, query: span() })).status).toBe(403);
    expect((await bank.call(listInvoices, { query: { dossierCode: 'H29.12-1' } })).status).toBe(403);
    expect((await bank.call(readReads, { query: days })).status).toBe(403);
  });

  it('of a flood of forged callbacks is a line each, and neither a message nor an item each', async () => {
    const flood = 300;
    const before = (await callbacksOf(bank, { outcome: 'refused' })).length;
    const nobody = new Caller(stack.url, undefined);
    await Promise.all(
      Array.from({ length: flood }, (_, place) =>
        nobody.send(
          'GET',
          `/callbacks/vnpay?vnp_TmnCode=${world.vnpay.terminal}&vnp_TxnRef=${place}&vnp_SecureHash=00`,
        ),
      ),
    );
    const all = await eventually('the flood is in the log', async () => {
      let found = 0;
      let after: string | undefined;
      do {
        const page = await bank.done(readCallbacks, {
          params: { providerId: 'vnpay' },
          query: { ...span(), outcome: 'refused', limit: '100', ...(after && { after }) },
        });
        found += page.data.length;
        after = page.nextAfter ?? undefined;
      } while (after !== undefined);
      return found >= before + flood && found;
    });
    expect(all).toBe(before + flood);
  });
});

describe('who looked at whose data', () => {
  it('is found by the invoice, by its dossier and by the person, whoever’s function showed it', async () => {
    const dossierCode = newDossier();
    const { invoiceId } = await world.invoice(dossierCode);
    await world.read(invoiceId);
    await world.finance.done(listInvoices, { query: { dossierCode, agencyCode: AGENCY } });
    await world.finance.done(readTrace, { params: { invoiceId } });
    const reads = await eventually('three reads are in the log', async () => {
      // This look is in the log, too.
      const found = (await readsOf({ kind: 'invoices', id: invoiceId })).filter(({ step }) => step !== 'logs-api');
      return found.length === 3 && found;
    });
    expect(reads.map(({ by, clientId, step, call }) => [by, clientId, step, call])).toEqual([
      ['local-portal', 'local-portal', 'portal-api', 'GET /v1/invoices/{invoiceId}'],
      ['local-finance-maker', 'local-finance-maker', 'portal-api', 'GET /v1/invoices'],
      ['local-finance-maker', 'local-finance-maker', 'trace-api', 'GET /v1/invoices/{invoiceId}/trace'],
    ]);
    expect(await readsOf({ kind: 'dossiers', id: dossierCode })).toHaveLength(3);
    expect((await readsOf({ person: 'local-finance-maker' })).length).toBeGreaterThanOrEqual(2);
    // Who looked is itself looked at by somebody, and written down.
    const ofTheLog = await eventually('the look into the log is in the log', async () =>
      (await readsOf({ kind: 'invoices', id: invoiceId })).find(({ step }) => step === 'logs-api'),
    );
    expect(ofTheLog).toMatchObject({ by: 'local-operator', call: 'GET /v1/reads' });
  });
});

describe('who did what', () => {
  it('is in one log, by subject and by person, with what was refused', async () => {
    const { invoiceId } = await world.invoice();
    const { counterPaymentId } = await lan.done(recordCounterPayment, {
      params: { invoiceId },
      body: SLIP,
    });
    expect(counterPaymentId).toBeDefined();
    await world.untilState(invoiceId, 'paid');
    const decision = { number: '125/QĐ-SDV', date: '2026-11-20' };
    const asked = await lan.done(refunds.createRefund, {
      params: { invoiceId },
      body: { reason: 'EXEMPTION_GRANTED', decision },
    });
    const { refundId } = asked;
    await lan.refused(refunds.approveRefund, { params: { refundId }, body: {} }, 'own_approval');
    await minh.done(refunds.rejectRefund, { params: { refundId }, body: { why: 'Thiếu quyết định hoàn trả' } });

    const done = await eventually('the acts are in the log', async () => {
      const found = await actsOn('refunds', refundId);
      return found.length === 5 && found;
    });
    expect(done.map(({ act, by, call, reason }) => [act, by, call?.split('/').at(-1), reason])).toEqual([
      ['applied', 'local-clerk-one', 'refunds', undefined],
      ['asked', 'local-clerk-one', 'approval', undefined],
      ['failed', 'local-clerk-one', 'approval', 'own_approval'],
      ['asked', 'local-clerk-two', 'rejection', undefined],
      ['applied', 'local-clerk-two', 'rejection', undefined],
    ]);
    // Each function's log is handed over by itself.
    await eventually('the acts of every function stand at the invoice', async () => {
      const acts = (await actsOn('invoices', invoiceId)).map(({ act, call }) => `${act} ${call?.split('/').at(-1)}`);
      return ['applied counter-payments', 'applied refunds', 'applied rejection'].every((act) => acts.includes(act));
    });
    const { data } = await world.operator.done(readAudit, { query: { ...days, person: 'local-clerk-two' } });
    expect(data.map(({ act }) => act)).toEqual(['asked', 'applied']);
    const { rows } = await world.finance.done(readReport, { params: { reportId: 'user-actions' }, query: days });
    expect(
      rows.filter((row) => row['subject'] === `refunds ${refundId}`).map(({ act, reason }) => [act, reason]),
    ).toEqual([
      ['asked', null],
      ['failed', 'own_approval'],
      ['asked', null],
      ['applied', null],
    ]);
  });

  it('outlives a process that is killed in the middle, and a stack that ends', async () => {
    const { invoiceId } = await world.invoice();
    const key = 'killed-in-the-middle';
    const paying = lan.call(recordCounterPayment, {
      params: { invoiceId },
      body: SLIP,
      key,
    });
    stack.killFunction('counter-api');
    await paying.catch(() => undefined);
    await lan.done(recordCounterPayment, {
      params: { invoiceId },
      body: SLIP,
      key,
    });
    await world.read(invoiceId);
    await stack.stop();
    stack = await startTestStack(folder);
    world = await World.enter(stack, world);
    await eventually('what was done and seen before the end is in the log', async () => {
      const acts = await actsOn('invoices', invoiceId);
      const reads = await readsOf({ kind: 'invoices', id: invoiceId });
      return acts.some(({ act }) => act === 'applied') && reads.some(({ by }) => by === 'local-portal');
    });
  });

  it('says nothing of anybody in the lines from which it is made', () => {
    world.expectSilentLogs(stack);
  });
});
