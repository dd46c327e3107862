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
  postNotice,
  type Simulator,
} from './speech.ts';

/** MoMo AIO v2: create, query, refund, IPN. Source: developers.momo.vn v3. */

type Body = Record<string, string | number>;

const NAMES = {
  create: 'accessKey amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType',
  query: 'accessKey orderId partnerCode requestId',
  refund: 'accessKey amount description orderId partnerCode requestId transId',
  notice:
    'accessKey amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime resultCode transId',
} as const;

function signature(what: keyof typeof NAMES, body: Body, merchant: Merchant): string {
  const { accessKey = '', secretKey = '' } = keysOf(merchant);
  const all: Body = { ...body, accessKey };
  const text = NAMES[what].split(' ').map((name) => `${name}=${all[name] ?? ''}`);
  return createHmac('sha256', secretKey).update(text.join('&')).digest('hex');
}

function told(office: Office, reference: string): { resultCode: number; amount: number; transId: number } {
  const transaction = office.transactionOf(reference);
  const resultCode = transaction === undefined ? 1000 : transaction.paid ? 0 : 1006;
  const amount = transaction?.amount ?? office.order(reference)?.amount ?? 0;
  return { resultCode: office.order(reference) ? resultCode : 42, amount, transId: Number(transaction?.id ?? 0) };
}

function create(body: Body, office: Office): Answer {
  const reference = String(body['orderId']);
  office.open({
    provider: 'momo',
    terminal: String(body['partnerCode']),
    reference,
    amount: dongIn(body['amount']),
    info: String(body['orderInfo']),
    returnUrl: String(body['redirectUrl']),
    notifyUrl: String(body['ipnUrl']),
    createdAt: office.now(),
  });
  return json({
    partnerCode: body['partnerCode'],
    orderId: reference,
    requestId: body['requestId'],
    amount: body['amount'],
    responseTime: office.now(),
    message: 'Successful.',
    resultCode: 0,
    payUrl: `${office.url}/pay?order=${encodeURIComponent(reference)}`,
  });
}

export const momo: Simulator = {
  id: 'momo',
  name: { vi: 'Ví MoMo', en: 'MoMo wallet' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({
    terminal: 'MOMOTHUPHI01',
    secret: JSON.stringify({ accessKey: bytes(8), secretKey: bytes(16) }),
  }),

  answer({ path, body: text }, office) {
    const what = { '/v2/gateway/api/create': 'create', '/v2/gateway/api/query': 'query' } as const;
    const message = what[path as keyof typeof what] ?? (path === '/v2/gateway/api/refund' ? 'refund' : undefined);
    if (!message) return json({}, 404);
    const body = JSON.parse(text) as Body;
    const merchant = merchantOf(office, String(body['partnerCode']));
    mustBeSigned(String(body['signature']), signature(message, body, merchant));
    if (message === 'create') return create(body, office);
    const echo = { partnerCode: merchant.terminal, orderId: body['orderId'], requestId: body['requestId'] };
    const around = { ...echo, extraData: '', message: '', responseTime: office.now() };
    if (message === 'query') return json({ ...around, ...told(office, String(body['orderId'])) });
    const transaction = office.transaction(String(body['transId']));
    const amount = dongIn(body['amount']);
    const given = transaction?.paid && office.refund(String(body['requestId']), transaction, amount);
    return json({ ...around, amount, transId: Number(office.newId()), resultCode: given ? 0 : 1081 });
  },

  notice({ id, order, amount, paid, at }, merchant, callback) {
    const body: Body = {
      partnerCode: order.terminal,
      orderId: order.reference,
      requestId: order.reference,
      amount,
      orderInfo: order.info,
      orderType: 'momo_wallet',
      transId: Number(id),
      resultCode: paid ? 0 : 1006,
      message: paid ? 'Successful.' : 'Transaction denied by user.',
      payType: 'qr',
      responseTime: at,
      extraData: '',
    };
    const signed = JSON.stringify({ ...body, signature: signature('notice', body, merchant) });
    return postNotice(order.notifyUrl ?? callback, signed, 'application/json; charset=utf-8');
  },
};
