import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { dong, times } from '../money/dong.ts';
import type { FactWanted } from './fact-wanted.ts';
import {
  computed,
  MAX_QUANTITY,
  MAX_TARIFF_DONG,
  MIN_QUANTITY,
  missing,
  Quantity,
  quantityInput,
  quantityWanted,
  type Step,
  TariffAmount,
  tariffKind,
} from './tariff-kind.ts';
import { before, inDong, inDongPer, joined, type Words } from './words.ts';

/** Most for one page, in dong: a copy of all pages that there may be stays within a tariff's limit. */
const PageAmount = lazy(() =>
  z
    .int()
    .min(0)
    .max(MAX_TARIFF_DONG / MAX_QUANTITY),
);
const Tier = lazy(() => z.strictObject({ upTo: z.int().min(1).max(MAX_QUANTITY).nullable(), amount: PageAmount }));
type Tier = z.infer<typeof Tier>;

const PAGES: Words = { vi: 'số trang của bản chính', en: 'pages of the original' };
const pagesWanted: FactWanted = {
  type: 'integer',
  fact: 'pages',
  name: PAGES,
  minimum: MIN_QUANTITY,
  maximum: MAX_QUANTITY,
};

/**
 * An amount for each page, by where the page lies, at most a cap for one copy: 2,000 for pages 1 and 2, 1,000 from page 3,
 * at most 200,000 (TT 226/2016/TT-BTC). Pages and copies must both be said.
 */
export const tieredPages = tariffKind({
  schema: lazy(() =>
    z.strictObject({
      kind: z.literal('tiered_pages'),
      tiers: z.array(Tier).min(1).max(10),
      cap: TariffAmount.optional(),
    }),
  ),
  facts: { pages: lazy(() => Quantity.optional()), quantity: lazy(() => Quantity.optional()) },

  rate({ tiers, cap }, unit) {
    const most = cap === undefined ? [] : [before('tối đa', 'at most', inDongPer(dong(cap), unit))];
    return joined([...tiers.map((tier, place) => tierWords(tier, firstPage(tiers, place))), ...most], ', ');
  },

  compute({ tiers, cap }, { pages, quantity }, { unit }) {
    if (pages === undefined || quantity === undefined)
      return missing(
        ...(pages === undefined ? [pagesWanted] : []),
        ...(quantity === undefined ? [quantityWanted(unit)] : []),
      );

    const steps: Step[] = [];
    let copy = dong(0);
    for (const [place, tier] of tiers.entries()) {
      const first = firstPage(tiers, place);
      const count = Math.min(pages, tier.upTo ?? pages) - first + 1;
      if (count <= 0) break;
      copy = dong(copy + times(dong(tier.amount), count));
      const words = tierWords(tier, first);
      steps.push({ words: { vi: `${count} trang: ${words.vi}`, en: `${count} pages: ${words.en}` }, amount: copy });
    }
    const capped = cap !== undefined && copy > cap ? dong(cap) : copy;
    if (capped !== copy)
      steps.push({ words: before('Tối đa một bản', 'At most for one copy', inDong(capped)), amount: capped });
    const amount = times(capped, quantity);
    const each = inDong(capped);
    const all = inDong(amount);
    return computed({
      quantity,
      unitAmount: capped,
      amount,
      formula: {
        vi: `${quantity} ${unit.vi} × ${each.vi} (${pages} trang) = ${all.vi}`,
        en: `${quantity} × ${each.en} per ${unit.en} (${pages} pages) = ${all.en}`,
      },
      inputs: [{ fact: 'pages', name: PAGES, value: pages }, quantityInput(quantity, unit)],
      steps,
    });
  },

  contradictions({ tiers }) {
    const ends = tiers.map((tier) => tier.upTo ?? Number.POSITIVE_INFINITY);
    return [
      ...(ends.every((end, place) => place === 0 || end > (ends[place - 1] ?? 0)) ? [] : ['tiers do not ascend']),
      ...(ends.at(-1) === Number.POSITIVE_INFINITY ? [] : ['the last tier ends, and no tier says what comes after it']),
    ];
  },
});

const firstPage = (tiers: readonly Tier[], place: number): number => (tiers[place - 1]?.upTo ?? 0) + 1;

function tierWords({ upTo, amount }: Tier, first: number): Words {
  const each = inDong(dong(amount));
  const vi = upTo === null ? `từ trang ${first}` : first === upTo ? `trang ${first}` : `trang ${first} đến ${upTo}`;
  const en = upTo === null ? `from page ${first}` : first === upTo ? `page ${first}` : `pages ${first} to ${upTo}`;
  return { vi: `${each.vi} mỗi trang (${vi})`, en: `${each.en} per page (${en})` };
}
