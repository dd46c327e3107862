import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BankDependencies } from '../../functions/sandbox-bank/bank.ts';
import { sandboxBankRoutes } from '../../functions/sandbox-bank/bank-routes.ts';
import { bankSigner } from '../../functions/sandbox-bank/signer.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import {
  InvalidCallback,
  type PaymentQuestion,
  ProviderNotice,
  type ProviderRequest,
  type ProviderResponse,
  type RefundOrder,
} from '../../shared/domain/payment/provider.ts';
import type { PaymentReference } from '../../shared/domain/payment/reference.ts';
import { sandboxBank } from '../../shared/providers/sandbox-bank/adapter.ts';
import { MemorySandboxBooks } from '../fakes/memory-sandbox-books.ts';
import { httpEvent } from './http-events.ts';

/** The bank asked by the adapter: each side's code reads what the other's wrote. */

const NOW = Date.parse('2026-11-22T09:14:05+07:00');
const SECRET = 'an example secret that guards nothing: 64 characters of any kind';
const signer = bankSigner(SECRET);
const account = { merchantAccountId: 'x', terminal: 'SANDBOX01', secret: signer.publicKey };
const bankOfThuphi = sandboxBank({ publicUrl: 'https://pay.example' });
const query = present(bankOfThuphi.query);
const refunds = present(bankOfThuphi.refunds);

function present<T>(what: T | undefined): T {
  if (what === undefined) throw new Error('the sandbox bank can be asked, and refunds');
  return what;
}

function aBank(posted: string[] = []) {
  const dependencies: BankDependencies = {
    signer,
    post: async (body) => {
      posted.push(body);
      return { status: 200, result: 'ACCEPTED' };
    },
    now: () => NOW,
    random: () => 'r',
    wait: async () => undefined,
    books: new MemorySandboxBooks(),
  };
  const handle = sandboxBankRoutes(async () => dependencies);
  const send = (path: string, body: string, type = 'application/json') =>
    handle(httpEvent(`POST ${path}`, { path, body, headers: { 'content-type': type } }));
  return {
    posted,
    send,
    async call({ url, body }: ProviderRequest): Promise<ProviderResponse> {
      const answer = await send(new URL(url).pathname, body);
      return { status: answer.statusCode ?? 0, body: Buffer.from(answer.body ?? '') };
    },
    decide: (outcome: string, more: object = {}) =>
      send(
        '/sandbox-bank/decide',
        JSON.stringify({ terminal: 'SANDBOX01', ref: question.reference, amount: 135_000, outcome, ...more }),
      ),
  };
}

const question: PaymentQuestion = {
  reference: '480213567890017' as PaymentReference,
  amount: dong(135_000),
  createdAt: NOW - 60_000,
  askedAt: NOW,
  payerIp: '203.0.113.7',
};

describe('the sandbox bank, asked', () => {
  it('tells of money that it never called about (scenario 17)', async () => {
    const bank = aBank();
    await bank.decide('silent');
    expect(bank.posted).toEqual([]);
    const notice = query.read(await bank.call(query.request(question, account)), question, account);
    expect(ProviderNotice.parse(notice)).toMatchObject({
      providerId: 'sandbox-bank',
      terminal: 'SANDBOX01',
      reference: question.reference,
      outcome: 'paid',
      amount: 135_000,
      paidAt: NOW,
    });
  });

  it('names the same transaction as its callback does: the same money has one name', async () => {
    const bank = aBank();
    await bank.decide('pay');
    const told = query.read(await bank.call(query.request(question, account)), question, account);
    const [body = ''] = bank.posted;
    const { txnId } = JSON.parse(body) as { txnId: string };
    expect('transactionId' in told && told.transactionId).toBe(txnId);
  });

  it.each([
    ['decline', 'declined'],
    ['wrong_amount', 'paid'],
    ['pay_twice', 'paid'],
  ])('after %s says %s', async (decision, outcome) => {
    const bank = aBank();
    await bank.decide(decision);
    const told = query.read(await bank.call(query.request(question, account)), question, account);
    expect(told.outcome).toBe(outcome);
  });

  it('prefers a success to a decline before it', async () => {
    const bank = aBank();
    await bank.decide('decline');
    await bank.decide('silent');
    const told = query.read(await bank.call(query.request(question, account)), question, account);
    expect(told.outcome).toBe('paid');
  });

  it('has never heard of an order that nobody opened, and signs that too', async () => {
    const answer = await aBank().call(query.request(question, account));
    expect(query.read(answer, question, account)).toEqual({ outcome: 'unknown', resultCode: 'NONE' });
  });

  it('answers a question that is none by a problem document', async () => {
    const bank = aBank();
    for (const body of ['', '[]', '{"terminal":"SANDBOX01"}', `{"a":"${'x'.repeat(9_000)}"}`]) {
      const answer = await bank.send('/sandbox-bank/query', body);
      expect([answer.statusCode, JSON.parse(answer.body ?? '').code]).toEqual([400, 'malformed_request']);
    }
    const other = await bank.send('/sandbox-bank/query', 'a=b', 'application/x-www-form-urlencoded');
    expect(other.statusCode).toBe(415);
  });
});

