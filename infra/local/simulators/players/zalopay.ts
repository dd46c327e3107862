import { createHmac } from 'node:crypto';
import {
  dongIn,
  json,
  keysOf,
  type Merchant,
  merchantOf,
  mustBeSigned,
  postNotice,
  type Simulator,
} from '../speech.ts';

/** ZaloPay OpenAPI v2: create, query, refund, query_refund, callback. Source: docs.zalopay.vn/docs/specs. */

type Body = Record<string, string | number>;

const mac = (key: string | undefined, text: string): string =>
  createHmac('sha256', key ?? '')
    .update(text)
    .digest('hex');

const SIGNED = {
  '/v2/create': 'app_id app_trans_id app_user amount app_time embed_data item',
  '/v2/query': 'app_id app_trans_id',
  '/v2/refund': 'app_id zp_trans_id amount description timestamp',
  '/v2/query_refund': 'app_id m_refund_id timestamp',
} as const;

function expected(path: keyof typeof SIGNED, body: Body, merchant: Merchant): string {
  const { key1 = '' } = keysOf(merchant);
  const text = SIGNED[path].split(' ').map((name) => body[name]);
  return mac(key1, [...text, ...(path === '/v2/query' ? [key1] : [])].join('|'));
}

export const zalopay: Simulator = {
  id: 'zalopay',
  name: { vi: 'Ví ZaloPay', en: 'ZaloPay wallet' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({ terminal: '99001', secret: JSON.stringify({ key1: bytes(16), key2: bytes(16) }) }),

  answer({ path, body: text }, office) {
    if (!Object.hasOwn(SIGNED, path)) return json({}, 404);
    const body = JSON.parse(text) as Body;
    const merchant = merchantOf(office, String(body['app_id']));
    mustBeSigned(String(body['mac']), expected(path as keyof typeof SIGNED, body, merchant));
    const reference = String(body['app_trans_id']);
    if (path === '/v2/create') {
      const { redirecturl = '' } = JSON.parse(String(body['embed_data'])) as { redirecturl?: string };
      office.open({
        provider: 'zalopay',
        terminal: merchant.terminal,
        reference,
        amount: dongIn(body['amount']),
        info: String(body['description']),
        returnUrl: redirecturl,
        notifyUrl: String(body['callback_url']),
        createdAt: Number(body['app_time']),
      });
      return json({ return_code: 1, order_url: `${office.url}/pay?order=${encodeURIComponent(reference)}` });
    }
    if (path === '/v2/query_refund') {
      const known = office.refunded(String(body['m_refund_id']));
      return json(known ? { return_code: 1 } : { return_code: 2, sub_return_code: -101 });
    }
    if (path === '/v2/refund') {
      const transaction = office.transaction(String(body['zp_trans_id']));
      const amount = dongIn(body['amount']);
      const given = transaction?.paid && office.refund(String(body['m_refund_id']), transaction, amount);
      return json(
        given ? { return_code: 1, refund_id: Number(office.newId()) } : { return_code: 2, sub_return_code: -14 },
      );
    }
    const transaction = office.transactionOf(reference);
    const amount = transaction?.amount ?? 0;
    const return_code = transaction === undefined ? 3 : transaction.paid ? 1 : 2;
    return json({ return_code, amount, zp_trans_id: Number(transaction?.id ?? 0) });
  },

  /** Paid orders alone are called back. */
  notice({ id, order, amount, paid, at }, merchant, callback) {
    if (!paid) return undefined;
    const data = JSON.stringify({
      app_id: Number(order.terminal),
      app_trans_id: order.reference,
      app_time: order.createdAt,
      app_user: 'thuphi',
      amount,
      embed_data: '{}',
      item: '[]',
      zp_trans_id: Number(id),
      server_time: at,
      channel: 38,
    });
    const body = JSON.stringify({ data, mac: mac(keysOf(merchant)['key2'], data), type: 1 });
    return postNotice(order.notifyUrl ?? callback, body, 'application/json');
  },
};
