import type { Acknowledgement, PaymentProvider, ProviderNotice, RawCallback } from '../../domain/payment/provider.ts';
import { compactVietnamTime } from '../../domain/time.ts';
import {
  bodyText,
  callbackUrl,
  type Place,
  partsOfSecret,
  plainText,
  readForm,
  refusing,
  settled,
  terminalIn,
  textAnswer,
  transactionName,
  wholeDong,
} from '../wire.ts';
import { KEY_FIELDS, manifest, PAY_URL } from './manifest.ts';
import { isSigned, orderChecksum } from './signature.ts';
import { elementsOf, escaped } from './xml.ts';

const MAX_DESCRIPTION = 255;
const PAID_STATE = 'PAYMENT_RECEIVED';

const secret = partsOfSecret(['username', 'key']);
const refuse = refusing(manifest.id);
const signedNames = KEY_FIELDS.split('|');

const RECEIVED = 'NOTIFY_RECEIVED';
const answers: Record<Acknowledgement, [status: number, body: string]> = {
  accepted: [200, RECEIVED],
  duplicate: [200, RECEIVED],
  wrongAmount: [200, RECEIVED],
  unknownOrder: [404, 'ORDER_UNKNOWN'],
  badSignature: [400, 'NOTIFY_REFUSED'],
  tryAgain: [503, 'NOTIFY_NOT_TAKEN'],
};

type Config = Place & { payUrl?: string };

/** Payoo: the browser posts a signed order; the outcome comes as signed XML in a form. */
export const payoo = ({ payUrl, ...place }: Config): PaymentProvider => ({
  manifest,
  acceptsSecret: secret.accepts,

  begin(order, account) {
    const { username, key } = secret.read(account.secret);
    const elements = {
      session: order.reference,
      username,
      shop_id: account.terminal,
      order_no: order.reference,
      order_cash_amount: String(order.amount),
      order_description: plainText(order.description, MAX_DESCRIPTION),
      shop_back_url: order.returnUrl,
      notify_url: callbackUrl(place, manifest.id),
      validity_time: compactVietnamTime(order.expiresAt),
    };
    const shop = Object.entries(elements).map(([name, text]) => `<${name}>${escaped(text)}</${name}>`);
    const xml = `<shops><shop>${shop.join('')}</shop></shops>`;
    return {
      kind: 'form',
      url: settled(payUrl ?? PAY_URL[place.stage]),
      fields: { OrdersForPayoo: xml, CheckSum: orderChecksum(xml, key) },
    };
  },

  terminalOf: (callback) => terminalIn(readCallback(callback).text('ShopID'), refuse),

  read(callback, keys) {
    const { text, keyFields, signature, evidence } = readCallback(callback);
    const parts = keys.map(secret.read);
    const values = signedNames.map(text);
    const known = keyFields === KEY_FIELDS && parts.some(({ username }) => username === text('BusinessUsername'));
    if (
      !known ||
      !isSigned(
        values,
        signature,
        parts.map(({ key }) => key),
      )
    )
      refuse('signature');
    return toNotice(text, evidence);
  },

  acknowledge: (acknowledgement) => textAnswer(...answers[acknowledgement]),
});

/** `NotifyData`: a package of the notice in base64, its signature and the list of what is signed. */
function readCallback(callback: RawCallback) {
  const evidence = bodyText(callback, refuse);
  const around = elementsOf(readForm(evidence, refuse).get('NotifyData') ?? '') ?? refuse('ambiguous');
  const inner = elementsOf(Buffer.from(around.get('Data') ?? '', 'base64').toString()) ?? refuse('ambiguous');
  return {
    evidence,
    text: (name: string) => inner.get(name) ?? '',
    keyFields: around.get('KeyFields') ?? '',
    signature: around.get('Signature') ?? '',
  };
}

function toNotice(text: (name: string) => string, evidence: string): ProviderNotice {
  const amount = wholeDong(text('OrderCashAmount'));
  return {
    providerId: manifest.id,
    terminal: text('ShopID'),
    reference: text('OrderNo').slice(0, 128),
    // Only one state is known. Nobody can ask afterwards, so a person looks at every other.
    outcome: text('State') === PAID_STATE && amount !== null ? 'paid' : 'review',
    amount,
    currency: 'VND',
    transactionId: transactionName(text('OrderNo')),
    paidAt: null,
    resultCode: text('State').slice(0, 64),
    evidence,
  };
}
