import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { Label, type Words } from './words.ts';

/** Conditions of persons and cases by which a tariff or a relief applies, and the evidence by which a request claims them. */

export const ConditionKey = lazy(() => z.string().regex(/^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$/));
export type ConditionKey = z.infer<typeof ConditionKey>;

const EvidenceKind = lazy(() => z.string().regex(/^[a-z][a-z0-9-]{0,31}$/));
const Keys = lazy(() => z.array(ConditionKey).min(1).max(20));

/**
 * One condition. A simple one is claimed with one of its kinds of evidence, by name; others are made of conditions, all or
 * any of which must hold.
 */
export const Condition = lazy(() =>
  z.strictObject({
    ...Label.shape,
    evidence: z.record(EvidenceKind, Label).optional(),
    allOf: Keys.optional(),
    anyOf: Keys.optional(),
  }),
);
export type Condition = z.infer<typeof Condition>;
export type Conditions = Readonly<Record<ConditionKey, Condition>>;

/** Most conditions that one request claims. */
const MAX_CLAIMS = 20;

/** A reference to a paper or record (`12/QĐ-UBND`), never the number of an identity paper: digits alone are refused. */
const EvidenceReference = lazy(() =>
  z
    .string()
    .max(64)
    .regex(/^(?![0-9]+$)[\p{L}0-9][\p{L}\p{M}0-9._/-]*$/u),
);

/** What the caller has verified: the condition holds, by this evidence. The caller answers for it; it stands in the quote. */
const Claim = lazy(() =>
  z.strictObject({
    condition: ConditionKey,
    evidence: z.strictObject({ kind: EvidenceKind, reference: EvidenceReference }),
  }),
);
export type Claim = z.infer<typeof Claim>;

export const Claims = lazy(() =>
  z
    .array(Claim)
    .max(MAX_CLAIMS)
    .refine((claims) => new Set(claims.map((claim) => claim.condition)).size === claims.length, {
      error: 'claims a condition twice',
    }),
);

export type Judgement = { met: boolean; why: Words };

/** Whether a condition holds by what is claimed, and by which evidence, or which parts are not shown. */
export function judge(key: ConditionKey, conditions: Conditions, claims: readonly Claim[]): Judgement {
  const condition = conditions[key];
  if (!condition)
    return { met: false, why: { vi: `điều kiện ${key} không được biết`, en: `condition ${key} is not known` } };
  if (condition.allOf) {
    const parts = condition.allOf.map((part) => judge(part, conditions, claims));
    const open = parts.filter((part) => !part.met);
    return open.length > 0 ? { met: false, why: together(open) } : { met: true, why: together(parts) };
  }
  if (condition.anyOf) {
    const parts = condition.anyOf.map((part) => judge(part, conditions, claims));
    const shown = parts.find((part) => part.met);
    return shown ?? { met: false, why: unshown(condition, kindsOf(condition, conditions)) };
  }
  const claim = claims.find((one) => one.condition === key);
  if (!claim) return { met: false, why: unshown(condition, kindsOf(condition, conditions)) };
  const { kind, reference } = claim.evidence;
  const accepted = condition.evidence?.[kind];
  if (condition.evidence && !accepted) {
    const kinds = kindsOf(condition, conditions).join(', ');
    return {
      met: false,
      why: {
        vi: `${condition.vi}: không nhận loại chứng cứ "${kind}", chỉ nhận ${kinds}`,
        en: `${condition.en}: evidence of kind "${kind}" is not accepted, only ${kinds}`,
      },
    };
  }
  return {
    met: true,
    why: {
      vi: `${condition.vi} (${accepted?.vi ?? kind}: ${reference})`,
      en: `${condition.en} (${accepted?.en ?? kind}: ${reference})`,
    },
  };
}

const together = (parts: readonly Judgement[]): Words => ({
  vi: parts.map((part) => part.why.vi).join('; '),
  en: parts.map((part) => part.why.en).join('; '),
});

function unshown(condition: Condition, kinds: readonly string[]): Words {
  const by = kinds.length > 0 ? ` [${kinds.join(', ')}]` : '';
  return { vi: `chưa có chứng cứ: ${condition.vi}${by}`, en: `no evidence for: ${condition.en}${by}` };
}

const kindsOf = (condition: Condition, conditions: Conditions): string[] => [
  ...new Set([
    ...Object.keys(condition.evidence ?? {}),
    ...(condition.anyOf ?? []).flatMap((key) => Object.keys(conditions[key]?.evidence ?? {})),
  ]),
];

/** A condition with all that it is made of. Ends also where conditions are made of each other. */
export function withParts(key: ConditionKey, conditions: Conditions, seen = new Set<string>()): Set<ConditionKey> {
  if (seen.has(key)) return seen;
  seen.add(key);
  const condition = conditions[key];
  for (const part of [...(condition?.allOf ?? []), ...(condition?.anyOf ?? [])]) withParts(part, conditions, seen);
  return seen;
}

/** Keys that a request may claim: those that are not made of others. */
export const claimable = (conditions: Conditions): ConditionKey[] =>
  Object.entries(conditions)
    .filter(([, condition]) => !condition.allOf && !condition.anyOf)
    .map(([key]) => key)
    .sort();

/** What is wrong with conditions as a catalogue writes them. */
export function conditionContradictions(conditions: Conditions): string[] {
  return Object.entries(conditions).flatMap(([key, { allOf, anyOf, evidence }]) => {
    const parts = [...(allOf ?? []), ...(anyOf ?? [])];
    const below = parts.flatMap((part) => [...withParts(part, conditions)]);
    return [
      ...([allOf, anyOf, evidence].filter(Boolean).length > 1 ? [`condition ${key} is of two kinds`] : []),
      ...parts
        .filter((part) => !Object.hasOwn(conditions, part))
        .map((part) => `condition ${key} needs unknown ${part}`),
      ...(below.includes(key) ? [`condition ${key} is made of itself`] : []),
    ];
  });
}
