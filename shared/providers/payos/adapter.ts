import type {
  Acknowledgement,
  PayableAccount,
  PaymentProvider,
  ProviderNotice,
  ProviderResponse,
  RawCallback,
} from '../../domain/payment/provider.ts';
import { transferCode } from '../../domain/payment/transfer-code.ts';
import { type Instant, readSpacedVietnamTime, SECOND_MILLISECONDS } from '../../domain/time.ts';
import {
  answerMembers,
  bodyText,
  hostAt,
  jsonAnswer,
  listed,
  type Members,
  type Place,
  partsOfSecret,
  postJson,
  readForm,
  readMembers,
  refusing,
  terminalIn,
  transactionName,
  wholeDong,
} from '../wire.ts';
import { API_URL, manifest } from './manifest.ts';
import { isSigned, sign } from './signature.ts';

/** The only answer that is final: the order's own words are wrong. It exists already, the key is wrong, too many calls: not known. */
const INVALID_ORDER = '20';

const secret = partsOfSecret(['clientId', 'apiKey', 'checksumKey']);
const refuse = refusing(manifest.id);

/** The order under which payOS tests an address that is being registered. None of ours: ours have 15 digits. */
const PROBE_ORDER = '123';

/** Any 2xx ends it. An order that is not ours is in the books as unmatched money, so it ends there too. */
const answers: Record<Acknowledgement, [status: number, success: boolean]> = {
  accepted: [200, true],
  duplicate: [200, true],
  wrongAmount: [200, true],
  unknownOrder: [200, true],
  badSignature: [401, false],
  tryAgain: [503, false],
};

/** payOS: told of the order first; it answers with its page, and posts each credit on the account. */
export const payos = (place: Pick<Place, 'played'> = {}): PaymentProvider => ({
  manifest,
  acceptsSecret: secret.accepts,

  prepare: {
    request(order, account) {
      const { checksumKey } = secret.read(account.secret);
      const signed = {
        amount: order.amount,
        cancelUrl: order.returnUrl,
        description: transferCode(order.reference),
        // 15 digits: an integer below 2^53.
        orderCode: Number(order.reference),
        returnUrl: order.returnUrl,
      };
      const expiredAt = Math.floor(order.expiresAt / SECOND_MILLISECONDS);
      const body = { ...signed, expiredAt, signature: sign(signed, checksumKey) };
      return postJson(`${hostAt(place, manifest.id, API_URL)}/v2/payment-requests`, body, headersOf(account));
    },
    read(response, order, account) {
      const { code, data } = readAnswer(response, account);
      if (code !== '00') return code === INVALID_ORDER ? { kind: 'refused', resultCode: code } : unknown(response);
      const url = data?.text('checkoutUrl') ?? '';
      const ours = data?.text('orderCode') === order.reference && wholeDong(data.text('amount')) === order.amount;
      return ours && /^https?:\/\/[!-~]+$/.test(url) ? { kind: 'prepared', prepared: url } : unknown(response);
    },
  },

  begin(_order, _account, prepared) {
    if (!prepared) throw new Error('payOS was not told of this payment');
    return { kind: 'redirect', url: prepared };
  },

  query: {
    request: (question, account) => ({
      method: 'GET',
      url: `${hostAt(place, manifest.id, API_URL)}/v2/payment-requests/${question.reference}`,
      headers: headersOf(account),
      body: '',
    }),
    read(response, question, account) {
      const { code, data } = readAnswer(response, account);
      if (code !== '00' || data?.text('orderCode') !== question.reference)
        return { outcome: 'unknown', resultCode: code ?? String(response.status) };
      return askedNotice(data, question.reference, account, Buffer.from(response.body).toString());
    },
    withdraw: (question, account) =>
      postJson(
        `${hostAt(place, manifest.id, API_URL)}/v2/payment-requests/${question.reference}/cancel`,
        { cancellationReason: 'Hoa don khong con cho thanh toan' },
        headersOf(account),
      ),
  },

  terminalOf: (callback) => readCallback(callback).terminal,

  read(callback, keys) {
    const { text, data, signature, terminal } = readCallback(callback);
    const checksumKeys = keys.map((key) => secret.read(key).checksumKey);
    if (!isSigned(plain(data), signature, checksumKeys)) refuse('signature');
    const transfer = { ...creditOf(data), paidAt: readSpacedVietnamTime(data.text('transactionDateTime')) ?? null };
    return { ...noticeOf(data.text('orderCode'), terminal, transfer, data.text('code'), text), ...currencyOf(data) };
  },

  acknowledge(acknowledgement) {
    const [status, success] = answers[acknowledgement];
    return jsonAnswer(status, { success });
  },
});

