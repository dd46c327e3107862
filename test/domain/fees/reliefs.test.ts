import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everyProcedure } from '../../../shared/catalogue/catalogue.ts';
import { QuoteFacts } from '../../../shared/domain/fees/facts.ts';
import { price } from '../../../shared/domain/fees/price.ts';
import type { Priced } from '../../../shared/domain/fees/priced.ts';
import type { Day } from '../../../shared/domain/time.ts';
import {
  anItem,
  aProcedureWith,
  aRow,
  firstInstantOf,
  HANOI,
  lastInstantOf,
  MINISTRY,
  noonOf,
  priced,
  pricedOf,
  refusedOf,
  words,
} from './dsl.ts';

const TODAY = noonOf('2026-11-22');
const claim = (condition: string, kind: string, reference = 'A-1') => ({ condition, evidence: { kind, reference } });
const DIGITAL = { reliefs: [claim('vneid-level-2', 'vneid'), claim('five-papers-integrated', 'vneid')] };
const whyOf = (result: Priced, rule: string) => result.reliefs.find((relief) => relief.rule.startsWith(rule));

describe('TT 117/2026 for digital citizens who apply online', () => {
  /** What is due on both sides of 15/8/2026 and of 28/2/2027. */
  it.each<[string, number, object?]>([
    ['3.000347', 135_000],
    ['3.000348', 135_000],
    ['1.001456', 200_000, { items: [{ feeItem: '1.001456-01' }] }],
    ['1.004222', 10_000],
    ['1.004194', 7_000, { items: [{ feeItem: '1.004194-01' }] }],
    ['3.000333', 200_000],
    ['2.000635', 16_000, { quantity: 2 }],
  ])('%s costs %i the day before and the day after, and nothing in between', (code, amount, facts = {}) => {
    const total = (at: number) => pricedOf(code, 'online', at, { ...facts, ...DIGITAL }).total;
    expect(total(lastInstantOf('2026-08-14'))).toBe(amount);
    expect(total(firstInstantOf('2026-08-15'))).toBe(0);
    expect(total(lastInstantOf('2027-02-28'))).toBe(0);
    expect(total(firstInstantOf('2027-03-01'))).toBe(amount);
  });

  it('keeps a line of nothing with its text, its evidence and its steps', () => {
    const result = pricedOf('3.000347', 'online', TODAY, DIGITAL);
    expect(result.lines[0]).toMatchObject({
      amount: 0,
      steps: [{ amount: 135_000 }, { amount: 0 }],
      legalBasis: [{ document: 'TT 117/2026/TT-BTC', effectiveFrom: '2026-08-15', effectiveTo: '2027-02-28' }],
    });
    expect(whyOf(result, 'TT 117')?.why.vi).toContain('(tra cứu VNeID: A-1)');
  });

  it.each([
    ['VNeID alone', [claim('vneid-level-2', 'vneid')], 'all five groups of papers'],
    ['papers alone', [claim('five-papers-integrated', 'vneid')], 'a level-2 electronic identification account'],
    [
      'evidence of another kind',
      [claim('vneid-level-2', 'paper'), claim('five-papers-integrated', 'vneid')],
      '"paper" is not accepted',
    ],
  ])('is not for %s, and says what is wanting', (_, reliefs, wanting) => {
    const result = pricedOf('3.000347', 'online', TODAY, { reliefs });
    expect(result.total).toBe(135_000);
    expect(whyOf(result, 'TT 117')).toMatchObject({ applied: false, why: { en: expect.stringContaining(wanting) } });
  });

  it('is not for those who come to the counter', () => {
    expect(pricedOf('3.000347', 'counter', TODAY, DIGITAL).total).toBe(135_000);
  });

  it('is more favourable than the 50% of TT 64/2025, so it applies (NQ 66.22/2026 Art. 5.2)', () => {
    const result = pricedOf('1.014063', 'online', TODAY, DIGITAL);
    expect(result.total).toBe(0);
    expect(result.lines[0]?.legalBasis.map((basis) => basis.document)).toEqual([
      'TT 117/2026/TT-BTC',
      'NQ 66.22/2026/NQ-CP',
    ]);
    expect(whyOf(result, 'TT 64')).toMatchObject({
      applied: false,
      why: { en: expect.stringContaining('Less favourable') },
    });
  });
});

