import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { Dong, sum } from '../money/dong.ts';

/** Double entry. Entries are only ever added; a mistake is corrected by another entry. */

export const LedgerLine = lazy(() =>
  z.object({
    side: z.enum(['debit', 'credit']),
    account: z.string().min(1).max(120),
    amount: Dong,
  }),
);
export type LedgerLine = z.infer<typeof LedgerLine>;

/** Names of accounts. Money is always in exactly one of payable, surplus and unmatched until it is paid out or refunded. */
export const account = {
  /** What a provider owes us: it has the citizen's money and has not paid out yet. */
  clearing: (merchantAccountId: string) => `clearing:${merchantAccountId}`,
  /** Cash in an agency's drawer, or what its card terminal will pay out: never a provider's. */
  desk: (agencyCode: string, method: 'cash' | 'card') => `desk:${agencyCode}:${method}`,
  /** What we owe an agency, by beneficiary. */
  payable: (agencyCode: string, beneficiary: string) => `payable:${agencyCode}:${beneficiary}`,
  /** Real money beyond what was due, or after it was due. Somebody must decide. */
  surplus: (agencyCode: string) => `surplus:${agencyCode}`,
  /** Real money that belongs to no invoice yet. */
  unmatched: (agencyCode: string) => `unmatched:${agencyCode}`,
  /** What providers and banks kept beyond what was agreed, accepted by two persons. */
  charges: (agencyCode: string) => `charges:${agencyCode}`,
  /** Differences of a dong in payouts, accepted by two persons. */
  rounding: (agencyCode: string) => `rounding:${agencyCode}`,
  /** Money that our books had and that never came, accepted by two persons. */
  shortfall: (agencyCode: string) => `shortfall:${agencyCode}`,
  /** What an agency gave back from its own account, because no provider could: its statement shows the payment. */
  returns: (agencyCode: string) => `returns:${agencyCode}`,
  /** What went on from the collecting account to whom it belongs: the budget, the insurer, the collector's own purse. */
  remitted: (agencyCode: string) => `remitted:${agencyCode}`,
  /** What the collector keeps of what it collected for the budget. */
  retained: (agencyCode: string) => `retained:${agencyCode}`,
} as const;

/** Stands for the agency where a terminal serves several and the reference names no invoice. */
export const UNASSIGNED = 'unassigned';

/** A journal does not balance. Never caught: what would write it is wrong. */
export class UnbalancedJournal extends Error {
  constructor(debit: number, credit: number) {
    super(`journal does not balance: debit ${debit}, credit ${credit}`);
    this.name = 'UnbalancedJournal';
  }
}

/** The lines that take others back, account by account. */
export const opposite = (lines: readonly LedgerLine[]): LedgerLine[] =>
  lines.map((line) => ({ ...line, side: line.side === 'debit' ? 'credit' : 'debit' }));

/** Returns the lines if they balance and none is empty; throws {@link UnbalancedJournal} otherwise. */
export function balanced(lines: readonly LedgerLine[]): readonly LedgerLine[] {
  const side = (wanted: LedgerLine['side']) => sum(lines.filter((line) => line.side === wanted).map((l) => l.amount));
  const debit = side('debit');
  const credit = side('credit');
  if (debit !== credit || debit === 0) throw new UnbalancedJournal(debit, credit);
  return lines;
}
