import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import { payos } from '../../../shared/providers/payos/adapter.ts';
import { answered, type Bent, bodyOf, doubledMember, inOrder, type Party, post, type Said, spaced } from './party.ts';

const keys = {
  clientId: 'fake-client-0001',
  apiKey: 'fake-api-key-0001',
  checksumKey: 'fakechecksumkey0123456789abcdef',
};
const ACCOUNT = '113366668888';

const sign = (data: Record<string, unknown>, key: string, bent: Bent = {}): string => {
  const names = inOrder(Object.keys(data).sort(), bent);
  const written = (value: unknown): string => {
    if (Array.isArray(value)) return JSON.stringify(value);
    // payOS's own library writes these texts as nothing, too.
    return ['null', 'undefined'].includes(String(value)) ? '' : String(value);
  };
  const text = names.map((name) => `${name}=${written(data[name])}`);
  return createHmac('sha256', key).update(text.join('&')).digest('hex');
};

function write(said: Said, bent: Bent = {}) {
  const { checksumKey } = JSON.parse(bent.secret ?? JSON.stringify(keys)) as typeof keys;
  const data = {
    orderCode: Number(said.reference) || said.reference,
    amount: said.amount,
    description: said.text,
    accountNumber: said.terminal,
    reference: said.transactionId,
    transactionDateTime: spaced(said.paidAt),
    currency: 'VND',
    paymentLinkId: 'fake0000000000000000000000000001',
    code: said.code,
    desc: 'success',
    counterAccountName: null,
    ...(bent.unknownMember && { newField: 'x' }),
  };
  const signed = bent.wireAmount ? { ...data, amount: Number(bent.wireAmount) } : data;
  const signature = (bent.signature ?? ((same) => same))(sign(signed, checksumKey, bent));
  let written = JSON.stringify(data);
  if (bent.wireAmount) written = written.replace(`"amount":${said.amount}`, `"amount":${bent.wireAmount}`);
  if (bent.doubled) written = doubledMember(written, 'amount', '1');
  const around = JSON.stringify({ code: '00', desc: 'success', success: true, signature });
  return post(`${around.slice(0, -1)},"data":${written}}`, 'application/json');
}

const signedAnswer = (data: Record<string, unknown>, key = keys.checksumKey) =>
  answered({ code: '00', desc: 'success', data, signature: sign(data, key) });

export const payosParty: Party = {
  provider: payos(),
  account: { merchantAccountId: 'land-payos', terminal: ACCOUNT, secret: JSON.stringify(keys) },
  otherSecret: JSON.stringify({ ...keys, checksumKey: 'anotherchecksumkey0123456789abcd' }),
  noSecrets: ['', '{"clientId":"a","apiKey":"b"}', '[]'],
  unit: 1,
  tellsTime: true,
  callbacks: {
    write,
    codes: { paid: ['00'], pending: ['01'] },
    unknownCode: '77',
    answers: {
      accepted: { status: 200, body: { success: true } },
      duplicate: { status: 200, body: { success: true } },
      wrongAmount: { status: 200, body: { success: true } },
      unknownOrder: { status: 200, body: { success: true } },
      badSignature: { status: 401, body: { success: false } },
      tryAgain: { status: 503, body: { success: false } },
    },
  },
  payments: {
    prepared: (order) =>
      signedAnswer({
        orderCode: Number(order.reference),
        amount: order.amount,
        status: 'PENDING',
        checkoutUrl: 'https://pay.payos.vn/web/fake0000000000000000000000000001',
        qrCode: '00020101021238',
      }),
    refused: answered({ code: '20', desc: 'invalid' }),
    amount: (sent) => String(bodyOf(sent)['amount']),
    reference: (sent) => String(bodyOf(sent)['orderCode']),
    description: (sent) => String(bodyOf(sent)['description']),
    mostDescription: 25,
    signed: (sent) => {
      const body = bodyOf(sent);
      const names = ['amount', 'cancelUrl', 'description', 'orderCode', 'returnUrl'];
      const signed = Object.fromEntries(names.map((name) => [name, body[name]]));
      return [String(body['signature']), sign(signed, keys.checksumKey)];
    },
  },
  query: {
    answer: (said, bent = {}) => {
      const transaction = {
        accountNumber: said.terminal,
        amount: said.amount,
        counterAccountName: null,
        reference: said.transactionId,
        transactionDateTime: spaced(said.paidAt).replace(' ', 'T').concat('+07:00'),
      };
      const credited = said.code === 'PAID' || said.code === 'UNDERPAID';
      const data = {
        id: 'fake0000000000000000000000000001',
        orderCode: Number(said.reference),
        amount: said.amount,
        status: said.code,
        transactions: credited ? [transaction] : [],
        canceledAt: null,
      };
      const { checksumKey } = JSON.parse(bent.secret ?? JSON.stringify(keys)) as typeof keys;
      return signedAnswer(data, checksumKey);
    },
    codes: {
      paid: ['PAID', 'UNDERPAID'],
      declined: ['CANCELLED', 'EXPIRED', 'FAILED'],
      pending: ['PENDING', 'PROCESSING'],
    },
    unknownCode: 'SOMETHING_NEW',
    signed: true,
    request(request, said) {
      expect(request).toEqual({
        method: 'GET',
        url: `https://api-merchant.payos.vn/v2/payment-requests/${said.reference}`,
        headers: { 'x-client-id': keys.clientId, 'x-api-key': keys.apiKey },
        body: '',
      });
    },
    withdrawal(request, said) {
      expect(request).toMatchObject({
        method: 'POST',
        url: `https://api-merchant.payos.vn/v2/payment-requests/${said.reference}/cancel`,
        headers: { 'x-client-id': keys.clientId, 'x-api-key': keys.apiKey },
      });
      expect(JSON.parse(request.body)).toEqual({ cancellationReason: expect.stringMatching(/^[A-Za-z0-9 ]+$/) });
    },
  },
};
