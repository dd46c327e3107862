import * as z from 'zod';
import { checkDigit, hasCheckDigit } from '../identity/damm.ts';
import type { InvoiceNumber } from '../invoice/number.ts';
import { lazy } from '../lazy.ts';

/** Attempts of one invoice are numbered 01 to 99 in its payment references; {@link MAX_ATTEMPTS} of them may exist. */
export const MAX_ATTEMPTS = 20;

const REFERENCE = /^[1-9][0-9]{14}$/;

/**
 * Names one attempt to pay one invoice: 12 digits of invoice, 2 of attempt (01 first), 1 check digit (Damm). An integer
 * below 2^53, so that it fits every provider's field and leads back to the invoice without an index.
 */
export const PaymentReference = lazy(() =>
  z.string().regex(REFERENCE).refine(hasCheckDigit, { message: 'wrong check digit' }).brand<'PaymentReference'>(),
);
export type PaymentReference = z.infer<typeof PaymentReference>;

/** The reference of an attempt, `attempt` counting from 1. Throws RangeError outside 1 to {@link MAX_ATTEMPTS}. */
export function paymentReference(invoice: InvoiceNumber, attempt: number): PaymentReference {
  if (!Number.isInteger(attempt) || attempt < 1 || attempt > MAX_ATTEMPTS)
    throw new RangeError(`no attempt ${attempt}: 1 to ${MAX_ATTEMPTS}`);
  const digits = `${invoice}${String(attempt).padStart(2, '0')}`;
  return `${digits}${checkDigit(digits)}` as PaymentReference;
}

/** Reads a reference back into invoice and attempt; `undefined` for what is no reference of ours. */
export function readPaymentReference(text: string): { invoice: InvoiceNumber; attempt: number } | undefined {
  if (!REFERENCE.test(text) || !hasCheckDigit(text)) return undefined;
  const attempt = Number(text.slice(12, 14));
  if (attempt < 1 || attempt > MAX_ATTEMPTS) return undefined;
  // The first of its digits is not zero, and twelve such digits are an invoice's number.
  return { invoice: text.slice(0, 12) as InvoiceNumber, attempt };
}
