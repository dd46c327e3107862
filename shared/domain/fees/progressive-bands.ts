import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { dong, MAX_DONG } from '../money/dong.ts';
import {
  add,
  compare,
  type Fraction,
  larger,
  Rate,
  Rounding,
  round,
  roundWithin,
  share,
  smaller,
  whole,
} from './exact.ts';
import { valueWanted } from './percentage.ts';
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

/** `base` plus `rate` of what lies over `over`, for values up to and including `upTo`; null is without end. */
const Band = lazy(() =>
  z.strictObject({
    upTo: ValueInDong.nullable(),
    base: TariffAmount,
    rate: Rate.optional(),
    over: z.int().min(0).max(MAX_VALUE_DONG).default(0),
  }),
);
type Band = z.infer<typeof Band>;

const MAX_BANDS = 20;

/**
 * A fee that grows with the value in bands, not below a minimum nor above a maximum: court fees of NQ 326/2016/UBTVQH14;
 * notaries' fees of TT 257/2016/TT-BTC, at most 70 million. With `part`, only that
 * part of it is due, not below `minimumPart`: the advance is half of the fee (Art. 7.2).
 */
export const progressiveBands = tariffKind({
  schema: lazy(() =>
    z.strictObject({
      kind: z.literal('progressive_bands'),
      of: Label,
      bands: z.array(Band).min(1).max(MAX_BANDS),
      minimum: TariffAmount.optional(),
      maximum: TariffAmount.optional(),
      part: Rate.optional(),
      minimumPart: TariffAmount.optional(),
      rounding: Rounding,
    }),
  ),
  facts: { value: lazy(() => ValueInDong.optional()), quantity: lazy(() => Quantity.optional()) },

  rate({ bands, minimum, maximum, part, minimumPart }) {
    const floor = minimum === undefined ? [] : [before('tối thiểu', 'at least', inDong(dong(minimum)))];
    const cap = maximum === undefined ? [] : [before('tối đa', 'at most', inDong(dong(maximum)))];
    const fee = joined([...bands.map(bandWords), ...floor, ...cap], '; ');
    if (!part) return fee;
    const percent = inPercent(part);
    const least = minimumPart === undefined ? undefined : inDong(dong(minimumPart));
    return {
      vi: `${percent.vi} của mức (${fee.vi})${least ? `, không thấp hơn ${least.vi}` : ''}`,
      en: `${percent.en} of (${fee.en})${least ? `, not below ${least.en}` : ''}`,
    };
  },

  compute({ of, bands, minimum, maximum, part, minimumPart, rounding }, { value, quantity = 1 }) {
    const twice = onlyOnce(quantity);
    if (twice) return twice;
    if (value === undefined) return missing(valueWanted(of));

    const band = bands.find(({ upTo }) => upTo === null || value <= upTo);
    if (!band) throw new RangeError('no band for the value: the catalogue was not checked');
    const steps: Step[] = [];
    const step = (words: Words, exact: Fraction) => steps.push({ words, amount: round(exact, rounding).amount });

    let exact = byBand(band, value);
    step(calculation(band, value), exact);
    if (minimum !== undefined && exact !== larger(exact, whole(minimum))) {
      exact = whole(minimum);
      step(before('Tối thiểu', 'At least', inDong(dong(minimum))), exact);
    }
    if (maximum !== undefined && exact !== smaller(exact, whole(maximum))) {
      exact = whole(maximum);
      step(before('Tối đa', 'At most', inDong(dong(maximum))), exact);
    }
    if (part) {
      exact = share(exact, part);
      step(before(inPercent(part).vi, inPercent(part).en, { vi: 'của mức trên', en: 'of that' }), exact);
    }
    if (minimumPart !== undefined && exact !== larger(exact, whole(minimumPart))) {
      exact = whole(minimumPart);
      step(before('Không thấp hơn', 'Not below', inDong(dong(minimumPart))), exact);
    }
    const least = minimumPart ?? (part ? 0 : (minimum ?? 0));
    const most = part ? MAX_DONG : (maximum ?? MAX_DONG);
    const { amount, used } = roundWithin(exact, rounding, least, most);
    const words = joined(
      steps.map((one) => one.words),
      '; ',
    );
    const all = inDong(amount);
    return computed({
      amount,
      formula: { vi: `${words.vi} → ${all.vi}`, en: `${words.en} → ${all.en}` },
      inputs: [{ fact: 'value', name: valueWanted(of).name, value }],
      steps,
      rounding: used,
      doubts: roundingDoubts(used),
    });
  },

  contradictions({ bands, minimum = 0, maximum, part, minimumPart }) {
    const ends = bands.map((band) => band.upTo ?? Number.POSITIVE_INFINITY);
    return [
      ...(ends.every((end, place) => place === 0 || end > (ends[place - 1] ?? 0)) ? [] : ['bands do not ascend']),
      ...(ends.at(-1) === Number.POSITIVE_INFINITY ? [] : ['the last band ends, and no band says what comes after it']),
      ...bands.flatMap((band, place) => {
        const lower = bands[place - 1];
        if (!lower) return band.over > 0 ? ['the first band takes its rate from above its own beginning'] : [];
        const end = lower.upTo ?? 0;
        if (band.over > end) return [`band ${place + 1} takes its rate from above its own beginning`];
        // Law has steps up; a step down is a slip of the pen.
        const falls =
          compare(larger(byBand(lower, end), whole(minimum)), larger(byBand(band, end), whole(minimum))) > 0;
        return falls ? [`band ${place + 1} begins below the end of the one before it`] : [];
      }),
      ...(maximum !== undefined && minimum > maximum ? ['the floor is above the cap'] : []),
      ...(minimumPart !== undefined && !part ? ['a minimum of the part, and no part'] : []),
    ];
  },
});

const byBand = ({ base, rate, over }: Band, value: number): Fraction =>
  rate ? add(whole(base), share(whole(value - over), rate)) : whole(base);

function calculation({ base, rate, over }: Band, value: number): Words {
  const fixed = inDong(dong(base));
  if (!rate) return fixed;
  const percent = inPercent(rate);
  const rest = inDong(dong(value - over));
  const plus = base === 0 ? { vi: '', en: '' } : { vi: `${fixed.vi} + `, en: `${fixed.en} + ` };
  return { vi: `${plus.vi}${percent.vi} × ${rest.vi}`, en: `${plus.en}${percent.en} × ${rest.en}` };
}

function bandWords({ upTo, base, rate, over }: Band): Words {
  const fixed = inDong(dong(base));
  const percent = rate && inPercent(rate);
  const excess = inDong(dong(over));
  const end = upTo === null ? undefined : inDong(dong(upTo));
  const amount = {
    vi: [base > 0 || !percent ? fixed.vi : '', percent && `${percent.vi} phần vượt ${excess.vi}`]
      .filter(Boolean)
      .join(' + '),
    en: [base > 0 || !percent ? fixed.en : '', percent && `${percent.en} of what exceeds ${excess.en}`]
      .filter(Boolean)
      .join(' + '),
  };
  return {
    vi: `${end ? `đến ${end.vi}` : 'trên đó'}: ${amount.vi}`,
    en: `${end ? `up to ${end.en}` : 'above'}: ${amount.en}`,
  };
}
