import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { dong } from '../money/dong.ts';
import { computed, onlyOnce, Quantity, TariffAmount, tariffKind } from './tariff-kind.ts';
import { inDong, inDongPer } from './words.ts';

/** One amount for the dossier, whatever is in it. A quantity other than one is refused: neither reading of it is safe. */
export const flat = tariffKind({
  schema: lazy(() => z.strictObject({ kind: z.literal('flat'), amount: TariffAmount })),
  facts: { quantity: lazy(() => Quantity.optional()) },

  rate: ({ amount }, unit) => inDongPer(dong(amount), unit),

  compute: ({ amount }, { quantity = 1 }) =>
    onlyOnce(quantity) ?? computed({ amount: dong(amount), formula: inDong(dong(amount)) }),
});
