import * as z from 'zod';
import { TaxCodeText } from '../identity/tax-code.ts';
import { lazy } from '../lazy.ts';
import { printable } from './printable.ts';
import type { KeptReceipt, Receipt } from './receipt.ts';

/**
 * What was wrong on a receipt beside its amounts, which are the ledger's and no person's. Two persons correct it (Circular
 * 91/2026/TT-BTC, article 20): a wrong name is explained in a notice of errors (form 04/SS-CTĐT), and the receipt stands; a
 * wrong tax code takes another receipt in its place.
 */

/** Most corrections of one receipt, those that came to nothing included. */
export const MAX_CORRECTIONS = 5;

/** The payer as it ought to stand there; what is absent was right. `taxCode: null`: the payer has none. */
export const RightPayer = lazy(() =>
  z.strictObject({ name: printable(200).optional(), taxCode: TaxCodeText.nullable().optional() }),
);
export type RightPayer = z.infer<typeof RightPayer>;

export const CorrectionKind = lazy(() => z.enum(['notice', 'replacement']));
export type CorrectionKind = z.infer<typeof CorrectionKind>;

/** Persons by the ids in their tokens, instants in milliseconds. */
export const Correction = lazy(() =>
  z.object({
    state: z.enum(['proposed', 'approved', 'rejected']),
    kind: CorrectionKind,
    payer: RightPayer,
    why: z.string(),
    by: z.string(),
    clientId: z.string(),
    proposedAt: z.int(),
    keyHash: z.string(),
    bodyHash: z.string(),
    decidedBy: z.string().optional(),
    decidedAt: z.int().optional(),
    /** Why the second person refused. */
    refusal: z.string().optional(),
    /** The signed notice, XML, once there is one. */
    notice: z.string().optional(),
  }),
);
export type Correction = z.infer<typeof Correction>;

/** What a wrong detail asks for, beside what was corrected before; `undefined` where nothing would change. */
export function correctionKind(
  receipt: Pick<KeptReceipt, 'payer' | 'corrections'>,
  right: RightPayer,
): CorrectionKind | undefined {
  const payer = rightPayer(receipt);
  if (right.taxCode !== undefined && (right.taxCode ?? undefined) !== payer.taxCode) return 'replacement';
  return right.name !== undefined && right.name !== payer.name ? 'notice' : undefined;
}

/** The payer with all that two persons corrected. */
export const rightPayer = ({ payer, corrections = [] }: Pick<KeptReceipt, 'payer' | 'corrections'>): Receipt['payer'] =>
  corrections.filter(({ state }) => state === 'approved').reduce(corrected, payer);

function corrected(payer: Receipt['payer'], { payer: right }: Pick<Correction, 'payer'>): Receipt['payer'] {
  const { taxCode: wrong, ...rest } = payer;
  const taxCode = right.taxCode === undefined ? wrong : (right.taxCode ?? undefined);
  return {
    ...rest,
    ...(right.name !== undefined && { name: right.name }),
    ...(taxCode !== undefined && { taxCode }),
  };
}

/** Whether two persons want another receipt in its place, and none stands there yet. */
export const awaitsReplacement = ({ corrections = [], replacedBy }: KeptReceipt): boolean =>
  replacedBy === undefined && corrections.some(({ kind, state }) => kind === 'replacement' && state === 'approved');

/** What a write about corrections was decided on: how many there were, and how the last one stood. */
export type CorrectionsSeen = { count: number; last?: Correction['state'] | undefined };
export const correctionsSeen = ({ corrections = [] }: Pick<KeptReceipt, 'corrections'>): CorrectionsSeen => ({
  count: corrections.length,
  last: corrections.at(-1)?.state,
});

export type CorrectionDecision = { decidedBy: string; decidedAt: number } & (
  | { to: 'approved' }
  | { to: 'rejected'; refusal: string }
);
