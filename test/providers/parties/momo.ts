import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import { momo } from '../../../shared/providers/momo/adapter.ts';
import { answered, type Bent, bodyOf, doubledMember, inOrder, type Party, post, type Said } from './party.ts';

const keys = { accessKey: 'FAKEACCESSKEY01', secretKey: 'FAKEMOMOSECRETKEY0123456789abcdef' };
const TERMINAL = 'MOMODVCQG01';

const hmac = (pairs: [string, unknown][], secretKey: string): string =>
  createHmac('sha256', secretKey)
    .update(pairs.map(([name, value]) => `${name}=${value}`).join('&'))
    .digest('hex');

const signedNames =
  'accessKey amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime resultCode transId';

function members(said: Said, bent: Bent = {}): Record<string, unknown> {
  return {
    partnerCode: said.terminal,
    orderId: said.reference,
    requestId: said.reference,
    amount: said.amount,
    orderInfo: said.text,
    orderType: 'momo_wallet',
    transId: Number(said.transactionId),
    resultCode: Number(said.code),
    message: 'Successful.',
    payType: 'qr',
    responseTime: said.paidAt,
    extraData: '',
    ...(bent.unknownMember && { userFee: 0.5 }),
  };
}

function write(said: Said, bent: Bent = {}) {
  const { accessKey, secretKey } = JSON.parse(bent.secret ?? JSON.stringify(keys)) as typeof keys;
  const all = members(said, bent);
  const values: Record<string, unknown> = { ...all, accessKey, ...(bent.wireAmount && { amount: bent.wireAmount }) };
  const pairs = inOrder(signedNames.split(' '), bent).map((name): [string, unknown] => [name, values[name]]);
  const signature = (bent.signature ?? ((same) => same))(hmac(pairs, secretKey));
  let body = JSON.stringify({ ...all, signature });
  if (bent.wireAmount) body = body.replace(`"amount":${said.amount}`, `"amount":${bent.wireAmount}`);
  if (bent.doubled) body = doubledMember(body, 'amount', '1');
  return post(body, 'application/json; charset=utf-8');
}

export const momoParty: Party = {
  provider: momo({ stage: 'sandbox', publicUrl: 'https://pay.example.gov.vn' }),
  account: { merchantAccountId: 'land-momo', terminal: TERMINAL, secret: JSON.stringify(keys) },
  otherSecret: JSON.stringify({ ...keys, secretKey: 'ANOTHERSECRETKEY0123456789abcdef' }),
  noSecrets: ['', 'abc', '{"accessKey":"a"}', '{"accessKey":"a","secretKey":"b c"}', '{"accessKey":"a","secretKey":1}'],
  unit: 1,
  tellsTime: true,
  callbacks: {
    write,
    codes: {
      paid: ['0'],
      declined: '98 99 1001 1002 1003 1004 1005 1006 1007 1017 1026 1080 1081 1088 2019 4001 4002 4100'.split(' '),
      pending: '9000 1000 7000 7002 10 11 12 13 20 21 22 40 41 42 43 45 47'.split(' '),
    },
    unknownCode: '5555',
    answers: {
      accepted: { status: 204, body: '' },
      duplicate: { status: 204, body: '' },
      wrongAmount: { status: 204, body: '' },
      unknownOrder: { status: 404, body: '' },
      badSignature: { status: 400, body: '' },
      tryAgain: { status: 503, body: '' },
    },
  },
  payments: {
    prepared: (order) =>
      answered({
        partnerCode: TERMINAL,
        orderId: order.reference,
        requestId: order.reference,
        amount: order.amount,
        responseTime: 1767231000000,
        message: 'Success',
        resultCode: 0,
        payUrl: 'https://test-payment.momo.vn/v2/gateway/pay?t=abc&s=def',
        deeplink: 'momo://app?action=payWithApp',
      }),
    amount: (sent) => String(bodyOf(sent)['amount']),
    reference: (sent) => String(bodyOf(sent)['orderId']),
    description: (sent) => String(bodyOf(sent)['orderInfo']),
    mostDescription: 255,
    signed: (sent) => {
      const body: Record<string, unknown> = { ...bodyOf(sent), accessKey: keys.accessKey };
      const names = 'accessKey amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType';
      return [
        String(body['signature']),
        hmac(
          names.split(' ').map((name) => [name, body[name]]),
          keys.secretKey,
        ),
      ];
    },
  },
  query: {
    answer: (said) => answered(members(said)),
    codes: { paid: ['0'], declined: ['1001', '1005', '99'], pending: ['9000', '1000', '7000', '7002'] },
    unknownCode: '5555',
    signed: false,
    request(request, said) {
      const body = JSON.parse(request.body) as Record<string, string>;
      expect(request.url).toBe('https://test-payment.momo.vn/v2/gateway/api/query');
      expect(body['orderId']).toBe(said.reference);
      expect(body['requestId']?.length).toBeLessThanOrEqual(50);
      const values: Record<string, unknown> = { ...body, accessKey: keys.accessKey };
      const names = ['accessKey', 'orderId', 'partnerCode', 'requestId'];
      expect(body['signature']).toBe(
        hmac(
          names.map((name) => [name, values[name]]),
          keys.secretKey,
        ),
      );
    },
  },
  refund: {
    answer: (code) =>
      answered({
        partnerCode: TERMINAL,
        orderId: '48021356789001',
        requestId: '48021356789001',
        amount: 20_000,
        transId: 4088878999,
        resultCode: Number(code),
        message: '',
      }),
    codes: {
      0: 'refunded',
      7000: 'pending',
      7002: 'pending',
      1081: 'refused',
      1080: 'unknown',
      41: 'unknown',
      5555: 'unknown',
    },
    request(request) {
      const body: Record<string, unknown> = { ...(JSON.parse(request.body) as object), accessKey: keys.accessKey };
      expect(request.url).toBe('https://test-payment.momo.vn/v2/gateway/api/refund');
      expect(body).toMatchObject({ amount: 20_000, transId: 14226112, orderId: '48021356789001' });
      const names = ['accessKey', 'amount', 'description', 'orderId', 'partnerCode', 'requestId', 'transId'];
      expect(body['signature']).toBe(
        hmac(
          names.map((name) => [name, body[name]]),
          keys.secretKey,
        ),
      );
    },
    told: {
      answer: (code) =>
        answered({
          partnerCode: TERMINAL,
          orderId: '48021356789001',
          requestId: '48021356789001-1',
          resultCode: 0,
          refundTrans: [
            { orderId: '48021356789777', amount: 20_000, resultCode: 1081, transId: 4088878998 },
            { orderId: '48021356789001', amount: 20_000, resultCode: Number(code), transId: 4088878999 },
          ],
        }),
      codes: { 0: 'refunded', 7002: 'pending', 1081: 'refused', 1080: 'unknown', 5555: 'unknown' },
    },
  },
};
