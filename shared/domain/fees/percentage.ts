import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { dong } from '../money/dong.ts';
import { larger, Rate, Rounding, round, roundWithin, share, smaller, whole } from './exact.ts';
import type { FactWanted } from './fact-wanted.ts';
import {
  computed,
  MAX_VALUE_DONG,
  missing,
  onlyOnce,
  Quantity,
  roundingDoubts,
  type Step,
  TariffAmount,
  tariffKind,
  ValueInDong,
} from './tariff-kind.ts';
import { before, inDong, inPercent, joined, Label, type Words } from './words.ts';

/** The value that a rate is taken of, as a fact that is asked for. */
export const valueWanted = (of: Words): FactWanted => ({
  type: 'integer',
  fact: 'value',
  name: { vi: `${of.vi} (đồng)`, en: `${of.en} (VND)` },
  minimum: 1,
  maximum: MAX_VALUE_DONG,
});

/** A rate of a value, not below a floor nor above a cap: registration fees (trước bạ), appraisal fees. */
export const percentage = tariffKind({
  schema: lazy(() =>
    z.strictObject({
      kind: z.literal('percentage'),
      rate: Rate,
      /** What the rate is taken of: `giá tính lệ phí trước bạ`. */
      of: Label,
      minimum: TariffAmount.optional(),
      maximum: TariffAmount.optional(),
      rounding: Rounding,
    }),
  ),
  facts: { value: lazy(() => ValueInDong.optional()), quantity: lazy(() => Quantity.optional()) },

  rate({ rate, of, minimum, maximum }) {
    const percent = inPercent(rate);
    return joined(
      [
        { vi: `${percent.vi} ${of.vi}`, en: `${percent.en} of the ${of.en}` },
        ...(minimum === undefined ? [] : [before('tối thiểu', 'at least', inDong(dong(minimum)))]),
        ...(maximum === undefined ? [] : [before('tối đa', 'at most', inDong(dong(maximum)))]),
      ],
      ', ',
    );
  },

  compute({ rate, of, minimum, maximum, rounding }, { value, quantity = 1 }) {
    const twice = onlyOnce(quantity);
    if (twice) return twice;
    if (value === undefined) return missing(valueWanted(of));

    const percent = inPercent(rate);
    const exact = share(whole(value), rate);
    const raised = minimum === undefined ? exact : larger(exact, whole(minimum));
    const bounded = maximum === undefined ? raised : smaller(raised, whole(maximum));
    const taken = round(exact, rounding);
    const { amount, used } = roundWithin(exact, rounding, minimum ?? 0, maximum ?? MAX_VALUE_DONG);
    const words = inDong(dong(value));
    const steps: Step[] = [
      { words: { vi: `${percent.vi} × ${words.vi}`, en: `${percent.en} × ${words.en}` }, amount: taken.amount },
    ];
    if (raised !== exact) steps.push({ words: before('Tối thiểu', 'At least', inDong(amount)), amount });
    if (bounded !== raised) steps.push({ words: before('Tối đa', 'At most', inDong(amount)), amount });
    const all = inDong(amount);
    return computed({
      amount,
      formula: {
        vi: `${percent.vi} × ${words.vi}${steps.length > 1 ? `, ${steps.at(-1)?.words.vi.toLowerCase()}` : ` = ${all.vi}`}`,
        en: `${percent.en} × ${words.en}${steps.length > 1 ? `, ${steps.at(-1)?.words.en.toLowerCase().replace('vnd', 'VND')}` : ` = ${all.en}`}`,
      },
      inputs: [{ fact: 'value', name: valueWanted(of).name, value }],
      steps,
      rounding: used,
      doubts: roundingDoubts(used),
    });
  },

  contradictions: ({ minimum = 0, maximum }) =>
    maximum !== undefined && minimum > maximum ? ['the floor is above the cap'] : [],
});
