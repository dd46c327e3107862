import { describe, expect, it } from 'vitest';
import { dong } from '../../shared/domain/money/dong.ts';
import type { PaymentProvider } from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { keypayDvcqg } from '../../shared/providers/keypay-dvcqg/adapter.ts';
import { megapay } from '../../shared/providers/megapay/adapter.ts';
import { onepay } from '../../shared/providers/onepay/adapter.ts';
import { payoo } from '../../shared/providers/payoo/adapter.ts';
import { payos } from '../../shared/providers/payos/adapter.ts';
import { signedText as payosText } from '../../shared/providers/payos/signature.ts';
import { viettelMoney } from '../../shared/providers/viettel-money/adapter.ts';
import { NUMBER } from '../dsl/given.ts';
import { NOW } from '../dsl/world.ts';
import { callbackWorld } from './callback-world.ts';
import { ORDER, REFUND, saidBy } from './contract-order.ts';
import { keypayParty, write as writeKeypay } from './parties/keypay-dvcqg.ts';
import { megapayParty } from './parties/megapay.ts';
import { momoParty } from './parties/momo.ts';
import { onepayParty, signedForm } from './parties/onepay.ts';
import type { Party } from './parties/party.ts';
import { answered, post } from './parties/party.ts';
import { payooParty } from './parties/payoo.ts';
import { payosParty } from './parties/payos.ts';
import { PAY_URL, sign, TERMINAL, viettelParty } from './parties/viettel-money.ts';
import { zalopayParty } from './parties/zalopay.ts';

/** What one provider does and no other, over HTTP. */

const FORM = 'application/x-www-form-urlencoded';
const write = (party: Party, more = {}, bent = {}) => {
  if (!party.callbacks) throw new Error('nobody calls back');
  return party.callbacks.write(saidBy(party, more), bent);
};
const accountOf = (party: Party) => ({ ...party.account, providerId: party.provider.manifest.id });

