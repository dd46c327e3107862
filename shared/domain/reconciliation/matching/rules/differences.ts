import type { ExceptionCategory } from '../../exception.ts';
import { type Sides, sharing, sharingMark, sumOf } from '../sides.ts';
import { ofSign } from './named.ts';

/**
 * What names each other and differs in amount: never tolerated, not by one dong. A payout may differ by the provider's fee
 * or by a dong of rounding; each has a name of its own, so that it is seen for what it is. What came in and what went out
 * under one name are two questions.
 */

/** Largest difference of a payout that is called rounding, in dong. */
export const ROUNDING_DONG = 1;

export function differences(sides: Sides): void {
  for (const column of ['references', 'codes'] as const)
    for (const { name, ours, theirs } of sharing(sides, column))
      for (const isIn of [true, false]) {
        const [mine, lines] = [ofSign(sides.ours, ours, isIn), ofSign(sides.theirs, theirs, isIn)];
        differ(sides, mine, lines, { name: sides.nameText(name) });
      }
  for (const { mark, ours, theirs } of sharingMark(sides)) differ(sides, ours, theirs, { mark });
}

function differ(sides: Sides, ours: number[], theirs: number[], evidence: Record<string, string>): void {
  const [mine, line] = [ours[0], theirs[0]];
  if (mine === undefined || line === undefined) return;
  // A payout and what came late to it are one sum under one mark.
  const isOne = ours.length === 1 || ours.every((row) => sides.kind(row) === 'batch');
  if (!isOne) sides.contradict('AMBIGUOUS', ours, theirs, evidence);
  else if (theirs.length === 1) sides.contradict(categoryOf(sides, ours, line), ours, [line], evidence);
  else {
    // Nobody says which of them it was for.
    const again = ours.length === 1 && theirs.every((row) => sides.theirs.amounts[row] === sides.ours.amounts[mine]);
    sides.contradict(again ? 'DUPLICATE_PAYMENT' : 'AMBIGUOUS', ours, theirs, evidence);
  }
}

/** By what moved, in whichever direction: an order that the bank debited too high is over. */
function categoryOf(sides: Sides, ours: readonly number[], theirs: number): ExceptionCategory {
  const difference = Math.abs(sides.theirs.amounts[theirs] as number) - Math.abs(sumOf(sides.ours, ours));
  if (ours.every((row) => sides.kind(row) === 'batch')) {
    const fee = ours.reduce((sum, row) => sum + (sides.rare.get(row)?.fee ?? 0), 0);
    if (Math.abs(difference) <= ROUNDING_DONG) return 'ROUNDING';
    if (Math.abs(difference) <= fee) return 'FEE_DIFFERENCE';
  }
  return difference > 0 ? 'AMOUNT_OVER' : 'AMOUNT_UNDER';
}
