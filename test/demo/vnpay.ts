import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * VNPAY, played by the demo. Written from VNPAY's own description of PAY 2.1.0 and from nothing of the service, so that one
 * mistake cannot hide on both sides: it checks what the service signs, and signs what the service must check.
 */

/** What the service asks VNPAY to collect, as read from the pay address. */
export type VnpayOrder = { reference: string; dong: number; info: string; expires: string };

/** One transaction in VNPAY's own books. */
export type VnpayTransaction = {
  transactionNo: string;
  reference: string;
  dong: number;
  succeeded: boolean;
  /** `yyyyMMddHHmmss`, Vietnam time. */
  paidAt: string;
  /** The notice (IPN) that tells of it: the query, signed. */
  query: string;
};

type Acknowledgement = { RspCode: string; Message: string };

const SIGNATURE = 'vnp_SecureHash';

export class PlayedVnpay {
  readonly terminal: string;
  readonly #secret: string;
  readonly #noticeAddress: string;
  /** By reference: what it tells whoever asks. */
  readonly #books = new Map<string, VnpayTransaction>();
  /** Invented; VNPAY's own are 8 digits, too. One sequence for whoever plays VNPAY: no number is ever given twice. */
  static #lastTransactionNo = 14_900_000;

  constructor(options: { terminal: string; secret: string; noticeAddress: string }) {
    this.terminal = options.terminal;
    this.#secret = options.secret;
    this.#noticeAddress = options.noticeAddress;
  }

  /** The terminal's secret, as VNPAY hands it out to whoever registers the account. */
  secretForTheOperator(): string {
    return this.#secret;
  }

