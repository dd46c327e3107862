import type {
  Acknowledgement,
  PayableAccount,
  PaymentProvider,
  ProviderNotice,
  RawCallback,
} from '../../domain/payment/provider.ts';
import { readCompactVietnamTime } from '../../domain/time.ts';
import {
  answerMembers,
  bodyText,
  hostAt,
  jsonAnswer,
  type Members,
  type Place,
  partsOfSecret,
  plainText,
  postJson,
  readForm,
  readMembers,
  refusing,
  settled,
  terminalIn,
  transactionName,
  wholeDong,
} from '../wire.ts';
import { API_URL, CHECKSUMS, manifest } from './manifest.ts';
import { checksum, isSigned } from './signature.ts';

const MAX_DESCRIPTION = 255;
const PAID = '00';

/**
 * Nothing stands between signed values, so another cut of the same text has the same checksum. Values of these forms leave
 * one cut only, with a requestCode that is the orderId, as ours is; a genuine callback of another form goes to a person.
 */
const FORMS: Partial<Record<(typeof CHECKSUMS.callback)[number], RegExp>> = {
  orderId: /^[1-9][0-9]{14}$/,
  orderInfo: /^[^0-9]/,
  payDate: /^[0-9]{14}$/,
  payGate: /^[A-Za-z]+$/,
  errorCode: /^[0-9]{2}$/,
  type: /^[0-9]$/,
};

const secret = partsOfSecret(['accessKey', 'secretKey', 'serviceCode', 'token'], ['lgspAccessToken']);
const refuse = refusing(manifest.id);

/** A wrong amount is in our books, and there is no word for it. */
const answers: Record<Acknowledgement, [status: number, failed?: string]> = {
  accepted: [200],
  duplicate: [200],
  wrongAmount: [200],
  unknownOrder: [200, 'order not found'],
  badSignature: [200, 'invalid checksum'],
  tryAgain: [503, 'try again'],
};

type Config = Place & { apiUrl?: string };

/** PayGov: told of the order first; it answers with its page, and posts the outcome. */
export const paygov = ({ apiUrl, ...place }: Config): PaymentProvider => ({
  manifest,
  acceptsSecret: secret.accepts,

  prepare: {
    request(order, account) {
      const { serviceCode, token, lgspAccessToken } = secret.read(account.secret);
      const members: Record<(typeof CHECKSUMS.order)[number], string> = {
        returnUrl: order.returnUrl,
        orderId: order.reference,
        amount: String(order.amount),
        orderInfo: plainText(order.description, MAX_DESCRIPTION),
        requestCode: order.reference,
        ipAddress: order.payerIp,
        serviceCode,
      };
      const { partnerCode, accessKey, secretKey } = keysOf(account.terminal, account.secret);
      const sum = checksum(
        CHECKSUMS.order.map((name) => members[name]),
        { partnerCode, accessKey, secretKey },
      );
      const url = settled(hostAt(place, manifest.id, apiUrl ?? API_URL[place.stage]));
      const body = { partnerCode, accessKey, ...members, checksum: sum };
      return postJson(url, body, {
        authorization: `Bearer ${token}`,
        ...(lgspAccessToken && { lgspaccesstoken: lgspAccessToken }),
      });
    },
    read({ status, body }) {
      const answer = answerMembers(body);
      const url = answer?.object('data')?.text('url') ?? '';
      if (status === 200 && /^https?:\/\/[!-~]+$/.test(url)) return { kind: 'prepared', prepared: url };
      // No table of refusals is public: the order may stand all the same.
      return { kind: 'unknown', resultCode: (answer?.text('error_code') || String(status)).slice(0, 64) };
    },
  },

  begin(_order, _account: PayableAccount, prepared) {
    if (!prepared) throw new Error('PayGov was not told of this payment');
    return { kind: 'redirect', url: prepared };
  },

  terminalOf: (callback) => readCallback(callback).terminal,

  read(callback, keys) {
    const { evidence, members, terminal } = readCallback(callback);
    const { text } = members;
    const known = keys.map((key) => keysOf(terminal, key));
    if (!isSigned(CHECKSUMS.callback.map(text), text('checksum'), known)) refuse('signature');
    return toNotice(text, terminal, evidence);
  },

  acknowledge(acknowledgement) {
    const [status, failed] = answers[acknowledgement];
    const told = failed === undefined ? { error_code: 'SUCCESSFUL' } : { error_code: 'FAILED', error_message: failed };
    return jsonAnswer(status, told);
  },
});

const keysOf = (partnerCode: string, text: string) => {
  const { accessKey, secretKey } = secret.read(text);
  return { partnerCode, accessKey, secretKey };
};

/** A callback names no partner: the terminal stands in the address that was registered, and only names the key. */
function readCallback(callback: RawCallback): { evidence: string; members: Members; terminal: string } {
  const evidence = bodyText(callback, refuse);
  const members = readMembers(evidence, refuse);
  if (members.text('orderId') === '') refuse('malformed');
  const terminal = terminalIn(readForm(callback.rawQuery, refuse).get('terminal') ?? '', refuse);
  return { evidence, members, terminal };
}

function toNotice(text: Members['text'], terminal: string, evidence: string): ProviderNotice {
  const amount = wholeDong(text('amount'));
  const transactionId = transactionName(text('transactionNo'));
  const formed =
    CHECKSUMS.callback.every((name) => FORMS[name]?.test(text(name)) ?? true) &&
    text('requestCode') === text('orderId') &&
    amount !== null &&
    transactionId !== '';
  return {
    providerId: manifest.id,
    terminal,
    reference: text('orderId').slice(0, 128),
    // Only 00 is known, and nobody can ask: a person looks at whatever else it says.
    outcome: formed && text('errorCode') === PAID ? 'paid' : 'review',
    amount,
    currency: 'VND',
    transactionId,
    paidAt: readCompactVietnamTime(text('payDate')) ?? null,
    resultCode: text('errorCode').slice(0, 64),
    evidence,
  };
}
