import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { addDays } from '../time.ts';
import { Rounding, round, whole } from './exact.ts';
import type { FactWanted } from './fact-wanted.ts';
import { Confidence, LegalBasis, LegalDay } from './legal-basis.ts';
import { ParameterKey } from './parameters.ts';
import {
  computed,
  missing,
  notApplicable,
  onlyOnce,
  type Pricing,
  Quantity,
  quantityInput,
  quantityWanted,
  roundingDoubts,
  tariffKind,
} from './tariff-kind.ts';
import { inDong, Label, type Words } from './words.ts';

const Currency = lazy(() => z.literal('USD'));
/** Largest tariff for one unit, in whole units of the currency, and largest rate, in dong: products stay in range. */
const MAX_FOREIGN = 10_000;
const MAX_RATE_DONG = 100_000;
const POWERS = lazy(() => z.literal([1, 10, 100, 1_000]));

/** A rate that the caller looked up: `dong ÷ per` for one unit of the currency, where from, and of which day. */
const ExchangeRate = lazy(() =>
  z
    .strictObject({
      currency: Currency,
      dong: z
        .int()
        .min(1)
        .max(MAX_RATE_DONG * 1_000),
      per: POWERS.default(1),
      source: z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} .,()/-]{0,79}$/u),
      day: LegalDay,
    })
    .refine(({ dong, per }) => dong <= MAX_RATE_DONG * per, {
      path: ['dong'],
      error: `more than ${MAX_RATE_DONG} dong for one unit`,
    }),
);
type ExchangeRate = z.infer<typeof ExchangeRate>;

const NAME: Words = { vi: 'tỷ giá quy đổi', en: 'rate of exchange' };

/**
 * A tariff in a foreign currency, paid in dong by a dated rate: the caller's with its source and day, else the operator's
 * (a parameter of the catalogue). A rate of a later day, or too old, is refused. Which bank's rate counts is the law's; the
 * row says it in words.
 */
export const foreignCurrency = tariffKind({
  schema: lazy(() =>
    z.strictObject({
      kind: z.literal('foreign_currency'),
      currency: Currency,
      /** For one unit, in whole units of the currency. */
      amount: z.int().min(0).max(MAX_FOREIGN),
      /** Whether a quantity is needed. */
      each: z.boolean().default(false),
      /** The operator's rate, used where the caller names none. */
      operatorRate: ParameterKey,
      /** How old a rate may be, in days before the dossier was handed in. */
      oldestDays: z.int().min(0).max(366),
      rule: z.strictObject({ words: Label, basis: LegalBasis, confidence: Confidence }),
      rounding: Rounding,
    }),
  ),
  facts: { exchangeRate: lazy(() => ExchangeRate.optional()), quantity: lazy(() => Quantity.optional()) },

  rate: ({ amount, currency }, unit) => ({
    vi: `${amount} ${currency}/${unit.vi}`,
    en: `${amount} ${currency} per ${unit.en}`,
  }),

  compute(tariff, { exchangeRate, quantity }, pricing) {
    const { each, rule } = tariff;
    const twice = each || quantity === undefined ? undefined : onlyOnce(quantity);
    if (twice) return twice;
    const wrongDay = exchangeRate && dayProblem(exchangeRate, tariff.oldestDays, pricing);
    if (wrongDay) return wrongDay;
    const rate = exchangeRate ? fromCaller(exchangeRate) : fromOperator(tariff.operatorRate, pricing);
    const count = each ? quantity : 1;
    if (!rate || count === undefined)
      return missing(...(rate ? [] : [rateWanted]), ...(count === undefined ? [quantityWanted(pricing.unit)] : []));

    const foreign = tariff.amount;
    const { amount: unitAmount, used } = round(
      { numerator: whole(foreign * rate.dong).numerator, denominator: BigInt(rate.per) },
      tariff.rounding,
    );
    const total = round(whole(unitAmount * count), tariff.rounding).amount;
    const quoted = rate.per === 1 ? String(rate.dong) : `${rate.dong}/${rate.per}`;
    const [one, all] = [inDong(unitAmount), inDong(total)];
    const times = count === 1 ? '' : `${count} × `;
    return computed({
      quantity: count,
      unitAmount,
      amount: total,
      formula: {
        vi: `${times}${foreign} ${tariff.currency} × ${quoted} = ${all.vi}`,
        en: `${times}${foreign} ${tariff.currency} × ${quoted} = ${all.en}`,
      },
      inputs: [
        { fact: 'exchangeRate', name: NAME, value: `${quoted} VND/${tariff.currency}, ${rate.source}, ${rate.day}` },
        ...(each ? [quantityInput(count, pricing.unit)] : []),
      ],
      steps: [
        {
          words: {
            vi: `${foreign} ${tariff.currency} × ${quoted} đồng (${rate.source}, ngày ${rate.day}; ${rule.words.vi}) = ${one.vi}`,
            en: `${foreign} ${tariff.currency} × ${quoted} VND (${rate.source}, ${rate.day}; ${rule.words.en}) = ${one.en}`,
          },
          amount: unitAmount,
        },
      ],
      rounding: used,
      laws: [rule.basis, ...rate.laws],
      doubts: [
        ...(rule.confidence === 'high'
          ? []
          : [
              {
                vi: `quy tắc tỷ giá chưa được xác minh: ${rule.words.vi}`,
                en: `the rule of exchange is not verified: ${rule.words.en}`,
              },
            ]),
        ...rate.doubts,
        ...roundingDoubts(used),
      ],
    });
  },

  parameters: ({ operatorRate }) => [operatorRate],
});

