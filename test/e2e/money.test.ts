import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { cancelInvoice, getPayment } from '../../shared/api/portal.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller } from './caller.ts';
import { LICENCE, RETURN_URL, World } from './world.ts';

/** Real money, in every way in which it comes. What arrived is counted here, and the ledger must say the same at the end. */

const { amount } = LICENCE;
let stack: LocalStack;
let world: World;
/** Every movement that these tests made: real money, in dong. */
const arrived: number[] = [];

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

describe('a payment', () => {
  it('is posted once from 200 copies of its notice at once, each acknowledged', async () => {
    const { invoiceId } = await world.invoice();
    const { query } = world.transact(await world.order(invoiceId));
    const answers = await Promise.all(Array.from({ length: 200 }, () => world.vnpay.notify(query)));
    arrived.push(amount);
    expect(answers.filter(({ RspCode }) => RspCode !== '00' && RspCode !== '02')).toEqual([]);
    expect(new Set(answers.map(({ raw }) => raw)).size).toBeLessThanOrEqual(2);
    const paid = await world.untilState(invoiceId, 'paid');
    expect((await world.vnpay.notify(query)).RspCode).toBe('02');
    await world.untilHeard(invoiceId, 'payment.succeeded.v1', 'invoice.paid.v1');
    const now = await world.read(invoiceId);
    expect([now.paid.amount, now.surplus.amount, now.version]).toEqual([amount, 0, paid.version]);
  });

  it('may be declined and paid in a second attempt', async () => {
    const { invoiceId } = await world.invoice();
    const first = await world.start(invoiceId, 'sandbox-bank');
    expect((await world.decide(first.url, 'decline'))[0]?.answers[0]?.result).toBe('ACCEPTED');
    await eventually(
      'the attempt is failed',
      async () => (await world.read(invoiceId)).payments[0]?.state === 'failed',
    );
    const second = await world.start(invoiceId, 'sandbox-bank');
    expect(second.paymentId).not.toBe(first.paymentId);
    await world.decide(second.url, 'pay');
    arrived.push(amount);
    const paid = await world.untilState(invoiceId, 'paid');
    expect(paid.payments.map(({ state }) => state)).toEqual(['failed', 'succeeded']);
    await world.untilHeard(invoiceId, 'payment.failed.v1', 'payment.succeeded.v1', 'invoice.paid.v1');
  });

  it('that the bank never calls about is found by asking it (scenario 17)', async () => {
    const { invoiceId } = await world.invoice();
    const { url, paymentId } = await world.start(invoiceId, 'sandbox-bank');
    expect(await world.decide(url, 'silent')).toEqual([]);
    arrived.push(amount);
    const paid = await world.untilState(invoiceId, 'paid');
    expect([paid.paid.amount, paid.surplus.amount]).toEqual([amount, 0]);
    const { state } = await world.portal.done(getPayment, { params: { paymentId } });
    expect(state).toBe('succeeded');
    await world.untilHeard(invoiceId, 'payment.succeeded.v1', 'invoice.paid.v1');
  });

  it('sent in ten copies at once by the bank is posted once', async () => {
    const { invoiceId } = await world.invoice();
    const { url } = await world.start(invoiceId, 'sandbox-bank');
    const [sent] = await world.decide(url, 'pay', { copies: 10 });
    arrived.push(amount);
    for (const { status, result } of sent?.answers ?? [])
      expect([status, ['ACCEPTED', 'DUPLICATE'].includes(result)]).toEqual([200, true]);
    expect((await world.untilState(invoiceId, 'paid')).surplus.amount).toBe(0);
  });

  it('started twice at one provider is one attempt; at another provider it is a second one', async () => {
    const { invoiceId } = await world.invoice();
    const one = await world.start(invoiceId, 'vnpay');
    const again = await world.start(invoiceId, 'vnpay');
    const other = await world.start(invoiceId, 'sandbox-bank');
    expect(again).toEqual(one);
    expect(other.paymentId).not.toBe(one.paymentId);
  });
});

