import { type RuleName, type Sides, sharing, sumOf } from '../sides.ts';

const by: RuleName = { rule: 'split', version: 1, status: 'suggested' };

/** Most credits that one payment is put together from. */
const MAX_PARTS = 8;

/** Rule 5: several credits that name one payment, or one payout, and together are its amount. */
export function bySplit(sides: Sides): void {
  for (const { ours, theirs } of sharing(sides, 'codes')) suggest(sides, ours, theirs);
  for (const [mark, batches] of sides.batches) {
    const credits = [...sides.odd].flatMap(([row, { marks }]) =>
      marks.length === 1 && marks[0] === mark && sides.isOpen('theirs', row) ? [row] : [],
    );
    suggest(
      sides,
      batches.filter((row) => sides.isOpen('ours', row)),
      credits,
    );
  }
}

function suggest(sides: Sides, ours: number[], theirs: number[]): void {
  if (ours.length !== 1 || theirs.length < 2 || theirs.length > MAX_PARTS) return;
  const sum = sumOf(sides.theirs, theirs);
  if (sum !== sides.ours.amounts[ours[0] as number] || theirs.some((row) => (sides.theirs.amounts[row] as number) <= 0))
    return;
  sides.match(by, ours, theirs, { parts: theirs.length, sum });
}
