import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Dong } from '../money/dong.ts';
import type { Day } from '../time.ts';
import type { RoundingUsed } from './exact.ts';
import type { FactWanted, Input } from './fact-wanted.ts';
import type { LegalBasis } from './legal-basis.ts';
import type { ParameterKey, ParameterValue } from './parameters.ts';
import type { Words } from './words.ts';

/** Most that one row of a tariff may charge for one unit: with every quantity and line at its limit, sums stay in range. */
export const MAX_TARIFF_DONG = 1_000_000_000;

/** Bounds of every counted fact. More than this is not one dossier. */
export const MIN_QUANTITY = 1;
export const MAX_QUANTITY = 10_000;

/** Largest value that a rate is taken of, and largest amount of one line, in dong: fifty such lines stay in range. */
export const MAX_VALUE_DONG = 10_000_000_000_000;

export const TariffAmount = lazy(() => z.int().min(0).max(MAX_TARIFF_DONG));
export const Quantity = lazy(() => z.int().min(MIN_QUANTITY).max(MAX_QUANTITY));
export const ValueInDong = lazy(() => z.int().min(1).max(MAX_VALUE_DONG));

/** A step of a calculation, and the amount in dong after it. */
export type Step = { words: Words; amount: Dong };

/**
 * What a tariff comes to for the facts of one dossier. `formula` is the calculation in words, without the name of the fee;
 * `steps` are the intermediate amounts; `laws` and `doubts` come from the parameters and rules that it used.
 */
export type Computed = {
  kind: 'computed';
  quantity: number;
  unitAmount: Dong;
  amount: Dong;
  formula: Words;
  inputs: Input[];
  steps: Step[];
  rounding: RoundingUsed | null;
  laws: LegalBasis[];
  doubts: Words[];
};

/** A tariff that cannot be computed: facts are missing or cannot be meant, or a parameter has no value on the day. */
export type FactProblem =
  | { kind: 'facts_missing'; facts: FactWanted[] }
  | { kind: 'fact_not_applicable'; fact: string; why: Words }
  | { kind: 'no_parameter'; parameter: ParameterKey };

/** What a kind may know beside its tariff and the facts. */
export type Pricing = {
  unit: Words;
  /** The Vietnamese day on which the dossier was handed in. */
  day: Day;
  parameter(key: ParameterKey): ParameterValue | undefined;
};

type TariffSchema = z.ZodObject<{ kind: z.ZodLiteral<string> }>;

/**
 * One shape of tariff. A new one is a file that exports such a value, and its entry in `tariff-kinds.ts`.
 * `facts` names what it reads of the dossier, each optional: the same name must mean the same in every kind.
 */
export type TariffKind<Schema extends TariffSchema, Facts extends z.ZodRawShape> = {
  readonly schema: Schema;
  readonly facts: Facts;
  /** The tariff in words: `8.000 đồng/bản`. */
  rate(tariff: z.infer<Schema>, unit: Words): Words;
  compute(tariff: z.infer<Schema>, facts: z.infer<z.ZodObject<Facts>>, pricing: Pricing): Computed | FactProblem;
  /** Parameters that the tariff names; each must be in the catalogue. */
  parameters?(tariff: z.infer<Schema>): ParameterKey[];
  /** What contradicts itself in a tariff that fits the schema: asked once, when a catalogue is loaded. */
  contradictions?(tariff: z.infer<Schema>): string[];
  /** Tells two lines of one fee item apart, where a dossier may have several. */
  apart?(facts: z.infer<z.ZodObject<Facts>>): string | undefined;
};

/** Checks the shape of a kind while keeping its own types. */
export function tariffKind<Schema extends TariffSchema, Facts extends z.ZodRawShape>(
  kind: TariffKind<Schema, Facts>,
): TariffKind<Schema, Facts> {
  return kind;
}

/** A result: one unit of the amount, unless said otherwise. */
export function computed(result: Pick<Computed, 'amount' | 'formula'> & Partial<Computed>): Computed {
  const { amount } = result;
  return {
    kind: 'computed',
    quantity: 1,
    unitAmount: amount,
    inputs: [],
    steps: [],
    rounding: null,
    laws: [],
    doubts: [],
    ...result,
  };
}

export const missing = (...facts: FactWanted[]): FactProblem => ({ kind: 'facts_missing', facts });
export const notApplicable = (fact: string, vi: string, en: string): FactProblem => ({
  kind: 'fact_not_applicable',
  fact,
  why: { vi, en },
});

/** How many units there are, as a fact that is asked for. */
export const quantityWanted = (unit: Words): FactWanted => ({
  type: 'integer',
  fact: 'quantity',
  name: { vi: `số lượng (${unit.vi})`, en: `quantity (${unit.en})` },
  minimum: MIN_QUANTITY,
  maximum: MAX_QUANTITY,
});

export const quantityInput = (quantity: number, unit: Words): Input => ({
  fact: 'quantity',
  name: quantityWanted(unit).name,
  value: quantity,
});

/** What is due once is not multiplied; neither reading of a quantity other than one is safe. */
export function onlyOnce(quantity: number): FactProblem | undefined {
  if (quantity === 1) return undefined;
  return notApplicable(
    'quantity',
    'Khoản này thu một lần cho một hồ sơ; không nhân theo số lượng.',
    'This fee is due once per dossier; it has no quantity.',
  );
}

/** Values of several parameters, or the first that has none on the day. */
export function valuesOf<Key extends string>(
  keys: Record<Key, ParameterKey>,
  { parameter }: Pricing,
): { kind: 'values'; of: Record<Key, ParameterValue>; laws: LegalBasis[]; doubts: Words[] } | FactProblem {
  const found: [string, ParameterValue][] = [];
  for (const [name, key] of Object.entries<ParameterKey>(keys)) {
    const value = parameter(key);
    if (!value) return { kind: 'no_parameter', parameter: key };
    found.push([name, value]);
  }
  const values = found.map(([, value]) => value);
  return {
    kind: 'values',
    of: Object.fromEntries(found) as Record<Key, ParameterValue>,
    laws: values.flatMap((value) => value.basis),
    doubts: values.flatMap((value) => value.doubts),
  };
}

/** What rounding leaves in doubt: nothing where the amount was whole anyway, or a text names the rule. */
export function roundingDoubts(used: RoundingUsed): Words[] {
  if (!used.changed || used.verified) return [];
  return [
    {
      vi: `quy tắc làm tròn (${used.rule.vi}) chưa được xác minh`,
      en: `the rounding (${used.rule.en}) is not verified`,
    },
  ];
}
