import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstInstantOf, lastInstantOf, noonOf, pricedOf, refusedOf } from './dsl.ts';

/** NQ 326/2016/UBTVQH14, its annex and articles, as test tables. */

const TODAY = noonOf('2026-11-22');
const CIVIL = '9.910001';
const COMMERCIAL = '9.910002';
const LABOUR = '9.910003';
const APPEAL = '9.910004';
const FIRST = '9.910005';
const CHARGES = '9.910006';

const decision = (condition: string) => ({
  condition,
  evidence: { kind: 'court-decision', reference: 'QD-12/2026' },
});

const lineOf = (procedure: string, item: number, more: object = {}, conditions: string[] = []) => {
  const items = [{ feeItem: `${procedure}-0${item}`, ...more }];
  const [line] = pricedOf(procedure, 'counter', TODAY, { items, reliefs: conditions.map(decision) }).lines;
  if (!line) throw new Error('no line');
  return line;
};
const feeOf = (procedure: string, value: number) => lineOf(procedure, 1, { value }).amount;
const advanceOf = (procedure: string, value: number) => lineOf(procedure, 2, { value }).amount;

type Row = [where: string, value: number, fee: number];

describe('first-instance fees by value (annex, part A, II)', () => {
  it.each<Row>([
    ['1.3a, at 6 million', 6_000_000, 300_000],
    ['1.3b, one dong above: 300,000.05 rounded down', 6_000_001, 300_000],
    ['1.3b, 5%', 6_000_020, 300_001],
    ['1.3b, end of the band', 400_000_000, 20_000_000],
    ['1.3c, 20 million and 4%', 400_000_100, 20_000_004],
    ['1.3c, end of the band', 800_000_000, 36_000_000],
    ['1.3d, 36 million and 3%', 1_000_000_000, 42_000_000],
    ['1.3d, end of the band', 2_000_000_000, 72_000_000],
    ['1.3đ, 72 million and 2%', 3_000_000_000, 92_000_000],
    ['1.3đ, end of the band', 4_000_000_000, 112_000_000],
    ['1.3e, 112 million and 0.1%', 5_000_000_000, 113_000_000],
  ])('civil, family and land, %s: %i → %i', (_, value, fee) => expect(feeOf(CIVIL, value)).toBe(fee));

  it.each<Row>([
    ['1.4a, at 60 million', 60_000_000, 3_000_000],
    ['1.4b, 5%', 100_000_000, 5_000_000],
    ['1.4b, end of the band', 400_000_000, 20_000_000],
    ['1.4c, end of the band', 800_000_000, 36_000_000],
    ['1.4d, end of the band', 2_000_000_000, 72_000_000],
    ['1.4đ, end of the band', 4_000_000_000, 112_000_000],
    ['1.4e, 0.1%', 10_000_000_000, 118_000_000],
  ])('commercial, %s: %i → %i', (_, value, fee) => expect(feeOf(COMMERCIAL, value)).toBe(fee));

  it.each<Row>([
    ['1.5a, at 6 million', 6_000_000, 300_000],
    ['1.5b, 3% of 7 million is below the floor', 7_000_000, 300_000],
    ['1.5b, where 3% meets the floor', 10_000_000, 300_000],
    ['1.5b, above the floor', 10_000_100, 300_003],
    ['1.5b, end of the band', 400_000_000, 12_000_000],
    ['1.5c, end of the band', 2_000_000_000, 44_000_000],
    ['1.5d, 0.1%', 3_000_000_000, 45_000_000],
  ])('labour, %s: %i → %i', (_, value, fee) => expect(feeOf(LABOUR, value)).toBe(fee));

  it('of labour are marked as not verified', () => {
    const items = [{ feeItem: `${LABOUR}-01`, value: 100_000_000 }];
    expect(pricedOf(LABOUR, 'counter', TODAY, { items }).unverified.join()).toContain('general knowledge of the annex');
  });
});

