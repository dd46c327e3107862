import { createHash } from 'node:crypto';
import { payoo } from '../../../shared/providers/payoo/adapter.ts';
import { type Bent, fieldsOf, inOrder, type Party, post, type Said } from './party.ts';

const keys = { username: 'FAKE', key: 'fakePayooSecret' };
const TERMINAL = '1';
const sha512 = (text: string): string => createHash('sha512').update(text).digest('hex');

function write(said: Said, bent: Bent = {}) {
  const { key } = bent.secret ? (JSON.parse(bent.secret) as typeof keys) : keys;
  const members = {
    Session: said.reference,
    BusinessUsername: keys.username,
    ShopID: said.terminal,
    OrderNo: said.reference,
    OrderCashAmount: bent.wireAmount ?? String(said.amount),
    State: said.code,
  };
  const signature = (bent.signature ?? ((same) => same))(
    sha512([key, ...inOrder(Object.values(members), bent)].join('|')),
  );
  const elements = Object.entries({ ...members, ...(bent.unknownMember && { NewMember: 'x' }) });
  if (bent.doubled) elements.push(['OrderCashAmount', '1']);
  const inner = elements.map(([name, text]) => `<${name}>${text}</${name}>`).join('');
  const data = Buffer.from(`<PaymentNotification>${inner}</PaymentNotification>`).toString('base64');
  const xml =
    `<PayooConnectionPackage><Data>${data}</Data>` +
    `${signature === undefined ? '' : `<Signature>${signature}</Signature>`}` +
    `<KeyFields>${Object.keys(members).join('|')}</KeyFields></PayooConnectionPackage>`;
  return post(new URLSearchParams({ NotifyData: xml }).toString(), 'application/x-www-form-urlencoded');
}

export const payooParty: Party = {
  provider: payoo({ stage: 'sandbox', publicUrl: 'https://pay.example.gov.vn', payUrl: 'https://payoo.example/pay' }),
  account: { merchantAccountId: 'land-payoo', terminal: TERMINAL, secret: JSON.stringify(keys) },
  otherSecret: JSON.stringify({ ...keys, key: 'anotherPayooSecret' }),
  noSecrets: ['', 'fakePayooSecret', '{"username":"FAKE"}'],
  unit: 1,
  tellsTime: false,
  callbacks: {
    write,
    codes: { paid: ['PAYMENT_RECEIVED'] },
    unknownCode: 'PAYMENT_DREAMT',
    answers: {
      accepted: { status: 200, body: 'NOTIFY_RECEIVED' },
      duplicate: { status: 200, body: 'NOTIFY_RECEIVED' },
      wrongAmount: { status: 200, body: 'NOTIFY_RECEIVED' },
      unknownOrder: { status: 404, body: 'ORDER_UNKNOWN' },
      badSignature: { status: 400, body: 'NOTIFY_REFUSED' },
      tryAgain: { status: 503, body: 'NOTIFY_NOT_TAKEN' },
    },
  },
  payments: {
    amount: (sent) => /<order_cash_amount>(.*?)</.exec(fieldsOf(sent)['OrdersForPayoo'] ?? '')?.[1] ?? '',
    reference: (sent) => /<order_no>(.*?)</.exec(fieldsOf(sent)['OrdersForPayoo'] ?? '')?.[1] ?? '',
    description: (sent) => /<order_description>(.*?)</.exec(fieldsOf(sent)['OrdersForPayoo'] ?? '')?.[1] ?? '',
    mostDescription: 255,
    signed: (sent) => {
      const { OrdersForPayoo: xml = '', CheckSum: given = '' } = fieldsOf(sent);
      return [given, sha512(keys.key + xml)];
    },
  },
};
