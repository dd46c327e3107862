import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Day, Instant } from '../../../shared/domain/time.ts';
import { firstInstantOf, lastInstantOf, noonOf, pricedOf, refusedOf } from './dsl.ts';

const TODAY = noonOf('2026-11-22');
const HEALTH = '9.920001';
const SOCIAL = '9.930001';

const health = (at: Instant, facts: object) => pricedOf(HEALTH, 'online', at, { joinTogether: true, ...facts });

/** Luật BHYT Art. 13.3, NĐ 146/2018/NĐ-CP Art. 7.1.e: member by member, a month and periods, by base salary. */
const table: [base: string, at: Day, months: [month: number, three: number, six: number, twelve: number][]][] = [
  [
    '1,800,000 (NĐ 24/2023)',
    '2024-06-30',
    [
      [81_000, 243_000, 486_000, 972_000],
      [56_700, 170_100, 340_200, 680_400],
      [48_600, 145_800, 291_600, 583_200],
      [40_500, 121_500, 243_000, 486_000],
      [32_400, 97_200, 194_400, 388_800],
      [32_400, 97_200, 194_400, 388_800],
    ],
  ],
  [
    '2,340,000 (NĐ 73/2024)',
    '2026-06-30',
    [
      [105_300, 315_900, 631_800, 1_263_600],
      [73_710, 221_130, 442_260, 884_520],
      [63_180, 189_540, 379_080, 758_160],
      [52_650, 157_950, 315_900, 631_800],
      [42_120, 126_360, 252_720, 505_440],
      [42_120, 126_360, 252_720, 505_440],
    ],
  ],
  [
    '2,530,000 (NĐ 161/2026 Art. 3.2)',
    '2026-07-01',
    [
      [113_850, 341_550, 683_100, 1_366_200],
      [79_695, 239_085, 478_170, 956_340],
      [68_310, 204_930, 409_860, 819_720],
      [56_925, 170_775, 341_550, 683_100],
      [45_540, 136_620, 273_240, 546_480],
      [45_540, 136_620, 273_240, 546_480],
    ],
  ],
];

describe.each(table)('household health insurance at a base salary of %s', (_, day, members) => {
  it.each([
    [3, 1],
    [6, 2],
    [12, 3],
  ])('costs each member for %i months what the table says', (months, column) => {
    for (const [place, amounts] of members.entries())
      expect(health(noonOf(day), { members: 1, membersBefore: place, months }).total).toBe(amounts[column]);
  });

  it('costs a household the sum of its members', () => {
    const sum = members.reduce((total, amounts) => total + (amounts[3] ?? 0), 0);
    expect(health(noonOf(day), { members: members.length, months: 12 }).total).toBe(sum);
  });
});

describe('household health insurance', () => {
  it('follows the base salary of the instant: 30/6/2026 23:59:59.999 and 1/7/2026 00:00', () => {
    const facts = { members: 1, months: 12 };
    expect(health(lastInstantOf('2026-06-30'), facts).total).toBe(1_263_600);
    expect(health(firstInstantOf('2026-07-01'), facts).total).toBe(1_366_200);
    expect(health(lastInstantOf('2024-06-30'), facts).total).toBe(972_000);
    expect(health(firstInstantOf('2024-07-01'), facts).total).toBe(1_263_600);
  });

  it('is neither topped up nor refunded for months after a change (NĐ 146/2018 Art. 10.2.b), and says so', () => {
    const { lines, unverified } = health(lastInstantOf('2026-06-30'), { members: 1, months: 12 });
    expect(lines[0]?.legalBasis.map((basis) => basis.article)).toContain('Điều 10.2.b');
    expect(lines[0]?.steps.map((step) => step.words.en)).toContain(
      'If the base salary changes after payment: no top-up and no refund for the months paid',
    );
    expect(unverified.join()).toContain('whether the present decree keeps the rule');
  });

  it('is reduced only for those who join together in the fiscal year (Art. 7.1.e)', () => {
    const apart = health(TODAY, { members: 3, months: 3, joinTogether: false });
    expect(apart.total).toBe(3 * 341_550);
  });

  it('neither ranks nor charges those whom the State supports (Art. 7.2)', () => {
    const { total, lines } = health(TODAY, { members: 4, stateSupportedMembers: 2, months: 3 });
    expect(total).toBe(341_550 + 239_085);
    expect(lines[0]?.inputs.find((input) => input.fact === 'stateSupportedMembers')?.value).toBe(2);
    const facts = { members: 2, stateSupportedMembers: 2, joinTogether: true, months: 3 };
    expect(refusedOf(HEALTH, 'online', TODAY, facts)).toMatchObject({ pointer: '/facts/stateSupportedMembers' });
  });

  it('goes on counting from the members who joined earlier in the year', () => {
    expect(health(TODAY, { members: 2, membersBefore: 3, months: 3 }).total).toBe(170_775 + 136_620);
  });

  it('is for 3, 6 or 12 months', () => {
    const facts = { members: 1, joinTogether: true, months: 4 };
    expect(refusedOf(HEALTH, 'online', TODAY, facts)).toMatchObject({
      code: 'fact_not_applicable',
      pointer: '/facts/months',
    });
  });

  it('asks for its facts by name, type, words and values', () => {
    expect(refusedOf(HEALTH, 'online', TODAY)).toMatchObject({
      code: 'facts_needed',
      factsNeeded: [
        { type: 'integer', fact: 'members', pointer: '/facts/members', minimum: 1 },
        { type: 'boolean', fact: 'joinTogether', name: { vi: expect.stringContaining('hộ gia đình') } },
        { type: 'one_of', fact: 'months', allowed: [{ value: 3 }, { value: 6 }, { value: 12 }] },
      ],
    });
  });

  it('has no price on a day without a base salary, and says which are known', () => {
    const facts = { members: 1, joinTogether: true, months: 3 };
    const refusal = refusedOf(HEALTH, 'online', lastInstantOf('2023-06-30'), facts);
    expect(refusal).toMatchObject({ code: 'no_parameter', parameter: 'base-salary' });
    expect(refusal.detail.vi).toContain('2340000 từ 01/07/2024 đến hết 30/06/2026');
  });

  it('names the base salary and its decree among the texts', () => {
    const documents = health(TODAY, { members: 1, months: 3 }).lines[0]?.legalBasis.map((basis) => basis.document);
    expect(documents).toContain('NĐ 161/2026/NĐ-CP');
  });

  it('is the sum of its steps, never less for one member more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 49 }),
        fc.integer({ min: 0, max: 50 }),
        fc.constantFrom(3, 6, 12),
        (members, membersBefore, months) => {
          const now = health(TODAY, { members, membersBefore, months }).total;
          expect(health(TODAY, { members: members + 1, membersBefore, months }).total).toBeGreaterThan(now);
          expect(now).toBeLessThanOrEqual(members * months * 113_850);
        },
      ),
    );
  });
});

