import * as z from 'zod';
import { lazy } from '../lazy.ts';

/**
 * What an agency may choose in the policy table, each with its allowed alternatives; the first is what holds without a
 * choice. A choice is frozen on an invoice when it is made, so that the rules of a payment never change under way.
 */
export const choices = {
  /** The amount due, debited after the deadline, while no other invoice stands for this one. */
  late: ['surplus', 'accept'],
  /** A transfer of less than what is due. */
  parts: ['keep', 'accumulate'],
} as const;

export const PolicyChoices = lazy(() =>
  z.strictObject({
    late: z.enum(choices.late).optional(),
    parts: z.enum(choices.parts).optional(),
  }),
);
export type PolicyChoices = z.infer<typeof PolicyChoices>;
export type Choice = keyof typeof choices;

/** The alternative in force. */
export const chosen = <C extends Choice>(choice: C, made: PolicyChoices = {}): (typeof choices)[C][number] =>
  made[choice] ?? choices[choice][0];

/** Only what differs from the default: it is all that is kept. Undefined where nothing does. */
export function differing(made: PolicyChoices = {}): PolicyChoices | undefined {
  const kept = Object.entries(made).filter(([choice, value]) => value !== choices[choice as Choice][0]);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