describe('TT 117/2026 on registration fees', () => {
  const fee = (item: number, value: number, uses?: number, more: object = {}) =>
    pricedOf('9.960001', 'online', TODAY, {
      items: [{ feeItem: `9.960001-0${item}`, value }],
      ...DIGITAL,
      ...(uses !== undefined && { priorUses: [{ quota: quotas[item], uses }] }),
      ...more,
    });
  const quotas: Record<number, string> = {
    1: 'tt-117-2026-land-house',
    3: 'tt-117-2026-car',
    5: 'tt-117-2026-motorbike',
  };

  it.each([
    ['10% off land and houses', 1, 2_000_000_000, 10_000_000 - 1_000_000],
    ['at most five base salaries off, 12,650,000', 1, 100_000_000_000, 500_000_000 - 12_650_000],
    ['exactly five base salaries off', 1, 25_300_000_000, 126_500_000 - 12_650_000],
    ['50% off a car', 3, 900_000_000, 9_000_000],
    ['50% off a dear car, at most five base salaries', 3, 3_000_000_000, 60_000_000 - 12_650_000],
    ['100% off a motorbike', 5, 50_000_000, 0],
  ])('%s', (_, item, value, amount) => expect(fee(item, value, 0).total).toBe(amount));

  it('once a year for each kind of asset: used up, the full fee is due', () => {
    expect(fee(3, 900_000_000, 1).total).toBe(18_000_000);
    expect(whyOf(fee(3, 900_000_000, 1), 'TT 117')?.why.en).toContain('used 1 of 1 a year');
  });

  it('never by silence: without the number of earlier uses it does not apply, and asks for it', () => {
    const result = fee(3, 900_000_000);
    expect(result.total).toBe(18_000_000);
    expect(whyOf(result, 'TT 117')?.why.en).toContain(
      'earlier uses are not stated ("priorUses", quota tt-117-2026-car',
    );
  });

  it('refuses a quota that the procedure does not have', () => {
    const facts = { items: [{ feeItem: '9.960001-03', value: 1 }], priorUses: [{ quota: 'tt-117', uses: 0 }] };
    expect(refusedOf('9.960001', 'online', TODAY, facts)).toMatchObject({ pointer: '/facts/priorUses/0/quota' });
  });

  it('names the tariff, the relief and the base salary of the cap', () => {
    const documents = fee(1, 100_000_000_000, 0).lines[0]?.legalBasis.map((basis) => basis.document);
    expect(documents).toEqual(['TT 117/2026/TT-BTC', 'NĐ 10/2022/NĐ-CP', 'NĐ 161/2026/NĐ-CP']);
  });
});