describe('advances (Art. 7.2)', () => {
  it.each<[string, string, number, number]>([
    ['civil: half of the fee', CIVIL, 1_000_000_000, 21_000_000],
    ['civil: not below the fee without value', CIVIL, 6_000_000, 300_000],
    ['civil: half of 600,000 is that fee', CIVIL, 12_000_000, 300_000],
    ['civil: just above', CIVIL, 12_000_040, 300_001],
    ['commercial: not below 3,000,000', COMMERCIAL, 60_000_000, 3_000_000],
    ['commercial: half of 6 million is that fee', COMMERCIAL, 120_000_000, 3_000_000],
    ['commercial: half of the fee', COMMERCIAL, 5_000_000_000, 56_500_000],
    ['labour: not below 300,000', LABOUR, 7_000_000, 300_000],
    ['labour: half of the fee', LABOUR, 400_000_000, 6_000_000],
  ])('%s', (_, procedure, value, amount) => expect(advanceOf(procedure, value)).toBe(amount));

  it('are rounded once: half of an odd fee is not half of a rounded one', () => {
    // 5% of 12,000,050 is 600,002.5; half of it 300,001.25.
    expect(advanceOf(CIVIL, 12_000_050)).toBe(300_001);
    // 5% of 12,000,070 is 600,003.5; half of it 300,001.75, while half of 600,004 would be 300,002.
    expect(advanceOf(CIVIL, 12_000_070)).toBe(300_001);
  });
});

describe('fees that do not depend on a value (annex)', () => {
  it.each<[string, string, number, number]>([
    ['civil, first instance', CIVIL, 3, 300_000],
    ['civil, advance (Art. 7.2)', CIVIL, 4, 300_000],
    ['commercial, first instance', COMMERCIAL, 3, 3_000_000],
    ['commercial, advance (Art. 7.2)', COMMERCIAL, 4, 3_000_000],
    ['labour, first instance', LABOUR, 3, 300_000],
    ['appeal, civil', APPEAL, 1, 300_000],
    ['appeal, civil, advance equals the fee (Art. 7.2)', APPEAL, 2, 300_000],
    ['appeal, commercial', APPEAL, 3, 2_000_000],
    ['appeal, commercial, advance equals the fee (Art. 7.2)', APPEAL, 4, 2_000_000],
    ['appeal, criminal', APPEAL, 5, 200_000],
    ['appeal, administrative', APPEAL, 6, 300_000],
    ['appeal, administrative, advance (Art. 7.3)', APPEAL, 7, 300_000],
    ['criminal, first instance', FIRST, 1, 200_000],
    ['administrative, first instance', FIRST, 2, 300_000],
    ['administrative, advance (Art. 7.3)', FIRST, 3, 300_000],
    ['civil matter, first instance', CHARGES, 1, 300_000],
    ['civil matter, advance (Art. 7.5)', CHARGES, 2, 300_000],
    ['civil matter, appeal', CHARGES, 3, 300_000],
    ['foreign judgment', CHARGES, 4, 3_000_000],
    ['bankruptcy', CHARGES, 5, 1_500_000],
    ['strike', CHARGES, 6, 1_500_000],
    ['arrest of a ship', CHARGES, 7, 8_000_000],
  ])('%s', (_, procedure, item, amount) => expect(lineOf(procedure, item).amount).toBe(amount));

  it('are not charged where only hearsay says them: the arrest of an aircraft', () => {
    const items = [{ feeItem: `${CHARGES}-08` }];
    expect(refusedOf(CHARGES, 'counter', TODAY, { items })).toMatchObject({ code: 'no_tariff' });
  });
});

describe('what the court decides', () => {
  it('halves fee and advance under the simplified procedure (Art. 6.2, 7.4)', () => {
    const simplified = ['simplified-procedure'];
    expect(lineOf(CIVIL, 1, { value: 1_000_000_000 }, simplified).amount).toBe(21_000_000);
    expect(lineOf(CIVIL, 2, { value: 1_000_000_000 }, simplified).amount).toBe(10_500_000);
    expect(lineOf(CIVIL, 4, {}, simplified).amount).toBe(150_000);
    expect(lineOf(COMMERCIAL, 4, {}, simplified).amount).toBe(1_500_000);
  });

  it('waives them, with a line of nothing (Art. 11, 12), and halves them for force majeure (Art. 13)', () => {
    expect(lineOf(CIVIL, 4, {}, ['court-exemption'])).toMatchObject({ amount: 0, quantity: 1 });
    expect(lineOf(FIRST, 2, {}, ['court-reduction']).amount).toBe(150_000);
  });

  it('counts only with its decision', () => {
    const items = [{ feeItem: `${CIVIL}-04` }];
    const reliefs = [{ condition: 'court-exemption', evidence: { kind: 'own-word', reference: 'A-1' } }];
    const price = pricedOf(CIVIL, 'counter', TODAY, { items, reliefs });
    expect(price.total).toBe(300_000);
    expect(price.reliefs.find((relief) => relief.id === 'nq-326-2016-exempt')?.why.en).toContain(
      'evidence of kind "own-word" is not accepted, only court-decision',
    );
  });

  it('names both texts: that of the fee and that of the relief', () => {
    const { legalBasis } = lineOf(CIVIL, 2, { value: 1_000_000_000 }, ['simplified-procedure']);
    expect(legalBasis.map((basis) => basis.article)).toEqual(['Điều 6.2, 7.4', 'Điều 7.2']);
  });
});

