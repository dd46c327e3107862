import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgencyCode, DossierCode, ProcedureCode } from '../../shared/domain/identity/codes.ts';
import { checkDigit, hasCheckDigit } from '../../shared/domain/identity/damm.ts';
import {
  InvoiceId,
  InvoiceNumber,
  invoiceId,
  invoiceNumberFrom,
  numberOf,
  printedNumber,
} from '../../shared/domain/invoice/number.ts';
import {
  MAX_ATTEMPTS,
  PaymentReference,
  paymentReference,
  readPaymentReference,
} from '../../shared/domain/payment/reference.ts';

const NUMBER = InvoiceNumber.parse('480213567890');
const digits = fc.stringMatching(/^[0-9]{1,20}$/);
const aNumber = fc.stringMatching(/^[1-9][0-9]{11}$/).map((text) => InvoiceNumber.parse(text));

describe('the check digit of Damm', () => {
  it('is 4 for 572, as in his paper', () => {
    expect(checkDigit('572')).toBe('4');
    expect(hasCheckDigit('5724')).toBe(true);
  });

  it('finds every single wrong digit', () => {
    fc.assert(
      fc.property(digits, fc.nat(), fc.integer({ min: 1, max: 9 }), (text, at, by) => {
        const whole = text + checkDigit(text);
        const place = at % whole.length;
        const wrong = `${whole.slice(0, place)}${(Number(whole[place]) + by) % 10}${whole.slice(place + 1)}`;
        expect(hasCheckDigit(wrong)).toBe(false);
      }),
    );
  });

  it('finds every swap of unequal neighbours', () => {
    fc.assert(
      fc.property(digits, fc.nat(), (text, at) => {
        const whole = text + checkDigit(text);
        const place = at % (whole.length - 1);
        const [one = '', other = ''] = [whole[place], whole[place + 1]];
        fc.pre(one !== other);
        expect(hasCheckDigit(`${whole.slice(0, place)}${other}${one}${whole.slice(place + 2)}`)).toBe(false);
      }),
    );
  });

  it.each(['', 'x', '１２', '1 2', '-1', '1.0'])('is none of %j', (text) => {
    expect(() => checkDigit(text)).toThrow(RangeError);
    expect(hasCheckDigit(text)).toBe(false);
  });
});

describe('an invoice number', () => {
  it('is 12 digits, the first not zero, for any hash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 32 }), (hash) => {
        expect(InvoiceNumber.safeParse(invoiceNumberFrom(hash)).success).toBe(true);
      }),
    );
    expect(invoiceNumberFrom(new Uint8Array(8))).toBe('100000000000');
    expect(invoiceNumberFrom(new Uint8Array(32).fill(255))).toMatch(/^[1-9][0-9]{11}$/);
  });

  it('needs a hash of 8 bytes at least', () => expect(() => invoiceNumberFrom(new Uint8Array(7))).toThrow(RangeError));

  it('spreads its last three digits, on which partitions rest', () => {
    const shards = new Map<number, number>();
    for (let index = 0; index < 8000; index += 1) {
      const hash = new Uint8Array(8);
      new DataView(hash.buffer).setBigUint64(0, (BigInt(index) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn);
      const shard = Number(invoiceNumberFrom(hash).slice(-3)) % 8;
      shards.set(shard, (shards.get(shard) ?? 0) + 1);
    }
    expect(shards.size).toBe(8);
    for (const count of shards.values()) expect(count).toBeGreaterThan(800);
  });

  it('is printed with TP and a check digit', () => {
    const printed = printedNumber(NUMBER);
    expect(printed.slice(0, 14)).toBe('TP480213567890');
    expect(hasCheckDigit(printed.slice(2))).toBe(true);
  });

  it('and its id are one', () => {
    expect(invoiceId(NUMBER)).toBe('inv_480213567890');
    expect(numberOf(invoiceId(NUMBER))).toBe(NUMBER);
  });

  it.each(['inv_012345678901', 'inv_12345678901', 'inv_1234567890123', 'inv_12345678901x', 'INV_123456789012'])(
    'is not %s',
    (id) => expect(InvoiceId.safeParse(id).success).toBe(false),
  );
});

describe('a payment reference', () => {
  it('leads back to invoice and attempt without an index', () => {
    fc.assert(
      fc.property(aNumber, fc.integer({ min: 1, max: MAX_ATTEMPTS }), (invoice, attempt) => {
        const reference = paymentReference(invoice, attempt);
        expect(reference).toMatch(/^[1-9][0-9]{14}$/);
        expect(Number.isSafeInteger(Number(reference))).toBe(true);
        expect(readPaymentReference(reference)).toEqual({ invoice, attempt });
      }),
    );
  });

  it.each([0, -1, 1.5, MAX_ATTEMPTS + 1, Number.NaN])('is none for attempt %d', (attempt) =>
    expect(() => paymentReference(NUMBER, attempt)).toThrow(RangeError),
  );

  it.each(['DVC20260101000001', '', '480213567890', ' 480213567890017', '４８０２１３５６７８９００１７'])(
    'is not %j',
    (text) => {
      expect(readPaymentReference(text)).toBeUndefined();
      expect(PaymentReference.safeParse(text).success).toBe(false);
    },
  );

  it('of an attempt beyond the last leads nowhere, however well its check digit fits', () => {
    for (const attempt of ['00', '21', '99']) {
      const text = `${NUMBER}${attempt}`;
      expect(readPaymentReference(text + checkDigit(text))).toBeUndefined();
    }
  });

  it('with a wrong check digit leads nowhere', () => {
    const reference = paymentReference(NUMBER, 1);
    const wrong = `${reference.slice(0, -1)}${(Number(reference.at(-1)) + 1) % 10}`;
    expect(readPaymentReference(wrong)).toBeUndefined();
  });
});

describe('codes of others', () => {
  it.each(['H29', 'H29.14', '000.00.12.H29', 'A02.3'])('an agency may be %s', (code) =>
    expect(AgencyCode.safeParse(code).success).toBe(true),
  );
  it.each(['', 'h29', 'H29.', '.H29', 'H29..1', 'H29#1', `H${'9'.repeat(35)}`, 'H2', 'Đ29.1'])(
    'an agency may not be %j',
    (code) => expect(AgencyCode.safeParse(code).success).toBe(false),
  );
  it.each(['1.004222', '3.000347'])('a procedure may be %s', (code) =>
    expect(ProcedureCode.safeParse(code).success).toBe(true),
  );
  it.each(['1.00422', '10.004222', '1,004222', '1.00422２'])('a procedure may not be %s', (code) =>
    expect(ProcedureCode.safeParse(code).success).toBe(false),
  );
  it.each(['000.00.12.H29-260101-0001', 'A/b_c-1'])('a dossier may be %s', (code) =>
    expect(DossierCode.safeParse(code).success).toBe(true),
  );
  it.each(['ab', '-abc', 'a b c', 'abc#1', 'abc\n', '=abc', `a${'b'.repeat(64)}`])('a dossier may not be %j', (code) =>
    expect(DossierCode.safeParse(code).success).toBe(false),
  );
});
