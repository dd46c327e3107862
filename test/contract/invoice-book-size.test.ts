import { describe, expect, it } from 'vitest';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { dong, ZERO } from '../../shared/domain/money/dong.ts';
import { decide } from '../../shared/domain/payment/decide.ts';
import { factsOf } from '../../shared/domain/payment/facts.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { vnpay } from '../../shared/providers/vnpay/adapter.ts';
import { sign } from '../../shared/providers/vnpay/signature.ts';
import { invoiceItem } from '../../shared/store/invoice-item.ts';

/** An unsettled invoice with an attempt must stay within one write unit, a settled one within two. */
const WRITE_UNIT_BYTES = 1024;
const SETTLED_BYTES = 1300;
/** Length of a usual callback of VNPAY. */
const CALLBACK_BYTES = 421;

const bytes = (text: string) => Buffer.byteLength(text);

/**
 * What DynamoDB counts of a value: text in UTF-8, numbers two digits a byte and one more, 3 bytes for a list or map and one
 * for each member. Source: "DynamoDB item sizes and formats" of its developer guide.
 */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return bytes(value);
  if (typeof value === 'number') {
    const digits = String(Math.abs(value)).replace(/0+$/, '').length;
    return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
  }
  if (Array.isArray(value)) return 3 + value.reduce((sum: number, one) => sum + 1 + sizeOf(one), 0);
  return 3 + membersOf(value).reduce((sum, [name, one]) => sum + 1 + bytes(name) + sizeOf(one), 0);
}

const membersOf = (value: unknown): [string, unknown][] =>
  Object.entries(value as Record<string, unknown>).filter(([, one]) => one !== undefined);

/** The attributes of the item itself stand without the overhead of a map. */
const itemSize = (item: object): number =>
  membersOf(item).reduce((sum, [name, one]) => sum + bytes(name) + sizeOf(one), 0);

/** What each attribute takes, for whoever has to save bytes. */
const breakdown = (item: object): string =>
  membersOf(item)
    .map(([name, one]) => `${name} ${bytes(name) + sizeOf(one)}`)
    .join(', ');

const AT = Date.parse('2026-11-22T09:14:03.512+07:00');
const NUMBER = InvoiceNumber.parse('480213567890');
const SECRET = 'a secret of a terminal';

const attempt: Invoice['attempts'][number] = {
  providerId: 'vnpay',
  merchantAccountId: 'land-main-vnpay',
  terminal: 'DVCQG001',
  state: 'pending',
  createdAt: AT,
  expiresAt: AT + 900_000,
  returnUrl: 'https://dichvucong.example.gov.vn/thanh-toan/ket-qua',
  language: 'vi',
  payerIp: '203.0.113.107',
  keyHash: 'k'.repeat(22),
  bodyHash: 'b'.repeat(22),
};

const invoice = (attempts: number): Invoice => ({
  number: NUMBER,
  state: 'open',
  agencyCode: 'H29.12',
  dossierCode: 'H29.12-261122-0001',
  procedureCode: '1.004222',
  lines: [1, 2, 3].map((index) => ({
    feeItem: `1.004222-0${index}`,
    kind: 'le_phi',
    quantity: 1,
    amount: dong(45_500),
    beneficiary: 'main',
  })),
  total: dong(136_500),
  due: dong(136_500),
  payer: { name: 'Nguyễn Thị Thử Nghiệm', idNumber: '001099000123' },
  createdAt: AT,
  expiresAt: AT + 15 * 86_400_000,
  origin: { clientId: 'portal-dvcqg', keyHash: 'k'.repeat(22), bodyHash: 'b'.repeat(22) },
  attempts: Array.from({ length: attempts }, () => attempt),
  movements: {},
  version: 1 + attempts,
});

/** A genuine callback, filled up to the usual length. */
function callback(): string {
  const fields = new URLSearchParams({
    vnp_Amount: '13650000',
    vnp_BankCode: 'NCB',
    vnp_BankTranNo: 'VNP14226112',
    vnp_CardType: 'ATM',
    vnp_OrderInfo: `Thanh toan hoa don ${NUMBER}`,
    vnp_PayDate: '20261122091558',
    vnp_ResponseCode: '00',
    vnp_TmnCode: 'DVCQG001',
    vnp_TransactionNo: '14226112',
    vnp_TransactionStatus: '00',
    vnp_TxnRef: paymentReference(NUMBER, 1),
  });
  const signed = () => `${fields}&vnp_SecureHash=${sign(String(fields), SECRET)}`;
  const missing = CALLBACK_BYTES - signed().length;
  fields.set('vnp_OrderInfo', `${fields.get('vnp_OrderInfo')}${'x'.repeat(missing)}`);
  return signed();
}

function settled(attempts: number): Invoice {
  const query = callback();
  const raw = { method: 'GET' as const, rawQuery: query, headers: {}, body: new Uint8Array() };
  const notice = vnpay({ payUrl: '' }).read(raw, [SECRET], AT);
  const before = invoice(attempts);
  const owner = { merchantAccountId: 'land-main-vnpay', agencyCode: before.agencyCode };
  const decision = decide(notice, factsOf(before), owner, AT + 60_000);
  if (decision.kind !== 'post' || decision.movement.kind !== 'payment') throw new Error('it should have paid');
  return {
    ...before,
    state: decision.to.state,
    due: ZERO,
    attempts: before.attempts.map((one, index) => (index === 0 ? { ...one, state: 'succeeded' } : one)),
    movements: { [decision.movement.movementId]: decision.movement },
    version: before.version + 1,
  };
}

describe('the size of an invoice of three lines', () => {
  it('is counted as DynamoDB counts', () => {
    expect(itemSize({ k: '123', n: 0 })).toBe(1 + 3 + 1 + 1);
    expect(itemSize({ n: 12_300 })).toBe(1 + 3);
    expect(itemSize({ m: { a: 'é' }, l: ['x', 'y'] })).toBe(1 + 3 + 1 + 1 + 2 + (1 + 3 + 2 + 2));
    expect(callback().length).toBe(CALLBACK_BYTES);
  });

  it('costs one write unit while it waits with one attempt', () => {
    const item = invoiceItem(invoice(1));
    expect(itemSize(item), breakdown(item)).toBeLessThan(WRITE_UNIT_BYTES);
  });

  it('bears the choices of its agency in letters, and nothing where they are the default', () => {
    const chosen = invoiceItem({ ...settled(2), choices: { late: 'accept', parts: 'accumulate' } });
    expect(itemSize(chosen) - itemSize(invoiceItem(settled(2)))).toBe(4);
    expect(itemSize(chosen), breakdown(chosen)).toBeLessThanOrEqual(SETTLED_BYTES);
  });

  it.each([1, 2])(
    'stays within its budget when settled with %d attempts and the whole callback as evidence',
    (attempts) => {
      const item = invoiceItem(settled(attempts));
      expect(itemSize(item), breakdown(item)).toBeLessThanOrEqual(SETTLED_BYTES);
    },
  );
});
