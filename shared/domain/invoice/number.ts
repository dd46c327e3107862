import * as z from 'zod';
import { checkDigit } from '../identity/damm.ts';
import { lazy } from '../lazy.ts';

/** 12 digits, the first not zero: the one identity of an invoice and the key of its item. A name, not a secret. */
export const InvoiceNumber = lazy(() =>
  z
    .string()
    .regex(/^[1-9][0-9]{11}$/)
    .brand<'InvoiceNumber'>(),
);
export type InvoiceNumber = z.infer<typeof InvoiceNumber>;

const NUMBERS = 900_000_000_000n;
const FIRST = 100_000_000_000n;

/** The number that a keyed hash (at least 8 bytes, uniformly spread) stands for. */
export function invoiceNumberFrom(hash: Uint8Array): InvoiceNumber {
  if (hash.length < 8) throw new RangeError('a hash of at least 8 bytes');
  let value = 0n;
  for (const byte of hash.subarray(0, 8)) value = (value << 8n) | BigInt(byte);
  return String(FIRST + (value % NUMBERS)) as InvoiceNumber;
}

/** As printed on notices: `TP`, the number, a check digit. */
export function printedNumber(number: InvoiceNumber): string {
  return `TP${number}${checkDigit(number)}`;
}

/** The number behind what is printed; `undefined` where the check digit does not hold. */
export function readPrintedNumber(text: string): InvoiceNumber | undefined {
  const number = InvoiceNumber.safeParse(text.slice(2, -1)).data;
  return number !== undefined && printedNumber(number) === text ? number : undefined;
}

export const InvoiceId = lazy(() => z.templateLiteral(['inv_', z.string().regex(/^[1-9][0-9]{11}$/)]));
export type InvoiceId = z.infer<typeof InvoiceId>;

export const invoiceId = (number: InvoiceNumber): InvoiceId => `inv_${number}`;

export const numberOf = (id: InvoiceId): InvoiceNumber => InvoiceNumber.parse(id.slice(4));
