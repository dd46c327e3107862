import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import { onepay } from '../../../shared/providers/onepay/adapter.ts';
import { answered, type Bent, get, inOrder, type Party, queryOf, type Said } from './party.ts';

const keys = {
  accessCode: 'FAKE0001',
  secureSecret: '00112233445566778899AABBCCDDEEFF',
  user: 'op01',
  password: 'FAKEPASSWORD',
};
const TERMINAL = 'FAKEONEPAY';

const sign = (fields: Record<string, string>, secureSecret: string, bent: Bent = {}): string => {
  const names = inOrder(
    Object.keys(fields)
      .filter((name) => /^(vpc|user)_/.test(name) && fields[name] !== '')
      .sort(),
    bent,
  );
  const text = names.map((name) => `${name}=${fields[name]}`).join('&');
  return createHmac('sha256', Buffer.from(secureSecret, 'hex')).update(text).digest('hex').toUpperCase();
};

function write(said: Said, bent: Bent = {}) {
  const { secureSecret } = JSON.parse(bent.secret ?? JSON.stringify(keys)) as typeof keys;
  const fields: Record<string, string> = {
    vpc_Amount: bent.wireAmount ?? `${said.amount}00`,
    vpc_Command: 'pay',
    vpc_CurrencyCode: 'VND',
    vpc_Locale: 'vn',
    vpc_MerchTxnRef: said.reference,
    vpc_Merchant: said.terminal,
    vpc_Message: said.text,
    vpc_OrderInfo: 'HS0001',
    vpc_TransactionNo: said.transactionId,
    vpc_TxnResponseCode: said.code,
    vpc_Version: '2',
    ...(bent.unknownMember && { vpc_New: 'x' }),
  };
  const signature = (bent.signature ?? ((same) => same))(sign(fields, secureSecret, bent));
  const query = new URLSearchParams(fields);
  if (signature !== undefined) query.append('vpc_SecureHash', signature);
  if (bent.doubled) query.append('vpc_Amount', '100');
  return get(query.toString());
}

export const signedForm = (fields: Record<string, string>, secureSecret = keys.secureSecret) =>
  answered(new URLSearchParams({ ...fields, vpc_SecureHash: sign(fields, secureSecret) }).toString());

function expectSigned(body: string, fields: Record<string, string>): void {
  const { vpc_SecureHash: given, ...sent } = Object.fromEntries(new URLSearchParams(body));
  expect(sent).toEqual({ ...fields, vpc_AccessCode: keys.accessCode, vpc_Merchant: TERMINAL, vpc_Version: '2' });
  expect(given).toBe(sign(sent, keys.secureSecret));
}

const TAKEN = 'responsecode=1&desc=confirm-success';
const NOT_TAKEN = 'responsecode=0&desc=confirm-fail';

export const onepayParty: Party = {
  provider: onepay({ stage: 'sandbox', refunding: 'on' }),
  account: { merchantAccountId: 'land-onepay', terminal: TERMINAL, secret: JSON.stringify(keys) },
  otherSecret: JSON.stringify({ ...keys, secureSecret: 'FF112233445566778899AABBCCDDEEFF' }),
  noSecrets: ['', '{"accessCode":"a","secureSecret":"not hexadecimal"}', '{"accessCode":"a","secureSecret":"xyz"}'],
  unit: 100,
  tellsTime: false,
  callbacks: {
    write,
    codes: {
      paid: ['0'],
      declined: '1 3 4 5 6 7 8 9 10 11 12 13 21 22 23 24 25 99 253'.split(' '),
      pending: ['300'],
    },
    unknownCode: '777',
    answers: {
      accepted: { status: 200, body: TAKEN },
      duplicate: { status: 200, body: TAKEN },
      wrongAmount: { status: 200, body: NOT_TAKEN },
      unknownOrder: { status: 200, body: NOT_TAKEN },
      badSignature: { status: 200, body: NOT_TAKEN },
      tryAgain: { status: 503, body: NOT_TAKEN },
    },
  },
  payments: {
    amount: (sent) => queryOf(sent).get('vpc_Amount') ?? '',
    reference: (sent) => queryOf(sent).get('vpc_MerchTxnRef') ?? '',
    description: (sent) => queryOf(sent).get('vpc_OrderInfo') ?? '',
    mostDescription: 32,
    signed: (sent) => {
      const { vpc_SecureHash: given = '', ...fields } = Object.fromEntries(queryOf(sent));
      return [given, sign(fields, keys.secureSecret)];
    },
  },
  query: {
    answer: (said, bent = {}) =>
      signedForm(
        {
          vpc_DRExists: 'Y',
          vpc_Amount: `${said.amount}00`,
          vpc_Command: 'queryDR',
          vpc_MerchTxnRef: said.reference,
          vpc_Merchant: said.terminal,
          vpc_Message: 'Approved',
          vpc_TransactionNo: said.transactionId,
          vpc_TxnResponseCode: said.code,
        },
        (JSON.parse(bent.secret ?? JSON.stringify(keys)) as typeof keys).secureSecret,
      ),
    codes: { paid: ['0'], declined: ['1', '99', '253'], pending: ['100', '300'] },
    unknownCode: '777',
    signed: true,
    request(request, said) {
      expect(request.url).toBe('https://mtf.onepay.vn/msp/api/v1/vpc/invoices/queries');
      expectSigned(request.body, {
        vpc_Command: 'queryDR',
        vpc_MerchTxnRef: said.reference,
        vpc_User: keys.user,
        vpc_Password: keys.password,
      });
    },
  },
  refund: {
    answer: (code) =>
      signedForm({
        vpc_Amount: '2000000',
        vpc_Command: 'refund',
        vpc_MerchTxnRef: '48021356789001',
        vpc_Merchant: TERMINAL,
        vpc_OrgMerchTxnRef: '480213567890016',
        vpc_TransactionNo: '99001',
        vpc_TxnResponseCode: code,
      }),
    // Which codes refuse for good is not public: only one that says done, or under way, is believed.
    codes: { 0: 'refunded', 300: 'pending', 1: 'unknown', 777: 'unknown' },
    request(request) {
      expect(request.url).toBe('https://mtf.onepay.vn/msp/api/v1/vpc/refunds');
      const { vpc_OrgMerchTxnRef = '' } = Object.fromEntries(new URLSearchParams(request.body));
      expect(vpc_OrgMerchTxnRef).toMatch(/^\d{15}$/);
      expectSigned(request.body, {
        vpc_Command: 'refund',
        vpc_MerchTxnRef: '48021356789001',
        vpc_OrgMerchTxnRef,
        vpc_Amount: '2000000',
        vpc_Operator: 'thuphi',
      });
    },
  },
};