describe('Viettel Money asks before it debits', () => {
  const world = () => callbackWorld([viettelParty.provider], [accountOf(viettelParty)]);
  const question = (more: Record<string, string> = {}, amount = '500000') => {
    const fields = { billcode: NUMBER, merchant_code: TERMINAL, order_id: ORDER.reference, ...more };
    const check_sum = sign([fields.billcode, fields.merchant_code, fields.order_id, amount]);
    return post(new URLSearchParams({ ...fields, check_sum, ...more }).toString(), FORM);
  };
  const told = (answer: { body?: string | undefined }) => JSON.parse(answer.body ?? '') as Record<string, string>;

  it('and hears yes for an order that stands, signed', async () => {
    const here = world();
    here.place();
    const answer = await here.call('viettel-money', question());
    expect([answer.statusCode, told(answer)]).toEqual([
      200,
      {
        billcode: NUMBER,
        error_code: '00',
        merchant_code: TERMINAL,
        order_id: ORDER.reference,
        trans_amount: '500000',
        check_sum: sign([NUMBER, '00', TERMINAL, ORDER.reference, '500000']),
      },
    ]);
    expect([here.inbox.sent, here.invoices.changes]).toEqual([0, []]);
  });

  it.each([
    ['paid', { state: 'paid' as const, due: dong(0) }, {}],
    ['cancelled', { state: 'cancelled' as const }, {}],
    ['expired', { expiresAt: NOW - 1 }, {}],
    ['of an attempt that is over', {}, { expiresAt: NOW - 1 }],
    ['of an attempt that failed', {}, { state: 'failed' as const }],
  ])('and hears no for an order that is %s', async (_, invoice, attempt) => {
    const here = world();
    here.place(invoice, attempt);
    expect(told(await here.call('viettel-money', question()))['error_code']).toBe('03');
  });

  it('and hears of wrong data where the amount is another', async () => {
    const here = world();
    here.place();
    expect(told(await here.call('viettel-money', question({ trans_amount: '5' }, '5')))['error_code']).toBe('01');
  });

  it.each([
    ['an order that is not ours', { order_id: paymentReference(NUMBER, 9) }],
    ['a wrong checksum', { check_sum: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }],
    ['no checksum', { check_sum: '' }],
    ['a merchant that is not ours', { merchant_code: 'OTHER' }],
  ])('and hears of a wrong checksum for %s: nobody learns which orders there are', async (_, more) => {
    const here = world();
    here.place();
    expect(told(await here.call('viettel-money', question(more)))['error_code']).toBe('02');
    expect(here.invoices.changes).toEqual([]);
  });

  it('and hears to ask again when we cannot look', async () => {
    const here = world();
    here.place();
    here.invoices.findFacts = () => Promise.reject(new Error('the table is away'));
    expect(told(await here.call('viettel-money', question()))['error_code']).toBe('03');
  });

  it('signs values with nothing between them: every other cut of a genuine result goes to a person', () => {
    const before = ['billcode', 'cust_msisdn', 'error_code'];
    const behind = ['order_id', 'payment_status', 'trans_amount', 'vt_transaction_id'];
    const form = new URLSearchParams(
      Buffer.from(write(viettelParty, { amount: 55_555, transactionId: '5555' }).body).toString(),
    );
    const values = (names: string[]) => names.map((name) => form.get(name) ?? '');
    /** Every way to cut a text into so many parts. */
    const cuts = (text: string, parts: number): string[][] =>
      parts === 1
        ? [[text]]
        : Array.from({ length: text.length + 1 }, (_, at) => at).flatMap((at) =>
            cuts(text.slice(at), parts - 1).map((rest) => [text.slice(0, at), ...rest]),
          );
    const paid: string[][] = [];
    const read = (names: string[], parts: string[]) => {
      const moved = new URLSearchParams(form);
      for (const [place, name] of names.entries()) moved.set(name, parts[place] ?? '');
      const notice = viettelParty.provider.read(post(moved.toString(), FORM), [viettelParty.account.secret], NOW);
      if (notice.outcome !== 'review') paid.push(parts);
    };
    // The merchant's code between them names the key, so it stays where it is.
    for (const names of [before, behind])
      for (const parts of cuts(values(names).join(''), names.length)) read(names, parts);
    expect(paid).toEqual([values(before), values(behind)]);
  });

  it('signs values with nothing between them: an order number of another form goes to a person', () => {
    const raw = write(viettelParty, { amount: 50_000, transactionId: '0VT1' });
    // The same signed text, cut elsewhere: an order number of 16 digits, whose status would be the first of the amount.
    const moved = new URLSearchParams(Buffer.from(raw.body).toString());
    moved.set('order_id', `${ORDER.reference}1`);
    moved.set('payment_status', '5');
    moved.set('trans_amount', '0000');
    expect(
      viettelMoney({ stage: 'sandbox' }).read(post(moved.toString(), FORM), [viettelParty.account.secret], NOW),
    ).toMatchObject({
      outcome: 'review',
      amount: null,
    });
  });

  it('sends the citizen to the address of the contract, and to none while it is not known', () => {
    expect(() => viettelMoney({ stage: 'production' }).begin(ORDER, viettelParty.account)).toThrow('contract');
    expect(viettelMoney({ stage: 'production', payUrl: PAY_URL }).begin(ORDER, viettelParty.account).kind).toBe(
      'redirect',
    );
    const place = { stage: 'sandbox', publicUrl: 'https://pay.example.gov.vn' } as const;
    expect(() => payoo(place).begin(ORDER, payooParty.account)).toThrow('contract');
    expect(() => megapay(place).begin(ORDER, megapayParty.account)).toThrow('contract');
    expect(() => keypayDvcqg(place).begin(ORDER, keypayParty.account)).toThrow('contract');
  });
});

describe('payOS tests an address that is registered', () => {
  const { secret } = payosParty.account;
  const probe = (rawQuery: string) => ({
    ...write(payosParty, { reference: '123', amount: 3000, terminal: '12345678' }),
    rawQuery,
  });

  it('with an order 123 of an account of its own: it is told yes, and no money is entered', async () => {
    const here = callbackWorld([payos()], [accountOf(payosParty)]);
    const answer = await here.call('payos', probe(`terminal=${payosParty.account.terminal}`));
    expect([answer.statusCode, answer.body]).toEqual([200, '{"success":true}']);
    expect([here.inbox.sent, here.invoices.changes]).toEqual([0, []]);
  });

  it.each(['', 'terminal=OTHER', 'terminal=1&terminal=2'])('and is refused under an address with %j', async (query) => {
    const here = callbackWorld([payos()], [accountOf(payosParty)]);
    expect((await here.call('payos', probe(query))).statusCode).toBe(401);
  });

  it('and pays under the same address', async () => {
    const here = callbackWorld([payos()], [accountOf(payosParty)]);
    here.place();
    await here.call('payos', { ...write(payosParty), rawQuery: `terminal=${payosParty.account.terminal}` });
    expect(await here.post()).toEqual(['posted']);
  });

  it('names several credits of one order to a person, not the sum', () => {
    const [question, account] = [
      { ...ORDER, askedAt: NOW },
      { ...payosParty.account, secret },
    ];
    const one = payosParty.query?.answer(saidBy(payosParty, { code: 'PAID' }));
    const body = JSON.parse(Buffer.from(one?.body ?? '').toString()) as { data: { transactions: unknown[] } };
    body.data.transactions.push(body.data.transactions[0]);
    expect(() =>
      payos().query?.read({ status: 200, body: Buffer.from(JSON.stringify(body)) }, question, account),
    ).toThrow();
  });
});

