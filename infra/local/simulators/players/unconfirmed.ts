import { createHash, createHmac } from 'node:crypto';
import {
  type Arrived,
  compactTime,
  dongIn,
  keysOf,
  merchantOf,
  mustBeSigned,
  postNotice,
  Refused,
  type Simulator,
} from '../speech.ts';

/** Providers of which only old integrations are public (OpenCPS, omnipay-payoo): they speak as those read. */

const formOf = ({ body }: Arrived): Record<string, string> => Object.fromEntries(new URLSearchParams(body));

const viettelSum = (keys: Record<string, string>, values: readonly (string | undefined)[]): string =>
  createHmac('sha1', keys['hashKey'] ?? '')
    .update((keys['accessCode'] ?? '') + values.join(''))
    .digest('base64');

export const viettelMoney: Simulator = {
  id: 'viettel-money',
  name: { vi: 'Viettel Money', en: 'Viettel Money' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({
    terminal: 'VTTHUPHI',
    secret: JSON.stringify({ accessCode: bytes(8), hashKey: bytes(8) }),
  }),
  openPage({ query }, office) {
    const of = Object.fromEntries(new URLSearchParams(query));
    const merchant = merchantOf(office, of['merchant_code']);
    const names = ['billcode', 'command', 'merchant_code', 'order_id', 'trans_amount', 'version'];
    mustBeSigned(
      of['check_sum'],
      viettelSum(
        keysOf(merchant),
        names.map((name) => of[name]),
      ),
    );
    return {
      provider: 'viettel-money',
      terminal: merchant.terminal,
      reference: of['order_id'] ?? '',
      bill: of['billcode'] ?? '',
      amount: dongIn(of['trans_amount']),
      info: of['desc'] ?? '',
      returnUrl: of['return_url'] ?? '',
      createdAt: office.now(),
    };
  },
  /** Only "paid" is known. */
  notice({ id, order, amount, paid }, merchant, callback) {
    if (!paid) return undefined;
    const fields = {
      billcode: order.bill ?? '',
      cust_msisdn: '84981234567',
      error_code: '00',
      merchant_code: order.terminal,
      order_id: order.reference,
      payment_status: '1',
      trans_amount: String(amount),
      vt_transaction_id: id,
    };
    const form = new URLSearchParams({ ...fields, check_sum: viettelSum(keysOf(merchant), Object.values(fields)) });
    return postNotice(callback, form.toString(), 'application/x-www-form-urlencoded');
  },
};

const sha512 = (text: string): string => createHash('sha512').update(text).digest('hex');

/** What an element of the order holds; the few escapes of XML taken back. */
const element = (xml: string, name: string): string =>
  (new RegExp(`<${name}>(.*?)</${name}>`).exec(xml)?.[1] ?? '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');

export const payoo: Simulator = {
  id: 'payoo',
  name: { vi: 'Payoo', en: 'Payoo' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({ terminal: '7001', secret: JSON.stringify({ username: 'THUPHI', key: bytes(16) }) }),
  openPage(arrived, office) {
    const { OrdersForPayoo: xml = '', CheckSum: given } = formOf(arrived);
    const merchant = merchantOf(office, element(xml, 'shop_id'));
    mustBeSigned(given, sha512((keysOf(merchant)['key'] ?? '') + xml));
    return {
      provider: 'payoo',
      terminal: merchant.terminal,
      reference: element(xml, 'order_no'),
      amount: dongIn(element(xml, 'order_cash_amount')),
      info: element(xml, 'order_description'),
      returnUrl: element(xml, 'shop_back_url'),
      notifyUrl: element(xml, 'notify_url'),
      createdAt: office.now(),
    };
  },
  notice({ order, amount, paid }, merchant, callback) {
    if (!paid) return undefined;
    const { username = '', key = '' } = keysOf(merchant);
    const members = {
      Session: order.reference,
      BusinessUsername: username,
      ShopID: order.terminal,
      OrderNo: order.reference,
      OrderCashAmount: String(amount),
      State: 'PAYMENT_RECEIVED',
    };
    const inner = Object.entries(members).map(([name, text]) => `<${name}>${text}</${name}>`);
    const data = Buffer.from(`<PaymentNotification>${inner.join('')}</PaymentNotification>`).toString('base64');
    const signature = sha512([key, ...Object.values(members)].join('|'));
    const fields = Object.keys(members).join('|');
    const xml = `<PayooConnectionPackage><Data>${data}</Data><Signature>${signature}</Signature><KeyFields>${fields}</KeyFields></PayooConnectionPackage>`;
    const form = new URLSearchParams({ NotifyData: xml });
    return postNotice(order.notifyUrl ?? callback, form.toString(), 'application/x-www-form-urlencoded');
  },
  bend(notice, from, to) {
    const xml = new URLSearchParams(notice.body).get('NotifyData') ?? '';
    const data = element(xml, 'Data');
    const other = Buffer.from(data, 'base64').toString().replaceAll(from, to);
    const form = new URLSearchParams({ NotifyData: xml.replace(data, Buffer.from(other).toString('base64')) });
    return { ...notice, body: form.toString() };
  },
};

const token = (values: readonly (string | undefined)[], key: string): string =>
  createHash('sha256')
    .update(values.join('') + key)
    .digest('hex');

export const megapay: Simulator = {
  id: 'megapay',
  name: { vi: 'VNPT ePay MegaPay', en: 'VNPT ePay MegaPay' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({ terminal: 'MEGATHUPHI', secret: bytes(16) }),
  openPage(arrived, office) {
    const of = formOf(arrived);
    const merchant = merchantOf(office, of['merId']);
    const values = ['timeStamp', 'merTrxId', 'merId', 'amount'].map((name) => of[name]);
    mustBeSigned(of['merchantToken'], token(values, merchant.secret));
    return {
      provider: 'megapay',
      terminal: merchant.terminal,
      reference: of['merTrxId'] ?? '',
      amount: dongIn(of['amount']),
      info: of['goodsNm'] ?? '',
      returnUrl: of['callBackUrl'] ?? '',
      notifyUrl: of['notiUrl'] ?? '',
      createdAt: office.now(),
    };
  },
  notice({ id, order, amount, paid, at }, { secret }, callback) {
    if (!paid) return undefined;
    const signed = {
      resultCd: '00_000',
      timeStamp: compactTime(at),
      merTrxId: order.reference,
      trxId: id,
      merId: order.terminal,
      amount: String(amount),
    };
    const body = JSON.stringify({ ...signed, merchantToken: token(Object.values(signed), secret) });
    return postNotice(order.notifyUrl ?? callback, body, 'application/json');
  },
};

const checkSum = (values: readonly (string | undefined)[], key: string | undefined): string =>
  createHmac('sha256', key ?? '')
    .update(values.join('|'))
    .digest('hex');
const KEYPAY_SIGNED = ['addition_fee', 'client_id', 'command', 'trans_amount', 'transaction_id', 'version'] as const;

export const keypayDvcqg: Simulator = {
  id: 'keypay-dvcqg',
  name: { vi: 'KeyPay – Cổng Dịch vụ công Quốc gia', en: 'KeyPay – National Public Service Portal' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({
    terminal: 'KEYTHUPHI',
    secret: JSON.stringify({ hashKey1: bytes(16), hashKey2: bytes(16) }),
  }),
  openPage(arrived, office) {
    const of = formOf(arrived);
    const merchant = merchantOf(office, of['client_id']);
    const values = KEYPAY_SIGNED.map((name) => of[name]);
    mustBeSigned(of['check_sum'], checkSum(values, keysOf(merchant)['hashKey1']));
    if (of['command'] !== 'PAY') throw new Refused('no order');
    return {
      provider: 'keypay-dvcqg',
      terminal: merchant.terminal,
      reference: of['transaction_id'] ?? '',
      amount: dongIn(of['trans_amount']),
      info: of['description'] ?? '',
      returnUrl: of['return_url'] ?? '',
      createdAt: office.now(),
    };
  },
  notice({ order, amount, paid }, merchant, callback) {
    if (!paid) return undefined;
    const signed: Record<(typeof KEYPAY_SIGNED)[number], string> = {
      addition_fee: '0',
      client_id: order.terminal,
      command: 'PAY',
      trans_amount: String(amount),
      transaction_id: order.reference,
      version: '3.0',
    };
    const check_sum = checkSum(Object.values(signed), keysOf(merchant)['hashKey2']);
    return postNotice(callback, JSON.stringify({ ...signed, status: '0', check_sum }), 'application/json');
  },
};
