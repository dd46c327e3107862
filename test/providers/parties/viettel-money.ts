import { createHmac } from 'node:crypto';
import { viettelMoney } from '../../../shared/providers/viettel-money/adapter.ts';
import { type Bent, inOrder, type Party, post, queryOf, type Said } from './party.ts';

const keys = { accessCode: 'fakeAccess01', hashKey: 'fakeHash01' };
export const TERMINAL = 'FAKEVT';

export const sign = (values: readonly string[], { accessCode, hashKey }: typeof keys = keys): string =>
  createHmac('sha1', hashKey)
    .update(accessCode + values.join(''))
    .digest('base64');

function write(said: Said, bent: Bent = {}) {
  const fields: Record<string, string> = {
    // As it was sent with the order: the invoice's number, A, the amount, Z.
    billcode: `${said.reference.slice(0, 12)}A${said.amount}Z`,
    cust_msisdn: '84981234567',
    error_code: '00',
    merchant_code: said.terminal,
    order_id: said.reference,
    payment_status: said.code,
    trans_amount: bent.wireAmount ?? String(said.amount),
    vt_transaction_id: said.transactionId,
  };
  const secret = bent.secret ? (JSON.parse(bent.secret) as typeof keys) : keys;
  const signature = (bent.signature ?? ((same) => same))(sign(inOrder(Object.values(fields), bent), secret));
  const form = new URLSearchParams({ ...fields, ...(bent.unknownMember && { new_member: 'x' }) });
  if (signature !== undefined) form.append('check_sum', signature);
  if (bent.doubled) form.append('trans_amount', '1');
  return post(form.toString(), 'application/x-www-form-urlencoded');
}

/** The signed answer to a result. */
const told = (code: string) => (reference: string) => ({
  error_code: code,
  merchant_code: TERMINAL,
  order_id: reference,
  return_url: '',
  return_bill_code: '',
  return_other_info: '',
  check_sum: sign([code, TERMINAL, reference]),
});

/** Signed by nobody: there is no key that the callback would have named. */
const unsigned = (code: string) => ({
  error_code: code,
  merchant_code: '',
  order_id: '',
  return_url: '',
  return_bill_code: '',
  return_other_info: '',
  check_sum: '',
});

export const PAY_URL = 'https://viettel.example/PaymentGateway/payment';

export const viettelParty: Party = {
  provider: viettelMoney({ stage: 'sandbox', payUrl: PAY_URL }),
  account: { merchantAccountId: 'land-viettel', terminal: TERMINAL, secret: JSON.stringify(keys) },
  otherSecret: JSON.stringify({ ...keys, hashKey: 'anotherHash01' }),
  noSecrets: ['', 'fakeHash01', '{"accessCode":"a"}'],
  unit: 1,
  tellsTime: false,
  callbacks: {
    write,
    codes: { paid: ['1'] },
    unknownCode: '7',
    answers: {
      accepted: { status: 200, body: told('00') },
      duplicate: { status: 200, body: told('00') },
      wrongAmount: { status: 200, body: told('01') },
      unknownOrder: { status: 200, body: told('01') },
      badSignature: { status: 200, body: unsigned('02') },
      tryAgain: { status: 200, body: unsigned('03') },
    },
  },
  payments: {
    amount: (sent) => queryOf(sent).get('trans_amount') ?? '',
    reference: (sent) => queryOf(sent).get('order_id') ?? '',
    description: (sent) => queryOf(sent).get('desc') ?? '',
    mostDescription: 255,
    signed: (sent) => {
      const query = queryOf(sent);
      const names = ['billcode', 'command', 'merchant_code', 'order_id', 'trans_amount', 'version'];
      return [query.get('check_sum') ?? '', sign(names.map((name) => query.get(name) ?? ''))];
    },
  },
};
