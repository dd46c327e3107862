import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CatalogueInvalid, loadCatalogue } from '../../../shared/catalogue/load.ts';
import { QuoteFacts } from '../../../shared/domain/fees/facts.ts';
import { type PriceRequest, price } from '../../../shared/domain/fees/price.ts';
import { canonicalPrice, Priced, Refused } from '../../../shared/domain/fees/priced.ts';
import type { Procedure } from '../../../shared/domain/fees/procedure.ts';
import { MAX_VALUE_DONG } from '../../../shared/domain/fees/tariff-kind.ts';
import { Tariff, tariffFacts } from '../../../shared/domain/fees/tariff-kinds.ts';
import { anItem, aProcedureData, aRow, firstInstantOf, words } from './dsl.ts';

/** Invented law of every shape, and facts of every kind: what holds whatever a parliament may write. */

const amount = fc.integer({ min: 0, max: 1_000_000_000 });
const mode = fc.constantFrom('down', 'half_up', 'up');
const rounding = fc.record({ mode, to: fc.constantFrom(1, 10, 100, 1_000) });
const rate = fc.record({ parts: fc.integer({ min: 0, max: 100 }), per: fc.constantFrom(100, 1_000, 10_000) });
const of = fc.constant(words('giá trị'));

/** Ends that ascend, the last without end. */
const ends = (most: number) =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: most }), { maxLength: 5 })
    .map((all): (number | null)[] => [...all.sort((one, other) => one - other), null]);

const bands = ends(10_000_000_000).chain((all) =>
  fc.tuple(...all.map(() => fc.tuple(rate, fc.boolean()))).map((rates) => {
    // Each band begins where the last one ended, as continuous law does.
    let base = 0;
    let over = 0;
    return all.map((upTo, place) => {
      const [own, stepped] = rates[place] ?? [{ parts: 0, per: 100 }, false];
      const band = { upTo, base: Math.min(base, 1_000_000_000), rate: own, over };
      const reached = base + Math.ceil(((upTo ?? 0) - over) * (own.parts / own.per)) + (stepped ? 1_000 : 1);
      base = Math.min(reached, 1_000_000_000);
      over = upTo ?? 0;
      return band;
    });
  }),
);