describe('money that the invoice does not need', () => {
  it('is surplus when the citizen pays twice at one bank', async () => {
    const { invoiceId } = await world.invoice();
    const { url } = await world.start(invoiceId, 'sandbox-bank');
    const sent = await world.decide(url, 'pay_twice');
    arrived.push(amount, amount);
    expect(new Set(sent.map(({ txnId }) => txnId)).size).toBe(2);
    const { ours } = await world.untilWorkItem(invoiceId, 'DUPLICATE_PAYMENT');
    const now = await world.read(invoiceId);
    expect([now.state, now.paid.amount, now.surplus.amount, ours]).toEqual(['paid', amount, amount, amount]);
    const heard = ['payment.succeeded.v1', 'invoice.paid.v1', 'payment.succeeded.v1', 'money.surplus.v1'];
    await world.untilHeard(invoiceId, ...heard);
  });

  it('is surplus when both providers collect', async () => {
    const { invoiceId } = await world.invoice();
    const order = await world.order(invoiceId);
    const { url } = await world.start(invoiceId, 'sandbox-bank');
    const [bank, vnpay] = await Promise.all([
      world.decide(url, 'pay'),
      world.vnpay.notify(world.transact(order).query),
    ]);
    arrived.push(amount, amount);
    expect([bank[0]?.answers[0]?.status, vnpay.RspCode]).toEqual([200, '00']);
    await world.untilWorkItem(invoiceId, 'DUPLICATE_PAYMENT');
    const now = await world.read(invoiceId);
    expect([now.paid.amount, now.surplus.amount]).toEqual([amount, amount]);
  });

  it('is surplus when it comes after the cancellation, and the agency is told', async () => {
    const { invoiceId } = await world.invoice();
    const order = await world.order(invoiceId);
    await world.portal.done(cancelInvoice, { params: { invoiceId } });
    expect((await world.vnpay.notify(world.transact(order).query)).RspCode).toBe('00');
    arrived.push(amount);
    await world.untilWorkItem(invoiceId, 'PAID_AFTER_CANCELLATION');
    const now = await world.read(invoiceId);
    expect([now.state, now.paid.amount, now.surplus.amount]).toEqual(['cancelled', 0, amount]);
    await world.untilHeard(invoiceId, 'invoice.cancelled.v1', 'payment.succeeded.v1', 'money.surplus.v1');
  });
});

describe('money that matches nothing', () => {
  it.each([
    ['AMOUNT_UNDER', -1],
    ['AMOUNT_OVER', 1],
  ] as const)(
    '%s by one dong pays nothing; the invoice stays open, and is paid by the right amount',
    async (category, difference) => {
      const { invoiceId } = await world.invoice();
      const { url } = await world.start(invoiceId, 'sandbox-bank');
      const [sent] = await world.decide(url, 'wrong_amount', { difference });
      arrived.push(amount + difference);
      expect(sent?.answers[0]).toMatchObject({ status: 200, result: 'WRONG_AMOUNT' });
      const item = await world.untilWorkItem(invoiceId, category);
      expect(item.theirs).toBe(amount + difference);
      expect((await world.read(invoiceId)).state).toBe('open');
      await world.decide((await world.start(invoiceId, 'sandbox-bank')).url, 'pay');
      arrived.push(amount);
      const paid = await world.untilState(invoiceId, 'paid');
      // Nothing of it counts towards the price: it is shown beside it.
      expect([paid.paid.amount, paid.surplus.amount, paid.unmatched.amount]).toEqual([amount, 0, amount + difference]);
      await world.untilHeard(invoiceId, 'money.unmatched.v1', 'payment.succeeded.v1', 'invoice.paid.v1');
    },
  );

  it('is kept under an unknown reference, told to VNPAY as such, and waits for a person', async () => {
    const order = { ...(await world.order((await world.invoice()).invoiceId)), reference: '999999999999999' };
    const transaction = world.transact(order);
    const answers = [await world.vnpay.notify(transaction.query), await world.vnpay.notify(transaction.query)];
    arrived.push(amount);
    expect(answers.map(({ RspCode }) => RspCode)).toEqual(['01', '01']);
    const item = await world.untilWorkItem(transaction.transactionNo, 'UNKNOWN_REFERENCE');
    expect([item.ours, item.theirs, item.invoiceId]).toEqual([amount, amount, null]);
    expect(await world.workItems(transaction.transactionNo)).toHaveLength(1);
  });

  it('is kept once under an unknown reference although the bank comes three times', async () => {
    const { url } = await world.start((await world.invoice()).invoiceId, 'sandbox-bank');
    const [sent] = await world.decide(url, 'pay', { ref: 'NOSUCHREFERENCE' });
    arrived.push(amount);
    expect(sent?.answers[0]).toEqual({ status: 404, result: 'UNKNOWN_ORDER', tries: 3 });
    await world.untilWorkItem(sent?.txnId ?? '', 'UNKNOWN_REFERENCE');
    expect(await world.workItems(sent?.txnId ?? '')).toHaveLength(1);
  });
});

