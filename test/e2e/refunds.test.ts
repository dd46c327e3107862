import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { recordCounterPayment } from '../../shared/api/counter.ts';
import { readTrialBalance } from '../../shared/api/ledger.ts';
import * as api from '../../shared/api/refunds.ts';
import { putAgencyWebhook } from '../../shared/api/registry.ts';
import { readTrace } from '../../shared/api/trace.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller, expectGateway, expectProblem } from './caller.ts';
import { AGENCY, LICENCE, tokenOf, vietnamDay, World } from './world.ts';

/** Money that goes back: two people of an agency decide, the sandbox bank and a played VNPAY give it back, or a person does. */

const { amount } = LICENCE;
const decision = { number: '125/QĐ-SDV', date: '2026-11-20' };
const whole = { reason: 'EXEMPTION_GRANTED', decision };
let stack: LocalStack;
let world: World;
let lan: Caller;
let minh: Caller;

/** Requests that VNPAY has carried out, by their id, and what it does with the next one. */
const given = new Map<string, { reference: string; wire: string; type: string }>();
let next: 'carry out' | 'refuse' | 'die' = 'carry out';

/** VNPAY's answers to `refund` and `querydr`, signed over the fields that its documents name. */
function vnpayAnswer(body: string): string | undefined {
  const asked = JSON.parse(body) as Record<string, string>;
  if (asked['vnp_Command'] !== 'refund') {
    const last = [...given.values()].findLast(({ reference }) => reference === asked['vnp_TxnRef']);
    return last ? signed(asked, 'querydr', '00', last) : world.vnpay.answer(body);
  }
  const id = asked['vnp_RequestId'] ?? '';
  const refund = {
    reference: asked['vnp_TxnRef'] ?? '',
    wire: asked['vnp_Amount'] ?? '',
    type: asked['vnp_TransactionType'] ?? '',
  };
  if (given.has(id)) return signed(asked, 'refund', '94', refund);
  if (next === 'refuse') return signed(asked, 'refund', '95', refund);
  given.set(id, refund);
  return next === 'die' ? undefined : signed(asked, 'refund', '00', refund);
}

function signed(
  asked: Record<string, string>,
  command: string,
  code: string,
  { reference, wire, type }: { reference: string; wire: string; type: string },
): string {
  const fields: Record<string, string> = {
    vnp_ResponseId: `A${asked['vnp_RequestId']}`,
    vnp_Command: command,
    vnp_ResponseCode: code,
    vnp_Message: 'said',
    vnp_TmnCode: world.vnpay.terminal,
    vnp_TxnRef: reference,
    vnp_Amount: wire,
    vnp_BankCode: 'NCB',
    vnp_PayDate: '20261127120000',
    vnp_TransactionNo: '14999999',
    vnp_TransactionType: type,
    vnp_TransactionStatus: '00',
    vnp_OrderInfo: asked['vnp_OrderInfo'] ?? '',
  };
  const more = command === 'querydr' ? ['', ''] : [];
  const text = [...Object.values(fields), ...more].join('|');
  const hash = createHmac('sha512', world.vnpay.secretForTheOperator()).update(text, 'utf8').digest('hex');
  return JSON.stringify({ ...fields, vnp_SecureHash: hash });
}

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = vnpayAnswer(Buffer.concat(chunks).toString());
  if (text !== undefined) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    return;
  }
  // Carried out; whoever waits for the answer is killed before it can be read.
  stack.killFunction('send-refund');
  response.destroy();
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack = await startTestStack(undefined, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  world = await World.enter(stack);
  lan = new Caller(stack.url, await tokenOf(stack, 'local-clerk-one'));
  minh = new Caller(stack.url, await tokenOf(stack, 'local-clerk-two'));
  const events = ['invoice.paid.v1', 'invoice.partially_refunded.v1', 'invoice.refunded.v1', 'money.surplus.v1'];
  const refundEvents = ['requested', 'approved', 'rejected', 'withdrawn', 'by_hand', 'completed', 'failed'];
  await world.agency.done(putAgencyWebhook, {
    params: { code: AGENCY },
    body: {
      url: world.receiver.addressOf('agency'),
      events: [...events, ...refundEvents.map((one) => `refund.${one}.v1`)],
    },
  });
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  server.closeAllConnections();
  server.close();
  removeTemporaryFolders();
});