describe('OnePay calls by GET or by a posted form', () => {
  it('and is understood both ways, never by both at once', async () => {
    const here = callbackWorld([onepayParty.provider], [accountOf(onepayParty)]);
    here.place();
    const { rawQuery } = write(onepayParty);
    const both = await here.call('onepay', { ...post(rawQuery, FORM), rawQuery });
    expect([both.body, here.inbox.sent]).toEqual(['responsecode=0&desc=confirm-fail', 0]);
    const posted = await here.call('onepay', post(rawQuery, FORM));
    expect(posted.body).toBe('responsecode=1&desc=confirm-success');
    expect(await here.post()).toEqual(['posted']);
    expect((await here.call('onepay', write(onepayParty))).body).toBe('responsecode=1&desc=confirm-success');
    expect(await here.post()).toEqual([]);
  });
});

describe('MoMo', () => {
  it('is answered with nothing at all', async () => {
    const here = callbackWorld([momoParty.provider], [accountOf(momoParty)]);
    here.place();
    const answer = await here.call('momo', write(momoParty));
    expect(answer).toEqual({ statusCode: 204, headers: { 'cache-control': 'no-store' }, body: '' });
  });

  it('is not called by GET: its redirect carries the same fields and moves nothing (scenario 14)', async () => {
    const here = callbackWorld([momoParty.provider], [accountOf(momoParty)]);
    here.place();
    const members = JSON.parse(Buffer.from(write(momoParty).body).toString()) as Record<string, string>;
    const rawQuery = new URLSearchParams(members).toString();
    expect((await here.call('momo', { ...write(momoParty), method: 'GET', rawQuery })).statusCode).toBe(400);
    expect(here.invoices.changes).toEqual([]);
  });
});

describe('KeyPay does not sign its status', () => {
  it('so that a status of 0 alone pays nothing until the stage trusts it', () => {
    const raw = writeKeypay(saidBy(keypayParty, { code: '0' }));
    const { secret } = keypayParty.account;
    expect(keypayDvcqg({ stage: 'production' }).read(raw, [secret], NOW)).toMatchObject({ outcome: 'review' });
    expect(keypayParty.provider.read(raw, [secret], NOW)).toMatchObject({ outcome: 'paid' });
  });
});

describe('KeyPay has a key for each direction', () => {
  it('and equal ones are refused: everybody who pays has an order under the first', () => {
    const { hashKey1 } = JSON.parse(keypayParty.account.secret) as { hashKey1: string };
    const equal = JSON.stringify({ hashKey1, hashKey2: hashKey1 });
    expect(keypayParty.provider.acceptsSecret(equal)).toBe(false);
  });
});

describe('payOS puts names that are whole numbers first, by their size', () => {
  it('as its own packages do, in the data and in the objects of a list', () => {
    const data = { Zed: 1, b: [{ z: 1, 10: 'x', 2: 'y' }], 10: 'x', a: null, 2: 'y' };
    expect(payosText(data)).toBe('2=y&10=x&Zed=1&a=&b=[{"2":"y","10":"x","z":1}]');
  });
});

describe('Payoo lists what it signs', () => {
  it('and another list is refused: it could give one member the value of another', () => {
    const raw = write(payooParty);
    const { secret } = payooParty.account;
    const bent = Buffer.from(raw.body).toString().replace('Session%7CBusinessUsername', 'BusinessUsername%7CSession');
    expect(() => payooParty.provider.read({ ...raw, body: Buffer.from(bent) }, [secret], NOW)).toThrow('signature');
  });

  it('and a document type is refused (scenario 60)', () => {
    const xml = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Data>&b;</Data>';
    const raw = post(new URLSearchParams({ NotifyData: xml }).toString(), FORM);
    expect(() => payooParty.provider.read(raw, [payooParty.account.secret], NOW)).toThrow();
  });
});

