import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dong, sum } from '../../shared/domain/money/dong.ts';
import { proportionally } from '../../shared/domain/refund/allocate.ts';

const line = fc.integer({ min: 0, max: 999_999_999_999 }).map(dong);

describe('a refund over lines', () => {
  it('gives exactly its amount, and no line more than it has', () => {
    const refund = fc
      .array(line, { minLength: 1, maxLength: 50 })
      .chain((left) => fc.tuple(fc.constant(left), fc.integer({ min: 0, max: sum(left) }).map(dong)));
    fc.assert(
      fc.property(refund, ([left, amount]) => {
        const shares = proportionally(amount, left);
        expect(sum(shares)).toBe(amount);
        for (const [place, share] of shares.entries()) expect(share).toBeLessThanOrEqual(left[place] as number);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is refused where the lines have less', () => {
    expect(() => proportionally(dong(101), [dong(60), dong(40)])).toThrow(RangeError);
  });
});
