import * as z from 'zod';
import { ProcedureCode } from '../identity/codes.ts';
import { lazy } from '../lazy.ts';
import { dong, times } from '../money/dong.ts';
import { type Claim, ConditionKey, type Conditions, type Judgement, judge } from './condition.ts';
import { Rate, Rounding, roundWithin, share, smaller, whole } from './exact.ts';
import { Confidence, ENDS_BEFORE, endsAfterItBegins, LegalTexts, window } from './legal-basis.ts';
import { ParameterKey } from './parameters.ts';
import { Place } from './place.ts';
import { FeeItemId, FeeKind, TariffChannel } from './rule-terms.ts';
import {
  type Computed,
  computed,
  type FactProblem,
  type Pricing,
  roundingDoubts,
  TariffAmount,
} from './tariff-kind.ts';
import { before, inDong, inPercent, Label, type Words } from './words.ts';

/** Reliefs and exemptions as data: which fees, for whom, where and when, how often, and what they do to a price. */

export const ReliefId = lazy(() => z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/));

/** How often one person or thing may have a relief. Prior uses are stated by the caller; nobody is remembered here. */
export const Quota = lazy(() =>
  z.strictObject({
    key: ReliefId,
    uses: z.int().min(1).max(1_000),
    per: z.enum(['calendar_year', 'window', 'ever']),
    of: Label,
  }),
);
export type Quota = z.infer<typeof Quota>;

/** Most quotas that one request states. */
const MAX_PRIOR_USES = 20;
export const PriorUses = lazy(() =>
  z
    .array(lazy(() => z.strictObject({ quota: ReliefId, uses: z.int().min(0).max(1_000) })))
    .max(MAX_PRIOR_USES)
    .refine((uses) => new Set(uses.map((one) => one.quota)).size === uses.length, { error: 'states a quota twice' }),
);
export type PriorUses = z.infer<typeof PriorUses>;

/** What a relief does to the tariff that would be charged without it. */
const Effect = lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('exempt') }),
    z.strictObject({ kind: z.literal('set'), amount: TariffAmount }),
    lazy(() =>
      z.strictObject({
        kind: z.literal('percent_off'),
        rate: Rate,
        /** The most that it takes off: a multiple of a parameter, five base salaries for instance. */
        mostOff: z.strictObject({ parameter: ParameterKey, times: z.int().min(1).max(1_000) }).optional(),
        rounding: Rounding,
      }),
    ),
  ]),
);

export const ReliefRule = lazy(() =>
  z
    .strictObject({
      id: ReliefId,
      name: Label,
      /** All that are stated must fit; a relief of no fee at all is refused. */
      appliesTo: z
        .strictObject({
          feeItems: z.array(FeeItemId).min(1).max(5_000).optional(),
          procedures: z.array(ProcedureCode).min(1).max(5_000).optional(),
          kinds: z.array(FeeKind).min(1).optional(),
        })
        .refine((one) => one.feeItems || one.procedures, { error: 'names neither fee items nor procedures' }),
      effect: Effect,
      channel: TariffChannel,
      place: Place.optional(),
      ...window,
      condition: ConditionKey.optional(),
      quota: Quota.optional(),
      confidence: Confidence.default('high'),
      note: Label.optional(),
      legalBasis: LegalTexts,
    })
    .refine(endsAfterItBegins, ENDS_BEFORE),
);
export type ReliefRule = z.infer<typeof ReliefRule>;

/** Whether a relief is for a fee item. */
export function isFor({ appliesTo }: ReliefRule, procedureCode: string, item: { id: string; kind: FeeKind }): boolean {
  const { feeItems, procedures, kinds } = appliesTo;
  return (
    (feeItems === undefined || feeItems.includes(item.id)) &&
    (procedures === undefined || procedures.includes(procedureCode)) &&
    (kinds === undefined || kinds.includes(item.kind))
  );
}

/** The relief in words: `giảm 50%`. */
export function effectWords({ effect }: ReliefRule): Words {
  switch (effect.kind) {
    case 'exempt':
      return { vi: 'miễn', en: 'exempt' };
    case 'set':
      return before('mức', 'amount', inDong(dong(effect.amount)));
    case 'percent_off':
      return before('giảm', 'reduced by', inPercent(effect.rate));
  }
}

/** Parameters of the catalogue that the relief names. */
export const parametersOfRelief = ({ effect }: ReliefRule): ParameterKey[] =>
  effect.kind === 'percent_off' && effect.mostOff ? [effect.mostOff.parameter] : [];

