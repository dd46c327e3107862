import type { ExceptionCategory } from '../../exception.ts';
import { type Sides, sharing } from '../sides.ts';

/**
 * What names each other and differs in amount: never tolerated, not by one dong. A payout may differ by the provider's fee
 * or by a dong of rounding; each has a name of its own, so that it is seen for what it is.
 */

/** Largest difference of a payout that is called rounding, in dong. */
export const ROUNDING_DONG = 1;

export function differences(sides: Sides): void {
  for (const column of ['references', 'codes'] as const)
    for (const { name, ours, theirs } of sharing(sides, column)) {
      const [mine, line] = [ours[0], theirs[0]];
      const evidence = { name: sides.nameText(name) };
      if (ours.length === 1 && theirs.length === 1 && mine !== undefined && line !== undefined)
        sides.contradict(categoryOf(sides, mine, line), [mine], [line], evidence);
      else sides.contradict('AMBIGUOUS', ours, theirs, evidence);
    }
  for (const [mark, batches] of sides.batches) {
    const open = batches.filter((row) => sides.isOpen('ours', row));
    const credits = [...sides.odd].flatMap(([row, { marks }]) =>
      marks.length === 1 && marks[0] === mark && sides.isOpen('theirs', row) ? [row] : [],
    );
    const [batch, credit] = [open[0], credits[0]];
    if (batch === undefined || credit === undefined) continue;
    const single = open.length === 1 && credits.length === 1;
    sides.contradict(single ? categoryOf(sides, batch, credit) : 'AMBIGUOUS', open, credits, { mark });
  }
}

function categoryOf(sides: Sides, ours: number, theirs: number): ExceptionCategory {
  const difference = (sides.theirs.amounts[theirs] as number) - (sides.ours.amounts[ours] as number);
  const batch = sides.rare.get(ours);
  if (batch?.kind === 'batch') {
    if (Math.abs(difference) <= ROUNDING_DONG) return 'ROUNDING';
    if (Math.abs(difference) <= (batch.fee ?? 0)) return 'FEE_DIFFERENCE';
  }
  return difference > 0 ? 'AMOUNT_OVER' : 'AMOUNT_UNDER';
}
