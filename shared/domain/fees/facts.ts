import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { Claims } from './condition.ts';
import { MAX_FEE_ITEMS } from './procedure.ts';
import { PriorUses } from './relief-rule.ts';
import { FeeItemId } from './rule-terms.ts';
import { apartBy, tariffFacts } from './tariff-kinds.ts';

/** A fee item that the dossier needs, with the facts that its tariff reads. */
export const ItemFacts = lazy(() => z.strictObject({ feeItem: FeeItemId, ...tariffFacts }));
export type ItemFacts = z.infer<typeof ItemFacts>;

/**
 * What a price depends on besides place, channel and instant. Facts beside `items` belong to the only item that is due;
 * where several are due, each carries its own. `reliefs` are the conditions that the caller has verified, with evidence;
 * `priorUses` says how often a quota was used. Unknown members are refused: a misspelt fact must not cost money.
 */
export const QuoteFacts = lazy(() =>
  z.strictObject({
    ...tariffFacts,
    items: z
      .array(ItemFacts)
      .max(MAX_FEE_ITEMS)
      // A fee item may stand more than once only for different notices.
      .refine((items) => new Set(items.map((item) => `${item.feeItem} ${apartBy(item)}`)).size === items.length, {
        error: 'names a fee item twice',
      })
      .optional(),
    reliefs: Claims.optional(),
    priorUses: PriorUses.optional(),
  }),
);
export type QuoteFacts = z.infer<typeof QuoteFacts>;