describe('an answer of the sandbox bank', () => {
  const answered = async () => {
    const bank = aBank();
    await bank.decide('silent');
    return JSON.parse(Buffer.from((await bank.call(query.request(question, account))).body).toString()) as {
      timestamp: string;
      answer: string;
      signature: string;
    };
  };
  const read = (body: unknown, asked = question, status = 200) =>
    query.read({ status, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }, asked, account);

  it('that is bent, unsigned, or signed by another is refused (scenario 9)', async () => {
    const whole = await answered();
    const other = bankSigner('another secret');
    const headers = other.headers(`answer.${whole.answer}`, NOW);
    for (const body of [
      { ...whole, answer: whole.answer.replace('135000', '135001') },
      { ...whole, timestamp: String(Number(whole.timestamp) + 1) },
      { ...whole, signature: headers['x-signature'] },
      { ...whole, signature: '' },
      { answer: whole.answer },
      whole.answer,
      '[]',
      'no JSON',
    ])
      expect(() => read(body), JSON.stringify(body)).toThrow(InvalidCallback);
  });

  it('to an earlier question is refused (scenario 11)', async () => {
    const whole = await answered();
    expect(() => read(whole, { ...question, askedAt: question.askedAt + 1 })).toThrow(InvalidCallback);
  });

  it('cannot be passed off as a callback, nor a callback as an answer', async () => {
    const { answer, timestamp, signature } = await answered();
    const headers = { 'x-timestamp': timestamp, 'x-signature': signature };
    const callback = { method: 'POST' as const, rawQuery: '', headers, body: Buffer.from(answer) };
    expect(() => bankOfThuphi.read(callback, [signer.publicKey], NOW)).toThrow(InvalidCallback);
    const posted = signer.headers(answer, NOW);
    expect(() => read({ answer, timestamp: posted['x-timestamp'], signature: posted['x-signature'] })).toThrow(
      InvalidCallback,
    );
  });

  it('with another status says nothing about the order', async () => {
    expect(read(await answered(), question, 503)).toEqual({ outcome: 'unknown', resultCode: 'HTTP 503' });
  });

  it('is as the guide shows it', () => {
    const guide = readFileSync(new URL('../../docs/guides/sandbox-bank-protocol.md', import.meta.url), 'utf8');
    const example = /```json\n([^`]+)```/.exec(guide.slice(guide.indexOf('## 6.')))?.[1] ?? '';
    const { answer, timestamp } = JSON.parse(example) as { answer: string; timestamp: string };
    const expected = signer.headers(`answer.${answer}`, Number(timestamp) * 1_000)['x-signature'];
    const { questionId } = JSON.parse(answer) as { questionId: string };
    expect(example).toContain(expected);
    expect(read(example, { ...question, askedAt: Number(questionId.split('-')[1]) }).outcome).toBe('paid');
  });
});

describe('a refund at the sandbox bank', () => {
  const order = (transactionId: string, more: Partial<RefundOrder> = {}): RefundOrder => ({
    refundReference: '48021356789001',
    reference: question.reference,
    transactionId,
    paid: dong(135_000),
    amount: dong(135_000),
    attemptCreatedAt: question.createdAt,
    requestedAt: NOW,
    description: 'Hoan phi',
    ...more,
  });
  async function aPaidBank() {
    const bank = aBank();
    await bank.decide('pay');
    const { txnId } = JSON.parse(bank.posted[0] ?? '') as { txnId: string };
    return {
      bank,
      txnId,
      give: async (one: RefundOrder) => refunds.read(await bank.call(refunds.request(one, account)), one, account),
    };
  }

  it('is given once for each reference, and never beyond what was paid (scenario 29)', async () => {
    const { txnId, give } = await aPaidBank();
    const done = { outcome: 'refunded', resultCode: 'REFUNDED', providerRefundId: 'SBR48021356789001' };
    expect(await give(order(txnId))).toEqual(done);
    expect(await give(order(txnId))).toEqual(done);
    expect(await give(order(txnId, { refundReference: '48021356789002', amount: dong(1) }))).toMatchObject({
      outcome: 'refused',
    });
  });

  it('of money that was not there is refused', async () => {
    const { give } = await aPaidBank();
    expect(await give(order('SB0'))).toMatchObject({ outcome: 'refused' });
  });

  it('that another order, amount or reference was answered with is not this one', async () => {
    const { bank, txnId } = await aPaidBank();
    const answer = await bank.call(refunds.request(order(txnId), account));
    for (const more of [{ amount: dong(1) }, { refundReference: '1' }])
      expect(() => refunds.read(answer, order(txnId, more), account), JSON.stringify(more)).toThrow(InvalidCallback);
    const asked = await bank.call(query.request(question, account));
    expect(() => refunds.read(asked, order(txnId), account)).toThrow(InvalidCallback);
    expect(refunds.read({ status: 502, body: new Uint8Array() }, order(txnId), account).outcome).toBe('unknown');
  });
});
