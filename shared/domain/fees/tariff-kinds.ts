import * as z from 'zod';
import { flat } from './flat.ts';
import { perUnit } from './per-unit.ts';
import type { Computed, FactProblem } from './tariff-kind.ts';
import type { Words } from './words.ts';

/** Every kind of tariff there is. A new kind is one file and its entry here; the schemas below follow. */
const kinds = [flat, perUnit] as const;

type Kinds = typeof kinds;
type SchemasOf<All extends readonly { schema: unknown }[]> = { [Index in keyof All]: All[Index]['schema'] };
type Together<Union> = (Union extends unknown ? (member: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
type Facts = Together<Kinds[number]['facts']>;

// `map` and `Object.assign` forget the tuple; the two types above say what is in it.
export const Tariff = z.discriminatedUnion('kind', kinds.map((kind) => kind.schema) as unknown as SchemasOf<Kinds>);
export type Tariff = z.infer<typeof Tariff>;

/** Everything that any kind reads of a dossier, as members of a schema. */
export const tariffFacts = Object.assign({}, ...kinds.map((kind) => kind.facts)) as Facts;
export type TariffFacts = z.infer<z.ZodObject<Facts>>;

type AnyKind = {
  rate(tariff: Tariff, unit: Words): Words;
  compute(tariff: Tariff, facts: TariffFacts, unit: Words): Computed | FactProblem;
};
const byName = new Map(kinds.map((kind) => [kind.schema.shape.kind.value, kind as unknown as AnyKind]));

function kindOf(tariff: Tariff): AnyKind {
  const kind = byName.get(tariff.kind);
  if (!kind) throw new TypeError(`unknown kind of tariff: ${tariff.kind}`);
  return kind;
}

/** The tariff in words. */
export function rateOf(tariff: Tariff, unit: Words): Words {
  return kindOf(tariff).rate(tariff, unit);
}

/** What the tariff comes to, in dong, or the fact that stands in the way. */
export function compute(tariff: Tariff, facts: TariffFacts, unit: Words): Computed | FactProblem {
  return kindOf(tariff).compute(tariff, facts, unit);
}
