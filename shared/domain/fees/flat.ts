import * as z from 'zod';
import { dong } from '../money/dong.ts';
import { Quantity, TariffAmount, tariffKind } from './tariff-kind.ts';
import { inDong, inDongPer } from './words.ts';

/** One amount for the dossier, whatever is in it. A quantity other than one is refused: neither reading of it is safe. */
export const flat = tariffKind({
  schema: z.strictObject({ kind: z.literal('flat'), amount: TariffAmount }),
  facts: { quantity: Quantity.optional() },

  rate: ({ amount }, unit) => inDongPer(dong(amount), unit),

  compute({ amount }, { quantity = 1 }) {
    if (quantity !== 1)
      return {
        kind: 'fact_not_applicable',
        fact: 'quantity',
        why: {
          vi: 'Khoản này thu một lần cho một hồ sơ; không nhân theo số lượng.',
          en: 'This fee is due once per dossier; it has no quantity.',
        },
      };
    return {
      kind: 'computed',
      quantity,
      unitAmount: dong(amount),
      amount: dong(amount),
      formula: inDong(dong(amount)),
    };
  },
});
