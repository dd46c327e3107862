import type { ItemFacts, QuoteFacts } from './facts.ts';
import type { FactNeeded, Refused } from './priced.ts';
import type { FeeItem, Procedure } from './procedure.ts';
import type { TariffFacts } from './tariff-kinds.ts';

/** A fee item that is due, its facts, and where a fact of it stands in the request (JSON pointer without the name). */
export type DueItem = { item: FeeItem; facts: TariffFacts; pointer: string };

/** Items that are due by the facts, in order of their ids, or why that cannot be told. */
export function dueItems(procedure: Procedure, facts: QuoteFacts): DueItem[] | Refused {
  const { items: stated = [], ...shared } = facts;
  const unknown = stated.filter((one) => !procedure.items.some((item) => item.id === one.feeItem));
  if (unknown.length > 0) return unknownItems(procedure, unknown);

  const named = new Map(stated.map((one, index) => [one.feeItem, { facts: one, index }]));
  const choicesOpen = openChoices(procedure, new Set(named.keys()));
  if (choicesOpen.length > 0) return needs(choicesOpen);

  const optional = new Set(procedure.choices.flatMap((choice) => choice.of));
  const due = procedure.items
    .filter((item) => !optional.has(item.id) || named.has(item.id))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  const only = due.length === 1;
  const sharedFact = Object.entries(shared).find(([, value]) => value !== undefined)?.[0];
  if (sharedFact && !only) return ownFactsOnly(sharedFact);

  const result: DueItem[] = [];
  for (const item of due) {
    const own = named.get(item.id);
    const { feeItem: _, ...ownFacts } = own?.facts ?? { feeItem: item.id };
    const twice = Object.entries(ownFacts).find(([fact, value]) => value !== undefined && isStated(shared, fact));
    if (twice) return statedTwice(twice[0]);
    const place = own ? `/facts/items/${own.index}` : '/facts/items/-';
    result.push({ item, facts: { ...shared, ...ownFacts }, pointer: only && !own ? '/facts' : place });
  }
  return result;
}

const isStated = (facts: TariffFacts, fact: string): boolean =>
  Object.entries(facts).some(([name, value]) => name === fact && value !== undefined);

function openChoices(procedure: Procedure, named: ReadonlySet<string>): FactNeeded[] {
  const open: FactNeeded[] = [];
  for (const { choose, of } of procedure.choices) {
    const chosen = of.filter((id) => named.has(id)).length;
    if (choose === 'any' || (choose === 'exactly_one' ? chosen === 1 : chosen > 0)) continue;
    const options = procedure.items
      .filter((item) => of.includes(item.id))
      .map((item) => ({ feeItem: item.id, name: item.name, unit: item.unit }))
      .sort((one, other) => (one.feeItem < other.feeItem ? -1 : 1));
    open.push({ type: 'choice', pointer: '/facts/items', choose, options });
  }
  return open;
}

/** A refusal that lists the facts a price needs. */
export function needs(factsNeeded: FactNeeded[]): Refused {
  const vi = factsNeeded.map((need) =>
    need.type === 'integer'
      ? `${need.name.vi} cho khoản ${need.feeItem}`
      : `chọn ${need.choose === 'exactly_one' ? 'đúng một' : 'ít nhất một'} trong các khoản ${idsOf(need)}`,
  );
  const en = factsNeeded.map((need) =>
    need.type === 'integer'
      ? `${need.name.en} for ${need.feeItem}`
      : `${need.choose === 'exactly_one' ? 'exactly one' : 'at least one'} of ${idsOf(need)}`,
  );
  const detail = { vi: `Cần thêm thông tin: ${vi.join('; ')}.`, en: `Facts needed: ${en.join('; ')}.` };
  return { kind: 'refused', code: 'facts_needed', detail, factsNeeded };
}

const idsOf = (need: Extract<FactNeeded, { type: 'choice' }>): string =>
  need.options.map((option) => option.feeItem).join(', ');

function unknownItems(procedure: Procedure, unknown: ItemFacts[]): Refused {
  const feeItems = unknown.map((one) => one.feeItem);
  return {
    kind: 'refused',
    code: 'unknown_fee_item',
    detail: {
      vi: `Thủ tục ${procedure.code} không có khoản thu ${feeItems.join(', ')}.`,
      en: `Procedure ${procedure.code} has no fee item ${feeItems.join(', ')}.`,
    },
    feeItems,
  };
}

function ownFactsOnly(fact: string): Refused {
  return {
    kind: 'refused',
    code: 'fact_not_applicable',
    detail: {
      vi: `Có nhiều khoản thu nên "${fact}" phải nêu riêng cho từng khoản trong "items".`,
      en: `Several fee items are due, so "${fact}" belongs to each of them in "items".`,
    },
    pointer: `/facts/${fact}`,
  };
}

function statedTwice(fact: string): Refused {
  return {
    kind: 'refused',
    code: 'fact_not_applicable',
    detail: {
      vi: `"${fact}" được nêu hai lần cho cùng một khoản thu.`,
      en: `"${fact}" is stated twice for the same fee item.`,
    },
    pointer: `/facts/${fact}`,
  };
}
