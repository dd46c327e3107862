import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { dong } from '../../shared/domain/money/dong.ts';
import {
  InvalidCallback,
  type PaymentQuestion,
  ProviderNotice,
  type ProviderResponse,
  type RefundOrder,
} from '../../shared/domain/payment/provider.ts';
import { type PaymentReference, paymentReference } from '../../shared/domain/payment/reference.ts';
import { vnpay } from '../../shared/providers/vnpay/adapter.ts';
import { readQueryAnswer, transactionRequest } from '../../shared/providers/vnpay/transaction.ts';
import { NUMBER } from '../dsl/given.ts';

/** Questions and refunds at VNPAY. Cases of other implementations stand beside the project. */
const FILE = path.resolve(import.meta.dirname, '../../../shared/domain/vectors/vnpay.json');

const Fields = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));
const Case = z.object({
  id: z.string(),
  request: z.object({ body: Fields, string_to_sign: z.string() }),
  response: z.object({ body: z.record(z.string(), z.unknown()) }),
  expect: z.object({ response_signature_valid: z.boolean(), state: z.string(), amount_vnd: z.int().optional() }),
});
const Vectors = z.object({
  credentials: z.object({ tmnCode: z.string(), hashSecret: z.string() }),
  cases: z.array(z.looseObject({ kind: z.string() })),
});
const vectors = existsSync(FILE) ? Vectors.parse(JSON.parse(readFileSync(FILE, 'utf8'))) : undefined;
const casesOf = (kind: string) =>
  (vectors?.cases ?? []).filter((one) => one.kind === kind).map((one) => Case.parse(one));

const account = {
  merchantAccountId: 'land-vnpay',
  terminal: vectors?.credentials.tmnCode ?? 'DVCQG001',
  secret: vectors?.credentials.hashSecret ?? 'FAKEVNPAYSECRET0123456789ABCDEFGH',
};
const URL_AT_VNPAY = 'https://vnpay.example/merchant_webapi/api/transaction';
const { query, refunds } = vnpay({ payUrl: '', transactionUrl: URL_AT_VNPAY });
if (!query || !refunds?.ask || !refunds.told) throw new Error('VNPAY can be asked, and refunds');