describe('the resolution', () => {
  it('counts from 1/1/2017', () => {
    const items = [{ feeItem: `${FIRST}-01` }];
    expect(refusedOf(FIRST, 'counter', lastInstantOf('2016-12-31'), { items })).toMatchObject({ code: 'no_tariff' });
    expect(pricedOf(FIRST, 'counter', firstInstantOf('2017-01-01'), { items }).total).toBe(200_000);
  });
});

/** A second reading of the annex, written without the first: whole hundredths of a promille are avoided by scaling. */
function naive(
  bands: [end: bigint, base: bigint, perMille: bigint, over: bigint][],
  floor: bigint,
  value: bigint,
): bigint {
  for (const [end, base, perMille, over] of bands)
    if (value <= end) {
      const thousandths = base * 1000n + perMille * (value - over);
      const least = floor * 1000n;
      return (thousandths < least ? least : thousandths) / 1000n;
    }
  throw new Error('above every band');
}

const END = 10n ** 20n;
const M = 1_000_000n;
const upper: [bigint, bigint, bigint, bigint][] = [
  [400n * M, 0n, 50n, 0n],
  [800n * M, 20n * M, 40n, 400n * M],
  [2_000n * M, 36n * M, 30n, 800n * M],
  [4_000n * M, 72n * M, 20n, 2_000n * M],
  [END, 112n * M, 1n, 4_000n * M],
];
const readings: Record<string, (value: bigint) => bigint> = {
  [CIVIL]: (value) => naive([[6n * M, 300_000n, 0n, 0n], ...upper], 0n, value),
  [COMMERCIAL]: (value) => naive([[60n * M, 3n * M, 0n, 0n], ...upper], 0n, value),
  [LABOUR]: (value) =>
    naive(
      [
        [6n * M, 300_000n, 0n, 0n],
        [400n * M, 0n, 30n, 0n],
        [2_000n * M, 12n * M, 20n, 400n * M],
        [END, 44n * M, 1n, 2_000n * M],
      ],
      300_000n,
      value,
    ),
};

/** Values of every size, and close to where bands meet. */
const values = fc.oneof(
  fc.integer({ min: 1, max: 10_000_000_000_000 }),
  fc.integer({ min: 1, max: 10_000_000_000 }),
  fc
    .tuple(fc.constantFrom(6e6, 60e6, 400e6, 800e6, 2e9, 4e9), fc.integer({ min: -1_000, max: 1_000 }))
    .map(([end, by]) => end + by),
);

describe.each([CIVIL, COMMERCIAL, LABOUR])('%s, whatever the value', (procedure) => {
  it('is what another reading of the annex says', () => {
    fc.assert(
      fc.property(values, (value) => {
        const reading = readings[procedure]?.(BigInt(value));
        expect(BigInt(feeOf(procedure, value))).toBe(reading);
      }),
      { numRuns: 300 },
    );
  });

  it('never falls as the value grows', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 1_000_000 }), (value, more) => {
        expect(feeOf(procedure, Math.min(value + more, 10_000_000_000_000))).toBeGreaterThanOrEqual(
          feeOf(procedure, value),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('is continuous where bands meet: a dong more costs a dong more at most', () => {
    for (const end of [400_000_000, 800_000_000, 2_000_000_000, 4_000_000_000])
      expect(feeOf(procedure, end + 1) - feeOf(procedure, end)).toBeLessThanOrEqual(1);
  });

  it('asks an advance that is no more than the fee, and half of it within a dong or the least there is', () => {
    const least = lineOf(procedure, 4).amount;
    fc.assert(
      fc.property(values, (value) => {
        const fee = feeOf(procedure, value);
        const advance = advanceOf(procedure, value);
        expect(advance).toBeLessThanOrEqual(fee);
        expect(advance === least || Math.abs(2 * advance - fee) <= 1).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