describe('OnePay is asked and told to refund', () => {
  const { provider, account } = onepayParty;
  const { query } = provider as PaymentProvider;

  it('with the user and password of queryDR alone', () => {
    const { user: _, ...without } = JSON.parse(account.secret) as Record<string, string>;
    expect(provider.acceptsSecret(JSON.stringify(without))).toBe(true);
    expect(query?.admits?.(account)).toBe(true);
    expect(query?.admits?.({ ...account, secret: JSON.stringify(without) })).toBe(false);
  });

  it('and hears that there is no such transaction only under its signature', () => {
    const question = { ...ORDER, askedAt: NOW };
    const none = { vpc_DRExists: 'N', vpc_Merchant: account.terminal, vpc_MerchTxnRef: ORDER.reference };
    expect(query?.read(signedForm(none), question, account)).toEqual({ outcome: 'unknown', resultCode: 'DRExists=N' });
    expect(() => query?.read(answered('vpc_DRExists=N'), question, account)).toThrow('signature');
  });

  it('gives nothing back until OnePay has confirmed how', () => {
    const usual = onepay({ stage: 'production' });
    expect([usual.refunds, usual.manifest.capabilities.refund]).toEqual([undefined, false]);
  });
});

describe('MoMo is asked what became of a refund', () => {
  const { refunds } = momoParty.provider as PaymentProvider;
  const one = { orderId: REFUND.refundReference, amount: REFUND.amount, resultCode: 0, transId: 7 };
  const told = (refundTrans: unknown, partnerCode = momoParty.account.terminal) =>
    refunds?.told?.(answered({ partnerCode, resultCode: 0, refundTrans }), REFUND, momoParty.account);

  it('and believes what is said of this one, once, of this amount', () => {
    expect(told([one])).toEqual({ outcome: 'refunded', resultCode: '0', providerRefundId: '7' });
    for (const list of [[], [one, one], [{ ...one, amount: 1 }], [{ ...one, orderId: '1' }], 'none', [[one]], [null]])
      expect(told(list)).toMatchObject({ outcome: 'unknown' });
    expect(told([one], 'ANOTHER')).toMatchObject({ outcome: 'unknown' });
  });

  it('and knows nothing of it only where its whole list is readable and of others', () => {
    const other = { ...one, orderId: '1' };
    for (const list of [[], [other]]) expect(told(list)?.unheardOf).toBe(true);
    for (const list of ['none', undefined, [null], [other, null], [other, {}], [one, one], [{ ...one, amount: 1 }]])
      expect(told(list)?.unheardOf, JSON.stringify(list)).toBeUndefined();
  });
});

describe('ZaloPay, of which neither an order nor a refund is known', () => {
  const { query, refunds } = zalopayParty.provider as PaymentProvider;
  const { account } = zalopayParty;
  const unheard = answered({ return_code: 2, return_message: 'fail', sub_return_code: -101 });

  it('says so: nothing has failed by it, and a refund was never made', () => {
    expect(query?.read(unheard, { ...ORDER, askedAt: NOW }, account)).toEqual({
      outcome: 'unknown',
      resultCode: '2/-101',
    });
    expect(zalopayParty.provider.manifest.asking?.neverHeard).toEqual(['2/-101']);
    expect(refunds?.told?.(unheard, REFUND, account)).toEqual({
      outcome: 'unknown',
      resultCode: '2/-101',
      unheardOf: true,
    });
  });

  it.each([
    [48 * 3_600_000 - 1, 'declined'],
    [48 * 3_600_000, 'unknown'],
  ])('says of an order asked about %i ms after it was made that it has run out: %s', (age, outcome) => {
    const ranOut = answered({ return_code: 2, sub_return_code: -54 });
    const question = { ...ORDER, askedAt: ORDER.createdAt + age };
    expect(query?.read(ranOut, question, account).outcome).toBe(outcome);
  });

  it.each([
    [15 * 60_000, 'pending'],
    [75 * 60_000 - 1, 'pending'],
    [75 * 60_000, 'declined'],
    [48 * 3_600_000 - 1, 'declined'],
    [48 * 3_600_000, 'unknown'],
  ])('says of an empty wallet, asked %i ms after the order was made: %s', (age, outcome) => {
    const empty = answered({ return_code: 2, sub_return_code: -63 });
    const question = { ...ORDER, askedAt: ORDER.createdAt + age };
    expect(query?.read(empty, question, account).outcome).toBe(outcome);
  });

  it.each(['-1', '-23', '-500', ''])('says nothing by reason %j of a refund that failed', (reason) => {
    const answer = answered({ return_code: 2, sub_return_code: reason === '' ? undefined : Number(reason) });
    for (const read of [refunds?.read, refunds?.told])
      expect(read?.(answer, REFUND, account)).not.toMatchObject({ outcome: 'refused' });
    expect(refunds?.told?.(answer, REFUND, account).unheardOf).toBeUndefined();
  });
});
