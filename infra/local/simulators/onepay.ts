import { createHmac } from 'node:crypto';
import { dongIn, keysOf, type Merchant, merchantOf, mustBeSigned, type Simulator } from './speech.ts';

/** OnePay domestic gateway, vpc 2: pay page and IPN. Source: vn-payments 1.1.0, omnipay-onepay. */

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

export const onepay: Simulator = {
  id: 'onepay',
  name: { vi: 'Cổng thanh toán OnePay', en: 'OnePay gateway' },
  amountOnTheWire: (amount) => `${amount}00`,
  hireMerchant: (bytes) => ({
    terminal: 'ONETHUPHI',
    secret: JSON.stringify({ accessCode: bytes(4), secureSecret: bytes(16) }),
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
