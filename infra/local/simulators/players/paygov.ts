import { createHash } from 'node:crypto';
import {
  compactTime,
  dongIn,
  json,
  keysOf,
  type Merchant,
  merchantOf,
  mustBeSigned,
  postNotice,
  type Simulator,
} from '../speech.ts';

/** PayGov, as newer OpenCPS speaks with it; its checksums are those that are assumed of it. */

const ORDER = ['returnUrl', 'orderId', 'amount', 'orderInfo', 'requestCode', 'ipAddress', 'serviceCode'];

function checksum(values: readonly unknown[], merchant: Merchant): string {
  const { secretKey, accessKey } = keysOf(merchant);
  return createHash('sha256')
    .update([secretKey, merchant.terminal, accessKey, ...values].join(''))
    .digest('hex');
}

export const paygov: Simulator = {
  id: 'paygov',
  name: { vi: 'Cổng thanh toán PayGov', en: 'PayGov gateway' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({
    terminal: 'PAYGOVTHUPHI',
    secret: JSON.stringify({ accessKey: bytes(8), secretKey: bytes(16), serviceCode: 'DVC01', token: bytes(16) }),
  }),

  answer({ body }, office) {
    const of = JSON.parse(body) as Record<string, string>;
    const merchant = merchantOf(office, of['partnerCode']);
    mustBeSigned(
      of['checksum'],
      checksum(
        ORDER.map((name) => of[name]),
        merchant,
      ),
    );
    const reference = of['orderId'] ?? '';
    office.open({
      provider: 'paygov',
      terminal: merchant.terminal,
      reference,
      amount: dongIn(of['amount']),
      info: of['orderInfo'] ?? '',
      returnUrl: of['returnUrl'] ?? '',
      createdAt: office.now(),
    });
    const url = `${office.url}/pay?order=${encodeURIComponent(reference)}`;
    return json({ error_code: 'SUCCESSFUL', data: { url } });
  },

  /** Only "paid" is known. */
  notice({ id, order, amount, paid, at }, merchant, callback) {
    if (!paid) return undefined;
    const message = {
      amount: String(amount),
      orderId: order.reference,
      orderInfo: order.info,
      requestCode: order.reference,
      transactionNo: id,
      payDate: compactTime(at),
      payGate: 'VNPAY',
      errorCode: '00',
      type: '1',
      transactionCode: id,
    };
    const body = JSON.stringify({ ...message, checksum: checksum(Object.values(message), merchant) });
    return postNotice(`${callback}?terminal=${order.terminal}`, body, 'application/json');
  },
};
