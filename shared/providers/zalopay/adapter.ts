import type {
  Acknowledgement,
  PayableAccount,
  PaymentProvider,
  ProviderNotice,
  ProviderResponse,
  RawCallback,
  RefundAnswer,
  RefundOrder,
} from '../../domain/payment/provider.ts';
import { type Instant, SECOND_MILLISECONDS, shortVietnamDay } from '../../domain/time.ts';
import {
  answerMembers,
  bodyText,
  callbackUrl,
  hostAt,
  jsonAnswer,
  type Members,
  type Place,
  partsOfSecret,
  plainText,
  postJson,
  readMembers,
  refusing,
  terminalIn,
  transactionName,
  wholeDong,
} from '../wire.ts';
import { API_URL, manifest } from './manifest.ts';
import { isSigned, mac, type SIGNED, signedText } from './signature.ts';

/** Who pays, as ZaloPay is told: nobody in particular. */
const APP_USER = 'thuphi';
const MAX_DESCRIPTION = 256;
/** How long after its creation an order can be asked about. */
const ANSWERS_MILLISECONDS = 48 * 3_600 * SECOND_MILLISECONDS;
/** How long after an order has run out a payment of its last moment may still be under way: `docs/adr/0087`. */
const GRACE_MILLISECONDS = 3_600 * SECOND_MILLISECONDS;
/** What expire_duration_seconds may be. */
const LIFETIME_SECONDS = { least: 300, most: 2_592_000 };

const secret = partsOfSecret(['key1', 'key2']);
const refuse = refusing(manifest.id);
const apiUrl = (place: Place): string => hostAt(place, manifest.id, API_URL[place.stage]);

/** 0 makes ZaloPay call again, at most 3 times. A wrong amount is in our books and has no code: it ends the calls. */
const answers: Record<Acknowledgement, { return_code: number; return_message: string }> = {
  accepted: { return_code: 1, return_message: 'success' },
  duplicate: { return_code: 2, return_message: 'duplicate' },
  wrongAmount: { return_code: 1, return_message: 'success' },
  unknownOrder: { return_code: 0, return_message: 'order not found' },
  badSignature: { return_code: -1, return_message: 'mac not equal' },
  tryAgain: { return_code: 0, return_message: 'please call again' },
};

/** ZaloPay: told of the order first; it answers with its page, and posts what was paid. */
export const zalopay = (place: Place): PaymentProvider => ({
  manifest,
  acceptsSecret: secret.accepts,

  prepare: {
    request: (order, account) =>
      signedCall(`${apiUrl(place)}/v2/create`, 'create', account, {
        app_id: Number(account.terminal),
        app_user: APP_USER,
        app_trans_id: transId(order.reference, order.createdAt),
        app_time: order.createdAt,
        expire_duration_seconds: Math.min(
          Math.max(Math.floor((order.expiresAt - order.createdAt) / SECOND_MILLISECONDS), LIFETIME_SECONDS.least),
          LIFETIME_SECONDS.most,
        ),
        amount: order.amount,
        item: '[]',
        embed_data: JSON.stringify({ redirecturl: order.returnUrl }),
        description: plainText(order.description, MAX_DESCRIPTION),
        bank_code: '',
        callback_url: callbackUrl(place, manifest.id),
      }),
    read(response) {
      const answer = answerMembers(response.body);
      const code = codeOf(response, answer);
      const url = answer?.text('order_url') ?? '';
      if (answer?.text('return_code') === '1' && /^https?:\/\/[!-~]+$/.test(url))
        return { kind: 'prepared', prepared: url };
      // Also told of an order twice answers 2: the first may stand, so nothing is said to have failed.
      return { kind: 'unknown', resultCode: code };
    },
  },

  begin(_order, _account, prepared) {
    if (!prepared) throw new Error('ZaloPay was not told of this payment');
    return { kind: 'redirect', url: prepared };
  },

  query: {
    request(question, account) {
      const { key1 } = secret.read(account.secret);
      const body = { app_id: Number(account.terminal), app_trans_id: transId(question.reference, question.createdAt) };
      return postJson(`${apiUrl(place)}/v2/query`, {
        ...body,
        mac: mac(key1, `${body.app_id}|${body.app_trans_id}|${key1}`),
      });
    },
    read(response, question, account) {
      const answer = answerMembers(response.body);
      const resultCode = codeOf(response, answer);
      const age = question.askedAt - question.createdAt;
      const mayBePaid = age < manifest.attemptLifetimeMilliseconds + GRACE_MILLISECONDS;
      const outcome =
        (mayBePaid ? whilePayable : always).get(resultCode) ?? queried.get(answer?.text('return_code') ?? '');
      // Asked too late it says of any order that it has run out.
      const tooLate = outcome === 'declined' && age >= ANSWERS_MILLISECONDS;
      if (!answer || !outcome || outcome === 'unknown' || tooLate) return { outcome: 'unknown', resultCode };
      const amount = wholeDong(answer.text('amount'));
      return {
        providerId: manifest.id,
        terminal: account.terminal,
        reference: question.reference,
        outcome: outcome === 'paid' && amount === null ? 'review' : outcome,
        amount,
        currency: 'VND',
        transactionId: transactionName(answer.text('zp_trans_id')),
        paidAt: null,
        resultCode,
        evidence: Buffer.from(response.body).toString().slice(0, 8192),
      };
    },
  },

  refunds: {
    request: (order, account) =>
      signedCall(`${apiUrl(place)}/v2/refund`, 'refund', account, {
        app_id: Number(account.terminal),
        m_refund_id: refundId(order, account),
        zp_trans_id: order.transactionId,
        amount: order.amount,
        timestamp: order.requestedAt,
        description: plainText(order.description, MAX_DESCRIPTION),
      }),
    read: (response): RefundAnswer => refundAnswer(response, NOT_TAKEN),
    ask: (order, account, askedAt) =>
      signedCall(`${apiUrl(place)}/v2/query_refund`, 'queryRefund', account, {
        app_id: Number(account.terminal),
        m_refund_id: refundId(order, account),
        timestamp: askedAt,
      }),
    told(response): RefundAnswer {
      const answer = refundAnswer(response, FAILED);
      return answer.resultCode === NEVER_HEARD ? { ...answer, unheardOf: true } : answer;
    },
  },

  terminalOf: (callback) => terminalIn(readCallback(callback).data.text('app_id'), refuse),

  read(callback, keys) {
    const { envelope, data, signed } = readCallback(callback);
    const key2s = keys.map((key) => secret.read(key).key2);
    if (!isSigned(signed, envelope.text('mac'), key2s)) refuse('signature');
    return toNotice(data, signed);
  },

  acknowledge: (acknowledgement) => jsonAnswer(200, answers[acknowledgement]),
});

