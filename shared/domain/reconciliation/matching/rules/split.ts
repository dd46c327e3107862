import { type RuleName, type Sides, sharing, sharingMark, sumOf } from '../sides.ts';

const by: RuleName = { rule: 'split', version: 2, status: 'suggested' };

/** Most lines that one item of ours is put together from. */
const MAX_PARTS = 8;

/** Rule 5: several lines that name one payment, one payout or one order, and together are its amount. */
export function bySplit(sides: Sides): void {
  for (const { ours, theirs } of sharing(sides, 'codes')) suggest(sides, ours, theirs);
  for (const { ours, theirs } of sharingMark(sides)) suggest(sides, ours, theirs);
}

function suggest(sides: Sides, ours: number[], theirs: number[]): void {
  if (ours.length !== 1 || theirs.length < 2 || theirs.length > MAX_PARTS) return;
  const sum = sumOf(sides.theirs, theirs);
  const isPart = (row: number) => Math.sign(sides.theirs.amounts[row] as number) === Math.sign(sum);
  if (sum !== sides.ours.amounts[ours[0] as number] || !theirs.every(isPart)) return;
  sides.match(by, ours, theirs, { parts: theirs.length, sum });
}