const tariffs = fc.oneof(
  fc.record({ kind: fc.constant('flat'), amount }),
  fc.record({ kind: fc.constant('per_unit'), amount }),
  fc.record({
    kind: fc.constant('tiered_pages'),
    tiers: ends(500).chain((all) =>
      fc.tuple(...all.map((upTo) => fc.integer({ min: 0, max: 100_000 }).map((each) => ({ upTo, amount: each })))),
    ),
    cap: fc.option(amount, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('percentage'),
    rate,
    of,
    rounding,
    minimum: fc.constant(1_000),
    maximum: fc.constant(9_000_000),
  }),
  fc.record({ kind: fc.constant('percentage'), rate, of, rounding }),
  fc.record({ kind: fc.constant('progressive_bands'), of, bands, rounding }),
  fc.record({ kind: fc.constant('progressive_bands'), of, bands, rounding, maximum: amount }),
  fc.record({ kind: fc.constant('progressive_bands'), of, bands, rounding, part: rate, minimumPart: amount }),
  fc.record({
    kind: fc.constant('by_zone'),
    zones: fc.tuple(amount, amount).map(([one, two]) => [
      { zone: 'I', name: words('I'), amount: one },
      { zone: 'II', name: words('II'), amount: two },
    ]),
  }),
  fc.record({
    kind: fc.constant('household_rank'),
    baseSalary: fc.constant('salary'),
    rate: fc.constant('rate'),
    scale: fc.constantFrom([100], [100, 70, 40], [100, 99, 33]),
    months: fc.constant([3, 6]),
    noTopUp: fc.constant({ basis: { document: 'NĐ', effectiveFrom: null, effectiveTo: null }, confidence: 'high' }),
    rounding,
  }),
  fc.record({
    kind: fc.constant('chosen_income'),
    rate: fc.constant('rate'),
    floorIncome: fc.constant('salary'),
    ceilingTimes: fc.constant('times'),
    baseSalary: fc.constant('salary'),
    months: fc.constant([3, 6]),
    groups: fc.constant([{ group: 'all', name: words('mọi người'), support: 'rate' }]),
    rounding,
  }),
  fc.record({
    kind: fc.constant('foreign_currency'),
    currency: fc.constant('USD'),
    amount: fc.integer({ min: 0, max: 1_000 }),
    each: fc.boolean(),
    operatorRate: fc.constant('usd'),
    oldestDays: fc.constant(30),
    rule: fc.constant({
      words: words('tỷ giá'),
      basis: { document: 'NĐ', effectiveFrom: null, effectiveTo: null },
      confidence: 'low',
    }),
    rounding,
  }),
  fc.record({ kind: fc.constant('by_notice') }),
);

const row = fc.record({
  tariff: tariffs,
  channel: fc.constantFrom('any', 'any', 'online', 'offline'),
  place: fc.constantFrom(undefined, undefined, undefined, 'H26', 'H26.12'),
  role: fc.constantFrom('base', 'base', 'base', 'reduction'),
  effectiveFrom: fc.constantFrom('2026-01-01', '2026-01-01', '2026-06-01'),
  effectiveTo: fc.constantFrom(null, null, '2026-12-31'),
  confidence: fc.constantFrom('high', 'high', 'high', 'medium', 'low'),
  condition: fc.constantFrom(undefined, undefined, undefined, 'student', 'poor'),
});

const relief = fc.record({
  effect: fc.oneof(
    fc.constant({ kind: 'exempt' }),
    fc.record({ kind: fc.constant('set'), amount }),
    fc.record({
      kind: fc.constant('percent_off'),
      rate,
      rounding,
      mostOff: fc.option(fc.constant({ parameter: 'salary', times: 5 }), { nil: undefined }),
    }),
  ),
  condition: fc.option(fc.constantFrom('student', 'poor'), { nil: undefined }),
  quota: fc.option(fc.constant({ key: 'once', uses: 1, per: 'ever', of: words('người') }), { nil: undefined }),
  place: fc.option(fc.constant('H26'), { nil: undefined }),
});

const figure = (value: number, per = 1) => ({
  name: words('số'),
  rows: [{ value, per, effectiveFrom: '2025-01-01', effectiveTo: null, legalBasis: [{ document: 'NĐ' }] }],
});
const terms = {
  sources: { portal: 'Cổng' },
  conditions: { student: words('sinh viên'), poor: words('hộ nghèo') },
  parameters: { salary: figure(2_530_001), rate: figure(45, 1_000), times: figure(20), usd: figure(26_125_333, 1_000) },
};

/** A procedure of invented law that its own check lets through. */
const law = fc
  .tuple(
    fc.array(row, { minLength: 1, maxLength: 4 }),
    fc.array(row, { maxLength: 2 }),
    fc.array(relief, { maxLength: 4 }),
  )
  .map(([one, two, reliefs]) => {
    const file = {
      procedures: [
        aProcedureData(
          ...[one, two].flatMap((rows, place) =>
            rows.length === 0 ? [] : [anItem(place + 1, ...rows.map((each) => aRow(each)))],
          ),
        ),
      ],
      reliefs: reliefs.map((each, place) => ({
        id: `r-${place}`,
        name: words(`r ${place}`),
        appliesTo: { procedures: ['9.000001'] },
        channel: 'any',
        effectiveFrom: '2026-01-01',
        effectiveTo: null,
        legalBasis: [{ document: `TT ${place}` }],
        ...each,
      })),
    };
    try {
      return loadCatalogue(terms, [file])[0];
    } catch (error) {
      if (error instanceof CatalogueInvalid) return undefined;
      throw error;
    }
  })
  .filter((procedure) => procedure !== undefined);

/** Facts for whatever shape; those that an item does not read are left out. */
const allFacts = fc.record({
  quantity: fc.constantFrom(1, 1, 1, 1, 1, 1, 7, 10_000),
  pages: fc.integer({ min: 1, max: 10_000 }),
  value: fc.oneof(fc.integer({ min: 1, max: MAX_VALUE_DONG }), fc.integer({ min: 1, max: 10_000_000_000 })),
  zone: fc.constantFrom('I', 'II', 'I', 'II', 'III'),
  members: fc.integer({ min: 1, max: 50 }),
  joinTogether: fc.boolean(),
  months: fc.constantFrom(3, 6, 3, 6, 4),
  income: fc.integer({ min: 2_530_001, max: 50_600_020 }),
  supportGroup: fc.constant('all'),
  notice: fc.record({
    number: fc.constant('QĐ 1'),
    issuedBy: fc.constant('Cơ quan mẫu'),
    issuedOn: fc.constant('2026-01-01'),
    amount: fc.integer({ min: 1, max: MAX_VALUE_DONG }),
  }),
});

const READS: Record<string, string[]> = {
  tiered_pages: ['pages'],
  percentage: ['value'],
  progressive_bands: ['value'],
  by_zone: ['zone'],
  household_rank: ['members', 'joinTogether', 'months'],
  chosen_income: ['income', 'months', 'supportGroup'],
  by_notice: ['notice'],
};

const dossier = fc
  .record({
    procedure: law,
    given: allFacts,
    agencyCode: fc.constantFrom('G01', 'H26.1', 'H26.12'),
    channel: fc.constantFrom('online' as const, 'counter' as const),
    submittedAt: fc.integer({ min: firstInstantOf('2026-05-01'), max: firstInstantOf('2027-02-01') }),
    claims: fc.subarray(['student', 'poor']),
    uses: fc.option(fc.constantFrom(0, 1), { nil: undefined }),
  })
  .map(({ procedure, given, claims, uses, ...request }): { procedure: Procedure; request: PriceRequest } => {
    const known = procedure.conditions;
    const hasQuota = procedure.reliefs.some((one) => one.quota);
    const items = procedure.items.map((item) => {
      const read = new Set(['quantity', ...item.tariffs.flatMap(({ tariff }) => READS[tariff.kind] ?? [])]);
      return { feeItem: item.id, ...Object.fromEntries(Object.entries(given).filter(([fact]) => read.has(fact))) };
    });
    const facts = QuoteFacts.parse({
      items,
      reliefs: claims
        .filter((condition) => Object.hasOwn(known, condition))
        .map((condition) => ({ condition, evidence: { kind: 'paper', reference: 'A-1' } })),
      ...(uses !== undefined && hasQuota && { priorUses: [{ quota: 'once', uses }] }),
    });
    return { procedure, request: { ...request, facts } };
  });

const shuffled = <Item>(items: readonly Item[]) =>
  fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });

describe('whatever the law and whatever the facts', () => {
  it('a price is whole, not negative, the sum of its lines, told to its last step, and what its schema says', () => {
    let prices = 0;
    fc.assert(
      fc.property(dossier, ({ procedure, request }) => {
        const result = price(procedure, request);
        if (result.kind === 'refused') {
          expect(Refused.parse(result)).toEqual(result);
          return;
        }
        prices += 1;
        expect(Priced.parse(result)).toEqual(result);
        expect(result.total).toBe(result.lines.reduce((sum, line) => sum + line.amount, 0));
        for (const line of result.lines) {
          expect(Number.isSafeInteger(line.amount) && line.amount >= 0).toBe(true);
          expect(line.unitAmount * line.quantity).toBe(line.amount);
          expect(line.steps.at(-1)?.amount).toBe(line.amount);
          expect(line.legalBasis.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 600 },
    );
    expect(prices).toBeGreaterThan(50);
  });

  it('the same price comes of the same rules in any order, to the last byte', () => {
    const reordered = dossier.chain(({ procedure, request }) =>
      fc
        .tuple(
          shuffled(procedure.items),
          shuffled(procedure.reliefs),
          ...procedure.items.map((item) => shuffled(item.tariffs)),
        )
        .map(([items, reliefs, ...rows]) => {
          const rowsOf = new Map(procedure.items.map((item, place) => [item.id, rows[place] ?? []]));
          const other = {
            ...procedure,
            reliefs,
            items: items.map((item) => ({ ...item, tariffs: rowsOf.get(item.id) ?? [] })),
          };
          return { procedure, other, request };
        }),
    );
    fc.assert(
      fc.property(reordered, ({ procedure, other, request }) => {
        const one = price(procedure, request);
        const two = price(other, request);
        expect(two).toEqual(one);
        if (one.kind === 'priced' && two.kind === 'priced') expect(canonicalPrice(two)).toBe(canonicalPrice(one));
      }),
      { numRuns: 300 },
    );
  });

  it('every shape was among them', () => {
    const kinds = new Set(fc.sample(tariffs, 500).map((tariff) => Tariff.parse(tariff).kind));
    expect([...kinds].sort()).toEqual(Tariff.options.map((option) => option.shape.kind.value).sort());
  });
});

describe('facts that several shapes read', () => {
  it('mean the same in each: one schema for one name', () => {
    expect(Object.keys(tariffFacts).sort()).toEqual([
      'exchangeRate',
      'income',
      'joinTogether',
      'members',
      'membersBefore',
      'months',
      'notice',
      'pages',
      'quantity',
      'stateSupportedMembers',
      'supportGroup',
      'value',
      'zone',
    ]);
  });
});
