import type { Acknowledgement, PaymentProvider, ProviderNotice } from '../../domain/payment/provider.ts';
import { compactVietnamTime } from '../../domain/time.ts';
import {
  bodyText,
  callbackUrl,
  type Place,
  plainText,
  readMembers,
  refusing,
  settled,
  terminalIn,
  textAnswer,
  transactionName,
  wholeDong,
} from '../wire.ts';
import { manifest, NOTICE_TOKEN, PAY_URL } from './manifest.ts';
import { isSigned, token } from './signature.ts';

const MAX_DESCRIPTION = 100;
const SECRET_FORM = /^[!-~]{8,256}$/;
const PAID = '00_000';

/**
 * Nothing stands between signed values, so another cut of the same text has the same token. Members of known length leave
 * one cut only: a notice of another form was signed, and a person looks at it.
 */
const FORMS = { resultCd: /^[0-9]{2}_[0-9]{3}$/, timeStamp: /^[0-9]{14}$/, merTrxId: /^[1-9][0-9]{14}$/ } as const;

/** What an order's token is made over begins with its time and reference; everybody who pays has one, and the key is the same. */
const OWN_ORDER = /^20[0-9]{12}[1-9][0-9]{14}/;

const refuse = refusing(manifest.id);

const answers: Record<Acknowledgement, [status: number, body: string]> = {
  accepted: [200, 'OK'],
  duplicate: [200, 'OK'],
  wrongAmount: [200, 'OK'],
  unknownOrder: [404, 'ORDER NOT FOUND'],
  badSignature: [400, 'INVALID TOKEN'],
  tryAgain: [503, 'TRY AGAIN'],
};

type Config = Place & { payUrl?: string };

/** MegaPay: the browser posts a signed order; the outcome comes as JSON. */
export const megapay = ({ payUrl, ...place }: Config): PaymentProvider => ({
  manifest,
  acceptsSecret: (secret) => SECRET_FORM.test(secret),

  begin(order, account) {
    const signed = {
      timeStamp: compactVietnamTime(order.createdAt),
      merTrxId: order.reference,
      merId: account.terminal,
      amount: String(order.amount),
    };
    const fields = {
      ...signed,
      currency: 'VND',
      invoiceNo: order.reference.slice(0, 12),
      goodsNm: plainText(order.description, MAX_DESCRIPTION),
      userLanguage: order.language === 'vi' ? 'VN' : 'EN',
      userIP: order.payerIp,
      callBackUrl: order.returnUrl,
      notiUrl: callbackUrl(place, manifest.id),
      merchantToken: token(Object.values(signed), account.secret),
    };
    return { kind: 'form', url: settled(payUrl ?? PAY_URL[place.stage]), fields };
  },

  terminalOf: (callback) => terminalIn(readMembers(bodyText(callback, refuse), refuse).text('merId'), refuse),

  read(callback, keys) {
    const evidence = bodyText(callback, refuse);
    const { text } = readMembers(evidence, refuse);
    if (!isSigned(NOTICE_TOKEN.map(text), text('merchantToken'), keys)) refuse('signature');
    if (OWN_ORDER.test(NOTICE_TOKEN.map(text).join(''))) refuse('malformed');
    const amount = wholeDong(text('amount'));
    const formed = Object.entries(FORMS).every(([name, form]) => form.test(text(name))) && amount !== null;
    const notice: ProviderNotice = {
      providerId: manifest.id,
      terminal: text('merId'),
      reference: text('merTrxId').slice(0, 128),
      // Only one code is assumed to be known. Nobody can ask afterwards, so a person looks at every other.
      outcome: formed && text('resultCd') === PAID ? 'paid' : 'review',
      amount,
      currency: (text('currency') || 'VND').slice(0, 8),
      transactionId: transactionName(text('trxId')),
      paidAt: null,
      resultCode: text('resultCd').slice(0, 64),
      evidence,
    };
    return notice;
  },

  acknowledge: (acknowledgement) => textAnswer(...answers[acknowledgement]),
});