const queried = new Map<string, ProviderNotice['outcome']>([
  ['1', 'paid'],
  ['2', 'declined'],
  ['3', 'pending'],
]);

/**
 * Failures that are none of the payment: an order that ZaloPay does not know and, while the order can be paid, a wallet that
 * can still be filled up. Source: docs, status codes, query order.
 */
const always = new Map<string, 'pending' | 'unknown'>([['2/-101', 'unknown']]);
const whilePayable = new Map([...always, ['2/-63', 'pending']] as const);

/** `yymmdd_` and our reference, of the Vietnamese day on which the attempt was made. */
const transId = (reference: string, createdAt: Instant): string => `${shortVietnamDay(createdAt)}_${reference}`;

/** The same on every retry: the day of the request, not that of the call. */
const refundId = (order: RefundOrder, account: PayableAccount): string =>
  `${shortVietnamDay(order.requestedAt)}_${account.terminal}_${order.refundReference}`;

function signedCall(
  url: string,
  call: keyof typeof SIGNED,
  account: PayableAccount,
  body: Record<string, string | number>,
) {
  return postJson(url, { ...body, mac: mac(secret.read(account.secret).key1, signedText(call, body)) });
}

/** return_code, and what it is about where that is said. */
function codeOf({ status }: ProviderResponse, answer: Members | undefined): string {
  const code = answer?.text('return_code');
  if (!answer || !code) return String(status);
  const sub = answer.text('sub_return_code');
  return (sub ? `${code}/${sub}` : code).slice(0, 64);
}

/**
 * sub_return_code beside return_code 2 by which no refund comes of a call: too old, of a wrong amount, of an unknown payment.
 * A duplicate (-23) and all else may be of one that was made: query_refund decides. Source: docs, status codes, refund.
 */
const NOT_TAKEN: ReadonlySet<string> = new Set(['-13', '-14', '-101']);

/**
 * The same of a refund that failed: too late, of a wrong amount, not possible for this payment. All else fails the question.
 * Source: docs, status codes, query refund.
 */
const FAILED: ReadonlySet<string> = new Set(['-13', '-14', '-32']);

/** ZaloPay has no refund of this m_refund_id (the same table). */
const NEVER_HEARD = '2/-101';

function refundAnswer(response: ProviderResponse, final: ReadonlySet<string>): RefundAnswer {
  const answer = answerMembers(response.body);
  const code = answer?.text('return_code');
  const reason = answer?.text('sub_return_code') ?? '';
  const refused = code === '2' && final.has(reason);
  const outcome = code === '1' ? 'refunded' : code === '3' ? 'pending' : refused ? 'refused' : 'unknown';
  const providerRefundId = transactionName(answer?.text('refund_id') ?? '');
  return { outcome, resultCode: codeOf(response, answer), ...(providerRefundId && { providerRefundId }) };
}

function readCallback(callback: RawCallback): { envelope: Members; data: Members; signed: string } {
  const envelope = readMembers(bodyText(callback, refuse), refuse);
  const signed = envelope.text('data');
  return { envelope, signed, data: readMembers(signed, refuse) };
}

function toNotice({ text }: Members, evidence: string): ProviderNotice {
  const amount = wholeDong(text('amount'));
  const serverTime = text('server_time');
  return {
    providerId: manifest.id,
    terminal: text('app_id'),
    reference: text('app_trans_id')
      .replace(/^[0-9]{6}_/, '')
      .slice(0, 128),
    // Only paid orders are called back. What else is signed has no transaction; `type` itself is outside what is signed.
    outcome: amount !== null && text('zp_trans_id') !== '' ? 'paid' : 'review',
    amount,
    currency: 'VND',
    transactionId: transactionName(text('zp_trans_id')),
    paidAt: /^[1-9][0-9]{12}$/.test(serverTime) ? Number(serverTime) : null,
    resultCode: '1',
    evidence,
  };
}
