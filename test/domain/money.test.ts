import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dong, dong, MAX_DONG, MoneyOutOfRange, sum, times, ZERO } from '../../shared/domain/money/dong.ts';

describe('an amount in dong', () => {
  it.each([0, 1, 50_000, MAX_DONG])('may be %d', (value) => {
    expect(dong(value)).toBe(value);
    expect(Dong.parse(value)).toBe(value);
  });

  it.each([-1, 0.1, 1e-9, -0, Number.NaN, Number.POSITIVE_INFINITY, MAX_DONG + 1, 2 ** 53 + 1])(
    'may not be %d (scenario 55)',
    (value) => expect(() => dong(value)).toThrow(MoneyOutOfRange),
  );

  it.each(['1000', '1000 ', '１０００', null, undefined, true])('is never read from %j (scenario 55)', (value) => {
    expect(Dong.safeParse(value).success).toBe(false);
  });
});

describe('arithmetic', () => {
  it('adds exactly, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }).map(dong), { maxLength: 200 }), (amounts) => {
        const exact = amounts.reduce((total, one) => total + BigInt(one), 0n);
        expect(BigInt(sum(amounts))).toBe(exact);
        expect(sum(amounts.toReversed())).toBe(sum(amounts));
      }),
    );
  });

  it('of nothing is nothing', () => expect(sum([])).toBe(ZERO));

  it('refuses what leaves the range, and never rounds', () => {
    expect(() => sum([dong(MAX_DONG), dong(1)])).toThrow(MoneyOutOfRange);
    expect(() => times(dong(MAX_DONG), 2)).toThrow(MoneyOutOfRange);
    expect(() => times(dong(10), 0.1)).not.toThrow();
    expect(() => times(dong(1), 0.5)).toThrow(MoneyOutOfRange);
    expect(() => times(dong(1), -1)).toThrow(MoneyOutOfRange);
  });

  it('multiplies as repeated addition', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }).map(dong), fc.integer({ min: 0, max: 50 }), (amount, quantity) => {
        expect(times(amount, quantity)).toBe(sum(Array.from({ length: quantity }, () => amount)));
      }),
    );
  });
});
