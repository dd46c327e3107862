import * as z from 'zod';
import { FeeItemId, MAX_FEE_ITEMS } from './procedure.ts';
import { tariffFacts } from './tariff-kinds.ts';

/** A fee item that the dossier needs, with the facts that its tariff reads. */
export const ItemFacts = z.strictObject({ feeItem: FeeItemId, ...tariffFacts });
export type ItemFacts = z.infer<typeof ItemFacts>;

/**
 * What a price depends on besides the channel and the instant. Facts beside `items` belong to the only item that is due;
 * where several are due, each carries its own. Unknown members are refused: a misspelt fact must not cost money.
 */
export const QuoteFacts = z.strictObject({
  ...tariffFacts,
  items: z
    .array(ItemFacts)
    .max(MAX_FEE_ITEMS)
    .refine((items) => new Set(items.map((item) => item.feeItem)).size === items.length, {
      error: 'names a fee item twice',
    })
    .optional(),
});
export type QuoteFacts = z.infer<typeof QuoteFacts>;