describe('groups of Law 97/2015 Art. 10 and of TT 244/2016', () => {
  const record = (...reliefs: object[]) => pricedOf('3.000333', 'counter', TODAY, { reliefs });

  it.each([
    ['a student', claim('student', 'student-card'), 100_000],
    ['a person with merits', claim('person-of-merit', 'certificate'), 100_000],
    ['a relative of a martyr', claim('martyr-relative', 'certificate'), 100_000],
    ['a child', claim('child', 'birth-record'), 0],
    ['an elderly person', claim('elderly', 'population-database'), 0],
    ['a person with a disability', claim('disabled', 'certificate'), 0],
    ['a poor household', claim('poor-household', 'certificate'), 0],
    ['an ethnic minority in a difficult commune', claim('ethnic-minority-difficult-commune', 'certificate'), 0],
  ])('%s', (_, relief, amount) => expect(record(relief).total).toBe(amount));

  it('a student who is poor pays nothing: the most favourable, never both', () => {
    const result = record(claim('student', 'student-card'), claim('poor-household', 'certificate'));
    expect(result.total).toBe(0);
    expect(result.lines[0]?.legalBasis.map((basis) => basis.document)).toContain('NQ 66.22/2026/NQ-CP');
  });

  it('a claim that decides nothing here is refused, with those that do', () => {
    const refusal = refusedOf('3.000347', 'online', TODAY, { reliefs: [claim('vneid-level2', 'vneid')] });
    expect(refusal).toMatchObject({ code: 'fact_not_applicable', pointer: '/facts/reliefs/0/condition' });
    expect(refusal.detail.vi).toContain('five-papers-integrated, vneid-level-2');
  });

  it.each([
    ['a condition twice', [claim('student', 'a'), claim('student', 'b')]],
    ['an identity number as evidence', [claim('student', 'card', '001099000001')]],
    ['a text with a space', [claim('student', 'card', 'A B')]],
    ['no evidence', [{ condition: 'student' }]],
  ])('are not understood with %s', (_, reliefs) => expect(QuoteFacts.safeParse({ reliefs }).success).toBe(false));
});

describe('a province', () => {
  it('sets its own amounts from their day, for its agencies: NQ 78/2026 of Hà Nội from 25/7/2026', () => {
    const online = (at: number, agency: string) => pricedOf('1.001612', 'online', at, {}, agency).total;
    expect(refusedOf('1.001612', 'online', lastInstantOf('2026-07-24'), {}, HANOI)).toMatchObject({
      code: 'no_tariff',
    });
    expect(online(firstInstantOf('2026-07-25'), HANOI)).toBe(0);
    expect(online(TODAY, '000.00.12.H26')).toBe(0);
    expect(pricedOf('1.001612', 'counter', TODAY, {}, HANOI).total).toBe(100_000);
  });

  it.each(['H29.12', 'H260.1', 'G01.H2', 'H2'])('sets nothing for an agency of another place: %s', (agency) => {
    expect(refusedOf('1.001612', 'online', TODAY, {}, agency)).toMatchObject({
      code: 'conditional_tariff_only',
      tariffs: [{ place: 'H26' }, { place: 'H26' }],
    });
  });

  it('gives a 0-đồng relief to all lệ phí of a list of procedures, by one rule', () => {
    const relief = {
      id: 'h29-nq-1-2026',
      name: words('miễn lệ phí trực tuyến'),
      appliesTo: { procedures: ['9.000001'], kinds: ['le_phi'] },
      effect: { kind: 'exempt' },
      channel: 'online',
      place: 'H29',
      effectiveFrom: '2026-11-01',
      effectiveTo: null,
      legalBasis: [{ document: 'NQ 1/2026/NQ-HĐND' }],
    };
    const charge = { ...anItem(1, aRow()), kind: 'le_phi' };
    const procedure = aProcedureWith({ reliefs: [relief] }, charge, anItem(2, aRow()));
    const lines = (agencyCode: string, day: Day, channel: 'online' | 'counter' = 'online') =>
      priced(price(procedure, { agencyCode, channel, submittedAt: noonOf(day), facts: {} })).lines.map(
        (line) => line.amount,
      );
    expect(lines('H29.12', '2026-11-22')).toEqual([0, 50_000]);
    expect(lines('H29.12', '2026-10-31')).toEqual([50_000, 50_000]);
    expect(lines('H29.12', '2026-11-22', 'counter')).toEqual([50_000, 50_000]);
    expect(lines('H26.12', '2026-11-22')).toEqual([50_000, 50_000]);
  });

  it('comes before the country, and an agency before its province', () => {
    const at = (place: string, amount: number) => aRow({ place, tariff: { kind: 'flat', amount } });
    const procedure = aProcedureWith({}, anItem(1, at('H29.12', 10_000), aRow(), at('H29', 20_000)));
    const total = (agencyCode: string) =>
      priced(price(procedure, { agencyCode, channel: 'post', submittedAt: TODAY, facts: {} })).total;
    expect([total('H29.12'), total('H29.13'), total('H30.1')]).toEqual([10_000, 20_000, 50_000]);
  });
});