const answered = (body: unknown, status = 200): ProviderResponse => ({
  status,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

describe.skipIf(!vectors)('requests of other implementations', () => {
  it.each([...casesOf('querydr'), ...casesOf('refund')])('$id is signed as they sign it', ({ request }) => {
    const { vnp_SecureHash: hash, ...body } = request.body;
    // Where the number is unknown the library signs `0` and sends nothing; VNPAY's own sample sends the `0`, too.
    const fields = { vnp_TransactionNo: '0', ...body };
    const made = transactionRequest(
      '',
      fields,
      body['vnp_Command'] === 'refund' ? 'refund' : 'querydr',
      account.secret,
    );
    expect((JSON.parse(made.body) as { vnp_SecureHash: string }).vnp_SecureHash).toBe(hash);
    expect(createHmac('sha512', account.secret).update(request.string_to_sign).digest('hex')).toBe(hash);
  });
});

describe.skipIf(!vectors)('answers of other implementations', () => {
  const outcomes: Record<string, string> = {
    PAID: 'paid',
    PENDING: 'pending',
    FAILED: 'declined',
    NOT_FOUND: 'unknown',
  };

  it.each(casesOf('querydr'))('$id', ({ request, response, expect: expected }) => {
    const read = () =>
      readQueryAnswer(answered(response.body), { reference: request.body['vnp_TxnRef'] ?? '' }, account);
    if (!expected.response_signature_valid) {
      expect(read).toThrow(InvalidCallback);
      return;
    }
    const told = read();
    expect(told.outcome).toBe(outcomes[expected.state]);
    if (expected.amount_vnd) expect('amount' in told && told.amount).toBe(expected.amount_vnd);
    if ('evidence' in told) ProviderNotice.parse(told);
  });

  it.each(casesOf('refund'))('$id', ({ request: { body }, response, expect: expected }) => {
    const amount = dong(Number(body['vnp_Amount']) / 100);
    const order = {
      ...refund,
      reference: body['vnp_TxnRef'] as PaymentReference,
      transactionId: body['vnp_TransactionNo'] ?? '',
      amount,
      paid: body['vnp_TransactionType'] === '02' ? amount : dong(amount + 1),
    };
    const told = refunds.read(answered(response.body), order, account);
    expect(expected.response_signature_valid).toBe(true);
    expect(['REFUND_PROCESSING', 'IN_PROGRESS']).toContain(expected.state);
    expect(told.outcome).toBe('pending');
  });
});

const question: PaymentQuestion = {
  reference: paymentReference(NUMBER, 1),
  amount: dong(50_000),
  createdAt: Date.parse('2026-11-20T23:59:59+07:00'),
  askedAt: Date.parse('2026-11-21T00:05:30.123+07:00'),
  payerIp: '203.0.113.7',
};
const refund: RefundOrder = {
  refundReference: '48021356789001',
  reference: question.reference,
  transactionId: '14226112',
  paid: dong(50_000),
  amount: dong(50_000),
  attemptCreatedAt: question.createdAt,
  requestedAt: question.askedAt,
  description: 'Hoàn phí hồ sơ (một phần)',
};

const ANSWER = ['ResponseId', 'Command', 'ResponseCode', 'Message', 'TmnCode', 'TxnRef', 'Amount', 'BankCode'];
const REST = ['PayDate', 'TransactionNo', 'TransactionType', 'TransactionStatus', 'OrderInfo'];

/** An answer as VNPAY signs it. */
function signed(more: Record<string, string>, secret = account.secret): Record<string, string> {
  const fields: Record<string, string> = {
    ResponseId: 'a1',
    Command: 'querydr',
    ResponseCode: '00',
    Message: 'ok',
    TmnCode: account.terminal,
    TxnRef: question.reference,
    Amount: '5000000',
    BankCode: 'NCB',
    PayDate: '20261121000130',
    TransactionNo: '14226112',
    TransactionType: '01',
    TransactionStatus: '00',
    OrderInfo: 'x',
    ...more,
  };
  const names = [...ANSWER, ...REST, ...(fields['Command'] !== 'refund' ? ['PromotionCode', 'PromotionAmount'] : [])];
  const text = names.map((name) => fields[name] ?? '').join('|');
  const hash = createHmac('sha512', secret).update(text).digest('hex');
  return {
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`vnp_${name}`, value])),
    vnp_SecureHash: hash,
  };
}
const told = (body: unknown, status?: number) => query.read(answered(body, status), question, account);

describe('a question', () => {
  const { body, url, method } = query.request(question, account);
  const fields = JSON.parse(body) as Record<string, string>;

  it('names the payment by reference and the day of its making, in Vietnam time whatever the process has', () => {
    expect([method, url]).toEqual(['POST', URL_AT_VNPAY]);
    expect(fields).toMatchObject({
      vnp_Command: 'querydr',
      vnp_TxnRef: question.reference,
      vnp_TransactionDate: '20261120235959',
      vnp_CreateDate: '20261121000530',
      vnp_TmnCode: account.terminal,
    });
  });

  it('has an id of its own, which the same question keeps', () => {
    const idOf = (one: PaymentQuestion) =>
      (JSON.parse(query.request(one, account).body) as Record<string, string>)['vnp_RequestId'] ?? '';
    expect(idOf(question)).toMatch(/^[A-Z0-9]{1,32}$/);
    expect(idOf(question)).toBe(idOf(question));
    expect(idOf({ ...question, askedAt: question.askedAt + 1 })).not.toBe(idOf(question));
    expect(idOf({ ...question, reference: paymentReference(NUMBER, 2) })).not.toBe(idOf(question));
  });
});

