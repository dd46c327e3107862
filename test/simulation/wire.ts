import { createHmac } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { bankSigner, type Signer } from '../../functions/sandbox-bank/signer.ts';
import type { Acknowledgement } from '../../shared/domain/payment/provider.ts';
import { compactVietnamTime, formatInstant, type Instant, readCompactVietnamTime } from '../../shared/domain/time.ts';
import { httpEvent } from '../functions/http-events.ts';
import { MINUTE, SECOND } from './clock.ts';
import { PAPER_BANK, paperWire } from './paper-wire.ts';
import { BrokenInvariant } from './process.ts';

/**
 * The banks' side of the wire: real protocols, real signatures, written apart from the adapters, so that one mistake cannot
 * stand on both sides.
 */

/** What a bank says of one transaction, before it puts that into its own words. Amount in dong. */
export type Said = {
  /** `limbo`: debited at the payer's bank, not successful here. */
  outcome: 'paid' | 'declined' | 'pending' | 'unreadable' | 'reversed' | 'limbo';
  terminal: string;
  reference: string;
  amount: number;
  currency: string;
  transactionId: string;
  /** Null: the bank leaves it out. */
  paidAt: Instant | null;
};

/** How a bank repeats a callback: until it hears one of these words, so often, with such gaps in milliseconds. */
type RepeatRule = { until: readonly Acknowledgement[]; most: number; gap: number };

export type PaymentPage = {
  bank: string;
  reference: string;
  amount: number;
  terminal: string;
  until: Instant;
  /** What the bank had prepared, where it must be told first. */
  prepared?: string;
};

export type Wire = {
  rule: RepeatRule;
  /** Whether it signs the time as well, so that a clock that is far off makes a genuine callback be refused. */
  signsTime: boolean;
  /** What an address says that a citizen is sent to. Throws where the bank would refuse it. */
  page(url: string): PaymentPage;
  /** One callback as the gateway hands it over, sent at an instant. `key`: whose key signs it, a terminal or any text. */
  callback(said: Said, at: Instant, key?: string): APIGatewayProxyEventV2;
  /** The word that an answer stands for. */
  heard(answer: { body?: string | undefined }): Acknowledgement | undefined;
  /** The same callback with something wrong about it that no key can mend. */
  spoilt: readonly ((event: APIGatewayProxyEventV2) => APIGatewayProxyEventV2)[];
};

/** What a terminal's key is made from; a guess is another text. */
export const keyOf = (terminal: string): string => `KEY-OF-${terminal}-AND-NOBODY-ELSE`;

const WIRE_UNITS = 100;

/** VNPAY PAY 2.1.0: sorted, form-encoded, empty values left out. */
function vnpayQuery(fields: Readonly<Record<string, string>>, key: string): string {
  const text = Object.keys(fields)
    .sort()
    .filter((name) => fields[name] !== '')
    .map((name) => `${name}=${encodeURIComponent(fields[name] ?? '').replaceAll('%20', '+')}`)
    .join('&');
  return `${text}&vnp_SecureHash=${createHmac('sha512', key).update(text).digest('hex')}`;
}

const VNPAY_CODES: Readonly<Record<Said['outcome'], readonly string[]>> = {
  paid: ['00', '00'],
  declined: ['24', '02'],
  pending: ['00', '01'],
  unreadable: ['00', '00'],
  // It has no word for money that it takes back: this one never came to us.
  reversed: ['00', '04'],
  limbo: ['00', '04'],
};
const VNPAY_WORDS: Readonly<Record<string, Acknowledgement>> = {
  '00': 'accepted',
  '01': 'unknownOrder',
  '02': 'duplicate',
  '04': 'wrongAmount',
  '97': 'badSignature',
  '99': 'tryAgain',
};

const withQuery = (event: APIGatewayProxyEventV2, rawQueryString: string): APIGatewayProxyEventV2 => ({
  ...event,
  rawQueryString,
});

const vnpay: Wire = {
  rule: { until: ['accepted', 'duplicate'], most: 10, gap: 5 * MINUTE },
  signsTime: false,
  page(address) {
    const { search, searchParams: query } = new URL(address);
    const terminal = query.get('vnp_TmnCode') ?? '';
    const { vnp_SecureHash: _, ...fields } = Object.fromEntries(query);
    if (search !== `?${vnpayQuery(fields, keyOf(terminal))}`)
      throw new BrokenInvariant(`VNPAY would refuse the address ${address}`);
    return {
      bank: 'vnpay',
      reference: query.get('vnp_TxnRef') ?? '',
      amount: Number(query.get('vnp_Amount')) / WIRE_UNITS,
      terminal,
      until: readCompactVietnamTime(query.get('vnp_ExpireDate') ?? '') ?? 0,
    };
  },
  callback({ outcome, terminal, reference, amount, currency, transactionId, paidAt }, _, key = keyOf(terminal)) {
    const [ResponseCode = '', TransactionStatus = ''] = VNPAY_CODES[outcome];
    const query = vnpayQuery(
      {
        // Half a dong stands in no one's account.
        vnp_Amount: outcome === 'unreadable' ? `${amount}50` : String(amount * WIRE_UNITS),
        vnp_BankCode: 'NCB',
        vnp_CardType: 'ATM',
        vnp_CurrCode: currency === 'VND' ? '' : currency,
        vnp_OrderInfo: `Thanh toan ${reference}`,
        vnp_PayDate: paidAt === null ? '' : compactVietnamTime(paidAt),
        vnp_ResponseCode: ResponseCode,
        vnp_TmnCode: terminal,
        vnp_TransactionNo: transactionId,
        vnp_TransactionStatus: TransactionStatus,
        vnp_TxnRef: reference,
      },
      key,
    );
    return httpEvent('GET /callbacks/{provider}', {
      path: '/callbacks/vnpay',
      params: { provider: 'vnpay' },
      query,
    });
  },
  heard: ({ body }) => VNPAY_WORDS[(JSON.parse(body ?? '') as { RspCode: string }).RspCode],
  spoilt: [
    (event) => withQuery(event, event.rawQueryString.replace(/&vnp_SecureHash=.*/, '')),
    (event) => withQuery(event, event.rawQueryString.replace('vnp_Amount=', 'vnp_Amount=9')),
    (event) => withQuery(event, flipped(event.rawQueryString)),
    (event) => withQuery(event, event.rawQueryString.replace(/vnp_TransactionNo=T?(\d)/, 'vnp_TransactionNo=7$1')),
    // Twice the same member: two readers of it could see two amounts.
    (event) => withQuery(event, `vnp_Amount=100&${event.rawQueryString}`),
  ],
};

