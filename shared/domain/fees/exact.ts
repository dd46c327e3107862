import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { type Dong, dong, MAX_DONG } from '../money/dong.ts';
import { Confidence, LegalBasis } from './legal-basis.ts';
import type { Words } from './words.ts';

/** Exact arithmetic for rates: fractions of whole numbers, rounded once, by a rule that is named. No float touches money. */

/** A rate as law writes it: 5 per 100, 45 per 1,000. Never more than the whole. */
export const Rate = lazy(() =>
  z
    .strictObject({
      parts: z.int().min(0),
      per: z.literal([100, 1_000, 10_000, 100_000, 1_000_000]),
    })
    .refine(({ parts, per }) => parts <= per, { path: ['parts'], error: 'is more than the whole' }),
);
export type Rate = z.infer<typeof Rate>;

/** An amount that need not be whole dong. The denominator is above zero. */
export type Fraction = { readonly numerator: bigint; readonly denominator: bigint };

export const whole = (amount: number): Fraction => ({ numerator: BigInt(amount), denominator: 1n });

/** `amount × parts ÷ per`, exactly. */
export function share(amount: Fraction, { parts, per }: { parts: number; per: number }): Fraction {
  return { numerator: amount.numerator * BigInt(parts), denominator: amount.denominator * BigInt(per) };
}

export function add(one: Fraction, other: Fraction): Fraction {
  return {
    numerator: one.numerator * other.denominator + other.numerator * one.denominator,
    denominator: one.denominator * other.denominator,
  };
}

/** Below, equal or above: negative, zero or positive. */
export function compare(one: Fraction, other: Fraction): number {
  const difference = one.numerator * other.denominator - other.numerator * one.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const larger = (one: Fraction, other: Fraction): Fraction => (compare(one, other) < 0 ? other : one);
export const smaller = (one: Fraction, other: Fraction): Fraction => (compare(one, other) > 0 ? other : one);

/**
 * How a part of a dong becomes whole. Few texts say it, so each tariff names its rule; without a text behind it the rule is
 * configuration (`confidence: low`), and a price in which it changed anything says so.
 */
export const Rounding = lazy(() =>
  z.strictObject({
    mode: z.enum(['down', 'half_up', 'up']),
    to: z.literal([1, 10, 100, 1_000]).default(1),
    confidence: Confidence.default('low'),
    basis: LegalBasis.optional(),
  }),
);
export type Rounding = z.infer<typeof Rounding>;

/** What rounding did to an amount. */
export const RoundingUsed = lazy(() =>
  z.strictObject({
    rule: z.strictObject({ vi: z.string(), en: z.string() }),
    /** The amount before it, as a fraction of whole dong in lowest terms: `600001/2`, `300000`. */
    before: z.string(),
    changed: z.boolean(),
    verified: z.boolean(),
  }),
);
export type RoundingUsed = z.infer<typeof RoundingUsed>;

export type Rounded = { amount: Dong; used: RoundingUsed };

/** Rounds into bounds that are whole dong: rounding never lifts an amount over a cap, nor below a floor. */
export function roundWithin(exact: Fraction, rounding: Rounding, minimum: number, maximum: number): Rounded {
  const bounded = smaller(larger(exact, whole(minimum)), whole(maximum));
  const { amount, used } = round(bounded, rounding);
  return { amount: dong(Math.min(Math.max(amount, minimum), maximum)), used };
}

/** Rounds an amount that is not negative. Throws MoneyOutOfRange above the range of dong, RangeError below zero. */
export function round(exact: Fraction, rounding: Rounding): Rounded {
  const { numerator, denominator } = exact;
  if (numerator < 0n) throw new RangeError('an amount below zero is not rounded');
  const unit = BigInt(rounding.to) * denominator;
  const rest = numerator % unit;
  const up = rounding.mode === 'up' ? rest > 0n : rounding.mode === 'half_up' && rest * 2n >= unit;
  const units = numerator / unit + (up ? 1n : 0n);
  const amount = units * BigInt(rounding.to);
  if (amount > BigInt(MAX_DONG)) throw new RangeError('an amount above the range of dong');
  return {
    amount: dong(Number(amount)),
    used: {
      rule: wordsOf(rounding),
      before: inLowestTerms(exact),
      changed: rest !== 0n,
      verified: rounding.confidence === 'high',
    },
  };
}

/** `600001/2`; without a denominator where it is whole. */
function inLowestTerms({ numerator, denominator }: Fraction): string {
  const divisor = greatestCommon(numerator, denominator);
  const below = denominator / divisor;
  return below === 1n ? String(numerator / divisor) : `${numerator / divisor}/${below}`;
}

function greatestCommon(one: bigint, other: bigint): bigint {
  let [a, b] = [one, other];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function wordsOf({ mode, to, basis }: Rounding): Words {
  const modes = {
    down: { vi: 'làm tròn xuống', en: 'rounded down' },
    half_up: { vi: 'làm tròn, từ nửa trở lên thì lên', en: 'rounded half up' },
    up: { vi: 'làm tròn lên', en: 'rounded up' },
  };
  const text = basis ? ` (${basis.article ? `${basis.document}, ${basis.article}` : basis.document})` : '';
  return { vi: `${modes[mode].vi} đến ${to} đồng${text}`, en: `${modes[mode].en} to ${to} VND${text}` };
}