describe('a forged notice', () => {
  it('changes nothing, however it is forged', async () => {
    const { invoiceId } = await world.invoice();
    const order = await world.order(invoiceId);
    const transaction = world.transact(order);
    const { query } = transaction;
    const before = await world.read(invoiceId);
    const hash = new URLSearchParams(query).get('vnp_SecureHash') ?? '';
    const flipped = `${hash.slice(0, -1)}${hash.endsWith('0') ? '1' : '0'}`;
    const forgeries: Record<string, string> = {
      'another secret': world.vnpay.forgedBy('0123456789ABCDEF', transaction),
      'one bit': query.replace(hash, flipped),
      'no signature': query.replace(/&vnp_SecureHash=.*/, ''),
      'empty signature': query.replace(hash, ''),
      'a weaker algorithm': query.replace(hash, hash.slice(0, 64)),
      'capital letters': query.replace(hash, hash.toUpperCase()),
      'another amount': query.replace(/vnp_Amount=\d+/, 'vnp_Amount=100'),
      'another reference': query.replace(/vnp_TxnRef=\d+/, 'vnp_TxnRef=100000000000014'),
      'a decline made a success': query.replace('vnp_TransactionStatus=00', 'vnp_TransactionStatus=02'),
      'a parameter twice': `${query}&vnp_Amount=100`,
      'a parameter twice, the same': `vnp_Amount=${amount}00&${query}`,
      'another terminal': query.replace(/vnp_TmnCode=\w+/, 'vnp_TmnCode=THUPHI01'),
      'no such terminal': query.replace(/vnp_TmnCode=\w+/, 'vnp_TmnCode=NOBODY00'),
      'an added field': `${query}&vnp_Extra=1`,
      'a broken escape': `${query}&vnp_OrderInfo2=%zz`,
      'bad UTF-8': `${query}&vnp_OrderInfo2=%ff`,
      'too long': `${query}&vnp_Bill=${'x'.repeat(5_000)}`,
      nothing: '',
    };
    for (const [how, forged] of Object.entries(forgeries)) {
      const answer = await world.vnpay.notify(forged);
      expect([how, answer.RspCode, answer.Message]).toEqual([how, '97', 'Invalid signature']);
    }
    // By another method, or as a body, it is no notice either.
    const nobody = new Caller(world.url, undefined);
    const posted = await nobody.send('POST', `/callbacks/vnpay?${query}`, { body: query });
    expect([posted.status, JSON.parse(posted.text)]).toEqual([200, { RspCode: '97', Message: 'Invalid signature' }]);
    expect(await world.read(invoiceId)).toEqual(before);
    expect(world.heardOf(invoiceId)).toEqual([]);

    // And none of it stands in the way of the genuine one.
    expect((await world.vnpay.notify(query)).RspCode).toBe('00');
    arrived.push(amount);
    await world.untilState(invoiceId, 'paid');
  });

  it('of the sandbox bank is refused: unsigned, or signed by another key', async () => {
    const { invoiceId } = await world.invoice();
    const { url } = await world.start(invoiceId, 'sandbox-bank');
    const body = JSON.stringify({
      terminal: new URL(url).searchParams.get('terminal'),
      txnId: 'SBFORGED',
      orderRef: new URL(url).searchParams.get('ref'),
      amount,
      currency: 'VND',
      result: 'OK',
      paidAt: new Date().toISOString(),
    });
    const timestamp = String(Math.floor(Date.now() / 1_000));
    for (const headers of [{}, { 'x-timestamp': timestamp, 'x-signature': Buffer.alloc(64).toString('base64') }]) {
      const answer = await new Caller(world.url, undefined).send('POST', '/callbacks/sandbox-bank', { body, headers });
      expect([answer.status, JSON.parse(answer.text)]).toEqual([401, { result: 'BAD_SIGNATURE' }]);
    }
    expect((await world.read(invoiceId)).state).toBe('open');
  });

  it('is not needed to show a result: what the browser brings back is not believed', async () => {
    const { invoiceId } = await world.invoice();
    const { url } = await world.start(invoiceId, 'sandbox-bank');
    const page = new Caller(world.url, undefined);
    const { pathname, searchParams } = new URL(url);
    searchParams.set('amount', '1');
    expect((await page.send('GET', `${pathname}?${searchParams}`)).status).toBe(200);
    expect(new URL(RETURN_URL).protocol).toBe('https:');
    expect((await world.read(invoiceId)).state).toBe('open');
  });
});

describe('in the end', () => {
  it('the ledger holds every dong that arrived, once, and balances', async () => {
    const sum = arrived.reduce((total, one) => total + one, 0);
    await eventually('every movement is in the journal', async () => (await world.journal()).count >= arrived.length);
    expect(await world.journal()).toEqual({ count: arrived.length, received: sum, debit: sum, credit: sum });
  });

  it('every event was told under one id, verified', () => {
    expect(world.receiver.deliveries.filter(({ verified }) => !verified)).toEqual([]);
    const bodies = new Map<string, string>();
    for (const { id, body } of world.receiver.deliveries)
      expect(bodies.set(id, bodies.get(id) ?? body).get(id)).toBe(body);
  });

  it('no log holds anybody’s name or number, nor a token, a secret or a signature', () => {
    world.expectSilentLogs(stack);
  });
});
