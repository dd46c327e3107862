import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { byNotice } from './by-notice.ts';
import { byZone } from './by-zone.ts';
import { chosenIncome } from './chosen-income.ts';
import { flat } from './flat.ts';
import { foreignCurrency } from './foreign-currency.ts';
import { householdRank } from './household-rank.ts';
import type { ParameterKey } from './parameters.ts';
import { perUnit } from './per-unit.ts';
import { percentage } from './percentage.ts';
import { progressiveBands } from './progressive-bands.ts';
import type { Computed, FactProblem, Pricing } from './tariff-kind.ts';
import { tieredPages } from './tiered-pages.ts';
import type { Words } from './words.ts';

/** Every kind of tariff there is. A new kind is one file and its entry here; the schemas below follow. */
const kinds = [
  flat,
  perUnit,
  tieredPages,
  progressiveBands,
  percentage,
  byZone,
  householdRank,
  chosenIncome,
  foreignCurrency,
  byNotice,
] as const;

type Kinds = typeof kinds;
type SchemasOf<All extends readonly { schema: unknown }[]> = { [Index in keyof All]: All[Index]['schema'] };
type Together<Union> = (Union extends unknown ? (member: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
type Facts = Together<Kinds[number]['facts']>;

// `map` and `Object.assign` forget the tuple; the two types above say what is in it.
export const Tariff = lazy(() =>
  z.discriminatedUnion('kind', kinds.map((kind) => kind.schema) as unknown as SchemasOf<Kinds>),
);
export type Tariff = z.infer<typeof Tariff>;

/** Everything that any kind reads of a dossier, as members of a schema. */
export const tariffFacts = Object.assign({}, ...kinds.map((kind) => kind.facts)) as Facts;
export type TariffFacts = z.infer<z.ZodObject<Facts>>;

type AnyKind = {
  facts: object;
  rate(tariff: Tariff, unit: Words): Words;
  compute(tariff: Tariff, facts: TariffFacts, pricing: Pricing): Computed | FactProblem;
  parameters?(tariff: Tariff): ParameterKey[];
  contradictions?(tariff: Tariff): string[];
  apart?(facts: TariffFacts): string | undefined;
};
const all: readonly AnyKind[] = kinds as unknown as readonly AnyKind[];
let byName: ReadonlyMap<string, AnyKind> | undefined;

function kindOf(tariff: Tariff): AnyKind {
  byName ??= new Map(kinds.map(({ schema }, index) => [schema.shape.kind.value, all[index] as AnyKind]));
  const kind = byName.get(tariff.kind);
  if (!kind) throw new TypeError(`unknown kind of tariff: ${tariff.kind}`);
  return kind;
}

/** The tariff in words. */
export function rateOf(tariff: Tariff, unit: Words): Words {
  return kindOf(tariff).rate(tariff, unit);
}

/** What the tariff comes to, in dong, or what stands in the way. */
export function compute(tariff: Tariff, facts: TariffFacts, pricing: Pricing): Computed | FactProblem {
  return kindOf(tariff).compute(tariff, facts, pricing);
}

/** Names of the facts that the tariff reads. */
export function factsRead(tariff: Tariff): string[] {
  return Object.keys(kindOf(tariff).facts);
}

/** Parameters of the catalogue that the tariff names. */
export function parametersOf(tariff: Tariff): ParameterKey[] {
  return kindOf(tariff).parameters?.(tariff) ?? [];
}

/** What contradicts itself in a tariff that fits its schema. */
export function tariffContradictions(tariff: Tariff): string[] {
  return kindOf(tariff).contradictions?.(tariff) ?? [];
}

/** What tells two lines of one fee item apart; the same for facts that mean the same line. */
export function apartBy(facts: TariffFacts): string {
  return JSON.stringify(all.map((kind) => kind.apart?.(facts) ?? null));
}
