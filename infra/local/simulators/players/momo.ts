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
} from '../speech.ts';

/** MoMo AIO v2: create, query, refund and its query, IPN. Source: developers.momo.vn v3. */

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

/** The refunds of the payment to which this one belongs. */
function refundsLike(office: Office, refund: string) {
  const of = office.transactions().find((one) => office.refundsOf(one).some(({ request }) => request === refund));
  const refundTrans = (of ? office.refundsOf(of) : []).map(({ request, id, amount }) => ({
    orderId: request,
    amount,
    resultCode: 0,
    transId: Number(id),
    createdTime: of?.at,
  }));
  return { resultCode: of ? 0 : 42, refundTrans };
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
    const what = { create: 'create', query: 'query', refund: 'refund', 'refund/query': 'query' } as const;
    const call = path.replace('/v2/gateway/api/', '') as keyof typeof what;
    const message = what[call];
    if (!message) return json({}, 404);
    const body = JSON.parse(text) as Body;
    const merchant = merchantOf(office, String(body['partnerCode']));
    mustBeSigned(String(body['signature']), signature(message, body, merchant));
    if (call === 'create') return create(body, office);
    const echo = { partnerCode: merchant.terminal, orderId: body['orderId'], requestId: body['requestId'] };
    const around = { ...echo, extraData: '', message: '', responseTime: office.now() };
    if (call === 'query') return json({ ...around, ...told(office, String(body['orderId'])) });
    if (call === 'refund/query') return json({ ...around, ...refundsLike(office, String(body['orderId'])) });
    const transaction = office.transaction(String(body['transId']));
    const amount = dongIn(body['amount']);
    const request = String(body['orderId']);
    const given = transaction?.paid && office.refund(request, transaction, amount);
    const { id } = (transaction && office.refundsOf(transaction).find((one) => one.request === request)) ?? {};
    return json({ ...around, amount, transId: Number(id ?? 0), resultCode: given ? 0 : 1081 });
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