const unknown = ({ status }: ProviderResponse) => ({ kind: 'unknown' as const, resultCode: String(status) });

const headersOf = (account: PayableAccount): Record<string, string> => {
  const { clientId, apiKey } = secret.read(account.secret);
  return { 'x-client-id': clientId, 'x-api-key': apiKey };
};

const plain = ({ raw }: Members): Record<string, unknown> =>
  Object.fromEntries([...raw].map(([name, json]) => [name, JSON.parse(json) as unknown]));

const currencyOf = (data: Members) => ({ currency: (data.text('currency') || 'VND').slice(0, 8) });

/** Whatever is answered with `00` is signed; an answer with another code is not, and tells of no money. */
function readAnswer(response: ProviderResponse, account: PayableAccount): { code?: string; data?: Members } {
  const answer = answerMembers(response.body);
  const code = answer?.text('code').slice(0, 64);
  if (!answer || !code) return {};
  const data = answer.object('data');
  if (code !== '00' || !data) return { code };
  const { checksumKey } = secret.read(account.secret);
  if (!isSigned(plain(data), answer.text('signature'), [checksumKey])) refuse('signature');
  return { code, data };
}

/**
 * The terminal stands in the address that was registered, because payOS tests an address with an account of its own; where
 * it does not, the receiving account names it. Either way it only names the key.
 */
function readCallback(callback: RawCallback) {
  const text = bodyText(callback, refuse);
  const envelope = readMembers(text, refuse);
  const data = envelope.object('data') ?? refuse('malformed');
  const registered = readForm(callback.rawQuery, refuse).get('terminal');
  const terminal = terminalIn(registered ?? data.text('accountNumber'), refuse);
  return { text, data, signature: envelope.text('signature'), terminal };
}

type Transfer = { account: string; reference: string; amount: string; paidAt: Instant | null };

const creditOf = (members: Members) => ({
  account: members.text('accountNumber'),
  reference: members.text('reference'),
  amount: members.text('amount'),
});

function noticeOf(
  orderCode: string,
  terminal: string,
  { account, reference: written, amount: wire, paidAt }: Transfer,
  code: string,
  evidence: string,
): ProviderNotice {
  const amount = wholeDong(wire);
  const reference = written.trim();
  // The bank's own reference names the money; without it nobody could tell it from the same money told again. It names a
  // credit on the account alone for which the terminal is registered: the key of one account says nothing about another.
  const named = /^[A-Za-z0-9]{1,19}$/.test(account) && /^[!-~]{1,40}$/.test(reference);
  const paid = named && amount !== null ? 'paid' : 'review';
  return {
    providerId: manifest.id,
    terminal,
    reference: orderCode.slice(0, 128),
    outcome: orderCode === PROBE_ORDER ? 'ignored' : code === '00' ? paid : 'pending',
    amount,
    currency: 'VND',
    transactionId: named ? transactionName(reference) : '',
    ...(named && account.toUpperCase() === terminal.toUpperCase() && { bankCredit: { account, reference } }),
    paidAt,
    resultCode: code.slice(0, 64),
    evidence: evidence.slice(0, 8192),
  };
}

const OVER: ReadonlySet<string> = new Set(['CANCELLED', 'EXPIRED', 'FAILED']);

/**
 * An order as it stands: one credit is one movement, whole or in part, under the name that its callback gave it. Several are
 * several movements, which one answer cannot tell: a person looks.
 */
function askedNotice(data: Members, reference: string, { terminal }: PayableAccount, evidence: string): ProviderNotice {
  const status = data.text('status');
  const [only, ...others] = listed(data, 'transactions');
  const nothing: Transfer = { account: '', reference: '', amount: '', paidAt: null };
  if (!only) {
    const notice = noticeOf(reference, terminal, nothing, status, evidence);
    return { ...notice, outcome: status === 'PAID' ? 'review' : OVER.has(status) ? 'declined' : 'pending' };
  }
  const at = Date.parse(only.text('transactionDateTime'));
  const credit = { ...creditOf(only), paidAt: Number.isNaN(at) ? null : at };
  const notice = noticeOf(reference, terminal, credit, '00', evidence);
  return { ...notice, resultCode: status.slice(0, 64), ...(others.length > 0 && { outcome: 'review' as const }) };
}
