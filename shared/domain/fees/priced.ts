import * as z from 'zod';
import { Channel, ProcedureCode } from '../identity/codes.ts';
import { lazy } from '../lazy.ts';
import { Dong } from '../money/dong.ts';
import { Beneficiary } from '../registry/registry.ts';
import { Notice } from './by-notice.ts';
import { ConditionKey } from './condition.ts';
import { RoundingUsed } from './exact.ts';
import { FactWanted, Input } from './fact-wanted.ts';
import { LegalBasis } from './legal-basis.ts';
import { Place } from './place.ts';
import { NotPriceable } from './procedure.ts';
import { ReliefId } from './relief-rule.ts';
import { FeeItemId, FeeKind, TariffChannel } from './rule-terms.ts';
import { Quantity } from './tariff-kind.ts';
import { Tariff } from './tariff-kinds.ts';
import { Words } from './words.ts';

/** A price and a refusal, as they go over the wire. */

/** One step of the calculation and what the line came to after it. */
export const PriceStep = lazy(() => z.strictObject({ words: Words, amount: Dong }));
export type PriceStep = z.infer<typeof PriceStep>;

export const PricedLine = lazy(() =>
  z.strictObject({
    feeItem: FeeItemId,
    kind: FeeKind,
    name: Words,
    unit: Words,
    quantity: Quantity,
    unitAmount: Dong,
    amount: Dong,
    explanation: Words,
    /** The calculation in words, without the name of the fee. */
    formula: Words,
    /** The facts that went into it. */
    inputs: z.array(Input),
    /** Intermediate amounts, in the order of the calculation; the last is the amount of the line. */
    steps: z.array(PriceStep),
    /** How a part of a dong became whole, for tariffs that may leave one. */
    rounding: RoundingUsed.nullable(),
    legalBasis: z.array(LegalBasis),
    beneficiary: Beneficiary,
    /** The authority's notice that set the amount. */
    notice: Notice.optional(),
    /** Whether the row was read in a legal text. If not, `unverified` of the price says what is doubtful. */
    verified: z.boolean(),
  }),
);
export type PricedLine = z.infer<typeof PricedLine>;

/** A reduction that was considered, by the text that grants it. */
export const Relief = lazy(() =>
  z.strictObject({
    feeItem: FeeItemId,
    rule: z.string(),
    /** Its name in the catalogue, where it is a relief of its own. */
    id: ReliefId.optional(),
    name: Words.optional(),
    applied: z.boolean(),
    why: Words,
  }),
);
export type Relief = z.infer<typeof Relief>;

export const Priced = lazy(() =>
  z.strictObject({
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
  }),
);
export type Priced = z.infer<typeof Priced>;

/** Where in the request a fact belongs (JSON pointer), and for which fee item. */
const placed = { pointer: z.string(), feeItem: FeeItemId };

/** A fact that a price needs: name, type, meaning, and the values that it may have. */
export const FactNeeded = lazy(() => {
  const [IntegerWanted, OneOfWanted, BooleanWanted, ObjectWanted] = FactWanted.options;
  return z.discriminatedUnion('type', [
    lazy(() =>
      z.strictObject({
        type: z.literal('choice'),
        pointer: z.string(),
        choose: z.enum(['exactly_one', 'at_least_one']),
        options: z.array(z.strictObject({ feeItem: FeeItemId, name: Words, unit: Words })),
      }),
    ),
    IntegerWanted.extend(placed),
    OneOfWanted.extend(placed),
    BooleanWanted.extend(placed),
    ObjectWanted.extend(placed),
  ]);
});
export type FactNeeded = z.infer<typeof FactNeeded>;

/** A tariff that exists for a fee item, for whom and when, whether or not it is in force. */
export const KnownTariff = lazy(() =>
  z.strictObject({
    feeItem: FeeItemId,
    tariff: Tariff,
    channel: TariffChannel,
    place: Place.nullable(),
    condition: ConditionKey.nullable(),
    legalBasis: z.array(LegalBasis),
    effectiveFrom: LegalBasis.shape.effectiveFrom,
    effectiveTo: LegalBasis.shape.effectiveTo,
    /** Whether pricing would charge by it; a tariff that sources dispute is never charged. */
    disputed: z.boolean(),
  }),
);
export type KnownTariff = z.infer<typeof KnownTariff>;

const refused = lazy(() => z.literal('refused'));
const detail = Words;
const tariffs = lazy(() => z.array(KnownTariff));

export const Refused = lazy(() =>
  z.discriminatedUnion('code', [
    /** The law's shape of tariff is not one that can be computed yet. */
    z.strictObject({ kind: refused, code: z.literal('not_priceable'), detail, because: NotPriceable }),
    /** More must be known of the dossier. */
    lazy(() =>
      z.strictObject({
        kind: refused,
        code: z.literal('facts_needed'),
        detail,
        factsNeeded: z.array(FactNeeded).min(1),
      }),
    ),
    z.strictObject({ kind: refused, code: z.literal('unknown_fee_item'), detail, feeItems: z.array(FeeItemId) }),
    /** A fact is stated that the fees due cannot mean. */
    z.strictObject({ kind: refused, code: z.literal('fact_not_applicable'), detail, pointer: z.string() }),
    /** Nothing is in force for the channel on that day. */
    z.strictObject({ kind: refused, code: z.literal('no_tariff'), detail, tariffs }),
    /** All that is in force is for certain persons or places. */
    z.strictObject({ kind: refused, code: z.literal('conditional_tariff_only'), detail, tariffs }),
    /** A tariff names a parameter of the law that has no value on that day. */
    z.strictObject({ kind: refused, code: z.literal('no_parameter'), detail, parameter: z.string() }),
    /** Several are in force, and no rule says which one counts. */
    z.strictObject({ kind: refused, code: z.literal('ambiguous_tariff'), detail, tariffs }),
  ]),
);
export type Refused = z.infer<typeof Refused>;

/** Longest token of a quote that an invoice can be made from, in characters. */
export const MAX_QUOTE_LENGTH = 32_768;

/** Changes whenever {@link canonicalPrice} orders or adds anything. */
const CANONICAL_VERSION = 'thuphi-price-2';

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
    line.notice ? [line.notice.number, line.notice.obligationId ?? null, line.notice.payerReference ?? null] : null,
    line.legalBasis.map((basis) => [basis.document, basis.article ?? null, basis.effectiveFrom, basis.effectiveTo]),
  ]);
  const { procedureCode, channel, submittedAt, total } = priced;
  return JSON.stringify([CANONICAL_VERSION, procedureCode, channel, submittedAt, lines, total]).normalize('NFC');
}
