import type { Channel } from '../identity/codes.ts';
import type { Day } from '../time.ts';
import { covers, inForce } from './in-force.ts';
import type { FeeItem, LegalBasis, TariffRow } from './procedure.ts';
import type { Computed, FactProblem } from './tariff-kind.ts';
import { compute, type TariffFacts } from './tariff-kinds.ts';

/** Where several reliefs fit, the most favourable applies. A resolution of 2026 decides nothing about earlier days. */
export const MOST_FAVOURABLE = {
  basis: { document: 'NQ 66.22/2026/NQ-CP', article: 'Điều 5.2', effectiveFrom: null, effectiveTo: null },
  notBefore: '2026-01-01',
} as const satisfies { basis: LegalBasis; notBefore: Day };

export type ComputedRow = { row: TariffRow; computed: Computed };

export type Chosen = {
  kind: 'chosen';
  charged: ComputedRow;
  /** The row that the charged one took the place of, if it did. */
  base: ComputedRow | undefined;
  /** Reductions in force that were not charged. */
  passedOver: ComputedRow[];
  /** Rows in force for certain persons or places. */
  conditional: TariffRow[];
  /** Rows that sources dispute: never charged. */
  disputed: TariffRow[];
  /** Whether the law's rule on several reliefs decided. */
  byMostFavourable: boolean;
};

export type NotChosen = FactProblem | { kind: 'no_tariff' | 'conditional_tariff_only' | 'ambiguous_tariff' };

/**
 * The row that counts for an item, handed in one way on one day. A reduction takes the place of the base row in its window,
 * if it is lower; of several reductions the lowest. The order of the rows does not matter.
 */
export function chooseTariff(item: FeeItem, way: Channel, day: Day, facts: TariffFacts): Chosen | NotChosen {
  const rows = item.tariffs.filter((row) => inForce(row, day) && covers(row.channel, way)).sort(byText);
  const conditional = rows.filter((row) => row.condition !== undefined);
  const forAll = rows.filter((row) => row.condition === undefined);
  const disputed = forAll.filter((row) => row.confidence === 'low');

  const candidates: ComputedRow[] = [];
  for (const row of forAll) {
    if (row.confidence === 'low') continue;
    const computed = compute(row.tariff, facts, item.unit);
    if (computed.kind !== 'computed') return computed;
    candidates.push({ row, computed });
  }
  if (candidates.length === 0) return { kind: conditional.length > 0 ? 'conditional_tariff_only' : 'no_tariff' };

  const [base, secondBase] = candidates.filter(({ row }) => row.role === 'base');
  if (secondBase) return { kind: 'ambiguous_tariff' };
  const reductions = candidates.filter(({ row }) => row.role === 'reduction').sort(byFavour);
  const lower = reductions.filter(({ computed }) => !base || computed.amount < base.computed.amount);
  const charged = lower[0] ?? base;
  if (!charged) return { kind: 'no_tariff' };

  const byMostFavourable = lower.some(({ computed }) => computed.amount !== charged.computed.amount);
  if (byMostFavourable && day < MOST_FAVOURABLE.notBefore) return { kind: 'ambiguous_tariff' };
  const passedOver = reductions.filter((reduction) => reduction !== charged);
  return { kind: 'chosen', charged, base, passedOver, conditional, disputed, byMostFavourable };
}

const textOf = (row: TariffRow): string => JSON.stringify(row);
const byText = (one: TariffRow, other: TariffRow): number => compareText(textOf(one), textOf(other));
const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Lowest first; among equals the text that came last, then any fixed order. */
function byFavour(one: ComputedRow, other: ComputedRow): number {
  return (
    one.computed.amount - other.computed.amount ||
    compareText(other.row.effectiveFrom ?? '', one.row.effectiveFrom ?? '') ||
    byText(one.row, other.row)
  );
}
