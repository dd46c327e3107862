import * as z from 'zod';
import { lazy } from '../lazy.ts';

/** Largest amount that one line, payment or sum may have: far above any fee, far below 2^53, so sums stay exact. */
export const MAX_DONG = 999_999_999_999_999;

/**
 * Vietnamese dong. VND has no minor unit (ISO 4217 exponent 0), so an amount is a whole number of dong.
 * No fractions, no negative zero, nothing above {@link MAX_DONG}.
 */
export const Dong = lazy(() => z.int().min(0).max(MAX_DONG).brand<'Dong'>());
export type Dong = z.infer<typeof Dong>;

export const ZERO = 0 as Dong;

/** Raised when arithmetic would leave the range of {@link Dong}. A wrong dong is worse than a refused call. */
export class MoneyOutOfRange extends Error {
  constructor(value: number) {
    super(`not an amount in dong: ${value}`);
    this.name = 'MoneyOutOfRange';
  }
}

/** Checks a number into dong. Throws {@link MoneyOutOfRange} for fractions, negatives, -0, NaN and numbers above the limit. */
export function dong(value: number): Dong {
  if (!Number.isSafeInteger(value) || value < 0 || value > MAX_DONG || Object.is(value, -0))
    throw new MoneyOutOfRange(value);
  return value as Dong;
}

/** Adds amounts. Throws {@link MoneyOutOfRange} above the limit. */
export function sum(amounts: Iterable<Dong>): Dong {
  let total = 0;
  for (const amount of amounts) total = dong(total + amount);
  return dong(total);
}

/** Multiplies a tariff by a whole quantity. Throws {@link MoneyOutOfRange} for fractions or above the limit. */
export function times(amount: Dong, quantity: number): Dong {
  return dong(amount * quantity);
}
