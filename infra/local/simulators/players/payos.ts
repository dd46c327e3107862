import { createHmac } from 'node:crypto';
import {
  type Answer,
  type Arrived,
  dongIn,
  json,
  keysOf,
  type Merchant,
  mustBeSigned,
  type Office,
  postNotice,
  Refused,
  type Simulator,
  vietnamTime,
} from '../speech.ts';

/** payOS v2: payment-requests (create, ask and cancel), webhook. Source: payos.vn/docs. */

type Data = Record<string, unknown>;

function signature(data: Data, merchant: Merchant): string {
  const text = Object.keys(data)
    .sort()
    .map((name) => `${name}=${Array.isArray(data[name]) ? JSON.stringify(data[name]) : (data[name] ?? '')}`);
  return createHmac('sha256', keysOf(merchant)['checksumKey'] ?? '')
    .update(text.join('&'))
    .digest('hex');
}

/** By the two keys in the headers: the request itself names no account. */
function caller({ headers }: Arrived, { merchants }: Office): Merchant {
  const found = merchants.find((one) => {
    const { clientId, apiKey } = keysOf(one);
    return headers['x-client-id'] === clientId && headers['x-api-key'] === apiKey;
  });
  if (!found) throw new Refused('unknown client');
  return found;
}

const signedAnswer = (data: Data, merchant: Merchant): Answer =>
  json({ code: '00', desc: 'success', data, signature: signature(data, merchant) });

/** The members of its transactions stand in the order of their names, as they are signed. */
function status(reference: string, merchant: Merchant, office: Office): Answer {
  const order = office.order(reference);
  if (!order) return json({ code: '101', desc: 'not found' });
  const paid = office.transactionOf(reference);
  const transaction = paid?.paid && {
    accountNumber: order.terminal,
    amount: paid.amount,
    description: order.info,
    reference: paid.id,
    transactionDateTime: `${vietnamTime(paid.at).replace(' ', 'T')}+07:00`,
  };
  const state = order.withdrawn ? 'CANCELLED' : paid === undefined ? 'PENDING' : paid.paid ? 'PAID' : 'CANCELLED';
  const data = {
    id: `sim${order.reference}`,
    orderCode: Number(order.reference),
    amount: order.amount,
    amountPaid: paid?.paid ? paid.amount : 0,
    status: state,
    transactions: transaction ? [transaction] : [],
  };
  return signedAnswer(data, merchant);
}

/** Only what nobody has paid yet can be cancelled. */
function cancel(reference: string, merchant: Merchant, office: Office): Answer {
  const order = office.order(reference);
  if (!order || office.transactionOf(reference)) return json({ code: '14', desc: 'cannot be cancelled' });
  office.withdraw(order);
  return status(reference, merchant, office);
}

function create(arrived: Arrived, merchant: Merchant, office: Office): Answer {
  const body = JSON.parse(arrived.body) as Data;
  const names = ['amount', 'cancelUrl', 'description', 'orderCode', 'returnUrl'];
  const signed = Object.fromEntries(names.map((name) => [name, body[name]]));
  mustBeSigned(String(body['signature']), signature(signed, merchant));
  const reference = String(body['orderCode']);
  office.open({
    provider: 'payos',
    terminal: merchant.terminal,
    reference,
    amount: dongIn(body['amount']),
    info: String(body['description']),
    returnUrl: String(body['returnUrl']),
    createdAt: office.now(),
  });
  const checkoutUrl = `${office.url}/pay?order=${encodeURIComponent(reference)}`;
  const data = {
    accountNumber: merchant.terminal,
    amount: body['amount'],
    description: body['description'],
    orderCode: Number(reference),
    currency: 'VND',
    paymentLinkId: `sim${reference}`,
    status: 'PENDING',
    expiredAt: body['expiredAt'] ?? null,
    checkoutUrl,
  };
  return signedAnswer(data, merchant);
}

const PATH = '/v2/payment-requests';

export const payos: Simulator = {
  id: 'payos',
  name: { vi: 'Chuyển khoản qua payOS', en: 'Bank transfer through payOS' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({
    terminal: '113366660001',
    secret: JSON.stringify({ clientId: bytes(8), apiKey: bytes(8), checksumKey: bytes(16) }),
  }),

  answer(arrived, office) {
    const merchant = caller(arrived, office);
    if (arrived.path === PATH) return create(arrived, merchant, office);
    const [, reference = '', act] = new RegExp(`^${PATH}/([0-9]+)(/cancel)?$`).exec(arrived.path) ?? [];
    if (arrived.method === 'POST' && act) return cancel(reference, merchant, office);
    if (arrived.method === 'GET' && reference) return status(reference, merchant, office);
    return json({}, 404);
  },

  /** It tells of credits; an order that was given up is cancelled in silence. */
  notice({ id, order, amount, paid, at }, merchant, callback) {
    if (!paid) return undefined;
    const data = {
      orderCode: Number(order.reference),
      amount,
      description: order.info,
      accountNumber: order.terminal,
      reference: id,
      transactionDateTime: vietnamTime(at),
      currency: 'VND',
      paymentLinkId: `sim${order.reference}`,
      code: '00',
      desc: 'success',
      counterAccountName: null,
    };
    const body = { code: '00', desc: 'success', success: true, data, signature: signature(data, merchant) };
    return postNotice(`${callback}?terminal=${order.terminal}`, JSON.stringify(body), 'application/json');
  },
};
