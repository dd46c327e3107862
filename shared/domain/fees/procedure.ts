import * as z from 'zod';
import { ProcedureCode } from '../identity/codes.ts';
import { Beneficiary } from '../registry/registry.ts';
import { Tariff } from './tariff-kinds.ts';
import { Label } from './words.ts';

/** A procedure with its fee items and their tariffs: law as data, each row with its window and its source in law. */

/** Most fee items of a procedure, and most rows of a fee item. */
export const MAX_FEE_ITEMS = 50;
const MAX_TARIFF_ROWS = 100;

/** Code of a fee item: its procedure's code and two digits. It stands in every invoice line and never changes meaning. */
export const FeeItemId = z.string().regex(/^[0-9]\.[0-9]{6}-[0-9]{2}$/);
export type FeeItemId = z.infer<typeof FeeItemId>;

/** Phí is the price of a service, lệ phí a fixed amount on an act of the state. Source: Law 97/2015/QH13, Art. 3. */
export const FeeKind = z.enum(['phi', 'le_phi']);
export type FeeKind = z.infer<typeof FeeKind>;

/** A day, `YYYY-MM-DD` in Asia/Ho_Chi_Minh, that exists. */
const LegalDay = z.iso.date();

/** A text in force from and to the days named, both included. Null: open, or (for the start) not verified. */
export const LegalBasis = z.strictObject({
  document: z.string().min(1).max(120),
  article: z.string().min(1).max(40).optional(),
  effectiveFrom: LegalDay.nullable(),
  effectiveTo: LegalDay.nullable(),
});
export type LegalBasis = z.infer<typeof LegalBasis>;

/** Which ways of handing in a row is for. `offline` is every way but online. */
export const TariffChannel = z.enum(['any', 'online', 'offline', 'counter', 'post']);
export type TariffChannel = z.infer<typeof TariffChannel>;

/** How well the row is known: read in a legal text (high), in one other source (medium), inferred or in conflict (low). */
const Confidence = z.enum(['high', 'medium', 'low']);

export const ConditionKey = z.string().regex(/^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$/);
export type ConditionKey = z.infer<typeof ConditionKey>;

export const TariffRow = z
  .strictObject({
    tariff: Tariff,
    channel: TariffChannel,
    effectiveFrom: LegalDay.nullable(),
    effectiveTo: LegalDay.nullable(),
    /** A reduction stands beside a base row for a while and takes its place; two base rows never overlap. */
    role: z.enum(['base', 'reduction']).default('base'),
    /** Who or where the row is for, if not for everybody: a key of the procedure's conditions. */
    condition: ConditionKey.optional(),
    confidence: Confidence.default('high'),
    /** What is doubtful about the row. Shown to whoever asks for a price. */
    note: Label.optional(),
    /** Windows are those of the row unless a text has its own. */
    legalBasis: z
      .array(LegalBasis.partial({ effectiveFrom: true, effectiveTo: true }))
      .min(1)
      .max(5),
  })
  .refine((row) => !row.effectiveFrom || !row.effectiveTo || row.effectiveFrom <= row.effectiveTo, {
    path: ['effectiveTo'],
    error: 'ends before it begins',
  });
export type TariffRow = z.infer<typeof TariffRow>;

export const FeeItem = z.strictObject({
  id: FeeItemId,
  kind: FeeKind,
  name: Label,
  unit: Label,
  beneficiary: Beneficiary.default('main'),
  tariffs: z.array(TariffRow).max(MAX_TARIFF_ROWS),
});
export type FeeItem = z.infer<typeof FeeItem>;

/** Items of which the facts of a dossier must name some. Items in no choice are always due. */
const Choice = z.strictObject({
  choose: z.enum(['exactly_one', 'at_least_one', 'any']),
  of: z.array(FeeItemId).min(1).max(MAX_FEE_ITEMS),
});

/** Why the fee of a procedure cannot be computed exactly yet, with the published tariff in words. */
export const NotPriceable = z.strictObject({
  reason: z.enum(['province', 'tiers', 'zone', 'foreign_currency']),
  words: Label,
  legalBasis: z.array(LegalBasis).min(1).max(5),
});
export type NotPriceable = z.infer<typeof NotPriceable>;

export const Procedure = z.strictObject({
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
  /** What the condition keys of its rows mean. */
  conditions: z.record(ConditionKey, Label),
});
export type Procedure = z.infer<typeof Procedure>;
