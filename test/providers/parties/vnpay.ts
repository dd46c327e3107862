import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import { vnpay } from '../../../shared/providers/vnpay/adapter.ts';
import { answered, type Bent, compact, get, inOrder, type Party, queryOf, type Said } from './party.ts';

const KEY = 'FAKEVNPAYSECRET0123456789ABCDEFGH';

const encoded = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2A', '*');

function text(fields: Record<string, string>, bent: Bent = {}): string {
  const names = inOrder(
    Object.keys(fields)
      .sort()
      .filter((name) => fields[name] !== ''),
    bent,
  );
  return names.map((name) => `${name}=${encoded(fields[name] ?? '')}`).join('&');
}

function write(said: Said, bent: Bent = {}) {
  const [responseCode = '', status = ''] = said.code.split('/');
  const fields: Record<string, string> = {
    vnp_Amount: bent.wireAmount ?? `${said.amount}00`,
    vnp_BankCode: 'NCB',
    vnp_OrderInfo: said.text,
    vnp_PayDate: compact(said.paidAt),
    vnp_ResponseCode: responseCode,
    vnp_TmnCode: said.terminal,
    vnp_TransactionNo: said.transactionId,
    vnp_TransactionStatus: status,
    vnp_TxnRef: said.reference,
    ...(bent.unknownMember && { vnp_New: 'x' }),
  };
  const hash = createHmac('sha512', bent.secret ?? KEY)
    .update(text(fields, bent))
    .digest('hex');
  const signature = (bent.signature ?? ((same) => same))(hash);
  const query = text(fields) + (signature === undefined ? '' : `&vnp_SecureHash=${signature}`);
  return get(bent.doubled ? `${query}&vnp_Amount=100` : query);
}

const REFUND_ANSWER =
  'ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType TransactionStatus OrderInfo';
const QUERY_ANSWER = `${REFUND_ANSWER} PromotionCode PromotionAmount`;

const values = (fields: Record<string, string>, names: string): string =>
  names
    .split(' ')
    .map((name) => fields[`vnp_${name}`] ?? '')
    .join('|');

/** An answer to querydr or refund, signed over its values in a fixed order. */
function signedAnswer(fields: Record<string, string>, names: string, key = KEY) {
  const hash = createHmac('sha512', key).update(values(fields, names)).digest('hex');
  return answered({ ...fields, vnp_SecureHash: hash });
}

function expectSigned(body: string, names: string): Record<string, string> {
  const fields = JSON.parse(body) as Record<string, string>;
  const hash = createHmac('sha512', KEY).update(values(fields, names)).digest('hex');
  expect(fields['vnp_SecureHash']).toBe(hash);
  return fields;
}

const refunded = (command: 'refund' | 'querydr') => (code: string) => {
  const [responseCode = '', status = ''] = code.split('/');
  const fields = {
    vnp_Command: command,
    vnp_ResponseCode: responseCode,
    vnp_TmnCode: 'DVCQG001',
    vnp_TxnRef: '480213567890012',
    vnp_Amount: '2000000',
    vnp_TransactionType: '03',
    vnp_TransactionStatus: status,
    vnp_TransactionNo: '14226999',
  };
  return signedAnswer(fields, command === 'refund' ? REFUND_ANSWER : QUERY_ANSWER);
};

const answer = (RspCode: string, Message: string) => ({ status: 200, body: { RspCode, Message } });

export const vnpayParty: Party = {
  provider: vnpay({
    payUrl: 'https://sandbox.vnpayment.vn/paymentv2/vpcpay.html',
    transactionUrl: 'https://sandbox.vnpayment.vn/merchant_webapi/api/transaction',
  }),
  account: { merchantAccountId: 'land-vnpay', terminal: 'DVCQG001', secret: KEY },
  otherSecret: 'ANOTHERVNPAYSECRET0123456789ABCDE',
  noSecrets: ['', 'short', 'with a space in it'],
  unit: 100,
  tellsTime: true,
  callbacks: {
    write,
    codes: {
      paid: ['00/00'],
      declined: '09 10 11 12 13 24 51 65 75 79 99'.split(' ').map((code) => `${code}/02`),
      pending: ['00/01'],
      limbo: ['00/04'],
      review: ['00/05', '00/06', '07/00', '07/07', '00/09', '00/02'],
    },
    unknownCode: '77/02',
    answers: {
      accepted: answer('00', 'Confirm Success'),
      duplicate: answer('02', 'Order already confirmed'),
      unknownOrder: answer('01', 'Order not found'),
      wrongAmount: answer('04', 'Invalid amount'),
      badSignature: answer('97', 'Invalid signature'),
      tryAgain: answer('99', 'Unknow error'),
    },
  },
  query: {
    answer: (said, bent = {}) =>
      signedAnswer(
        {
          vnp_Command: 'querydr',
          vnp_ResponseCode: '00',
          vnp_TmnCode: said.terminal,
          vnp_TxnRef: said.reference,
          vnp_Amount: `${said.amount}00`,
          vnp_PayDate: compact(said.paidAt),
          vnp_TransactionNo: said.transactionId,
          vnp_TransactionType: '01',
          vnp_TransactionStatus: said.code,
        },
        QUERY_ANSWER,
        bent.secret ?? KEY,
      ),
    codes: { paid: ['00'], declined: ['02'], pending: ['01'], limbo: ['04'], review: ['07'] },
    unknownCode: '77',
    signed: true,
    request(request, said) {
      const names = 'RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo';
      const fields = expectSigned(request.body, names);
      expect(fields).toMatchObject({ vnp_TxnRef: said.reference, vnp_TransactionDate: compact(said.createdAt) });
    },
  },
  refund: {
    answer: refunded('refund'),
    codes: {
      '00/00': 'refunded',
      '00/05': 'pending',
      '00/06': 'pending',
      '00/09': 'refused',
      '94/': 'pending',
      '91/': 'refused',
      '99/': 'unknown',
    },
    request(request) {
      const names =
        'RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy CreateDate IpAddr OrderInfo';
      const fields = expectSigned(request.body, names);
      expect(fields).toMatchObject({ vnp_Amount: '2000000', vnp_TransactionType: '03', vnp_TransactionNo: '14226112' });
    },
    told: {
      answer: refunded('querydr'),
      codes: { '00/00': 'refunded', '00/05': 'pending', '00/09': 'refused', '91/': 'unknown' },
    },
  },
  payments: {
    amount: (sent) => queryOf(sent).get('vnp_Amount') ?? '',
    reference: (sent) => queryOf(sent).get('vnp_TxnRef') ?? '',
    description: (sent) => queryOf(sent).get('vnp_OrderInfo') ?? '',
    mostDescription: 255,
    signed: (sent) => {
      const { vnp_SecureHash: given = '', ...fields } = Object.fromEntries(queryOf(sent));
      return [given, createHmac('sha512', KEY).update(text(fields)).digest('hex')];
    },
  },
};
