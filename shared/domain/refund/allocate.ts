import { type Dong, dong, sum } from '../money/dong.ts';

/**
 * How much of an amount each line gives, in proportion to what is left of it, in whole dong: each share is rounded down, and
 * the dong that are missing go one by one to the lines whose shares lost most by that, the earlier line first among equals
 * (largest remainder). No line gives more than it has. Throws RangeError where the lines have less than the amount.
 */
export function proportionally(amount: Dong, left: readonly Dong[]): Dong[] {
  const whole = sum(left);
  if (amount > whole) throw new RangeError(`${amount} of ${whole}`);
  if (whole === 0) return left.map(() => dong(0));
  // The products leave the range of exact numbers, so they are reckoned as integers of any length.
  const parts = left.map((line, place) => {
    const product = BigInt(amount) * BigInt(line);
    return { place, share: Number(product / BigInt(whole)), lost: product % BigInt(whole) };
  });
  let missing = amount - parts.reduce((total, { share }) => total + share, 0);
  const byLoss = [...parts].sort((one, other) =>
    one.lost === other.lost ? one.place - other.place : one.lost < other.lost ? 1 : -1,
  );
  for (const part of byLoss) {
    if (missing === 0) break;
    part.share += 1;
    missing -= 1;
  }
  return parts.map(({ share }) => dong(share));
}