  /** Opens a pay address as VNPAY's page would. Throws when its signature or a field is not as VNPAY wants it. */
  open(payUrl: string): VnpayOrder {
    const query = payUrl.slice(payUrl.indexOf('?') + 1);
    const pairs = query.split('&').map((pair) => pair.split('=') as [string, string]);
    const given = pairs.find(([name]) => name === SIGNATURE)?.[1] ?? '';
    const signed = pairs.filter(([name]) => name !== SIGNATURE);
    const text = signed
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map((pair) => pair.join('='))
      .join('&');
    if (!same(given, this.#sign(text))) throw new Error('VNPAY refuses the pay address: wrong signature');

    const fields = Object.fromEntries(new URLSearchParams(query));
    const wrong = [
      fields['vnp_Version'] !== '2.1.0' && 'vnp_Version',
      fields['vnp_Command'] !== 'pay' && 'vnp_Command',
      fields['vnp_TmnCode'] !== this.terminal && 'vnp_TmnCode',
      fields['vnp_CurrCode'] !== 'VND' && 'vnp_CurrCode',
      !/^[1-9][0-9]*00$/.test(fields['vnp_Amount'] ?? '') && 'vnp_Amount',
      !/^[0-9]{15}$/.test(fields['vnp_TxnRef'] ?? '') && 'vnp_TxnRef',
      !((fields['vnp_ExpireDate'] ?? '') > vnpayTime(new Date())) && 'vnp_ExpireDate',
      !/^https?:/.test(fields['vnp_ReturnUrl'] ?? '') && 'vnp_ReturnUrl',
    ].filter(Boolean);
    if (wrong.length > 0) throw new Error(`VNPAY refuses the pay address: ${wrong.join(', ')}`);
    return {
      reference: fields['vnp_TxnRef'] ?? '',
      dong: Number(fields['vnp_Amount']) / 100,
      info: fields['vnp_OrderInfo'] ?? '',
      expires: fields['vnp_ExpireDate'] ?? '',
    };
  }

  /** The payer pays, or gives up (24), and VNPAY writes it down. */
  settle(order: VnpayOrder, { succeeds }: { succeeds: boolean }): VnpayTransaction {
    PlayedVnpay.#lastTransactionNo += 7;
    const transactionNo = String(PlayedVnpay.#lastTransactionNo);
    const paidAt = vnpayTime(new Date());
    const fields: Record<string, string> = {
      vnp_Amount: `${order.dong}00`,
      vnp_BankCode: 'NCB',
      ...(succeeds && { vnp_BankTranNo: `VNP${transactionNo}`, vnp_CardType: 'ATM' }),
      vnp_OrderInfo: order.info,
      vnp_PayDate: paidAt,
      vnp_ResponseCode: succeeds ? '00' : '24',
      vnp_TmnCode: this.terminal,
      vnp_TransactionNo: transactionNo,
      vnp_TransactionStatus: succeeds ? '00' : '02',
      vnp_TxnRef: order.reference,
    };
    const query = this.#signed(fields, this.#secret);
    const transaction = {
      ...{ transactionNo, reference: order.reference, dong: order.dong, succeeded: succeeds, paidAt, query },
    };
    this.#books.set(order.reference, transaction);
    return transaction;
  }

  /** Answers a question (querydr) from its books, signed. Throws when the question is not signed as VNPAY wants it. */
  answer(question: string): string {
    const asked = JSON.parse(question) as Record<string, string>;
    const of = (fields: Readonly<Record<string, string>>, names: string) =>
      names
        .split(' ')
        .map((name) => fields[`vnp_${name}`] ?? '')
        .join('|');
    const text = of(asked, 'RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo');
    if (!same(asked[SIGNATURE] ?? '', this.#sign(text))) throw new Error('VNPAY refuses the question: wrong signature');
    const known = this.#books.get(asked['vnp_TxnRef'] ?? '');
    const fields: Record<string, string> = {
      vnp_ResponseId: `A${asked['vnp_RequestId']}`,
      vnp_Command: 'querydr',
      vnp_ResponseCode: known ? '00' : '91',
      vnp_Message: known ? 'QueryDR Success' : 'Transaction not found',
      vnp_TmnCode: this.terminal,
      vnp_TxnRef: asked['vnp_TxnRef'] ?? '',
      ...(known && {
        vnp_Amount: `${known.dong}00`,
        vnp_OrderInfo: asked['vnp_OrderInfo'] ?? '',
        vnp_BankCode: 'NCB',
        vnp_PayDate: known.paidAt,
        vnp_TransactionNo: known.transactionNo,
        vnp_TransactionType: '01',
        vnp_TransactionStatus: known.succeeded ? '00' : '02',
      }),
    };
    const answered = of(
      fields,
      'ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType TransactionStatus OrderInfo PromotionCode PromotionAmount',
    );
    return JSON.stringify({ ...fields, [SIGNATURE]: this.#sign(answered) });
  }

  /** The same notice by somebody who does not know the secret. */
  forgedBy(secret: string, transaction: VnpayTransaction): string {
    const fields = Object.fromEntries(new URLSearchParams(transaction.query));
    delete fields[SIGNATURE];
    return this.#signed(fields, secret);
  }

  /** Sends a notice and gives the service's acknowledgement back. */
  async notify(query: string): Promise<Acknowledgement & { raw: string }> {
    const answer = await fetch(`${this.#noticeAddress}?${query}`);
    const raw = await answer.text();
    if (answer.status !== 200) throw new Error(`VNPAY was answered ${answer.status}`);
    return { ...(JSON.parse(raw) as Acknowledgement), raw };
  }

  #signed(fields: Readonly<Record<string, string>>, secret: string): string {
    const text = Object.keys(fields)
      .sort()
      .map((name) => `${name}=${formEncoded(fields[name] ?? '')}`)
      .join('&');
    return `${text}&${SIGNATURE}=${hmac(text, secret)}`;
  }

  #sign(text: string): string {
    return hmac(text, this.#secret);
  }
}

const hmac = (text: string, secret: string): string => createHmac('sha512', secret).update(text, 'utf8').digest('hex');

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** PHP's urlencode, which VNPAY's samples use; the demo sends no character on which encoders disagree. */
const formEncoded = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');

/** `yyyyMMddHHmmss` in Vietnam, which has no daylight saving: UTC and seven hours. */
export function vnpayTime(at: Date): string {
  const shifted = new Date(at.getTime() + 7 * 60 * 60_000).toISOString();
  return shifted.slice(0, 19).replaceAll(/[-:T]/g, '');
}
