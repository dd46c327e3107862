import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { inForce, overlap } from './in-force.ts';
import { Confidence, ENDS_BEFORE, endsAfterItBegins, LegalTexts, window } from './legal-basis.ts';
import { Label } from './words.ts';

/** What the law says where several reductions fit, and while it says so: the most favourable applies. Without a rule none is chosen. */
export const ChoosingRule = lazy(() =>
  z
    .strictObject({
      rule: z.literal('most_favourable'),
      ...window,
      confidence: Confidence.default('high'),
      note: Label.optional(),
      legalBasis: LegalTexts,
    })
    .refine(endsAfterItBegins, ENDS_BEFORE),
);
export type ChoosingRule = z.infer<typeof ChoosingRule>;

/** The rule in force on a day. */
export const choosingOn = (rules: readonly ChoosingRule[], day: string): ChoosingRule | undefined =>
  rules.find((rule) => inForce(rule, day));

/** Pairs of rules that would both decide on some day. */
export const choosingContradictions = (rules: readonly ChoosingRule[]): string[] =>
  rules.flatMap((rule, index) =>
    rules
      .slice(index + 1)
      .filter((other) => overlap(rule, other))
      .map((other) => `two rules of choosing count from ${other.effectiveFrom ?? '…'}`),
  );
