import * as z from 'zod';
import { lazy } from '../../domain/lazy.ts';
import type { Dong } from '../../domain/money/dong.ts';
import {
  InvalidCallback,
  type PayableAccount,
  type PaymentQuestion,
  type ProviderNotice,
  type ProviderRequest,
  type ProviderResponse,
  type RefundAnswer,
  type RefundOrder,
} from '../../domain/payment/provider.ts';
import { compactVietnamTime, readCompactVietnamTime } from '../../domain/time.ts';
import { manifest } from './manifest.ts';
import { isSigned, sign } from './signature.ts';
import { dongOf, plain, transactionIdOf, VERSION, wireAmount } from './wire.ts';

/**
 * Questions and refunds: JSON to one address, signed over values in a fixed order with `|` between them. Source:
 * sandbox.vnpayment.vn/apis/docs/truy-van-hoan-tien/querydr&refund.html.
 */

/** A refund names who ordered it; a name of a person does not leave the house. */
const CREATED_BY = 'thuphi';
/** Longest answer that is kept as evidence, in bytes; real ones have some 600. */
const MAX_ANSWER_BYTES = 8_192;

type Fields = Readonly<Record<string, string>>;

const QUERY_SIGNED = [
  'RequestId',
  'Version',
  'Command',
  'TmnCode',
  'TxnRef',
  'TransactionDate',
  'CreateDate',
  'IpAddr',
  'OrderInfo',
];
const REFUND_SIGNED = [
  'RequestId',
  'Version',
  'Command',
  'TmnCode',
  'TransactionType',
  'TxnRef',
  'Amount',
  'TransactionNo',
  'TransactionDate',
  'CreateBy',
  'CreateDate',
  'IpAddr',
  'OrderInfo',
];
const REFUND_ANSWER_SIGNED = [
  'ResponseId',
  'Command',
  'ResponseCode',
  'Message',
  'TmnCode',
  'TxnRef',
  'Amount',
  'BankCode',
  'PayDate',
  'TransactionNo',
  'TransactionType',
  'TransactionStatus',
  'OrderInfo',
];
const QUERY_ANSWER_SIGNED = [...REFUND_ANSWER_SIGNED, 'PromotionCode', 'PromotionAmount'];

/** What is signed: the values of these fields in this order; a missing one is empty, yet keeps its place. */
const signedValues = (fields: Fields, names: readonly string[]): string =>
  names.map((name) => fields[`vnp_${name}`] ?? '').join('|');

/** A signed request. Throws nothing; the fields are ours. */
export function transactionRequest(
  url: string,
  fields: Fields,
  signed: 'querydr' | 'refund',
  secret: string,
): ProviderRequest {
  const text = signedValues(fields, signed === 'querydr' ? QUERY_SIGNED : REFUND_SIGNED);
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...fields, vnp_SecureHash: sign(text, secret) }),
  };
}

/** Unique per day at VNPAY, at most 32 letters and digits: the reference and the instant of the question. */
const questionId = ({ reference, askedAt }: { reference: string; askedAt: number }): string =>
  `Q${reference}${askedAt.toString(36).toUpperCase()}`;

export function queryRequest(url: string, question: PaymentQuestion, account: PayableAccount): ProviderRequest {
  return transactionRequest(url, queryFields(question, account.terminal), 'querydr', account.secret);
}

function queryFields(question: Omit<PaymentQuestion, 'amount'>, terminal: string): Fields {
  return {
    vnp_RequestId: questionId(question),
    vnp_Version: VERSION,
    vnp_Command: 'querydr',
    vnp_TmnCode: terminal,
    vnp_TxnRef: question.reference,
    vnp_OrderInfo: `Truy van ${question.reference}`,
    vnp_TransactionDate: compactVietnamTime(question.createdAt),
    vnp_CreateDate: compactVietnamTime(question.askedAt),
    vnp_IpAddr: question.payerIp,
  };
}

