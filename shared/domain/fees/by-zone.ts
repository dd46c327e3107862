import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { dong } from '../money/dong.ts';
import { computed, missing, notApplicable, onlyOnce, Quantity, TariffAmount, tariffKind } from './tariff-kind.ts';
import { inDong, inDongPer, joined, Label, type Words } from './words.ts';

const ZoneKey = lazy(() => z.string().regex(/^[A-Za-z0-9]{1,12}$/));
const Zone = lazy(() => z.strictObject({ zone: ZoneKey, name: Label, amount: TariffAmount }));

const NAME: Words = { vi: 'khu vực', en: 'zone' };

/** An amount by the zone that the law names: the first registration of a vehicle. The zone must be said. */
export const byZone = tariffKind({
  schema: lazy(() => z.strictObject({ kind: z.literal('by_zone'), zones: z.array(Zone).min(1).max(20) })),
  facts: { zone: lazy(() => ZoneKey.optional()), quantity: lazy(() => Quantity.optional()) },

  rate: ({ zones }, unit) =>
    joined(
      zones.map(({ name, amount }) => {
        const each = inDongPer(dong(amount), unit);
        return { vi: `${each.vi} ở ${name.vi}`, en: `${each.en} in ${name.en}` };
      }),
      ', ',
    ),

  compute({ zones }, { zone, quantity = 1 }) {
    const twice = onlyOnce(quantity);
    if (twice) return twice;
    if (zone === undefined)
      return missing({
        type: 'one_of',
        fact: 'zone',
        name: NAME,
        allowed: zones.map(({ zone: value, name }) => ({ value, name })),
      });
    const found = zones.find((one) => one.zone === zone);
    if (!found) {
      const all = zones.map((one) => one.zone).join(', ');
      return notApplicable('zone', `Không có khu vực này; các khu vực: ${all}.`, `No such zone; there are: ${all}.`);
    }
    const amount = inDong(dong(found.amount));
    return computed({
      amount: dong(found.amount),
      formula: { vi: `${found.name.vi}: ${amount.vi}`, en: `${found.name.en}: ${amount.en}` },
      inputs: [{ fact: 'zone', name: NAME, value: zone }],
    });
  },

  contradictions({ zones }) {
    return new Set(zones.map((one) => one.zone)).size === zones.length ? [] : ['a zone stands twice'];
  },
});
