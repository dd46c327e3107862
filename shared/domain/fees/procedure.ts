import * as z from 'zod';
import { ProcedureCode } from '../identity/codes.ts';
import { lazy } from '../lazy.ts';
import { Beneficiary } from '../registry/registry.ts';
import { ChoosingRule } from './choosing.ts';
import { Condition, ConditionKey } from './condition.ts';
import { Confidence, ENDS_BEFORE, endsAfterItBegins, LegalBasis, LegalTexts, window } from './legal-basis.ts';
import { Parameter, ParameterKey } from './parameters.ts';
import { Place } from './place.ts';
import { Quota, ReliefRule } from './relief-rule.ts';
import { FeeItemId, FeeKind, TariffChannel } from './rule-terms.ts';
import { Tariff } from './tariff-kinds.ts';
import { Label } from './words.ts';

/** A procedure with its fee items and their tariffs: law as data, each row with its window and its source in law. */

/** Most fee items of a procedure, and most rows of a fee item. */
export const MAX_FEE_ITEMS = 50;
const MAX_TARIFF_ROWS = 100;

export const TariffRow = lazy(() =>
  z
    .strictObject({
      tariff: Tariff,
      channel: TariffChannel,
      /** Where the row is for; the whole country if left out. The narrower base row takes the place of the wider one. */
      place: Place.optional(),
      ...window,
      /** A reduction stands beside a base row for a while and takes its place; two base rows never overlap. */
      role: z.enum(['base', 'reduction']).default('base'),
      /** Who the row is for, if not for everybody: a key of the procedure's conditions. */
      condition: ConditionKey.optional(),
      quota: Quota.optional(),
      confidence: Confidence.default('high'),
      /** What is doubtful about the row. Shown to whoever asks for a price. */
      note: Label.optional(),
      /** Windows are those of the row unless a text has its own. */
      legalBasis: LegalTexts,
    })
    .refine(endsAfterItBegins, ENDS_BEFORE),
);
export type TariffRow = z.infer<typeof TariffRow>;

export const FeeItem = lazy(() =>
  z.strictObject({
    id: FeeItemId,
    kind: FeeKind,
    name: Label,
    unit: Label,
    beneficiary: Beneficiary.default('main'),
    tariffs: z.array(TariffRow).max(MAX_TARIFF_ROWS),
  }),
);
export type FeeItem = z.infer<typeof FeeItem>;

/** Items of which the facts of a dossier must name some. Items in no choice are always due. */
const Choice = lazy(() =>
  z.strictObject({
    choose: z.enum(['exactly_one', 'at_least_one', 'any']),
    of: z.array(FeeItemId).min(1).max(MAX_FEE_ITEMS),
  }),
);

/** Why the fee of a procedure cannot be computed exactly, with the published tariff in words. */
export const NotPriceable = lazy(() =>
  z.strictObject({
    reason: z.enum(['province', 'tiers', 'zone', 'foreign_currency', 'unknown']),
    words: Label,
    legalBasis: z.array(LegalBasis).min(1).max(5),
  }),
);
export type NotPriceable = z.infer<typeof NotPriceable>;

export const Procedure = lazy(() =>
  z.strictObject({
    code: ProcedureCode,
    /** The code of its public service: the procedure's code and two digits. */
    dvcCode: z.string().regex(/^[0-9]\.[0-9]{6}\.[0-9]{2}$/),
    name: Label,
    levels: z.array(z.enum(['central', 'ministry', 'province', 'commune', 'court'])).min(1),
    publishingDecision: z.string().min(1).max(60).nullable(),
    sources: z.array(z.string().min(1).max(200)).min(1),
    note: Label.optional(),
    items: z.array(FeeItem).max(MAX_FEE_ITEMS),
    choices: z.array(Choice).max(MAX_FEE_ITEMS).default([]),
    notPriceable: NotPriceable.optional(),
    /** What the condition keys of its rows and reliefs mean. */
    conditions: z.record(ConditionKey, Condition),
    /** Parameters that its tariffs and reliefs name, with every value they ever had. */
    parameters: z.record(ParameterKey, Parameter).default({}),
    /** Reliefs for its fee items, whenever and wherever they apply. */
    reliefs: z.array(ReliefRule).default([]),
    /** What the law says where several reductions fit, whenever it said so. */
    choosing: z.array(ChoosingRule).max(MAX_TARIFF_ROWS).default([]),
  }),
);
export type Procedure = z.infer<typeof Procedure>;
