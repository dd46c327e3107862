import type { Dong } from '../../domain/money/dong.ts';
import type { Acknowledgement, PaymentProvider, ProviderNotice, RawCallback } from '../../domain/payment/provider.ts';
import {
  bodyText,
  type Place,
  partsOfSecret,
  plainText,
  readForm,
  refusing,
  terminalIn,
  textAnswer,
  transactionName,
  wholeDong,
} from '../wire.ts';
import { DECLINED, manifest, PAY_URL } from './manifest.ts';
import { isSigned, sign } from './signature.ts';

/** OnePay writes hundredths of a dong. Multiplied and divided here, and nowhere else. */
const WIRE_UNITS = 100;
const MAX_INFO = 32;
const HEX_KEY = /^(?:[0-9A-Fa-f]{2}){8,64}$/;

const secret = partsOfSecret(['accessCode', 'secureSecret']);
const refuse = refusing(manifest.id);
const declined: ReadonlySet<string> = new Set(DECLINED);

const TAKEN = 'responsecode=1&desc=confirm-success';
const NOT_TAKEN = 'responsecode=0&desc=confirm-fail';
const answers: Record<Acknowledgement, [status: number, body: string]> = {
  accepted: [200, TAKEN],
  duplicate: [200, TAKEN],
  unknownOrder: [200, NOT_TAKEN],
  wrongAmount: [200, NOT_TAKEN],
  badSignature: [200, NOT_TAKEN],
  tryAgain: [503, NOT_TAKEN],
};

/** OnePay: redirect with a signed address, and a signed GET or form POST (IPN) that tells the outcome. */
export const onepay = ({
  stage,
  payUrl = PAY_URL[stage],
}: Pick<Place, 'stage'> & { payUrl?: string }): PaymentProvider => ({
  manifest,
  acceptsSecret: (text) => secret.accepts(text) && HEX_KEY.test(secret.read(text).secureSecret),

  begin(order, account) {
    const { accessCode, secureSecret } = secret.read(account.secret);
    return {
      kind: 'redirect',
      url: payAddress(
        payUrl,
        new Map([
          ['AgainLink', order.returnUrl],
          ['Title', 'Thuphi'],
          ['vpc_AccessCode', accessCode],
          ['vpc_Amount', String(order.amount * WIRE_UNITS)],
          ['vpc_Command', 'pay'],
          ['vpc_Currency', 'VND'],
          ['vpc_Locale', order.language === 'vi' ? 'vn' : 'en'],
          ['vpc_MerchTxnRef', order.reference],
          ['vpc_Merchant', account.terminal],
          ['vpc_OrderInfo', plainText(order.description, MAX_INFO)],
          ['vpc_ReturnURL', order.returnUrl],
          ['vpc_TicketNo', order.payerIp],
          ['vpc_Version', '2'],
        ]),
        secureSecret,
      ),
    };
  },

  terminalOf: (callback) => terminalIn(readCallback(callback).fields.get('vpc_Merchant') ?? '', refuse),

  read(callback, keys) {
    const { fields, text } = readCallback(callback);
    if (
      !isSigned(
        fields,
        keys.map((key) => secret.read(key).secureSecret),
      )
    )
      refuse('signature');
    return toNotice((name) => fields.get(`vpc_${name}`) ?? '', text);
  },

  acknowledge: (acknowledgement) => textAnswer(...answers[acknowledgement]),
});

/** The address that starts a payment: AgainLink and Title travel unsigned. */
export function payAddress(base: string, fields: ReadonlyMap<string, string>, secureSecret: string): string {
  const query = new URLSearchParams([...fields]);
  query.append('vpc_SecureHash', sign(fields, secureSecret));
  return `${base}?${query}`;
}

/** In the query of a GET or in the body of a POST, never both: two readers could see two amounts. */
function readCallback(callback: RawCallback): { fields: Map<string, string>; text: string } {
  if (callback.method === 'POST' && callback.rawQuery !== '') return refuse('ambiguous');
  const text = callback.method === 'GET' ? callback.rawQuery : bodyText(callback, refuse);
  return { fields: readForm(text, refuse), text };
}

function toNotice(text: (name: string) => string, evidence: string): ProviderNotice {
  const amount = wholeDong(text('Amount'), WIRE_UNITS);
  return {
    providerId: manifest.id,
    terminal: text('Merchant'),
    reference: text('MerchTxnRef').slice(0, 128),
    outcome: outcomeOf(text('TxnResponseCode'), amount),
    amount,
    currency: (text('CurrencyCode') || text('Currency') || 'VND').slice(0, 8),
    transactionId: transactionName(text('TransactionNo')),
    // It says nothing readable about when the payer's bank debited.
    paidAt: null,
    resultCode: text('TxnResponseCode').slice(0, 64),
    evidence,
  };
}

/** Nobody can ask OnePay afterwards, so a code that is in no table goes to a person; 300 waits for the next callback. */
function outcomeOf(code: string, amount: Dong | null): ProviderNotice['outcome'] {
  if (code === '0') return amount === null ? 'review' : 'paid';
  if (code === '300') return 'pending';
  return declined.has(code) ? 'declined' : 'review';
}