/** The answer to a question as if it had been called back. Throws {@link InvalidCallback} for what VNPAY did not sign. */
export function readQueryAnswer(
  response: ProviderResponse,
  { reference }: { reference: string },
  account: PayableAccount,
): ProviderNotice | { outcome: 'unknown'; resultCode: string } {
  const answer = signedAnswer(response, 'querydr', account);
  if ('unknown' in answer) return { outcome: 'unknown', resultCode: answer.unknown };
  const { fields, text } = answer;
  const of = (name: string) => fields[`vnp_${name}`] ?? '';
  // Not found, asked too soon, our own mistake, no time: none of these says what became of the payment.
  if (of('ResponseCode') !== '00') return { outcome: 'unknown', resultCode: of('ResponseCode').slice(0, 64) };
  if (of('TxnRef') !== reference) throw new InvalidCallback(manifest.id, 'ambiguous');
  const amount = dongOf(of('Amount'));
  return {
    providerId: manifest.id,
    terminal: account.terminal,
    reference,
    outcome: outcomeOf(of('TransactionType'), of('TransactionStatus'), amount),
    amount,
    currency: 'VND',
    transactionId: transactionIdOf(of('TransactionNo')),
    paidAt: readCompactVietnamTime(of('PayDate')) ?? null,
    resultCode: `${of('ResponseCode')}/${of('TransactionStatus')}`.slice(0, 64),
    evidence: text,
  };
}

/**
 * Table of vnp_TransactionStatus. 04 (debited at the payer's bank, unsuccessful at VNPAY) is told as the callback tells it;
 * 07 (suspected) and whatever tells of a refund have money behind them: a person looks. A status that came after this was
 * written is asked about again.
 */
function outcomeOf(type: string, status: string, amount: Dong | null): ProviderNotice['outcome'] {
  if (type !== '01' && type !== '') return 'review';
  if (status === '00') return amount === null ? 'review' : 'paid';
  if (status === '02') return 'declined';
  if (status === '04') return 'limbo';
  return status === '07' ? 'review' : 'pending';
}

export function refundRequest(url: string, order: RefundOrder, account: PayableAccount): ProviderRequest {
  const fields = {
    // The same on every retry: VNPAY answers 94 to a request that it has already, and refunds nothing twice.
    vnp_RequestId: `R${order.refundReference}`,
    vnp_Version: VERSION,
    vnp_Command: 'refund',
    vnp_TmnCode: account.terminal,
    vnp_TransactionType: refundType(order),
    vnp_TxnRef: order.reference,
    vnp_Amount: wireAmount(order.amount),
    // `0` stands for unknown in what is signed, so it is sent as well.
    vnp_TransactionNo: order.transactionId === '' ? '0' : order.transactionId,
    vnp_TransactionDate: compactVietnamTime(order.attemptCreatedAt),
    vnp_CreateBy: CREATED_BY,
    vnp_CreateDate: compactVietnamTime(order.requestedAt),
    vnp_IpAddr: NO_PAYER_IP,
    vnp_OrderInfo: plain(order.description),
  };
  return transactionRequest(url, fields, 'refund', account.secret);
}

/** A refund is ordered by us, not by a payer: an address of documentation stands for one (RFC 5737). */
const NO_PAYER_IP = '192.0.2.1';

const refundType = ({ amount, paid }: RefundOrder): '02' | '03' => (amount === paid ? '02' : '03');

/** Nothing will be refunded under this request. Older table of refunds; all else may still have been done. */
const REFUND_REFUSED = new Set(['02', '03', '04', '13', '91', '93', '95']);

export function readRefundAnswer(
  response: ProviderResponse,
  order: RefundOrder,
  account: PayableAccount,
): RefundAnswer {
  const answer = signedAnswer(response, 'refund', account);
  if ('unknown' in answer) return { outcome: 'unknown', resultCode: answer.unknown };
  const of = (name: string) => answer.fields[`vnp_${name}`] ?? '';
  const code = of('ResponseCode');
  if (code !== '00') {
    const outcome = code === '94' ? 'pending' : REFUND_REFUSED.has(code) ? 'refused' : 'unknown';
    return { outcome, resultCode: code.slice(0, 64) };
  }
  if (!tellsOf(order, of)) throw new InvalidCallback(manifest.id, 'ambiguous');
  return refundTold(of);
}

