import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Day } from '../time.ts';
import { inForce, overlap } from './in-force.ts';
import {
  basisOf,
  Confidence,
  ENDS_BEFORE,
  endsAfterItBegins,
  type LegalBasis,
  LegalTexts,
  lawOf,
  window,
} from './legal-basis.ts';
import { inWindow, Label, type Words } from './words.ts';

/** Figures that law changes from time to time and tariffs only name: the base salary, rates, ceilings, rates of exchange. */

export const ParameterKey = lazy(() => z.string().regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/));
export type ParameterKey = z.infer<typeof ParameterKey>;

/** Largest figure: with every fact at its limit, sums stay in the range of dong. */
const MAX_PARAMETER = 1_000_000_000;
/** Most rows of one parameter: a daily rate of exchange for some years. */
const MAX_PARAMETER_ROWS = 2_000;

/** The figure while its window lasts: `value ÷ per`, exactly. In dong, as a rate, or as a number of times. */
export const ParameterRow = lazy(() =>
  z
    .strictObject({
      value: z.int().min(0).max(MAX_PARAMETER),
      per: z.literal([1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]).default(1),
      ...window,
      confidence: Confidence.default('high'),
      note: Label.optional(),
      legalBasis: LegalTexts,
    })
    .refine(endsAfterItBegins, ENDS_BEFORE),
);
export type ParameterRow = z.infer<typeof ParameterRow>;

export const Parameter = lazy(() =>
  z.strictObject({ name: Label, rows: z.array(ParameterRow).max(MAX_PARAMETER_ROWS) }),
);
export type Parameter = z.infer<typeof Parameter>;

/** A parameter on one day, with what to say of it. */
export type ParameterValue = {
  key: ParameterKey;
  name: Words;
  value: number;
  per: number;
  basis: LegalBasis[];
  doubts: Words[];
};

export type Parameters = Readonly<Record<ParameterKey, Parameter>>;

/** The figure in force on a day, if there is one. */
export function parameterOn(parameters: Parameters, key: ParameterKey, day: Day): ParameterValue | undefined {
  const parameter = parameters[key];
  const row = parameter?.rows.find((one) => inForce(one, day));
  if (!parameter || !row) return undefined;
  const { value, per, confidence, note } = row;
  const doubts: Words[] = [];
  if (confidence !== 'high')
    doubts.push({
      vi: `${parameter.name.vi} (${lawOf(row)}) chưa được xác minh trong văn bản`,
      en: `${parameter.name.en} (${lawOf(row)}) is not verified in a legal text`,
    });
  if (note) doubts.push(note);
  return { key, name: parameter.name, value, per, basis: basisOf(row), doubts };
}

/** Which values there are and when, for whoever asks about a day without one. */
export function knownWindows({ name, rows }: Parameter): Words {
  const say = (language: 'vi' | 'en') =>
    rows.map((row) =>
      `${row.value}${row.per === 1 ? '' : `/${row.per}`} ${inWindow(row.effectiveFrom, row.effectiveTo)[language]}`.trim(),
    );
  return { vi: `${name.vi}: ${say('vi').join('; ')}`, en: `${name.en}: ${say('en').join('; ')}` };
}

/** Pairs of rows that would both count on some day. */
export function contradictionsOf(key: ParameterKey, { rows }: Parameter): string[] {
  return rows.flatMap((row, index) =>
    rows
      .slice(index + 1)
      .filter((other) => overlap(row, other))
      .map(
        (other) =>
          `parameter ${key} has two values from ${other.effectiveFrom ?? '…'}: ${row.value} and ${other.value}`,
      ),
  );
}
