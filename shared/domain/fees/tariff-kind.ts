import * as z from 'zod';
import type { Dong } from '../money/dong.ts';
import type { Words } from './words.ts';

/** Most that one row of a tariff may charge for one unit: with every quantity and line at its limit, sums stay in range. */
export const MAX_TARIFF_DONG = 1_000_000_000;

/** Bounds of every counted fact. More than this is not one dossier. */
export const MIN_QUANTITY = 1;
export const MAX_QUANTITY = 10_000;

export const TariffAmount = z.int().min(0).max(MAX_TARIFF_DONG);
export const Quantity = z.int().min(MIN_QUANTITY).max(MAX_QUANTITY);

/** What a tariff comes to for the facts of one dossier. `formula` is the calculation in words, without the name of the fee. */
export type Computed = { kind: 'computed'; quantity: number; unitAmount: Dong; amount: Dong; formula: Words };

/** A tariff that cannot be computed from the facts: one is missing, or one is stated that it cannot mean. */
export type FactProblem =
  | { kind: 'fact_missing'; fact: string; name: Words; minimum: number; maximum: number }
  | { kind: 'fact_not_applicable'; fact: string; why: Words };

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
  compute(tariff: z.infer<Schema>, facts: z.infer<z.ZodObject<Facts>>, unit: Words): Computed | FactProblem;
};

/** Checks the shape of a kind while keeping its own types. */
export function tariffKind<Schema extends TariffSchema, Facts extends z.ZodRawShape>(
  kind: TariffKind<Schema, Facts>,
): TariffKind<Schema, Facts> {
  return kind;
}