const SANDBOX_RESULTS: Readonly<Record<Said['outcome'], string>> = {
  paid: 'OK',
  declined: 'DECLINED',
  pending: 'PROCESSING',
  unreadable: 'OK',
  reversed: 'REVERSED',
  limbo: 'IN_LIMBO',
};
const SANDBOX_WORDS: Readonly<Record<string, Acknowledgement>> = {
  ACCEPTED: 'accepted',
  UNKNOWN_ORDER: 'unknownOrder',
  DUPLICATE: 'duplicate',
  WRONG_AMOUNT: 'wrongAmount',
  BAD_SIGNATURE: 'badSignature',
  TRY_AGAIN: 'tryAgain',
};

const signers = new Map<string, Signer>();
export function signerOf(key: string): Signer {
  const there = signers.get(key) ?? bankSigner(key);
  signers.set(key, there);
  return there;
}

const withBody = (event: APIGatewayProxyEventV2, change: (text: string) => string): APIGatewayProxyEventV2 => ({
  ...event,
  body: Buffer.from(change(Buffer.from(event.body ?? '', 'base64').toString())).toString('base64'),
});
const withHeader = (event: APIGatewayProxyEventV2, name: string, value: (was: string) => string) => ({
  ...event,
  headers: { ...event.headers, [name]: value(event.headers[name] ?? '') },
});

/** The protocol of docs/guides/sandbox-bank-protocol.md. */
const sandboxBank: Wire = {
  rule: { until: ['accepted', 'duplicate', 'wrongAmount', 'badSignature'], most: 8, gap: 40 * SECOND },
  signsTime: true,
  page(address) {
    const query = new URL(address).searchParams;
    return {
      bank: 'sandbox-bank',
      reference: query.get('ref') ?? '',
      amount: Number(query.get('amount')),
      terminal: query.get('terminal') ?? '',
      until: Date.parse(query.get('expiresAt') ?? ''),
    };
  },
  callback({ outcome, terminal, reference, amount, currency, transactionId, paidAt }, at, key = keyOf(terminal)) {
    const members = {
      terminal,
      txnId: transactionId,
      // A form in which no reference comes: signed all the same.
      orderRef: reference === '' ? '-' : reference,
      currency,
      result: SANDBOX_RESULTS[outcome],
      ...(paidAt !== null && { paidAt: formatInstant(paidAt) }),
    };
    // Digits as they stand in the text are what is signed.
    const digits = outcome === 'unreadable' ? `${amount}.5` : String(amount);
    const body = JSON.stringify(members).replace(/\}$/, `,"amount":${digits}}`);
    const headers = signerOf(key).headers(body, at);
    return httpEvent('POST /callbacks/{provider}', {
      path: '/callbacks/sandbox-bank',
      params: { provider: 'sandbox-bank' },
      headers: { ...headers, 'content-type': 'application/json' },
      body: Buffer.from(body).toString('base64'),
      base64: true,
    });
  },
  heard: ({ body }) => SANDBOX_WORDS[(JSON.parse(body ?? '') as { result: string }).result],
  spoilt: [
    (event) => ({ ...event, headers: {} }),
    (event) => withBody(event, (text) => text.replace('"amount":', '"amount":9')),
    (event) => withBody(event, (text) => text.replace('"txnId":"', '"txnId":"7')),
    (event) => withBody(event, (text) => text.replace('{', '{"amount":100,')),
    (event) => withBody(event, (text) => `${text} `),
    (event) => withHeader(event, 'x-signature', (was) => `${was.startsWith('A') ? 'B' : 'A'}${was.slice(1)}`),
    (event) => withHeader(event, 'x-timestamp', (was) => String(Number(was) + 1)),
  ],
};

export const WIRES: Readonly<Record<string, Wire>> = {
  vnpay,
  'sandbox-bank': sandboxBank,
  [PAPER_BANK]: paperWire(keyOf),
};

export function wireOf(bank: string): Wire {
  const wire = WIRES[bank];
  if (!wire) throw new Error(`no bank ${bank}`);
  return wire;
}

/** What the service holds of a terminal's key: the key itself where it is shared, its public half where there are two. */
export const secretOf = (bank: string, terminal: string): string =>
  bank === 'sandbox-bank' ? signerOf(keyOf(terminal)).publicKey : keyOf(terminal);

const flipped = (hex: string): string => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`;
