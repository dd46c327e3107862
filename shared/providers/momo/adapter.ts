import type { Dong } from '../../domain/money/dong.ts';
import type {
  Acknowledgement,
  PayableAccount,
  PaymentProvider,
  Prepared,
  ProviderAnswer,
  ProviderNotice,
  RefundAnswer,
} from '../../domain/payment/provider.ts';
import {
  answerMembers,
  bodyText,
  callbackUrl,
  hostAt,
  listed,
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
import { API_URL, CREATE_ANSWER_SIGNATURE, DECLINED, manifest } from './manifest.ts';
import { isSigned, type SIGNED, sign } from './signature.ts';

const MAX_INFO = 255;
/** Longest text that may be kept with an attempt, in characters. */
const MAX_KEPT = 2048;
const secret = partsOfSecret(['accessKey', 'secretKey']);
const refuse = refusing(manifest.id);
const apiUrl = (place: Place): string => hostAt(place, manifest.id, API_URL[place.stage]);

const declined = new Set<string>(DECLINED.map(String));
/** The call itself was wrong, or one like it is under way: they say nothing about the payment. */
const CALL_ERRORS = new Set('10 11 12 13 20 21 22 40 41 42 43 45 47'.split(' '));

/** 204 within 15 seconds ends it. What MoMo does after another status is not published; it never gives money back for it. */
const statuses: Record<Acknowledgement, number> = {
  accepted: 204,
  duplicate: 204,
  wrongAmount: 204,
  unknownOrder: 404,
  badSignature: 400,
  tryAgain: 503,
};

type Config = Place & { createAnswer?: typeof CREATE_ANSWER_SIGNATURE };

/** MoMo: told of the order first; it answers with its page, and posts the outcome. */
export const momo = ({ createAnswer = CREATE_ANSWER_SIGNATURE, ...place }: Config): PaymentProvider => ({
  manifest,
  acceptsSecret: secret.accepts,

  prepare: {
    request: (order, account) =>
      signedCall(`${apiUrl(place)}/v2/gateway/api/create`, 'create', account, {
        partnerCode: account.terminal,
        requestId: order.reference,
        amount: order.amount,
        orderId: order.reference,
        // Values are not escaped in what is signed: no `&` and no `=` may stand in them.
        orderInfo: plainText(order.description, MAX_INFO),
        redirectUrl: order.returnUrl,
        ipnUrl: callbackUrl(place, manifest.id),
        extraData: '',
        requestType: 'captureWallet',
        lang: order.language,
      }),
    read(response, order, account) {
      const answer = answerMembers(response.body);
      const code = answer?.text('resultCode') ?? String(response.status);
      if (!answer || !echoes(answer, account, order.reference, order.reference)) return unknown(code);
      if (createAnswer !== 'unchecked') {
        const message = createAnswer === 'withMessage' ? 'createdWithMessage' : 'createdWithoutMessage';
        const keys = [secret.read(account.secret)];
        if (!isSigned(message, answer.text, answer.text('signature'), keys)) refuse('signature');
      }
      const payUrl = answer.text('payUrl');
      if (code === '0' && wholeDong(answer.text('amount')) === order.amount && isWebAddress(payUrl))
        return { kind: 'prepared', prepared: kept(payUrl, answer.text('deeplink')) };
      return declined.has(code) ? { kind: 'refused', resultCode: code } : unknown(code);
    },
  },

  begin(_order, _account, prepared) {
    const [url, deeplink] = JSON.parse(prepared ?? '[]') as string[];
    if (!url) throw new Error('MoMo was not told of this payment');
    return { kind: 'redirect', url, ...(deeplink && { deeplink }) };
  },

  query: {
    request: (question, account) =>
      signedCall(`${apiUrl(place)}/v2/gateway/api/query`, 'query', account, {
        partnerCode: account.terminal,
        requestId: `${question.reference}-${question.askedAt}`,
        orderId: question.reference,
        lang: 'vi',
      }),
    read(response, question, account) {
      const answer = answerMembers(response.body);
      const code = answer?.text('resultCode') || String(response.status);
      if (!answer || CALL_ERRORS.has(code) || answer.text('partnerCode') !== account.terminal)
        return { outcome: 'unknown', resultCode: code };
      if (answer.text('orderId') !== question.reference) return { outcome: 'unknown', resultCode: code };
      // Here the time of the answer is that of the question, not that of the payment.
      return { ...toNotice(answer, Buffer.from(response.body).toString()), paidAt: null };
    },
  },

  refunds: {
    request: (order, account) =>
      signedCall(`${apiUrl(place)}/v2/gateway/api/refund`, 'refund', account, {
        partnerCode: account.terminal,
        orderId: order.refundReference,
        requestId: order.refundReference,
        amount: order.amount,
        transId: Number(order.transactionId),
        lang: 'vi',
        description: plainText(order.description, MAX_INFO),
      }),
    read(response, order, account): RefundAnswer {
      const answer = answerMembers(response.body);
      const resultCode = answer?.text('resultCode') || String(response.status);
      const ours = answer && echoes(answer, account, order.refundReference, order.refundReference);
      if (!ours || wholeDong(answer.text('amount')) !== order.amount) return { outcome: 'unknown', resultCode };
      return refundAnswer(answer, resultCode);
    },
    ask: (order, account, askedAt) =>
      signedCall(`${apiUrl(place)}/v2/gateway/api/refund/query`, 'query', account, {
        partnerCode: account.terminal,
        requestId: `${order.refundReference}-${askedAt}`,
        orderId: order.refundReference,
        lang: 'vi',
      }),
    told(response, order, account): RefundAnswer {
      const answer = answerMembers(response.body);
      const resultCode = answer?.text('resultCode') || String(response.status);
      if (!answer || answer.text('partnerCode') !== account.terminal) return { outcome: 'unknown', resultCode };
      // It lists the refunds of a payment: what is said of another one, or of another amount, says nothing of this.
      const refunds = listed(answer, 'refundTrans');
      const ours = refunds.filter(({ text }) => text('orderId') === order.refundReference);
      const [only] = ours;
      // All that is listed can be read, and is of others.
      const readable = refunds.every(({ text }) => text('orderId') !== '') && refunds.length === entriesOf(answer);
      if (!only && resultCode === '0' && readable) return { outcome: 'unknown', resultCode, unheardOf: true };
      if (!only || ours.length > 1 || wholeDong(only.text('amount')) !== order.amount)
        return { outcome: 'unknown', resultCode };
      return refundAnswer(only, only.text('resultCode'));
    },
  },

  terminalOf: (callback) => terminalIn(membersOf(bodyText(callback, refuse)).text('partnerCode'), refuse),

  read(callback, keys) {
    const text = bodyText(callback, refuse);
    const members = membersOf(text);
    if (!isSigned('notice', members.text, members.text('signature'), keys.map(secret.read))) refuse('signature');
    return toNotice(members, text);
  },

  acknowledge: (acknowledgement): ProviderAnswer => ({
    status: statuses[acknowledgement],
    contentType: 'text/plain',
    body: '',
  }),
});

const membersOf = (text: string): Members => readMembers(text, refuse);
const unknown = (resultCode: string): Prepared => ({ kind: 'unknown', resultCode });
const isWebAddress = (url: string): boolean => /^https?:\/\/[!-~]+$/.test(url) && URL.canParse(url);

type Message = Exclude<keyof typeof SIGNED, 'notice'>;

function signedCall(url: string, message: Message, account: PayableAccount, body: Record<string, string | number>) {
  const signature = sign(message, (name) => String(body[name]), secret.read(account.secret));
  return postJson(url, { ...body, signature });
}

/** Both addresses, where they fit; the way into the app is the one that can be done without. */
function kept(payUrl: string, deeplink: string): string {
  const both = JSON.stringify([payUrl, deeplink]);
  return both.length <= MAX_KEPT ? both : JSON.stringify([payUrl]);
}

const echoes = (answer: Members, account: PayableAccount, orderId: string, requestId: string): boolean =>
  answer.text('partnerCode') === account.terminal &&
  answer.text('orderId') === orderId &&
  answer.text('requestId') === requestId;

function toNotice(members: Members, evidence: string): ProviderNotice {
  const { text } = members;
  const amount = wholeDong(text('amount'));
  const responseTime = text('responseTime');
  return {
    providerId: manifest.id,
    terminal: terminalIn(text('partnerCode'), refuse),
    reference: text('orderId').slice(0, 128),
    outcome: outcomeOf(text('resultCode'), amount),
    amount,
    currency: 'VND',
    transactionId: transactionName(text('transId')),
    paidAt: /^[1-9][0-9]{12}$/.test(responseTime) ? Number(responseTime) : null,
    resultCode: text('resultCode').slice(0, 64),
    evidence: evidence.slice(0, 8192),
  };
}

/** 9000 is authorised, not captured; 1000, 7000 and 7002 are under way; what is not known is not failed. */
function outcomeOf(code: string, amount: Dong | null): ProviderNotice['outcome'] {
  if (code === '0') return amount === null ? 'review' : 'paid';
  return declined.has(code) ? 'declined' : 'pending';
}

/** How many refunds it lists, readable or not; `undefined` where it has no list. */
function entriesOf({ raw }: Members): number | undefined {
  const list: unknown = JSON.parse(raw.get('refundTrans') ?? 'null');
  return Array.isArray(list) ? list.length : undefined;
}

function refundAnswer({ text }: Members, resultCode: string): RefundAnswer {
  const outcome = refundOutcome(resultCode);
  const providerRefundId = transactionName(text('transId'));
  return { outcome, resultCode, ...(outcome === 'refunded' && providerRefundId && { providerRefundId }) };
}

/** 1080 is to be tried again after an hour; a call error may mean that the first call was taken. Neither is a refusal. */
function refundOutcome(code: string): RefundAnswer['outcome'] {
  if (code === '0') return 'refunded';
  if (code === '7000' || code === '7002' || code === '1000') return 'pending';
  return declined.has(code) && code !== '1080' ? 'refused' : 'unknown';
}