/** What is due under a relief instead of the tariff. Never more than the tariff. */
export function relieve({ effect }: ReliefRule, base: Computed, { parameter }: Pricing): Computed | FactProblem {
  const was = inDong(base.amount);
  switch (effect.kind) {
    case 'exempt':
    case 'set': {
      const amount = effect.kind === 'set' ? dong(Math.min(effect.amount, base.amount)) : dong(0);
      const words = inDong(amount);
      return resized(base, { amount, formula: { vi: `${was.vi} → ${words.vi}`, en: `${was.en} → ${words.en}` } });
    }
    case 'percent_off': {
      const off = share(whole(base.amount), effect.rate);
      const most = effect.mostOff && parameter(effect.mostOff.parameter);
      if (effect.mostOff && !most) return { kind: 'no_parameter', parameter: effect.mostOff.parameter };
      const limit = effect.mostOff && most ? times(dong(most.value), effect.mostOff.times) : undefined;
      const taken = limit === undefined ? off : smaller(off, whole(limit));
      const { amount, used } = roundWithin(
        {
          numerator: whole(base.amount).numerator * taken.denominator - taken.numerator,
          denominator: taken.denominator,
        },
        effect.rounding,
        0,
        base.amount,
      );
      const [percent, now, less] = [inPercent(effect.rate), inDong(amount), inDong(dong(base.amount - amount))];
      const capped = taken === off || limit === undefined ? undefined : inDong(limit);
      return resized(base, {
        amount,
        formula: {
          vi: `${was.vi} − ${less.vi} (${percent.vi}${capped ? `, tối đa ${capped.vi}` : ''}) = ${now.vi}`,
          en: `${was.en} − ${less.en} (${percent.en}${capped ? `, at most ${capped.en}` : ''}) = ${now.en}`,
        },
        // What the tariff itself rounded away is not forgotten.
        rounding: used.changed || !base.rounding ? used : base.rounding,
        laws: [...base.laws, ...(most?.basis ?? [])],
        doubts: [...base.doubts, ...(most?.doubts ?? []), ...roundingDoubts(used)],
      });
    }
  }
}

/** The amount as so many units, if it divides; else as one. */
function resized(base: Computed, result: Pick<Computed, 'amount' | 'formula'> & Partial<Computed>): Computed {
  const { inputs, laws, doubts, rounding } = base;
  const divides = result.amount % base.quantity === 0;
  return computed({
    inputs,
    laws,
    doubts,
    rounding,
    ...result,
    quantity: divides ? base.quantity : 1,
    unitAmount: divides ? dong(result.amount / base.quantity) : result.amount,
  });
}

type Conditional = { condition?: ConditionKey | undefined; quota?: Quota | undefined };

/** Whether a rule for certain persons applies: its condition is shown, and its quota is not used up. */
export function applies(
  { condition, quota }: Conditional,
  conditions: Conditions,
  claims: readonly Claim[],
  priorUses: PriorUses,
): Judgement | undefined {
  if (condition === undefined && quota === undefined) return undefined;
  const shown = condition === undefined ? undefined : judge(condition, conditions, claims);
  if (shown && !shown.met) return shown;
  if (!quota) return shown;
  const used = priorUses.find((one) => one.quota === quota.key)?.uses;
  const limit = `${quota.uses} ${PER[quota.per].vi}`;
  if (used === undefined)
    return {
      met: false,
      why: {
        vi: `chưa nêu số lần đã hưởng ("priorUses", hạn mức ${quota.key}: ${quota.of.vi}, ${limit})`,
        en: `earlier uses are not stated ("priorUses", quota ${quota.key}: ${quota.of.en}, ${quota.uses} ${PER[quota.per].en})`,
      },
    };
  const why = {
    vi: `đã hưởng ${used}/${limit} (${quota.of.vi})`,
    en: `used ${used} of ${quota.uses} ${PER[quota.per].en} (${quota.of.en})`,
  };
  if (used >= quota.uses) return { met: false, why };
  return {
    met: true,
    why: {
      vi: [shown?.why.vi, why.vi].filter(Boolean).join('; '),
      en: [shown?.why.en, why.en].filter(Boolean).join('; '),
    },
  };
}

const PER = {
  calendar_year: { vi: 'lần mỗi năm', en: 'a year' },
  window: { vi: 'lần trong thời hạn áp dụng', en: 'while it lasts' },
  ever: { vi: 'lần', en: 'ever' },
} as const;