/** Whether a signed answer tells of this refund: same order, same kind, same amount. */
const tellsOf = (order: RefundOrder, of: (name: string) => string): boolean =>
  of('TxnRef') === order.reference &&
  of('TransactionType') === refundType(order) &&
  of('Amount') === wireAmount(order.amount);

/** vnp_TransactionStatus of a refund: 05 is at work, 06 was sent to the bank, 09 was rejected by it. */
function refundTold(of: (name: string) => string): RefundAnswer {
  const status = of('TransactionStatus');
  const outcome = status === '09' ? 'refused' : status === '00' ? 'refunded' : 'pending';
  const id = transactionIdOf(of('TransactionNo'));
  return { outcome, resultCode: `00/${status}`.slice(0, 64), ...(id && { providerRefundId: id }) };
}

/** What became of a refund that was not final: the same question as about a payment, whose answer names its last step. */
export function refundQuestion(
  url: string,
  order: RefundOrder,
  account: PayableAccount,
  askedAt: number,
): ProviderRequest {
  const question = { reference: order.reference, createdAt: order.attemptCreatedAt, askedAt, payerIp: NO_PAYER_IP };
  return transactionRequest(url, queryFields(question, account.terminal), 'querydr', account.secret);
}

/** VNPAY tells of the last step: of the payment (01, paid) where nothing followed it. Another refund says nothing of this. */
export function readRefundTold(response: ProviderResponse, order: RefundOrder, account: PayableAccount): RefundAnswer {
  const answer = signedAnswer(response, 'querydr', account);
  if ('unknown' in answer) return { outcome: 'unknown', resultCode: answer.unknown };
  const of = (name: string) => answer.fields[`vnp_${name}`] ?? '';
  if (of('ResponseCode') === '00' && tellsOf(order, of)) return refundTold(of);
  const told = ['ResponseCode', 'TxnRef', 'TransactionType', 'TransactionStatus'].map(of).join();
  return {
    outcome: 'unknown',
    resultCode: `${of('ResponseCode')}/${of('TransactionStatus')}`.slice(0, 64),
    ...(told === ['00', order.reference, '01', '00'].join() && { unheardOf: true }),
  };
}

const Answer = lazy(() => z.record(z.string(), z.union([z.string(), z.number(), z.null()])));

/** The fields of an answer that VNPAY signed for this terminal, or why it is no answer at all. */
function signedAnswer(
  { status, body }: ProviderResponse,
  command: 'querydr' | 'refund',
  account: PayableAccount,
): { fields: Fields; text: string } | { unknown: string } {
  // What stands before VNPAY answers its outages, unsigned and not in JSON.
  if (status !== 200) return { unknown: `HTTP ${status}` };
  if (body.length > MAX_ANSWER_BYTES) throw new InvalidCallback(manifest.id, 'malformed');
  const text = Buffer.from(body).toString('utf8');
  const fields = fieldsOf(text);
  const names = command === 'querydr' ? QUERY_ANSWER_SIGNED : REFUND_ANSWER_SIGNED;
  if (!isSigned(signedValues(fields, names), fields['vnp_SecureHash'] ?? '', [account.secret]))
    throw new InvalidCallback(manifest.id, 'signature');
  if (fields['vnp_TmnCode'] !== account.terminal) throw new InvalidCallback(manifest.id, 'unknownTerminal');
  // Both kinds of answer are signed with one key: one must not be read as the other.
  if (fields['vnp_Command'] !== command) throw new InvalidCallback(manifest.id, 'ambiguous');
  return { fields, text };
}

function fieldsOf(text: string): Fields {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new InvalidCallback(manifest.id, 'malformed');
  }
  const parsed = Answer.safeParse(read);
  if (!parsed.success) throw new InvalidCallback(manifest.id, 'malformed');
  return Object.fromEntries(
    Object.entries(parsed.data).map(([name, value]) => [name, value === null ? '' : `${value}`]),
  );
}
