import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { dong, times } from '../money/dong.ts';
import { computed, missing, Quantity, quantityInput, quantityWanted, TariffAmount, tariffKind } from './tariff-kind.ts';
import { inDong, inDongPer } from './words.ts';

/** An amount for each unit. How many there are must be said: a silent "one" would undercharge whoever forgot it. */
export const perUnit = tariffKind({
  schema: lazy(() => z.strictObject({ kind: z.literal('per_unit'), amount: TariffAmount })),
  facts: { quantity: lazy(() => Quantity.optional()) },

  rate: ({ amount }, unit) => inDongPer(dong(amount), unit),

  compute(tariff, { quantity }, { unit }) {
    if (quantity === undefined) return missing(quantityWanted(unit));
    const unitAmount = dong(tariff.amount);
    const amount = times(unitAmount, quantity);
    const each = inDong(unitAmount);
    const all = inDong(amount);
    return computed({
      quantity,
      unitAmount,
      amount,
      formula: {
        vi: `${quantity} ${unit.vi} × ${each.vi} = ${all.vi}`,
        en: `${quantity} × ${each.en} per ${unit.en} = ${all.en}`,
      },
      inputs: [quantityInput(quantity, unit)],
    });
  },
});