describe('voluntary social insurance (Luật 41/2024/QH15)', () => {
  const social = (at: Instant, facts: object) => pricedOf(SOCIAL, 'online', at, facts);

  it.each([
    ['22% of the floor less 20%', 1_500_000, 'other', 1, 330_000 - 66_000],
    ['22% of the floor less 30%', 1_500_000, 'ethnic_minority', 1, 330_000 - 99_000],
    ['22% of the floor less 40%', 1_500_000, 'near_poor', 1, 330_000 - 132_000],
    ['22% of the floor less 50%', 1_500_000, 'poor', 1, 330_000 - 165_000],
    ['the support is of the floor, whatever is chosen', 10_000_000, 'poor', 1, 2_200_000 - 165_000],
    ['the ceiling, 20 base salaries', 50_600_000, 'other', 1, 11_132_000 - 66_000],
    ['a year', 1_500_000, 'other', 12, 12 * 264_000],
    ['three months', 2_000_000, 'near_poor', 3, 3 * (440_000 - 132_000)],
  ])('%s', (_, income, supportGroup, months, amount) => {
    expect(social(TODAY, { income, supportGroup, months }).total).toBe(amount);
  });

  it('says that floor, ceiling and support are not verified', () => {
    const { unverified } = social(TODAY, { income: 1_500_000, supportGroup: 'poor', months: 1 });
    expect(unverified).toHaveLength(3);
    expect(unverified.join()).toContain('poor households');
  });

  it.each([
    ['below the floor', 1_499_999, TODAY],
    ['above 20 base salaries', 50_600_001, TODAY],
    ['above 20 base salaries of the last of June', 46_800_001, lastInstantOf('2026-06-30')],
  ])('refuses an income %s, and names the bounds', (_, income, at) => {
    const refusal = refusedOf(SOCIAL, 'online', at, { income, supportGroup: 'poor', months: 1 });
    expect(refusal).toMatchObject({ code: 'fact_not_applicable', pointer: '/facts/income' });
    expect(refusal.detail.vi).toContain('1.500.000 đồng');
  });

  it('takes the ceiling of the first of July on that day', () => {
    const facts = { income: 50_600_000, supportGroup: 'other', months: 1 };
    expect(refusedOf(SOCIAL, 'online', lastInstantOf('2026-06-30'), facts)).toMatchObject({ pointer: '/facts/income' });
    expect(social(firstInstantOf('2026-07-01'), facts).total).toBe(11_066_000);
  });

  it('asks for what is missing, with bounds and groups', () => {
    expect(refusedOf(SOCIAL, 'online', TODAY)).toMatchObject({
      factsNeeded: [
        { fact: 'income', minimum: 1_500_000, maximum: 50_600_000 },
        { fact: 'months' },
        {
          fact: 'supportGroup',
          allowed: [{ value: 'poor' }, { value: 'near_poor' }, { value: 'ethnic_minority' }, {}],
        },
      ],
    });
    const facts = { income: 1_500_000, supportGroup: 'rich', months: 1 };
    expect(refusedOf(SOCIAL, 'online', TODAY, facts)).toMatchObject({ pointer: '/facts/supportGroup' });
  });

  it('costs no less for a higher income, and never nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_500_000, max: 50_000_000 }),
        fc.integer({ min: 0, max: 600_000 }),
        fc.constantFrom('poor', 'other'),
        (income, more, supportGroup) => {
          const facts = { supportGroup, months: 1 };
          const low = social(TODAY, { ...facts, income }).total;
          expect(low).toBeGreaterThan(0);
          expect(social(TODAY, { ...facts, income: income + more }).total).toBeGreaterThanOrEqual(low);
        },
      ),
    );
  });
});
