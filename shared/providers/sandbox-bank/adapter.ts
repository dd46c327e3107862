import * as z from 'zod';
import { lazy } from '../../domain/lazy.ts';
import { Dong } from '../../domain/money/dong.ts';
import {
  type Acknowledgement,
  InvalidCallback,
  type PaymentProvider,
  type PaymentQuestion,
  type ProviderAnswer,
  type ProviderNotice,
  type ProviderRequest,
  type RawCallback,
  type RefundAnswer,
} from '../../domain/payment/provider.ts';
import { Terminal } from '../../domain/registry/registry.ts';
import { formatInstant, SECOND_MILLISECONDS } from '../../domain/time.ts';
import { rawMembers, UnreadableMembers } from '../json-members.ts';
import { manifest } from './manifest.ts';
import { isSigned } from './signature.ts';

/** Protocol: docs/guides/sandbox-bank-protocol.md; the sections named here are its. */

/** How far a callback's timestamp may be from now, either way (section 3). */
export const WINDOW_MILLISECONDS = 5 * 60 * SECOND_MILLISECONDS;

/** Largest body of a callback in bytes (section 2). */
export const MAX_BODY = 8_192;

/**
 * An Ed25519 public key: base64, in its only spelling, of SPKI DER (RFC 8410, section 4). Twelve bytes are the same for
 * all; whatever the other 32 are, they read as a key.
 */
const PUBLIC_KEY_FORM = /^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

const TIMESTAMP_FORM = /^[1-9][0-9]{0,11}$/;
const WHOLE_AMOUNT_FORM = /^[1-9][0-9]{0,14}$/;

/** What a signed text must hold to be understood (section 2). Members beyond these stay in the evidence. */
const Notice = lazy(() =>
  z.object({
    txnId: z.string().regex(/^[!-~]{1,64}$/),
    orderRef: z.string().regex(/^[!-~]{1,128}$/),
    amount: z.string().regex(WHOLE_AMOUNT_FORM).transform(Number).pipe(Dong),
    currency: z.string().regex(/^[A-Z]{3}$/),
    result: z.string().regex(/^[!-~]{1,64}$/),
  }),
);

const PaidAt = lazy(() => z.iso.datetime({ offset: true }).transform(Date.parse).pipe(z.int()));

/** A result that is not known is no failure: it is asked about. */
const outcomes: ReadonlyMap<string, ProviderNotice['outcome']> = new Map([
  ['OK', 'paid'],
  ['DECLINED', 'declined'],
  ['REVERSED', 'reversed'],
]);

/**
 * The bank tries again after 404 and 5xx and stops after anything else (section 4). An order that is not known may be one
 * whose attempt is not committed yet, so the bank is to come back; money of a wrong amount is recorded, so it is to stop.
 */
const answers: Readonly<Record<Acknowledgement, { status: number; result: string }>> = {
  accepted: { status: 200, result: 'ACCEPTED' },
  duplicate: { status: 200, result: 'DUPLICATE' },
  wrongAmount: { status: 200, result: 'WRONG_AMOUNT' },
  unknownOrder: { status: 404, result: 'UNKNOWN_ORDER' },
  badSignature: { status: 401, result: 'BAD_SIGNATURE' },
  tryAgain: { status: 503, result: 'TRY_AGAIN' },
};

const refuse = (reason: InvalidCallback['reason']): never => {
  throw new InvalidCallback(manifest.id, reason);
};

