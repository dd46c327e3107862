import type { Dong } from '../../domain/money/dong.ts';
import {
  type Acknowledgement,
  InvalidCallback,
  type PayableAccount,
  type PaymentOrder,
  type PaymentProvider,
  type ProviderAnswer,
  type ProviderNotice,
  type RawCallback,
} from '../../domain/payment/provider.ts';
import { Terminal } from '../../domain/registry/registry.ts';
import { compactVietnamTime, readCompactVietnamTime } from '../../domain/time.ts';
import { manifest } from './manifest.ts';
import { isPlain, isSigned, otherTexts, sign, signedText } from './signature.ts';
import {
  queryRequest,
  readQueryAnswer,
  readRefundAnswer,
  readRefundTold,
  refundQuestion,
  refundRequest,
} from './transaction.ts';
import { dongOf, plain, transactionIdOf, VERSION, wireAmount } from './wire.ts';

/** The shop category that VNPAY gives to payments for public services. */
const ORDER_TYPE = '250000';

/** A hash secret as VNPAY hands it out, with room for other lengths; a space or a line break came along by mistake. */
const SECRET_FORM = /^[!-~]{8,128}$/;

/** Longest callback query that is read, in bytes; real ones have some 420. */
const MAX_QUERY_BYTES = 4096;
/** Longest that a notice holds of a currency, in characters; VNPAY's own is 3. */
const MAX_CURRENCY = 8;

/** Final refusals by the payer's bank or the payer. Source: PAY 2.1.0, table of vnp_ResponseCode. */
const DECLINED = new Set(['09', '10', '11', '12', '13', '24', '51', '65', '75', '79', '99']);

const answers: Record<Acknowledgement, { RspCode: string; Message: string }> = {
  accepted: { RspCode: '00', Message: 'Confirm Success' },
  duplicate: { RspCode: '02', Message: 'Order already confirmed' },
  unknownOrder: { RspCode: '01', Message: 'Order not found' },
  wrongAmount: { RspCode: '04', Message: 'Invalid amount' },
  badSignature: { RspCode: '97', Message: 'Invalid signature' },
  // Spelt as in VNPAY's own samples. 97 and 99 make it call again, 5 minutes apart, at most 10 times.
  tryAgain: { RspCode: '99', Message: 'Unknow error' },
};

/**
 * VNPAY: redirect with a signed address, and a signed GET (IPN) that tells the outcome. `transactionUrl` is where it is
 * asked and told to refund; who only reads callbacks needs none.
 */
export const vnpay = (config: { payUrl: string; transactionUrl?: string }): PaymentProvider => ({
  manifest,

  acceptsSecret: (secret) => SECRET_FORM.test(secret),

  begin(order: PaymentOrder, account: PayableAccount) {
    const fields = new Map([
      ['vnp_Amount', wireAmount(order.amount)],
      ['vnp_Command', 'pay'],
      ['vnp_CreateDate', compactVietnamTime(order.createdAt)],
      ['vnp_CurrCode', 'VND'],
      ['vnp_ExpireDate', compactVietnamTime(order.expiresAt)],
      ['vnp_IpAddr', order.payerIp],
      ['vnp_Locale', order.language === 'vi' ? 'vn' : 'en'],
      ['vnp_OrderInfo', plain(order.description)],
      ['vnp_OrderType', ORDER_TYPE],
      ['vnp_ReturnUrl', order.returnUrl],
      ['vnp_TmnCode', account.terminal],
      ['vnp_TxnRef', order.reference],
      ['vnp_Version', VERSION],
    ]);
    return { kind: 'redirect', url: payUrl(config.payUrl, fields, account.secret) };
  },

  query: {
    request: (question, account) => queryRequest(config.transactionUrl ?? '', question, account),
    read: readQueryAnswer,
  },

  refunds: {
    request: (order, account) => refundRequest(config.transactionUrl ?? '', order, account),
    read: readRefundAnswer,
    ask: (order, account, askedAt) => refundQuestion(config.transactionUrl ?? '', order, account, askedAt),
    told: readRefundTold,
  },

  terminalOf(callback) {
    const terminal = readQuery(callback).fields.get('vnp_TmnCode');
    const parsed = Terminal.safeParse(terminal);
    if (!parsed.success) throw new InvalidCallback(manifest.id, 'malformed');
    return parsed.data;
  },

  read(callback, keys) {
    const { fields, asSent } = readQuery(callback);
    const signature = fields.get('vnp_SecureHash') ?? '';
    const signs = (text: string) => isSigned(text, signature, keys);
    if (!signs(signedText(fields, asSent)) && !otherTexts(callback.rawQuery, fields).some(signs))
      throw new InvalidCallback(manifest.id, 'signature');
    // The address that starts a payment is signed alike, and everybody who pays has one.
    if (!fields.get('vnp_ResponseCode') && !fields.get('vnp_TransactionStatus'))
      throw new InvalidCallback(manifest.id, 'malformed');
    return toNotice(fields, callback.rawQuery);
  },

  acknowledge(acknowledgement): ProviderAnswer {
    return { status: 200, contentType: 'application/json', body: JSON.stringify(answers[acknowledgement]) };
  },
});

