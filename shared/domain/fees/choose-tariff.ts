import type { Channel } from '../identity/codes.ts';
import type { Day } from '../time.ts';
import { type ChoosingRule, choosingOn } from './choosing.ts';
import type { Claim } from './condition.ts';
import { covers, inForce } from './in-force.ts';
import { type ParameterKey, parameterOn } from './parameters.ts';
import { liesIn, narrowness } from './place.ts';
import type { FeeItem, Procedure, TariffRow } from './procedure.ts';
import { applies, effectWords, isFor, type PriorUses, type ReliefRule, relieve } from './relief-rule.ts';
import type { Computed, FactProblem, Pricing } from './tariff-kind.ts';
import { compute, rateOf, type TariffFacts } from './tariff-kinds.ts';
import type { Words } from './words.ts';

/** What is common to the rows of an item and the reliefs of the catalogue. */
export type Rule = Pick<
  TariffRow,
  'channel' | 'place' | 'effectiveFrom' | 'effectiveTo' | 'confidence' | 'note' | 'condition' | 'quota' | 'legalBasis'
> & { id?: string; name?: Words };

/** A rule, what it says in words, and why it fits this dossier where it is not for everybody. */
export type Considered = { rule: Rule; rate: Words; why: Words | undefined };
export type ComputedRule = Considered & { computed: Computed };

export type Chosen = {
  kind: 'chosen';
  charged: ComputedRule;
  /** The rule that the charged one took the place of, if it did. */
  base: ComputedRule | undefined;
  /** Reductions that fit and were not charged. */
  passedOver: ComputedRule[];
  /** Rules whose condition or quota is not shown; `why` says what is wanting. */
  notShown: Considered[];
  /** Rules that sources dispute: never charged. */
  disputed: Considered[];
  /** The law's rule on several reliefs, if it decided. */
  chosenBy: ChoosingRule | undefined;
};

export type NotChosen = FactProblem | { kind: 'no_tariff' | 'conditional_tariff_only' | 'ambiguous_tariff' };

/** What a dossier is judged by, beside the facts of one item. */
export type Circumstances = {
  way: Channel;
  day: Day;
  agencyCode: string;
  claims: readonly Claim[];
  priorUses: PriorUses;
};

/**
 * The rule that counts for an item. Of base rows the narrowest place counts, and one for the person before one for all. A
 * reduction takes its place in its window, if it is lower; of several reductions the lowest. The order in which rules are
 * written does not matter.
 */
export function chooseTariff(
  procedure: Procedure,
  item: FeeItem,
  circumstances: Circumstances,
  facts: TariffFacts,
): Chosen | NotChosen {
  const pricing = pricingOf(procedure, item, circumstances.day);
  const judging = judgingOf(procedure, circumstances);
  const rows = judging.sort(item.tariffs, (row) => rateOf(row.tariff, item.unit));
  const reliefs = judging.sort(
    procedure.reliefs.filter((relief) => isFor(relief, procedure.code, item)),
    effectWords,
  );

  const standing = narrowest(rows.fitting.filter(({ rule }) => rule.role === 'base'));
  if (standing.length > 1) return { kind: 'ambiguous_tariff' };
  const [baseRow] = standing;
  const base = baseRow && computeRow(baseRow, facts, pricing);
  if (base && base.kind !== 'ready') return base.problem;

  const reductions: ComputedRule[] = [];
  for (const row of rows.fitting.filter(({ rule }) => rule.role === 'reduction')) {
    const result = computeRow(row, facts, pricing);
    if (result.kind !== 'ready') return result.problem;
    reductions.push(result.ready);
  }
  if (base)
    for (const relief of reliefs.fitting) {
      const result = relieve(relief.rule, base.ready.computed, pricing);
      if (result.kind !== 'computed') return result;
      reductions.push({ ...relief, computed: result });
    }
  reductions.sort(byFavour);

  const lower = reductions.filter(({ computed }) => !base || computed.amount < base.ready.computed.amount);
  const charged = lower[0] ?? base?.ready;
  const notShown = [...rows.notShown, ...reliefs.notShown];
  if (!charged) return { kind: rows.notShown.length > 0 || rows.elsewhere ? 'conditional_tariff_only' : 'no_tariff' };

  const several = lower.some(({ computed }) => computed.amount !== charged.computed.amount);
  const chosenBy = several ? choosingOn(procedure.choosing, circumstances.day) : undefined;
  if (several && !chosenBy) return { kind: 'ambiguous_tariff' };
  const passedOver = reductions.filter((reduction) => reduction !== charged);
  const disputed = [...rows.disputed, ...reliefs.disputed];
  return { kind: 'chosen', charged, base: base?.ready, passedOver, notShown, disputed, chosenBy };
}

function pricingOf({ parameters }: Procedure, { unit }: FeeItem, day: Day): Pricing {
  return { unit, day, parameter: (key: ParameterKey) => parameterOn(parameters, key, day) };
}

type Fitting<R extends Rule> = Considered & { rule: R };
type Sorted<R extends Rule> = {
  fitting: Fitting<R>[];
  notShown: Considered[];
  disputed: Considered[];
  /** Whether one would fit, were the agency in another place. */
  elsewhere: boolean;
};

/** Sorts rules in force for the way of handing in by whether they fit the place, the person and the state of knowledge. */
function judgingOf({ conditions }: Procedure, { way, day, agencyCode, claims, priorUses }: Circumstances) {
  return {
    sort<R extends Rule>(rules: readonly R[], rate: (rule: R) => Words): Sorted<R> {
      const inTime = rules.filter((rule) => inForce(rule, day) && covers(rule.channel, way));
      const here = inTime.filter((rule) => liesIn(agencyCode, rule.place));
      const sorted: Sorted<R> = { fitting: [], notShown: [], disputed: [], elsewhere: here.length < inTime.length };
      for (const rule of here.length > 1 ? [...here].sort(byText) : here) {
        const judged = applies(rule, conditions, claims, priorUses);
        const considered = { rule, rate: rate(rule), why: judged?.why };
        if (judged && !judged.met) sorted.notShown.push(considered);
        else if (rule.confidence === 'low') sorted.disputed.push(considered);
        else sorted.fitting.push(considered);
      }
      return sorted;
    },
  };
}

/** The rows of the narrowest place, and of those the rows for certain persons where there are any. */
function narrowest(rows: Fitting<TariffRow>[]): Fitting<TariffRow>[] {
  const rank = ({ rule }: Fitting<TariffRow>) => narrowness(rule.place) * 2 + (rule.condition === undefined ? 0 : 1);
  const best = Math.max(...rows.map(rank));
  return rows.filter((row) => rank(row) === best);
}

function computeRow(
  row: Fitting<TariffRow>,
  facts: TariffFacts,
  pricing: Pricing,
): { kind: 'ready'; ready: ComputedRule } | { kind: 'problem'; problem: FactProblem } {
  const computed = compute(row.rule.tariff, facts, pricing);
  return computed.kind === 'computed'
    ? { kind: 'ready', ready: { ...row, computed } }
    : { kind: 'problem', problem: computed };
}

const byText = (one: Rule | ReliefRule, other: Rule | ReliefRule): number =>
  compareText(JSON.stringify(one), JSON.stringify(other));
const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Lowest first; among equals the text that came last, then any fixed order. */
function byFavour(one: ComputedRule, other: ComputedRule): number {
  return (
    one.computed.amount - other.computed.amount ||
    compareText(other.rule.effectiveFrom ?? '', one.rule.effectiveFrom ?? '') ||
    byText(one.rule, other.rule)
  );
}