/** `publicUrl` is where the bank's page stands, without a slash at the end. */
export const sandboxBank = ({ publicUrl }: { publicUrl: string }): PaymentProvider => ({
  manifest,

  acceptsSecret: (secret) => PUBLIC_KEY_FORM.test(secret),

  begin(order, account) {
    const query = new URLSearchParams({
      terminal: account.terminal,
      ref: order.reference,
      amount: String(order.amount),
      currency: 'VND',
      returnUrl: order.returnUrl,
      language: order.language,
      expiresAt: formatInstant(order.expiresAt),
    });
    return { kind: 'redirect', url: `${publicUrl}/sandbox-bank?${query}` };
  },

  terminalOf(callback) {
    return readMembers(bodyText(callback)).terminal;
  },

  read(callback, keys, now) {
    const timestamp = singleHeader(callback, 'x-timestamp');
    const signature = singleHeader(callback, 'x-signature');
    const text = bodyText(callback);
    if (!TIMESTAMP_FORM.test(timestamp)) refuse('signature');
    if (!isSigned({ timestamp, body: callback.body, signature }, keys)) refuse('signature');
    if (Math.abs(now - Number(timestamp) * SECOND_MILLISECONDS) > WINDOW_MILLISECONDS) refuse('stale');

    return noticeOf(readMembers(text), text);
  },

  query: {
    request: (question, account) =>
      post(`${publicUrl}/sandbox-bank/query`, {
        terminal: account.terminal,
        orderRef: question.reference,
        questionId: questionId(question),
      }),
    read(response, question, account) {
      if (response.status !== 200) return { outcome: 'unknown', resultCode: `HTTP ${response.status}` };
      const text = signedAnswer('answer', response.body, account.secret);
      const read = readMembers(text);
      // The question's own id comes back with its answer: no earlier one can be played to us again.
      if (read.values['questionId'] !== questionId(question)) refuse('stale');
      if (read.terminal !== account.terminal || read.values['orderRef'] !== question.reference)
        refuse('unknownTerminal');
      if (read.values['result'] === 'NONE') return { outcome: 'unknown', resultCode: 'NONE' };
      return noticeOf(read, text);
    },
  },

  refunds: {
    request: (order, account) =>
      post(`${publicUrl}/sandbox-bank/refund`, {
        terminal: account.terminal,
        orderRef: order.reference,
        txnId: order.transactionId,
        refundReference: order.refundReference,
        amount: order.amount,
      }),
    read(response, order, account): RefundAnswer {
      if (response.status !== 200) return { outcome: 'unknown', resultCode: `HTTP ${response.status}` };
      const { terminal, values } = readMembers(signedAnswer('refund', response.body, account.secret));
      const its = [values['orderRef'], values['refundReference'], values['amount']].join();
      const ours = [order.reference, order.refundReference, String(order.amount)].join();
      if (terminal !== account.terminal || its !== ours) refuse('ambiguous');
      const resultCode = String(values['result']).slice(0, 64);
      const refundId = RefundId.safeParse(values['refundId']).data;
      if (resultCode === 'REFUSED') return { outcome: 'refused', resultCode };
      if (resultCode !== 'REFUNDED') return { outcome: 'unknown', resultCode };
      return { outcome: 'refunded', resultCode, ...(refundId && { providerRefundId: refundId }) };
    },
  },

  acknowledge(acknowledgement): ProviderAnswer {
    const { status, result } = answers[acknowledgement];
    return { status, contentType: 'application/json', body: JSON.stringify({ result }) };
  },
});

const post = (url: string, body: object): ProviderRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const questionId = ({ reference, askedAt }: PaymentQuestion): string => `${reference}-${askedAt}`;

const SignedAnswer = lazy(() =>
  z.object({
    timestamp: z.string(),
    answer: z.string().max(MAX_BODY),
    signature: z.string(),
  }),
);
const RefundId = lazy(() => z.string().regex(/^[!-~]{1,64}$/));

/** The text that the bank signed as its answer of this kind (section 6). */
function signedAnswer(kind: 'answer' | 'refund', body: Uint8Array, key: string): string {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return refuse('malformed');
  }
  const whole = SignedAnswer.safeParse(read);
  if (!whole.success) return refuse('malformed');
  const { timestamp, answer, signature } = whole.data;
  const signed = { timestamp, body: Buffer.from(`${kind}.${answer}`, 'utf8'), signature };
  if (!TIMESTAMP_FORM.test(timestamp) || !isSigned(signed, [key])) return refuse('signature');
  return answer;
}

/** What the bank signed, as a notice. */
function noticeOf({ terminal, values }: ReturnType<typeof readMembers>, text: string): ProviderNotice {
  const whole = Notice.safeParse(values);
  const { txnId, orderRef, amount, currency, result } = Notice.shape;
  return {
    providerId: manifest.id,
    terminal,
    reference: orderRef.safeParse(values['orderRef']).data ?? '',
    // Signed by the bank but not what we know: money may be behind it, so a person looks at it.
    outcome: whole.success ? (outcomes.get(whole.data.result) ?? 'review') : 'review',
    amount: amount.safeParse(values['amount']).data ?? null,
    currency: currency.safeParse(values['currency']).data ?? '',
    transactionId: txnId.safeParse(values['txnId']).data ?? '',
    paidAt: PaidAt.safeParse(values['paidAt']).data ?? null,
    resultCode: result.safeParse(values['result']).data ?? '',
    evidence: text,
  };
}

/** The gateway joins repeated headers with a comma, which neither a timestamp nor base64 holds. */
function singleHeader({ headers }: RawCallback, name: string): string {
  const value = headers[name];
  if (value === undefined || value === '') return refuse('signature');
  if (value.includes(',')) return refuse('ambiguous');
  return value;
}

function bodyText({ method, body }: RawCallback): string {
  if (method !== 'POST' || body.length > MAX_BODY) return refuse('malformed');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return refuse('malformed');
  }
}

/** The terminal and the other members that count: text as text, the amount as the digits that were signed. */
function readMembers(text: string): { terminal: string; values: Record<string, unknown> } {
  let members: ReadonlyMap<string, string>;
  try {
    members = rawMembers(text);
  } catch (error) {
    return refuse(error instanceof UnreadableMembers && error.why === 'duplicate' ? 'ambiguous' : 'malformed');
  }
  const value = (name: string): unknown => JSON.parse(members.get(name) ?? 'null');
  const terminal = Terminal.safeParse(value('terminal'));
  if (!terminal.success) return refuse('unknownTerminal');
  const names = [
    ...['txnId', 'orderRef', 'currency', 'result', 'paidAt'],
    ...['questionId', 'refundReference', 'refundId'],
  ];
  const values: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, value(name)]));
  return { terminal: terminal.data, values: { ...values, amount: members.get('amount') } };
}
