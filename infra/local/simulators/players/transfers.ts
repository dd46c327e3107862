import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { keysOf, type Office, type Order, postNotice, Refused, type Simulator, vietnamTime } from '../speech.ts';

/** Bank transfers: a bank that reads VietQR codes, and who tells of its credits: SePay, Casso and a bank by itself. */

const ACCOUNT = '113366660002';
const BANK = '970415';

/** Two digits of tag, two of length, the value; one after the other. Throws {@link Refused}. */
function tags(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const length = Number(text.slice(at + 2, at + 4));
    if (!/^[0-9]{4}$/.test(text.slice(at, at + 4)) || at + 4 + length > text.length)
      throw new Refused('no VietQR code');
    found.set(text.slice(at, at + 2), text.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

/** CRC-16/CCITT-FALSE over all that stands before the four digits. Source: EMVCo merchant-presented mode, 4.7.3. */
function crc(text: string): string {
  let sum = 0xffff;
  for (const byte of Buffer.from(text, 'ascii')) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1) & 0xffff;
  }
  return sum.toString(16).toUpperCase().padStart(4, '0');
}

/** The order that the payer's bank app makes of a code. Throws {@link Refused}. */
export function scan(code: string, now: number): Order {
  const text = code.trim();
  if (crc(text.slice(0, -4)) !== text.slice(-4)) throw new Refused('no VietQR code: its check digits are wrong');
  const all = tags(text);
  const to = tags(tags(all.get('38') ?? '').get('01') ?? '');
  const account = to.get('01') ?? '';
  const info = tags(all.get('62') ?? '').get('08') ?? '';
  const amount = Number(all.get('54'));
  if (account === '' || !Number.isSafeInteger(amount) || amount <= 0) throw new Refused('no account or no amount');
  return { provider: 'vietqr', terminal: account, reference: info, amount, info, createdAt: now };
}

export const vietqr: Simulator = {
  id: 'vietqr',
  name: { vi: 'Ngân hàng đọc mã VietQR', en: 'A bank that reads VietQR' },
  amountOnTheWire: String,
  hireMerchant: () => ({ terminal: ACCOUNT, secret: JSON.stringify({ bankBin: BANK }) }),
  openPage: ({ query }, office: Office) => scan(new URLSearchParams(query).get('code') ?? '', office.now()),
  // The bank tells nobody; whoever watches the account does.
  notice: () => undefined,
};

/** As banks pass on what the payer wrote, with words of their own around it. */
const memo = (id: string, info: string): string => `MBVCB.${id}.${info.toLowerCase()}.CT tu 0123`;

/** A bank's own reference of a credit, which all who watch the account pass on. */
const bankReference = (id: string): string => `FT${id}`;

export const sepay: Simulator = {
  id: 'sepay',
  name: { vi: 'SePay báo có', en: 'SePay credit notices' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({ terminal: ACCOUNT, secret: JSON.stringify({ webhookSecret: bytes(16) }) }),
  notice({ id, order, amount, paid, at }, merchant, callback, now) {
    if (!paid) return undefined;
    const body = JSON.stringify({
      id: Number(id),
      gateway: 'Vietcombank',
      transactionDate: vietnamTime(at),
      accountNumber: order.terminal,
      subAccount: null,
      code: null,
      content: memo(id, order.info),
      transferType: 'in',
      transferAmount: amount,
      accumulated: 19_077_000,
      referenceCode: bankReference(id),
      description: '',
    });
    const timestamp = String(Math.floor(now / 1000));
    const mac = createHmac('sha256', keysOf(merchant)['webhookSecret'] ?? '').update(`${timestamp}.${body}`);
    return postNotice(callback, body, 'application/json', {
      'x-sepay-timestamp': timestamp,
      'x-sepay-signature': `sha256=${mac.digest('hex')}`,
    });
  },
};

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([name, member]) => [name, sorted(member)]),
      )
    : value;

export const casso: Simulator = {
  id: 'casso',
  name: { vi: 'Casso báo có', en: 'Casso credit notices' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({ terminal: ACCOUNT, secret: bytes(16) }),
  notice({ id, order, amount, paid, at }, { secret }, callback, now) {
    if (!paid) return undefined;
    const body = {
      error: 0,
      data: {
        id: Number(id),
        reference: bankReference(id),
        description: memo(id, order.info),
        amount,
        runningBalance: 25_000_000,
        transactionDateTime: vietnamTime(at),
        accountNumber: order.terminal,
        bankName: 'VPBank',
      },
    };
    const signed = createHmac('sha512', secret).update(`${now}.${JSON.stringify(sorted(body))}`);
    return postNotice(callback, JSON.stringify(body), 'application/json', {
      'x-casso-signature': `t=${now},v1=${signed.digest('hex')}`,
    });
  },
};

/** Under which the bank's key is registered. */
const KEY_ID = 'played-1';

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. Source: RFC 8410, section 7. */
const ED25519_PKCS8 = '302e020100300506032b657004220420';
const privateKey = (hex: string): KeyObject =>
  createPrivateKey({ key: Buffer.from(ED25519_PKCS8 + hex, 'hex'), format: 'der', type: 'pkcs8' });

/** A bank that tells of its credits itself, signed with Ed25519. Source: docs/guides/bank.md. */
export const bankDirect: Simulator = {
  id: 'bank-direct',
  name: { vi: 'Ngân hàng tự báo có', en: 'A bank that tells of its credits' },
  amountOnTheWire: String,
  hireMerchant(bytes) {
    const own = bytes(32);
    const key = createPublicKey(privateKey(own)).export({ format: 'der', type: 'spki' }).toString('base64');
    return { terminal: ACCOUNT, secret: JSON.stringify({ [KEY_ID]: key }), own };
  },
  notice({ id, order, amount, paid, at }, { own = '' }, callback, now) {
    if (!paid) return undefined;
    const body = JSON.stringify({
      account: order.terminal,
      bankReference: bankReference(id),
      amount,
      currency: 'VND',
      direction: 'credit',
      text: memo(id, order.info),
      bookedAt: `${vietnamTime(at).replace(' ', 'T')}+07:00`,
      noticeId: id,
    });
    const timestamp = String(Math.floor(now / 1000));
    const signed = Buffer.from(`${timestamp}.${KEY_ID}.${body}`);
    return postNotice(callback, body, 'application/json', {
      'x-timestamp': timestamp,
      'x-key-id': KEY_ID,
      'x-signature': sign(null, signed, privateKey(own)).toString('base64'),
    });
  },
};
