import * as z from 'zod';
import { lazy } from '../lazy.ts';

/** Texts behind a rule, and how well we know them. */

/** A day, `YYYY-MM-DD` in Asia/Ho_Chi_Minh, that exists. */
export const LegalDay = lazy(() => z.iso.date());

/** A text in force from and to the days named, both included. Null: open, or (for the start) not verified. */
export const LegalBasis = lazy(() =>
  z.strictObject({
    document: z.string().min(1).max(120),
    article: z.string().min(1).max(40).optional(),
    effectiveFrom: LegalDay.nullable(),
    effectiveTo: LegalDay.nullable(),
  }),
);
export type LegalBasis = z.infer<typeof LegalBasis>;

/** Most texts behind one rule. */
const MAX_TEXTS = 5;
/** Texts as a rule names them: their windows are those of the rule unless a text has its own. */
export const LegalTexts = lazy(() =>
  z
    .array(LegalBasis.partial({ effectiveFrom: true, effectiveTo: true }))
    .min(1)
    .max(MAX_TEXTS),
);

/** How well a rule is known: read in a legal text (high), in one other source (medium), inferred or in conflict (low). */
export const Confidence = lazy(() => z.enum(['high', 'medium', 'low']));

/** From and to which day a rule counts, both included; null is open, or for the start not verified. */
export const window = { effectiveFrom: LegalDay.nullable(), effectiveTo: LegalDay.nullable() };
export type Window = { effectiveFrom: string | null; effectiveTo: string | null };

export const endsAfterItBegins = (rule: Window): boolean =>
  !rule.effectiveFrom || !rule.effectiveTo || rule.effectiveFrom <= rule.effectiveTo;
export const ENDS_BEFORE = { path: ['effectiveTo'], error: 'ends before it begins' };

type Dated = Window & { legalBasis: z.infer<typeof LegalTexts> };

/** The texts behind a rule, each with its window: its own where it has one, else the rule's. */
export function basisOf(rule: Dated): LegalBasis[] {
  return rule.legalBasis.map(({ document, article, effectiveFrom, effectiveTo }) => ({
    document,
    ...(article === undefined ? {} : { article }),
    effectiveFrom: effectiveFrom === undefined ? rule.effectiveFrom : effectiveFrom,
    effectiveTo: effectiveTo === undefined ? rule.effectiveTo : effectiveTo,
  }));
}

/** The texts of a rule, shortly: `TT 154/2025/TT-BTC, Điều 4`. */
export function lawOf({ legalBasis }: Pick<Dated, 'legalBasis'>): string {
  return legalBasis.map(({ document, article }) => (article ? `${document}, ${article}` : document)).join('; ');
}
