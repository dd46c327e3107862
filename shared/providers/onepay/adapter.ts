import type { Dong } from '../../domain/money/dong.ts';
import type {
  Acknowledgement,
  PayableAccount,
  PaymentProvider,
  ProviderNotice,
  ProviderRequest,
  ProviderResponse,
  RawCallback,
  RefundAnswer,
} from '../../domain/payment/provider.ts';
import {
  bodyText,
  hostAt,
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
import { API_URL, DECLINED, manifest, PAY_URL, REFUNDS } from './manifest.ts';
import { isSigned, sign, uncuttable } from './signature.ts';

/** OnePay writes hundredths of a dong. Multiplied and divided here, and nowhere else. */
const WIRE_UNITS = 100;
const MAX_INFO = 32;
const HEX_KEY = /^(?:[0-9A-Fa-f]{2}){8,64}$/;

/** A refund names who ordered it; a name of a person does not leave the house. */
const OPERATOR = 'thuphi';

const secret = partsOfSecret(['accessCode', 'secureSecret'], ['user', 'password']);
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

type Config = Pick<Place, 'stage' | 'played'> & { payUrl?: string; refunding?: typeof REFUNDS };

/** OnePay: redirect with a signed address, and a signed GET or form POST (IPN) that tells the outcome. */
export const onepay = ({ stage, payUrl = PAY_URL[stage], refunding = REFUNDS, ...place }: Config): PaymentProvider => ({
  manifest: { ...manifest, capabilities: { ...manifest.capabilities, refund: refunding === 'on' } },
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
          ['vpc_ReturnURL', uncuttable(order.returnUrl)],
          ['vpc_TicketNo', order.payerIp],
          ['vpc_Version', '2'],
        ]),
        secureSecret,
      ),
    };
  },

  query: {
    admits(account) {
      const { user, password } = secret.read(account.secret);
      return user !== undefined && password !== undefined;
    },
    request(question, account) {
      const { user = '', password = '' } = secret.read(account.secret);
      return signedCall(`${apiUrl({ ...place, stage })}/invoices/queries`, account, [
        ['vpc_Command', 'queryDR'],
        ['vpc_MerchTxnRef', question.reference],
        ['vpc_User', user],
        ['vpc_Password', password],
      ]);
    },
    read(response, question, account) {
      const answer = signedAnswer(response, account);
      if (typeof answer === 'string') return { outcome: 'unknown', resultCode: answer };
      const { text, evidence } = answer;
      if (text('DRExists') !== 'Y') return { outcome: 'unknown', resultCode: `DRExists=${text('DRExists')}` };
      if (text('MerchTxnRef') !== question.reference) return refuse('ambiguous');
      const notice = toNotice(text, evidence);
      // Asked about, a code that is in no table can wait for the next answer.
      return isKnown(notice.resultCode) ? notice : { ...notice, outcome: 'pending' };
    },
  },

  ...(refunding === 'on' && {
    refunds: {
      request: (order, account) =>
        signedCall(`${apiUrl({ ...place, stage })}/refunds`, account, [
          ['vpc_Command', 'refund'],
          ['vpc_MerchTxnRef', order.refundReference],
          ['vpc_OrgMerchTxnRef', order.reference],
          ['vpc_Amount', String(order.amount * WIRE_UNITS)],
          ['vpc_Operator', OPERATOR],
        ]),
      read(response, order, account): RefundAnswer {
        const answer = signedAnswer(response, account);
        if (typeof answer === 'string') return { outcome: 'unknown', resultCode: answer };
        const { text } = answer;
        const ours =
          text('MerchTxnRef') === order.refundReference && wholeDong(text('Amount'), WIRE_UNITS) === order.amount;
        if (!ours) return refuse('ambiguous');
        const resultCode = text('TxnResponseCode').slice(0, 64);
        const outcome = resultCode === '0' ? 'refunded' : resultCode === '300' ? 'pending' : 'unknown';
        const providerRefundId = transactionName(text('TransactionNo'));
        return { outcome, resultCode, ...(outcome === 'refunded' && providerRefundId && { providerRefundId }) };
      },
    },
  }),

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
    // The address that starts a payment is signed alike, and everybody who pays has one.
    if (!fields.get('vpc_TxnResponseCode')) refuse('malformed');
    return toNotice((name) => fields.get(`vpc_${name}`) ?? '', text);
  },

  acknowledge: (acknowledgement) => textAnswer(...answers[acknowledgement]),
});

const apiUrl = (place: Pick<Place, 'stage' | 'played'>): string =>
  `${hostAt(place, manifest.id, API_URL[place.stage])}/msp/api/v1/vpc`;

/** A signed form to OnePay's own interface. */
function signedCall(url: string, account: PayableAccount, fields: readonly [string, string][]): ProviderRequest {
  const { accessCode, secureSecret } = secret.read(account.secret);
  const all = new Map([
    ...fields,
    ['vpc_AccessCode', accessCode],
    ['vpc_Merchant', account.terminal],
    ['vpc_Version', '2'],
  ] as const);
  const body = new URLSearchParams([...all, ['vpc_SecureHash', sign(all, secureSecret)]]);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', url, headers, body: body.toString() };
}

/** The fields of an answer that OnePay signed for this merchant, or why it is no answer at all. */
function signedAnswer(
  { status, body }: ProviderResponse,
  account: PayableAccount,
): { text: (name: string) => string; evidence: string } | string {
  // What stands before OnePay answers its outages, unsigned.
  if (status !== 200) return `HTTP ${status}`;
  const evidence = Buffer.from(body).toString('utf8');
  const fields = readForm(evidence, refuse);
  if (!isSigned(fields, [secret.read(account.secret).secureSecret])) return refuse('signature');
  const text = (name: string) => fields.get(`vpc_${name}`) ?? '';
  return text('Merchant') === account.terminal ? { text, evidence } : refuse('unknownTerminal');
}

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

/** Codes of a payment that is under way: at the bank (300), or at OnePay, perhaps not begun (100). */
const UNDER_WAY: ReadonlySet<string> = new Set(['100', '300']);

const isKnown = (code: string): boolean => code === '0' || UNDER_WAY.has(code) || declined.has(code);

/** Not every account can be asked about afterwards, so a called-back code that is in no table goes to a person. */
function outcomeOf(code: string, amount: Dong | null): ProviderNotice['outcome'] {
  if (code === '0') return amount === null ? 'review' : 'paid';
  if (UNDER_WAY.has(code)) return 'pending';
  return declined.has(code) ? 'declined' : 'review';
}
