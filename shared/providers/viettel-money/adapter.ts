import type {
  Acknowledgement,
  Answered,
  PaymentProvider,
  ProviderAnswer,
  ProviderNotice,
  RawCallback,
} from '../../domain/payment/provider.ts';
import {
  bodyText,
  jsonAnswer,
  type Place,
  partsOfSecret,
  plainText,
  readForm,
  refusing,
  settled,
  terminalIn,
  transactionName,
  wholeDong,
} from '../wire.ts';
import { manifest, PAY_URL } from './manifest.ts';
import { checksum, isSigned } from './signature.ts';

const MAX_DESCRIPTION = 255;
const VERSION = '2.0';

const secret = partsOfSecret(['accessCode', 'hashKey']);
const refuse = refusing(manifest.id);

/** Signed members of a result, in order. */
const RESULT = [
  'billcode',
  'cust_msisdn',
  'error_code',
  'merchant_code',
  'order_id',
  'payment_status',
  'trans_amount',
  'vt_transaction_id',
] as const;

/**
 * What is signed has nothing between its values, so another cut of the same text has the same checksum. The billcode is ours:
 * it ends with a letter and says the amount, members of known form stand beside it, and so one cut remains. What has another
 * form, or another amount than its billcode, is looked at by a person.
 */
const billcode = (reference: string, amount: string): string => `${reference.slice(0, 12)}A${amount}Z`;

/** What an order's checksum is made over begins so; everybody who pays has one, and the key is the same. */
const OWN_ORDER = /^[0-9]{12}(?:A[0-9]+Z)?PAYMENT/;

const FORMS: Partial<Record<(typeof RESULT)[number], RegExp>> = {
  cust_msisdn: /^[0-9]{9,15}$/,
  error_code: /^[0-9]{2}$/,
  order_id: /^[1-9][0-9]{14}$/,
  payment_status: /^[0-9]$/,
};

/** 00 done, 01 wrong data, 02 checksum, 03 anything else. */
const codes: Record<Acknowledgement, string> = {
  accepted: '00',
  duplicate: '00',
  unknownOrder: '01',
  wrongAmount: '01',
  badSignature: '02',
  tryAgain: '03',
};

/** Viettel Money: redirect with a signed address; asks before it debits, then posts the outcome. */
export const viettelMoney = ({
  stage,
  payUrl = PAY_URL[stage],
}: Pick<Place, 'stage'> & { payUrl?: string }): PaymentProvider => ({
  manifest,
  acceptsSecret: secret.accepts,

  begin(order, account) {
    const signed = {
      billcode: billcode(order.reference, String(order.amount)),
      command: 'PAYMENT',
      merchant_code: account.terminal,
      order_id: order.reference,
      trans_amount: String(order.amount),
      version: VERSION,
    };
    const query = new URLSearchParams({
      ...signed,
      desc: plainText(order.description, MAX_DESCRIPTION),
      locale: order.language === 'vi' ? 'Vi' : 'En',
      return_url: order.returnUrl,
      check_sum: checksum(Object.values(signed), secret.read(account.secret)),
    });
    return { kind: 'redirect', url: `${settled(payUrl)}?${query}` };
  },

  confirmation: {
    asksAbout(callback) {
      const fields = formOf(callback);
      return fields.has('payment_status') ? undefined : fields.get('order_id');
    },
    answer(callback, keys, order) {
      const text = textOf(formOf(callback));
      // The amount is signed and not sent: it is ours that the checksum must hold. With none of ours nothing can be verified.
      const amount = text('trans_amount') || String(order?.amount ?? '');
      const parts = keys.map(secret.read);
      const values = [text('billcode'), text('merchant_code'), text('order_id'), amount];
      if (!isSigned(values, text('check_sum'), parts)) refuse('signature');
      const code = order && amount === String(order.amount) ? (order.payable ? '00' : '03') : '01';
      const [billcode = '', merchantCode = '', orderId = ''] = values;
      const echoed = [billcode, code, merchantCode, orderId, amount];
      return jsonAnswer(200, {
        billcode,
        error_code: code,
        merchant_code: merchantCode,
        order_id: orderId,
        trans_amount: amount,
        check_sum: parts[0] ? checksum(echoed, parts[0]) : '',
      });
    },
  },

  terminalOf: (callback) => terminalIn(formOf(callback).get('merchant_code') ?? '', refuse),

  read(callback, keys) {
    const raw = bodyText(callback, refuse);
    const text = textOf(readForm(raw, refuse));
    if (!isSigned(RESULT.map(text), text('check_sum'), keys.map(secret.read))) refuse('signature');
    if (OWN_ORDER.test(RESULT.map(text).join(''))) refuse('malformed');
    return toNotice(text, raw);
  },

  acknowledge: (acknowledgement, answered) => answerWith(codes[acknowledgement], answered),
});

const formOf = (callback: RawCallback): Map<string, string> => readForm(bodyText(callback, refuse), refuse);
const textOf = (fields: ReadonlyMap<string, string>) => (name: string) => fields.get(name) ?? '';

/** Signed where there is a key: a refused callback names nobody whose key could sign. */
function answerWith(code: string, answered: Answered | undefined): ProviderAnswer {
  const merchantCode = answered?.notice.terminal ?? '';
  const orderId = answered?.notice.reference ?? '';
  const [key] = answered?.keys ?? [];
  return jsonAnswer(200, {
    error_code: code,
    merchant_code: merchantCode,
    order_id: orderId,
    return_url: '',
    return_bill_code: '',
    return_other_info: '',
    check_sum: key === undefined ? '' : checksum([code, merchantCode, orderId], secret.read(key)),
  });
}

function toNotice(text: (name: string) => string, evidence: string): ProviderNotice {
  const amount = wholeDong(text('trans_amount'));
  const ours = text('billcode') === billcode(text('order_id'), text('trans_amount'));
  const formed = RESULT.every((name) => FORMS[name]?.test(text(name)) ?? true) && amount !== null && ours;
  return {
    providerId: manifest.id,
    terminal: text('merchant_code'),
    reference: text('order_id').slice(0, 128),
    // Only 1 is documented. Nobody can ask afterwards, so a person looks at whatever else it says.
    outcome: formed && text('payment_status') === '1' && text('error_code') === '00' ? 'paid' : 'review',
    amount,
    currency: 'VND',
    transactionId: transactionName(text('vt_transaction_id')),
    paidAt: null,
    resultCode: `${text('payment_status')}/${text('error_code')}`.slice(0, 64),
    evidence,
  };
}
