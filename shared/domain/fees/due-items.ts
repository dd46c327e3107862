import { type Claim, claimable } from './condition.ts';
import type { ItemFacts, QuoteFacts } from './facts.ts';
import type { FactNeeded, Refused } from './priced.ts';
import { type FeeItem, MAX_FEE_ITEMS, type Procedure } from './procedure.ts';
import type { PriorUses } from './relief-rule.ts';
import { factsRead, type TariffFacts } from './tariff-kinds.ts';

/** A fee item that is due, its facts, and where a fact of it stands in the request (JSON pointer without the name). */
export type DueItem = { item: FeeItem; facts: TariffFacts; pointer: string };

/** Items that are due by the facts, in order of their ids, or why that cannot be told. */
export function dueItems(procedure: Procedure, facts: QuoteFacts): DueItem[] | Refused {
  const { items: stated = [], reliefs: claims = [], priorUses = [], ...shared } = facts;
  const unknown = stated.filter((one) => !procedure.items.some((item) => item.id === one.feeItem));
  if (unknown.length > 0) return unknownItems(procedure, unknown);
  const foreign = foreignClaim(procedure, claims, priorUses);
  if (foreign) return foreign;

  const named = Map.groupBy(
    stated.map((one, index) => ({ facts: one, index })),
    ({ facts: one }) => one.feeItem,
  );
  const choicesOpen = openChoices(procedure, new Set(named.keys()));
  if (choicesOpen.length > 0) return needs(choicesOpen);

  const optional = new Set(procedure.choices.flatMap((choice) => choice.of));
  const due = procedure.items
    .filter((item) => !optional.has(item.id) || named.has(item.id))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .flatMap((item): { item: FeeItem; own?: { facts: ItemFacts; index: number } }[] => {
      const own = named.get(item.id);
      return own ? own.map((one) => ({ item, own: one })) : [{ item }];
    });
  if (due.length > MAX_FEE_ITEMS) return tooMany(due.length);
  const only = due.length === 1;
  const sharedFact = Object.entries(shared).find(([, value]) => value !== undefined)?.[0];
  if (sharedFact && !only) return ownFactsOnly(sharedFact);

  const result: DueItem[] = [];
  for (const { item, own } of due) {
    const { feeItem: _, ...ownFacts } = own?.facts ?? { feeItem: item.id };
    const twice = Object.entries(ownFacts).find(([fact, value]) => value !== undefined && isStated(shared, fact));
    if (twice) return statedTwice(twice[0]);
    const place = own ? `/facts/items/${own.index}` : '/facts/items/-';
    const pointer = only && !own ? '/facts' : place;
    const itemFacts = { ...shared, ...ownFacts };
    const unread = unreadFact(item, itemFacts);
    if (unread) return neverRead(item, unread, isStated(shared, unread) ? `/facts/${unread}` : `${pointer}/${unread}`);
    result.push({ item, facts: itemFacts, pointer });
  }
  return result;
}

/** A fact that no tariff of the item reads: misspelt, or meant for another item. */
function unreadFact(item: FeeItem, facts: TariffFacts): string | undefined {
  const stated = Object.entries(facts).flatMap(([fact, value]) => (value === undefined ? [] : [fact]));
  if (stated.length === 0) return undefined;
  const read = new Set(item.tariffs.flatMap((row) => factsRead(row.tariff)));
  return stated.find((fact) => !read.has(fact));
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
    need.type !== 'choice'
      ? `${need.name.vi} cho khoản ${need.feeItem}`
      : `chọn ${need.choose === 'exactly_one' ? 'đúng một' : 'ít nhất một'} trong các khoản ${idsOf(need)}`,
  );
  const en = factsNeeded.map((need) =>
    need.type !== 'choice'
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

function notApplicable(pointer: string, vi: string, en: string): Refused {
  return { kind: 'refused', code: 'fact_not_applicable', detail: { vi, en }, pointer };
}

function neverRead(item: FeeItem, fact: string, pointer: string): Refused {
  return notApplicable(
    pointer,
    `Khoản ${item.id} không tính theo "${fact}".`,
    `The tariff of ${item.id} does not depend on "${fact}".`,
  );
}

function tooMany(lines: number): Refused {
  return notApplicable(
    '/facts/items',
    `${lines} khoản; một hồ sơ có nhiều nhất ${MAX_FEE_ITEMS} khoản.`,
    `${lines} lines; a dossier has at most ${MAX_FEE_ITEMS}.`,
  );
}

/** A claim or quota that decides nothing for the procedure: silently losing a relief over a misspelt name costs money. */
function foreignClaim(procedure: Procedure, claims: readonly Claim[], priorUses: PriorUses): Refused | undefined {
  if (claims.length === 0 && priorUses.length === 0) return undefined;
  const known = claimable(procedure.conditions);
  const claim = claims.findIndex((one) => !known.includes(one.condition));
  if (claim >= 0) {
    const list = known.join(', ') || '-';
    return notApplicable(
      `/facts/reliefs/${claim}/condition`,
      `Điều kiện "${claims[claim]?.condition}" không quyết định gì ở thủ tục này; các điều kiện: ${list}.`,
      `Condition "${claims[claim]?.condition}" decides nothing for this procedure; there are: ${list}.`,
    );
  }
  const rules = [...procedure.reliefs, ...procedure.items.flatMap((item) => item.tariffs)];
  const quotas = new Set(rules.flatMap((rule) => rule.quota?.key ?? []));
  const use = priorUses.findIndex((one) => !quotas.has(one.quota));
  if (use < 0) return undefined;
  const list = [...quotas].sort().join(', ') || '-';
  return notApplicable(
    `/facts/priorUses/${use}/quota`,
    `Không có hạn mức "${priorUses[use]?.quota}" ở thủ tục này; các hạn mức: ${list}.`,
    `This procedure has no quota "${priorUses[use]?.quota}"; there are: ${list}.`,
  );
}