type RateUsed = { dong: number; per: number; source: string; day: string; laws: LegalBasis[]; doubts: Words[] };

const fromCaller = ({ dong, per, source, day }: ExchangeRate): RateUsed => ({
  dong,
  per,
  source,
  day,
  laws: [],
  doubts: [],
});

function fromOperator(key: ParameterKey, { parameter }: Pricing): RateUsed | undefined {
  const value = parameter(key);
  const text = value?.basis[0];
  if (!value || !text) return undefined;
  const { value: dong, per, basis, doubts } = value;
  // A slip of the operator's must not become a price.
  if (dong > MAX_RATE_DONG * per) return undefined;
  return { dong, per, source: text.document, day: text.effectiveFrom ?? '', laws: basis, doubts };
}

function dayProblem({ day }: ExchangeRate, oldestDays: number, pricing: Pricing) {
  if (day > pricing.day)
    return notApplicable(
      'exchangeRate/day',
      'Tỷ giá phải của ngày nộp hồ sơ hoặc trước đó.',
      'The rate must be of the day of submission or earlier.',
    );
  if (day >= addDays(pricing.day, -oldestDays)) return undefined;
  return notApplicable(
    'exchangeRate/day',
    `Tỷ giá cũ hơn ${oldestDays} ngày trước ngày nộp hồ sơ.`,
    `The rate is older than ${oldestDays} days before submission.`,
  );
}

const rateWanted: FactWanted = {
  type: 'object',
  fact: 'exchangeRate',
  name: NAME,
  members: [
    { member: 'currency', type: 'text', name: { vi: 'ngoại tệ: USD', en: 'currency: USD' }, required: true },
    {
      member: 'dong',
      type: 'integer',
      name: { vi: 'số đồng (chia cho per)', en: 'dong (divided by per)' },
      required: true,
    },
    {
      member: 'per',
      type: 'integer',
      name: { vi: '1, 10, 100 hoặc 1000; không nêu là 1', en: '1, 10, 100 or 1000; 1 if left out' },
      required: false,
    },
    { member: 'source', type: 'text', name: { vi: 'nguồn tỷ giá', en: 'source of the rate' }, required: true },
    { member: 'day', type: 'day', name: { vi: 'ngày của tỷ giá', en: 'day of the rate' }, required: true },
  ],
};