describe('a relief', () => {
  const relief = (id: string, parts: number, more: object = {}) => ({
    id,
    name: words(id),
    appliesTo: { procedures: ['9.000001'] },
    effect: { kind: 'percent_off', rate: { parts, per: 100 }, rounding: { mode: 'half_up' } },
    channel: 'any',
    effectiveFrom: '2026-01-01',
    effectiveTo: null,
    legalBasis: [{ document: `TT ${id}` }],
    ...more,
  });
  const of = (reliefs: object[], facts: unknown = {}) =>
    priced(
      price(aProcedureWith({ reliefs }, anItem(1, aRow({ tariff: { kind: 'per_unit', amount: 5_001 } }))), {
        agencyCode: MINISTRY,
        channel: 'online',
        submittedAt: TODAY,
        facts: QuoteFacts.parse({ quantity: 3, ...(facts as object) }),
      }),
    );

  it('is taken of the whole line and told as units only where it divides', () => {
    expect(of([relief('a', 50)]).lines[0]).toMatchObject({ amount: 7_502, quantity: 1, unitAmount: 7_502 });
    expect(of([relief('a', 100)]).lines[0]).toMatchObject({ amount: 0, quantity: 3, unitAmount: 0 });
  });

  it('that sources dispute is shown and never applied', () => {
    const result = of([relief('a', 50, { confidence: 'low' })]);
    expect(result.total).toBe(15_003);
    expect(result.reliefs).toMatchObject([
      { id: 'a', applied: false, why: { en: expect.stringContaining('conflict') } },
    ]);
  });

  it('of one set amount never raises a price', () => {
    expect(of([relief('a', 0, { effect: { kind: 'set', amount: 9_000 } })]).total).toBe(9_000);
    expect(of([relief('a', 0, { effect: { kind: 'set', amount: 90_000 } })]).total).toBe(15_003);
  });

  it('is chosen the same from rules in any order, and is the lowest of all', () => {
    const parts = fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        parts.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const one = of(all.map((part) => relief(`r${part}`, part)));
          expect(of(shuffled.map((part) => relief(`r${part}`, part)))).toEqual(one);
          const best = Math.max(...all);
          const exact = 15_003 * (100 - best);
          expect(one.total).toBe(Math.floor((exact + 50) / 100));
        },
      ),
    );
  });
});

describe('whoever claims all that there is', () => {
  it('never pays more than without, on any day', () => {
    const claims = everyProcedure().map((procedure) => ({
      procedure,
      facts: {
        reliefs: Object.entries(procedure.conditions)
          .filter(([, condition]) => !condition.allOf && !condition.anyOf)
          .slice(0, 20)
          .map(([key, condition]) => claim(key, Object.keys(condition.evidence ?? { any: {} })[0] ?? 'any')),
        priorUses: procedure.reliefs.flatMap((one) => (one.quota ? [{ quota: one.quota.key, uses: 0 }] : [])),
        items: procedure.items.slice(0, 1).map((item) => ({ feeItem: item.id })),
      },
    }));
    let compared = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...claims),
        fc.integer({ min: firstInstantOf('2026-01-01'), max: firstInstantOf('2028-01-01') }),
        fc.constantFrom('online' as const, 'counter' as const),
        fc.constantFrom(MINISTRY, HANOI),
        ({ procedure, facts }, submittedAt, channel, agencyCode) => {
          const request = { agencyCode, channel, submittedAt };
          const plain = price(procedure, { ...request, facts: QuoteFacts.parse({ items: facts.items }) });
          const claimed = price(procedure, { ...request, facts: QuoteFacts.parse(facts) });
          if (plain.kind !== 'priced' || claimed.kind !== 'priced') return;
          compared += 1;
          expect(claimed.total).toBeLessThanOrEqual(plain.total);
        },
      ),
      { numRuns: 500 },
    );
    expect(compared).toBeGreaterThan(50);
  });
});