describe('an answer to a question', () => {
  it('is a notice as a callback would be: whole dong, once divided, with the text that was signed', () => {
    const notice = told(signed({}));
    expect(notice).toEqual({
      providerId: 'vnpay',
      terminal: account.terminal,
      reference: question.reference,
      outcome: 'paid',
      amount: 50_000,
      currency: 'VND',
      transactionId: '14226112',
      paidAt: Date.parse('2026-11-21T00:01:30+07:00'),
      resultCode: '00/00',
      evidence: JSON.stringify(signed({})),
    });
  });

  it.each([
    ['01', 'pending'],
    ['02', 'declined'],
    ['04', 'limbo'],
    ['07', 'review'],
    ['88', 'pending'],
    ['', 'pending'],
  ])('with status %j is %s', (TransactionStatus, outcome) => {
    expect(told(signed({ TransactionStatus })).outcome).toBe(outcome);
  });

  it.each(['02', '03', '91', '94', '97', '99', '42'])('with code %s says nothing of the payment', (ResponseCode) => {
    expect(told(signed({ ResponseCode }))).toEqual({ outcome: 'unknown', resultCode: ResponseCode });
  });

  it('about a refund, or over an amount that is none, is for a person', () => {
    expect(told(signed({ TransactionType: '02', TransactionStatus: '05' })).outcome).toBe('review');
    expect(told(signed({ Amount: '5000050' })).outcome).toBe('review');
  });

  it('by nobody, or by somebody else, is refused (scenario 9)', () => {
    const { vnp_SecureHash: hash = '', ...unsigned } = signed({});
    const bent = [
      unsigned,
      signed({}, 'another secret of the same length'),
      { ...signed({}), vnp_Amount: '500000000' },
      { ...unsigned, vnp_SecureHash: hash.toUpperCase() },
      { ...unsigned, vnp_SecureHash: hash.slice(1) },
      { ...unsigned, vnp_SecureHash: null },
      {},
    ];
    for (const body of bent) expect(() => told(body), JSON.stringify(body)).toThrow(InvalidCallback);
  });

  it('about another order or terminal, or to another kind of question, is refused (scenario 12)', () => {
    for (const more of [
      { TxnRef: paymentReference(NUMBER, 2) as string },
      { TmnCode: 'OTHER001' },
      { Command: 'refund' },
      { Command: 'pay' },
    ])
      expect(() => told(signed(more)), JSON.stringify(more)).toThrow(InvalidCallback);
  });

  it.each([['<html>'], ['[]'], ['{"vnp_Amount":{}}'], ['null'], [`"${'x'.repeat(9_000)}"`]])(
    'that is no answer is refused: %.20s',
    (text) => expect(() => told(text)).toThrow(InvalidCallback),
  );

  it('of what stands before VNPAY says nothing', () => {
    expect(told('<html>', 502)).toEqual({ outcome: 'unknown', resultCode: 'HTTP 502' });
    expect(told(signed({}), 302)).toEqual({ outcome: 'unknown', resultCode: 'HTTP 302' });
  });
});

