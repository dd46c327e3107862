import * as z from 'zod';
import { Channel, ProcedureCode } from '../identity/codes.ts';
import { Dong } from '../money/dong.ts';
import { Beneficiary } from '../registry/registry.ts';
import { ConditionKey, FeeItemId, FeeKind, LegalBasis, NotPriceable, TariffChannel } from './procedure.ts';
import { Quantity } from './tariff-kind.ts';
import { Tariff } from './tariff-kinds.ts';
import { Words } from './words.ts';

/** A price and a refusal, as they go over the wire. */

/** One step of the calculation and what the line came to after it. */
export const PriceStep = z.strictObject({ words: Words, amount: Dong });
export type PriceStep = z.infer<typeof PriceStep>;

export const PricedLine = z.strictObject({
  feeItem: FeeItemId,
  kind: FeeKind,
  name: Words,
  unit: Words,
  quantity: Quantity,
  unitAmount: Dong,
  amount: Dong,
  explanation: Words,
  steps: z.array(PriceStep),
  legalBasis: z.array(LegalBasis),
  beneficiary: Beneficiary,
  /** Whether the row was read in a legal text. If not, `unverified` of the price says what is doubtful. */
  verified: z.boolean(),
});
export type PricedLine = z.infer<typeof PricedLine>;

/** A reduction that was considered, by the text that grants it. */
export const Relief = z.strictObject({
  feeItem: FeeItemId,
  rule: z.string(),
  applied: z.boolean(),
  why: Words,
});
export type Relief = z.infer<typeof Relief>;

export const Priced = z.strictObject({
  kind: z.literal('priced'),
  procedureCode: ProcedureCode,
  channel: Channel,
  /** Milliseconds. */
  submittedAt: z.int(),
  lines: z.array(PricedLine),
  total: Dong,
  reliefs: z.array(Relief),
  /** What nobody has confirmed in a legal text, Vietnamese first. */
  unverified: z.array(z.string()),
});
export type Priced = z.infer<typeof Priced>;

/** A fact that a price needs, and where in the request it belongs (JSON pointer). */
export const FactNeeded = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('choice'),
    pointer: z.string(),
    choose: z.enum(['exactly_one', 'at_least_one']),
    options: z.array(z.strictObject({ feeItem: FeeItemId, name: Words, unit: Words })),
  }),
  z.strictObject({
    type: z.literal('integer'),
    pointer: z.string(),
    feeItem: FeeItemId,
    name: Words,
    minimum: z.int(),
    maximum: z.int(),
  }),
]);
export type FactNeeded = z.infer<typeof FactNeeded>;

/** A tariff that exists for a fee item, for whom and when, whether or not it is in force. */
export const KnownTariff = z.strictObject({
  feeItem: FeeItemId,
  tariff: Tariff,
  channel: TariffChannel,
  condition: ConditionKey.nullable(),
  legalBasis: z.array(LegalBasis),
  effectiveFrom: LegalBasis.shape.effectiveFrom,
  effectiveTo: LegalBasis.shape.effectiveTo,
  /** Whether pricing would charge by it; a tariff that sources dispute is never charged. */
  disputed: z.boolean(),
});
export type KnownTariff = z.infer<typeof KnownTariff>;

const refused = z.literal('refused');
const detail = Words;
const tariffs = z.array(KnownTariff);

export const Refused = z.discriminatedUnion('code', [
  /** The law's shape of tariff is not one that can be computed yet. */
  z.strictObject({ kind: refused, code: z.literal('not_priceable'), detail, because: NotPriceable }),
  /** More must be known of the dossier. */
  z.strictObject({ kind: refused, code: z.literal('facts_needed'), detail, factsNeeded: z.array(FactNeeded).min(1) }),
  z.strictObject({ kind: refused, code: z.literal('unknown_fee_item'), detail, feeItems: z.array(FeeItemId) }),
  /** A fact is stated that the fees due cannot mean. */
  z.strictObject({ kind: refused, code: z.literal('fact_not_applicable'), detail, pointer: z.string() }),
  /** Nothing is in force for the channel on that day. */
  z.strictObject({ kind: refused, code: z.literal('no_tariff'), detail, tariffs }),
  /** All that is in force is for certain persons or places. */
  z.strictObject({ kind: refused, code: z.literal('conditional_tariff_only'), detail, tariffs }),
  /** Several are in force, and no rule says which one counts. */
  z.strictObject({ kind: refused, code: z.literal('ambiguous_tariff'), detail, tariffs }),
]);
export type Refused = z.infer<typeof Refused>;

/** Changes whenever {@link canonicalPrice} orders or adds anything. */
const CANONICAL_VERSION = 'thuphi-price-1';

/**
 * The text to hash for a price: the same for the same money by the same law, whatever the order of members, and untouched
 * by wording. It covers who is paid what for which item, by which texts; not names, explanations, steps or notes.
 */
export function canonicalPrice(priced: Priced): string {
  const lines = priced.lines.map((line) => [
    line.feeItem,
    line.kind,
    line.quantity,
    line.unitAmount,
    line.amount,
    line.beneficiary,
    line.legalBasis.map((basis) => [basis.document, basis.article ?? null, basis.effectiveFrom, basis.effectiveTo]),
  ]);
  const { procedureCode, channel, submittedAt, total } = priced;
  return JSON.stringify([CANONICAL_VERSION, procedureCode, channel, submittedAt, lines, total]).normalize('NFC');
}