/** The address that starts a payment: the signed text, then its signature. */
export function payUrl(base: string, fields: ReadonlyMap<string, string>, secret: string): string {
  const text = signedText(fields);
  return `${base}?${text}&vnp_SecureHash=${sign(text, secret)}`;
}

/** What was read of a callback: whose terminal it is, and what it says, are asked one after the other. */
const readOf = new WeakMap<RawCallback, Query>();

/** Values by key; and as they were sent, those that were sent as they are signed. */
type Query = { fields: ReadonlyMap<string, string>; asSent: ReadonlyMap<string, string> };

/** Decoded once, strictly. A repeated parameter is refused: two readers of it could see two amounts. */
function readQuery(callback: RawCallback): Query {
  const known = readOf.get(callback);
  if (known) return known;
  const { method, rawQuery } = callback;
  if (method !== 'GET' || rawQuery.length > MAX_QUERY_BYTES) throw new InvalidCallback(manifest.id, 'malformed');
  const fields = new Map<string, string>();
  const asSent = new Map<string, string>();
  for (const pair of rawQuery.split('&').filter(Boolean)) {
    const split = pair.indexOf('=');
    const key = decode(split < 0 ? pair : pair.slice(0, split));
    const value = split < 0 ? '' : decode(pair.slice(split + 1));
    if (fields.has(key)) throw new InvalidCallback(manifest.id, 'ambiguous');
    fields.set(key, value);
    if (isPlain(pair)) asSent.set(key, pair);
  }
  const query = { fields, asSent };
  readOf.set(callback, query);
  return query;
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new InvalidCallback(manifest.id, 'malformed');
  }
}

function toNotice(fields: ReadonlyMap<string, string>, evidence: string): ProviderNotice {
  const text = (name: string) => fields.get(`vnp_${name}`) ?? '';
  const amount = dongOf(text('Amount'));
  const paidAt = readCompactVietnamTime(text('PayDate')) ?? null;
  return {
    providerId: manifest.id,
    terminal: text('TmnCode'),
    reference: text('TxnRef').slice(0, 128),
    outcome: outcomeOf(text('ResponseCode'), text('TransactionStatus'), amount),
    amount,
    currency: (text('CurrCode') || 'VND').slice(0, MAX_CURRENCY),
    transactionId: transactionIdOf(text('TransactionNo')),
    paidAt,
    resultCode: `${text('ResponseCode')}/${text('TransactionStatus')}`.slice(0, 64),
    evidence,
  };
}

const REVERSED = '04';

/**
 * Paid only if both codes say so. A final refusal is one by both tables. 04 is debited at the payer's bank and unsuccessful
 * at VNPAY (PAY 2.1.0, codes of TransactionStatus): never ours, so there is nothing to take back, and not failed either.
 * Whatever else is signed may have money behind it (07 suspected, a code that came after this was written): a person looks,
 * nobody guesses.
 */
function outcomeOf(responseCode: string, status: string, amount: Dong | null): ProviderNotice['outcome'] {
  if (status === '01') return 'pending';
  if (status === REVERSED) return 'limbo';
  if (status === '02' && DECLINED.has(responseCode)) return 'declined';
  if (status === '00' && responseCode === '00' && amount !== null) return 'paid';
  return 'review';
}