describe('a refund', () => {
  const fieldsOf = (order: RefundOrder) => JSON.parse(refunds.request(order, account).body) as Record<string, string>;
  const part = { ...refund, amount: dong(12_000) };

  it('is whole or in part, multiplied once, and free of diacritics', () => {
    expect(fieldsOf(refund)).toMatchObject({
      vnp_TransactionType: '02',
      vnp_Amount: '5000000',
      vnp_TransactionNo: '14226112',
      vnp_TransactionDate: '20261120235959',
      vnp_CreateDate: '20261121000530',
    });
    expect(fieldsOf(part)).toMatchObject({ vnp_TransactionType: '03', vnp_Amount: '1200000' });
    expect(fieldsOf(refund)['vnp_OrderInfo']).toMatch(/^[A-Za-z0-9 .,:/_-]+$/);
  });

  it('keeps its id however often and whenever it is sent, so that VNPAY sees it is one', () => {
    const later = { ...refund, requestedAt: refund.requestedAt + 60_000 };
    expect(fieldsOf(later)['vnp_RequestId']).toBe(fieldsOf(refund)['vnp_RequestId']);
    expect(fieldsOf(refund)['vnp_RequestId']).toMatch(/^[A-Z0-9]{1,32}$/);
  });

  it('sends the 0 that it signs where the transaction is unknown', () => {
    expect(fieldsOf({ ...refund, transactionId: '' })['vnp_TransactionNo']).toBe('0');
  });

  const answer = (more: Record<string, string>) =>
    signed({ Command: 'refund', TransactionType: '02', TransactionStatus: '05', ...more });
  const toldOf = (more: Record<string, string>, order = refund) => refunds.read(answered(answer(more)), order, account);

  it.each<[Record<string, string>, string]>([
    [{}, 'pending'],
    [{ TransactionStatus: '06' }, 'pending'],
    [{ TransactionStatus: '00' }, 'refunded'],
    [{ TransactionStatus: '09' }, 'refused'],
    [{ ResponseCode: '94' }, 'pending'],
    ...['02', '03', '04', '13', '91', '93', '95'].map(
      (ResponseCode) => [{ ResponseCode }, 'refused'] as [Record<string, string>, string],
    ),
    ...['97', '98', '99', '77'].map(
      (ResponseCode) => [{ ResponseCode }, 'unknown'] as [Record<string, string>, string],
    ),
  ])('that was answered %j is %s', (more, outcome) => {
    expect(toldOf(more).outcome).toBe(outcome);
  });

  it('of another order, kind or amount is not this one', () => {
    for (const more of [
      { TxnRef: paymentReference(NUMBER, 2) as string },
      { TransactionType: '03' },
      { Amount: '100' },
    ])
      expect(() => toldOf(more), JSON.stringify(more)).toThrow(InvalidCallback);
    const { vnp_SecureHash: _, ...unsigned } = answer({});
    expect(() => refunds.read(answered(unsigned), refund, account)).toThrow(InvalidCallback);
    expect(() => refunds.read(answered(signed({})), refund, account)).toThrow(InvalidCallback);
  });

  it('that was not final is asked about, and only an answer about it counts', () => {
    const asked = JSON.parse(refunds.ask?.(refund, account, question.askedAt)?.body ?? '') as Record<string, string>;
    expect(asked).toMatchObject({ vnp_Command: 'querydr', vnp_TxnRef: refund.reference });
    const toldLater = (more: Record<string, string>, order = refund) =>
      refunds.told?.(answered(signed({ TransactionType: '02', TransactionStatus: '00', ...more })), order, account);
    expect(toldLater({})).toMatchObject({ outcome: 'refunded', providerRefundId: '14226112' });
    expect(toldLater({ TransactionStatus: '05' })?.outcome).toBe('pending');
    expect(toldLater({ TransactionStatus: '09' })?.outcome).toBe('refused');
    expect(toldLater({ TransactionType: '01' })?.outcome).toBe('unknown');
    expect(toldLater({}, part)?.outcome).toBe('unknown');
    expect(toldLater({ ResponseCode: '94' })?.outcome).toBe('unknown');
    expect(refunds.told?.(answered('', 503), refund, account).outcome).toBe('unknown');
    // The paid payment is the last step: nothing was given back.
    expect(toldLater({ TransactionType: '01' })?.unheardOf).toBe(true);
    for (const more of [
      { TransactionType: '03' },
      { TransactionType: '01', TransactionStatus: '05' },
      { TransactionType: '01', TxnRef: paymentReference(NUMBER, 2) as string },
      { TransactionType: '01', ResponseCode: '94' },
      { ResponseCode: '91' },
    ])
      expect(toldLater(more), JSON.stringify(more)).toEqual({ outcome: 'unknown', resultCode: expect.any(String) });
    expect(refunds.told?.(answered('', 503), refund, account).unheardOf).toBeUndefined();
  });
});