/** Paid at the sandbox bank. Answers the invoice's id. */
async function paid(outcome: 'pay' | 'pay_twice' = 'pay'): Promise<string> {
  const { invoiceId } = await world.invoice();
  const { url } = await world.start(invoiceId, 'sandbox-bank');
  await world.decide(url, outcome);
  await world.untilState(invoiceId, 'paid');
  return invoiceId;
}

async function paidAtVnpay(): Promise<string> {
  const { invoiceId } = await world.invoice();
  await world.vnpay.notify(world.transact(await world.order(invoiceId)).query);
  await world.untilState(invoiceId, 'paid');
  return invoiceId;
}

const ask = (invoiceId: string, body: object = whole, by = lan) =>
  by.done(api.createRefund, { params: { invoiceId }, body });
const order = (refundId: string, body: object = {}) => minh.done(api.approveRefund, { params: { refundId }, body });
const untilRefund = (refundId: string, state: string) =>
  eventually(`${refundId} is ${state}`, async () => {
    const refund = await lan.done(api.getRefund, { params: { refundId } });
    return refund.state === state && refund;
  });

describe('a refund', () => {
  it('of all of it is asked for by one person, ordered by another, given back and told', async () => {
    const invoiceId = await paid();
    const call = { params: { invoiceId }, body: whole, key: 'the-key-of-a-whole-refund' };
    const asked = await lan.done(api.createRefund, call);
    expect(asked).toMatchObject({ state: 'requested', amount: { amount }, requestedBy: 'local-clerk-one' });
    expect(await lan.done(api.createRefund, call)).toEqual(asked);
    await lan.refused(api.createRefund, { ...call, body: { ...whole, amount: 1 } }, 'idempotency_key_reused');
    expectProblem(
      await lan.call(api.approveRefund, { params: { refundId: asked.refundId }, body: {} }),
      'own_approval',
    );
    expect((await world.read(invoiceId)).state).toBe('paid');

    const { refundId } = asked;
    const ordered = await order(refundId);
    expect(ordered).toMatchObject({ decidedBy: 'local-clerk-two', overdue: false });
    expect(ordered.dueBy).toMatch(/T23:59:59\.999\+07:00$/);
    await untilRefund(refundId, 'done');
    expect(await world.read(invoiceId)).toMatchObject({ state: 'refunded', refunded: { amount }, paid: { amount } });
    await world.untilHeard(
      invoiceId,
      'invoice.paid.v1',
      'refund.requested.v1',
      'refund.approved.v1',
      'refund.completed.v1',
      'invoice.refunded.v1',
    );
    const { data } = await lan.done(api.listInvoiceRefunds, { params: { invoiceId } });
    expect(data.map((one) => one.refundId)).toEqual([refundId]);
    const trace = await world.portal.done(readTrace, { params: { invoiceId } });
    // Receipts and what is told come beside it, each in its own time.
    const ofMoney = trace.hops.filter(({ receipt, event }) => !receipt && !event);
    expect(ofMoney.map(({ kind }) => kind)).toEqual([
      'invoiceMade',
      'paymentStarted',
      'paid',
      'enteredAsPayment',
      'refundAsked',
      'refundOrdered',
      'refundSent',
      'refundDone',
    ]);
    expect(trace.hops.find(({ kind }) => kind === 'paid')?.sha256).toMatch(/^[0-9a-f]{64}$/);
    const awaitedOfMoney = trace.awaited.filter(({ movementId }) => movementId);
    expect(awaitedOfMoney.map(({ kind, holder }) => [kind, holder])).toEqual([['providersFile', 'provider']]);
    expectProblem(await world.otherPortal.call(readTrace, { params: { invoiceId } }), 'not_found');
    await eventually('it is listed', async () => {
      const listed = await minh.done(api.listRefunds, { query: { state: 'done', limit: '100' } });
      return listed.data.some((one) => one.refundId === refundId);
    });
  });

  it('in parts and by line leaves what is left, to the dong', async () => {
    const invoiceId = await paid();
    const first = await ask(invoiceId, { ...whole, amount: 35_000 });
    expect(first.lines.map((line) => line.amount).reduce((sum, one) => sum + one, 0)).toBe(35_000);
    const second = await ask(invoiceId, { ...whole, lines: [{ line: 1, amount: 50_000 }] });
    await lan.refused(
      api.createRefund,
      { params: { invoiceId }, body: { ...whole, amount: 50_001 } },
      'refund_exceeds_remainder',
    );
    await order(first.refundId);
    await untilRefund(first.refundId, 'done');
    expect(await world.read(invoiceId)).toMatchObject({ state: 'partially_refunded', refunded: { amount: 35_000 } });
    await lan.done(api.withdrawRefund, { params: { refundId: second.refundId } });
    const rest = await ask(invoiceId);
    expect(rest.amount.amount).toBe(100_000);
    await order(rest.refundId);
    await world.untilState(invoiceId, 'refunded');
  });

  it('20 racing for 40,000 of 135,000: three win, whoever asks (scenario 27)', async () => {
    const invoiceId = await paid();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, place) =>
        (place % 2 ? lan : minh).call(api.createRefund, {
          params: { invoiceId },
          body: { ...whole, amount: 40_000 },
          key: `a-racing-key-${place}`,
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expectProblem(answer, 'refund_exceeds_remainder');
    const { data } = await lan.done(api.listInvoiceRefunds, { params: { invoiceId } });
    expect(data.map((one) => one.amount.amount)).toEqual([40_000, 40_000, 40_000]);
  });

  it('of surplus leaves the invoice paid', async () => {
    const invoiceId = await paid('pay_twice');
    await eventually('surplus', async () => (await world.read(invoiceId)).surplus.amount === amount);
    const surplus = await eventually('it is told', () =>
      world.receiver
        .eventsTo('agency')
        .find((event) => event.subject === invoiceId && event.type === 'money.surplus.v1'),
    );
    const movementId = String(surplus.data['movementId']);
    const reason = 'DUPLICATE_PAYMENT';
    await lan.refused(
      api.createRefund,
      { params: { invoiceId }, body: { ...whole, movementId } },
      'reason_not_applicable',
    );
    const { refundId } = await ask(invoiceId, { reason, decision, movementId });
    await order(refundId);
    await untilRefund(refundId, 'done');
    expect(await world.read(invoiceId)).toMatchObject({ state: 'paid', refunded: { amount } });
  });

  it('that cannot be is a problem, and nothing is changed', async () => {
    const open = await world.invoice();
    await lan.refused(api.createRefund, { params: { invoiceId: open.invoiceId }, body: whole }, 'invoice_not_paid');
    const invoiceId = await paid();
    const params = { invoiceId };
    const { version } = await world.read(invoiceId);
    const refuse = (body: object, code: Parameters<Caller['refused']>[2]) =>
      lan.refused(api.createRefund, { params, body }, code);
    await refuse({ ...whole, amount: amount + 1 }, 'refund_exceeds_remainder');
    await refuse({ ...whole, reason: 'BECAUSE' }, 'malformed_request');
    await refuse({ ...whole, amount: 10, lines: [{ line: 1, amount: 11 }] }, 'unprocessable');
    await refuse({ ...whole, lines: [{ line: 9, amount: 11 }] }, 'unprocessable');
    await refuse({ ...whole, movementId: 'mov_vnpay_none' }, 'money_not_refundable');
    await refuse(
      { ...whole, account: { bankBin: '999999', number: '0123456789', name: 'NGUYEN VAN MAU' } },
      'account_invalid',
    );
    await lan.refused(api.listRefunds, { query: { from: '2026-01-01', to: '2026-03-01' } }, 'unprocessable');
    expectProblem(await world.otherPortal.call(api.createRefund, { params, body: whole }), 'not_found');
    expectGateway(await world.agency.call(api.createRefund, { params, body: whole }), 403);
    expect((await world.read(invoiceId)).version).toBe(version);
  });

  it('that another person rejects gives its money free again', async () => {
    const invoiceId = await paid();
    const { refundId } = await ask(invoiceId, whole, world.portal);
    await lan.refused(api.withdrawRefund, { params: { refundId } }, 'refund_of_another');
    const rejected = await minh.done(api.rejectRefund, { params: { refundId }, body: { why: 'Thiếu quyết định' } });
    expect(rejected).toMatchObject({ state: 'rejected', refusal: 'Thiếu quyết định' });
    expectProblem(await minh.call(api.approveRefund, { params: { refundId }, body: {} }), 'refund_not_pending');
    expect((await ask(invoiceId)).amount.amount).toBe(amount);
  });
});

describe('a provider that gives money back', () => {
  it('is not asked twice when we die between its answer and our write (scenario 29)', async () => {
    const invoiceId = await paidAtVnpay();
    next = 'die';
    const { refundId } = await ask(invoiceId);
    await order(refundId);
    await eventually('VNPAY gave it back', () => given.size === 1);
    next = 'carry out';
    // Its message comes back in minutes; the clock takes the refund up as well, once it is listed.
    await eventually('it is done', async () => {
      await stack.invoke('sweep', {});
      return (await lan.done(api.getRefund, { params: { refundId } })).state === 'done';
    });
    expect(given.size).toBe(1);
    expect(await world.read(invoiceId)).toMatchObject({ state: 'refunded', refunded: { amount } });
    const told = ['invoice.paid.v1', 'refund.requested.v1', 'refund.approved.v1'];
    await world.untilHeard(invoiceId, ...told, 'refund.completed.v1', 'invoice.refunded.v1');
  });

  it('and refuses leaves it to two persons, with a work item', async () => {
    const invoiceId = await paidAtVnpay();
    next = 'refuse';
    const { refundId } = await ask(invoiceId, { ...whole, amount: 35_000 });
    await order(refundId);
    expect(await untilRefund(refundId, 'manual')).toMatchObject({ byHand: 'PROVIDER_REFUSED', resultCode: '95' });
    next = 'carry out';
    await world.untilWorkItem(invoiceId, 'RETURN_BY_HAND');

    const waiting = await eventually('it is listed', async () =>
      (await minh.done(api.listManualReturns, {})).data.find((one) => one.refundId === refundId),
    );
    expect(waiting).toMatchObject({
      amount: { amount: 35_000 },
      amountInWords: expect.stringMatching(/^Ba mươi lăm nghìn đồng/),
      payer: { bankBin: '970436', number: '120010000001' },
      decision,
    });
    const csv = await minh.call(api.listManualReturns, { query: { format: 'csv' } });
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(csv.text).toContain(refundId);
    // Its account is not known: no order of it can be made out.
    expect((await minh.done(api.makeReturnOrders, { body: {} })).data).toEqual([]);
    expectProblem(await world.finance.call(api.listManualReturns, {}), 'unprocessable');

    const params = { refundId };
    const report = { outcome: 'transferred', document: { number: 'UNC-0012', date: '2026-11-27' } };
    await lan.refused(api.reportReturn, { params, body: report }, 'account_invalid');
    const account = { bankBin: '970436', number: '0123456789', name: 'NGUYEN VAN MAU' };
    const reported = await lan.done(api.reportReturn, { params, body: { ...report, account } });
    expect(reported).toMatchObject({ state: 'reported', account: { bankBin: '970436' } });
    expect(JSON.stringify(reported)).not.toContain('0123456789');
    expectProblem(await lan.call(api.approveReturn, { params }), 'own_approval');
    expect(await minh.done(api.approveReturn, { params })).toMatchObject({ state: 'done' });
    expect(await world.read(invoiceId)).toMatchObject({ state: 'partially_refunded', refunded: { amount: 35_000 } });
  });

  it('two of them under one decision are two orders, each made out once', async () => {
    const invoiceId = await paid();
    const account = { bankBin: '970436', number: '0123456789', name: 'NGUYEN VAN MAU' };
    const ids: string[] = [];
    for (let one = 0; one < 2; one += 1) {
      const { refundId } = await ask(invoiceId, { ...whole, amount: 20_000, account });
      await order(refundId, { moneyAt: 'treasury' });
      ids.push(refundId);
    }
    await eventually('both are listed', async () => {
      const { data } = await minh.done(api.listManualReturns, {});
      return ids.every((id) => data.some(({ refundId }) => refundId === id));
    });
    const made = await minh.done(api.makeReturnOrders, { body: {}, key: 'orders-of-the-morning' });
    const ours = made.data.filter(({ refundId }) => ids.includes(refundId));
    expect(new Set(ours.map(({ reference }) => reference)).size).toBe(2);
    expect(new Set(ours.map(({ content }) => content)).size).toBe(2);
    expect(ours.every(({ made: by }) => by?.batch === made.batch)).toBe(true);
    const again = await minh.done(api.makeReturnOrders, { body: {}, key: 'orders-of-the-morning' });
    expect(again.data).toEqual(made.data);
    expect((await lan.done(api.makeReturnOrders, { body: {} })).data).toEqual([]);
    const csv = await minh.call(api.listManualReturns, { query: { format: 'csv' } });
    for (const { reference } of ours) expect(csv.text).toContain(reference);
  });

  it('is none where cash was taken at the desk: it is handed back there', async () => {
    const { invoiceId } = await world.invoice();
    const slip = { amount, method: 'cash', receipt: { symbol: '01AA/26P', number: '0000123' }, desk: 'quay-01' };
    await lan.done(recordCounterPayment, { params: { invoiceId }, body: slip });
    const { refundId } = await ask(invoiceId);
    await order(refundId);
    expect(await untilRefund(refundId, 'manual')).toMatchObject({ byHand: 'PROVIDER_CANNOT' });
    const params = { refundId };
    const body = { outcome: 'cash', document: { number: 'PC-0012', date: '2026-11-27' } };
    await minh.done(api.reportReturn, { params, body });
    await lan.done(api.approveReturn, { params });
    expect((await world.read(invoiceId)).state).toBe('refunded');
  });

  it('is not asked where the money is at the treasury already; what was not returned is free again', async () => {
    const invoiceId = await paid();
    const { refundId } = await ask(invoiceId);
    expect(await order(refundId, { moneyAt: 'treasury' })).toMatchObject({
      state: 'manual',
      byHand: 'MONEY_AT_TREASURY',
    });
    const params = { refundId };
    const body = { outcome: 'not_returned', document: { number: 'BB-0001', date: '2026-11-27' } };
    await lan.done(api.reportReturn, { params, body });
    expect(await minh.done(api.approveReturn, { params })).toMatchObject({ state: 'failed', invoiceState: 'paid' });
    expect((await ask(invoiceId)).amount.amount).toBe(amount);
  });
});

describe('the books', () => {
  it('balance after all of it, and nobody’s name stands in a log', async () => {
    const date = vietnamDay(new Date());
    const balance = await eventually('every refund is in the ledger', async () => {
      const sheet = await world.finance.done(readTrialBalance, { query: { date, agencyCode: AGENCY } });
      return sheet.rows.some((row) => row.account.startsWith('returns:')) && sheet;
    });
    expect(balance.rows.reduce((sum, row) => sum + row.balance, 0)).toBe(0);
    const journal = await world.journal();
    expect(journal.debit).toBe(journal.credit);
    world.expectSilentLogs(stack);
  });
});
