import { createHmac } from 'node:crypto';
import { onepay } from '../../../shared/providers/onepay/adapter.ts';
import { type Bent, get, inOrder, type Party, queryOf, type Said } from './party.ts';

const keys = { accessCode: 'FAKE0001', secureSecret: '00112233445566778899AABBCCDDEEFF' };
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

const TAKEN = 'responsecode=1&desc=confirm-success';
const NOT_TAKEN = 'responsecode=0&desc=confirm-fail';

export const onepayParty: Party = {
  provider: onepay({ stage: 'sandbox' }),
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
};
