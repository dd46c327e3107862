import { createHmac } from 'node:crypto';
import {
  type Answer,
  type Arrived,
  compactTime,
  dongIn,
  json,
  type Merchant,
  merchantOf,
  mustBeSigned,
  type Office,
  Refused,
  type Simulator,
} from '../speech.ts';

/** VNPAY PAY 2.1.0: pay page, IPN, querydr and refund. Source: sandbox.vnpayment.vn/apis/docs. */

const hash = (text: string, key: string): string => createHmac('sha512', key).update(text).digest('hex');

/** Sorted by name and form-encoded; what is empty is left out. */
const signedQuery = (fields: Record<string, string>): string =>
  new URLSearchParams(
    Object.entries(fields)
      .filter(([, value]) => value !== '')
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  ).toString();

const values = (fields: Record<string, string>, names: string): string =>
  names
    .split(' ')
    .map((name) => fields[`vnp_${name}`] ?? '')
    .join('|');

const ASKED = 'RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo';
const REFUND_ASKED =
  'RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy CreateDate IpAddr OrderInfo';
const REFUND_ANSWERED =
  'ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType TransactionStatus OrderInfo';
const ANSWERED = `${REFUND_ANSWERED} PromotionCode PromotionAmount`;

const signed = (fields: Record<string, string>, names: string, { secret }: Merchant): Answer =>
  json({ ...fields, vnp_SecureHash: hash(values(fields, names), secret) });

function transactionApi(arrived: Arrived, office: Office): Answer {
  const asked = JSON.parse(arrived.body) as Record<string, string>;
  const merchant = merchantOf(office, asked['vnp_TmnCode']);
  const refund = asked['vnp_Command'] === 'refund';
  mustBeSigned(asked['vnp_SecureHash'], hash(values(asked, refund ? REFUND_ASKED : ASKED), merchant.secret));
  const reference = asked['vnp_TxnRef'] ?? '';
  const common = {
    vnp_ResponseId: office.newId(),
    vnp_Command: refund ? 'refund' : 'querydr',
    vnp_TmnCode: merchant.terminal,
    vnp_TxnRef: reference,
  };
  const names = refund ? REFUND_ANSWERED : ANSWERED;
  const order = office.order(reference);
  const fail = (code: string, why: string) =>
    signed({ ...common, vnp_ResponseCode: code, vnp_Message: why }, names, merchant);
  if (!order) return fail('91', 'Not found');
  const transaction = office.transactionOf(reference);
  const request = asked['vnp_RequestId'] ?? '';
  if (refund) {
    if (office.refunded(request)) return fail('94', 'Duplicate request');
    const amount = dongIn(asked['vnp_Amount'], 100);
    if (!transaction?.paid) return fail('95', 'The payment was not successful');
    if (!office.refund(request, transaction, amount)) return fail('02', 'Exceeded');
  }
  // The last step of the order is told: a refund, where there was one.
  const given = transaction && office.refundsOf(transaction).at(-1);
  const kind = given && (given.amount === transaction.amount ? '02' : '03');
  const status = transaction === undefined ? '01' : transaction.paid ? '00' : '02';
  const fields = {
    ...common,
    vnp_ResponseCode: '00',
    vnp_Message: 'OK',
    vnp_Amount: `${given?.amount ?? transaction?.amount ?? order.amount}00`,
    vnp_BankCode: 'NCB',
    vnp_PayDate: compactTime(transaction?.at ?? order.createdAt),
    vnp_TransactionNo: given?.id ?? transaction?.id ?? '0',
    vnp_TransactionType: kind ?? '01',
    vnp_TransactionStatus: status,
    vnp_OrderInfo: order.info,
  };
  return signed(fields, names, merchant);
}

export const vnpay: Simulator = {
  id: 'vnpay',
  name: { vi: 'Cổng thanh toán VNPAY', en: 'VNPAY gateway' },
  amountOnTheWire: (amount) => `${amount}00`,
  hireMerchant: (bytes) => ({ terminal: 'THUPHI01', secret: bytes(16).toUpperCase() }),

  openPage({ query }, office) {
    const { vnp_SecureHash: given = '', ...fields } = Object.fromEntries(new URLSearchParams(query));
    const of = (name: string) => fields[`vnp_${name}`] ?? '';
    mustBeSigned(given, hash(signedQuery(fields), merchantOf(office, of('TmnCode')).secret));
    if (of('Version') !== '2.1.0' || of('Command') !== 'pay' || of('CurrCode') !== 'VND') throw new Refused('no order');
    if (of('ExpireDate') < compactTime(office.now())) throw new Refused('the order has expired');
    return {
      provider: 'vnpay',
      terminal: of('TmnCode'),
      reference: of('TxnRef'),
      amount: dongIn(of('Amount'), 100),
      info: of('OrderInfo'),
      returnUrl: of('ReturnUrl'),
      createdAt: office.now(),
    };
  },

  answer: (arrived, office) =>
    arrived.path === '/merchant_webapi/api/transaction' ? transactionApi(arrived, office) : json({}, 404),

  notice({ id, order, amount, paid, at }, { secret }, callback) {
    const query = signedQuery({
      vnp_Amount: `${amount}00`,
      vnp_BankCode: 'NCB',
      vnp_OrderInfo: order.info,
      vnp_PayDate: compactTime(at),
      vnp_ResponseCode: paid ? '00' : '24',
      vnp_TmnCode: order.terminal,
      vnp_TransactionNo: id,
      vnp_TransactionStatus: paid ? '00' : '02',
      vnp_TxnRef: order.reference,
    });
    return { method: 'GET', url: `${callback}?${query}&vnp_SecureHash=${hash(query, secret)}`, headers: {}, body: '' };
  },
};
