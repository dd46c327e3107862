import { createHmac } from 'node:crypto';
import {
  type Answer,
  dongIn,
  json,
  keysOf,
  type Merchant,
  merchantOf,
  mustBeSigned,
  type Office,
  Refused,
  type Simulator,
} from '../speech.ts';

/** OnePay domestic gateway, vpc 2: pay page, IPN, queryDR, refund. Source: vn-payments 1.1.0, omnipay-onepay. */

function signature(fields: Record<string, string>, merchant: Merchant): string {
  const text = Object.keys(fields)
    .filter((name) => /^(vpc|user)_/.test(name) && fields[name] !== '')
    .sort()
    .map((name) => `${name}=${fields[name]}`);
  return createHmac('sha256', Buffer.from(keysOf(merchant)['secureSecret'] ?? '', 'hex'))
    .update(text.join('&'))
    .digest('hex')
    .toUpperCase();
}

type Form = Record<string, string>;

function signed(fields: Form, merchant: Merchant): Answer {
  const body = new URLSearchParams({ ...fields, vpc_SecureHash: signature(fields, merchant) }).toString();
  return { status: 200, contentType: 'text/plain', body };
}

function queryDr(asked: Form, merchant: Merchant, office: Office): Answer {
  const { user, password } = keysOf(merchant);
  if (asked['vpc_User'] !== user || asked['vpc_Password'] !== password) throw new Refused('who asks?');
  const reference = asked['vpc_MerchTxnRef'] ?? '';
  const order = office.order(reference);
  const names = { vpc_Merchant: merchant.terminal, vpc_MerchTxnRef: reference, vpc_Command: 'queryDR' };
  if (!order) return signed({ ...names, vpc_DRExists: 'N' }, merchant);
  const transaction = office.transactionOf(reference);
  const told = {
    vpc_DRExists: 'Y',
    vpc_Amount: `${transaction?.amount ?? order.amount}00`,
    vpc_OrderInfo: order.info,
    vpc_TransactionNo: transaction?.id ?? '',
    vpc_TxnResponseCode: transaction === undefined ? '100' : transaction.paid ? '0' : '99',
  };
  return signed({ ...names, ...told }, merchant);
}

function refund(asked: Form, merchant: Merchant, office: Office): Answer {
  const transaction = office.transactionOf(asked['vpc_OrgMerchTxnRef'] ?? '');
  const request = asked['vpc_MerchTxnRef'] ?? '';
  const given = transaction?.paid && office.refund(request, transaction, dongIn(asked['vpc_Amount'], 100));
  const { id } = (transaction && office.refundsOf(transaction).find((one) => one.request === request)) ?? {};
  const names = ['vpc_Command', 'vpc_Merchant', 'vpc_MerchTxnRef', 'vpc_OrgMerchTxnRef', 'vpc_Amount'];
  const echo = Object.fromEntries(names.map((name) => [name, asked[name] ?? '']));
  return signed({ ...echo, vpc_TransactionNo: id ?? '', vpc_TxnResponseCode: given ? '0' : '1' }, merchant);
}

export const onepay: Simulator = {
  id: 'onepay',
  name: { vi: 'Cổng thanh toán OnePay', en: 'OnePay gateway' },
  amountOnTheWire: (amount) => `${amount}00`,
  hireMerchant: (bytes) => ({
    terminal: 'ONETHUPHI',
    secret: JSON.stringify({ accessCode: bytes(4), secureSecret: bytes(16), user: 'op01', password: bytes(8) }),
  }),

  openPage({ query }, office) {
    const { vpc_SecureHash: given = '', ...fields } = Object.fromEntries(new URLSearchParams(query));
    const of = (name: string) => fields[`vpc_${name}`] ?? '';
    mustBeSigned(given, signature(fields, merchantOf(office, of('Merchant'))));
    return {
      provider: 'onepay',
      terminal: of('Merchant'),
      reference: of('MerchTxnRef'),
      amount: dongIn(of('Amount'), 100),
      info: of('OrderInfo'),
      returnUrl: of('ReturnURL'),
      createdAt: office.now(),
    };
  },

  answer({ path, body }, office) {
    const { vpc_SecureHash: given = '', ...asked } = Object.fromEntries(new URLSearchParams(body));
    const merchant = merchantOf(office, asked['vpc_Merchant']);
    mustBeSigned(given, signature(asked, merchant));
    if (path === '/msp/api/v1/vpc/invoices/queries') return queryDr(asked, merchant, office);
    return path === '/msp/api/v1/vpc/refunds' ? refund(asked, merchant, office) : json({}, 404);
  },

  notice({ id, order, amount, paid }, merchant, callback) {
    const fields: Record<string, string> = {
      vpc_Amount: `${amount}00`,
      vpc_Command: 'pay',
      vpc_CurrencyCode: 'VND',
      vpc_Locale: 'vn',
      vpc_MerchTxnRef: order.reference,
      vpc_Merchant: order.terminal,
      vpc_OrderInfo: order.info,
      vpc_TransactionNo: id,
      vpc_TxnResponseCode: paid ? '0' : '99',
      vpc_Version: '2',
    };
    const query = new URLSearchParams({ ...fields, vpc_SecureHash: signature(fields, merchant) });
    return { method: 'GET', url: `${callback}?${query}`, headers: {}, body: '' };
  },
};
