import { describe, expect, it } from 'vitest';
import { QuoteFacts } from '../../../shared/domain/fees/facts.ts';
import { price } from '../../../shared/domain/fees/price.ts';
import { canonicalPrice, Priced, Refused } from '../../../shared/domain/fees/priced.ts';
import { NotPriceable } from '../../../shared/domain/fees/procedure.ts';
import { MAX_QUANTITY } from '../../../shared/domain/fees/tariff-kind.ts';
import {
  anItem,
  aProcedure,
  aProcedureWith,
  aRow,
  HANOI,
  MINISTRY,
  noonOf,
  priced,
  pricedOf,
  refused,
  refusedOf,
  words,
} from './dsl.ts';

const TODAY = noonOf('2026-11-22');
const online = (facts: unknown = {}) => ({
  agencyCode: MINISTRY,
  channel: 'online' as const,
  submittedAt: TODAY,
  facts: QuoteFacts.parse(facts),
});
const perUnit = (amount: number) => aRow({ tariff: { kind: 'per_unit', amount } });
const reduction = (amount: number, more: object = {}) =>
  aRow({
    tariff: { kind: 'flat', amount },
    role: 'reduction',
    legalBasis: [{ document: `TT giảm còn ${amount}` }],
    ...more,
  });

describe('a price', () => {
  it('has a line for each fee item that is due, and their sum', () => {
    const { lines, total } = pricedOf('2.001583', 'counter', TODAY);
    expect(lines.map(({ feeItem, kind, amount }) => ({ feeItem, kind, amount }))).toEqual([
      { feeItem: '2.001583-01', kind: 'le_phi', amount: 25_000 },
      { feeItem: '2.001583-02', kind: 'phi', amount: 100_000 },
    ]);
    expect(total).toBe(125_000);
  });

  it('keeps a line of nothing, so that an exempt dossier is seen to be one', () => {
    const { lines, total } = pricedOf('2.001583', 'online', TODAY);
    expect(lines.map((line) => line.amount)).toEqual([0, 100_000]);
    expect(total).toBe(100_000);
  });

  it('says in both languages how a line came about', () => {
    expect(pricedOf('3.000347', 'online', TODAY).lines[0]?.explanation).toEqual({
      vi: 'Lệ phí cấp giấy phép lái xe: 135.000 đồng (TT 154/2025/TT-BTC)',
      en: 'Driving licence fee: 135,000 VND (TT 154/2025/TT-BTC)',
    });
    expect(pricedOf('2.000635', 'online', TODAY, { quantity: 3 }).lines[0]?.explanation.vi).toBe(
      'Phí khai thác, sử dụng thông tin trong Cơ sở dữ liệu hộ tịch: 3 bản × 8.000 đồng = 24.000 đồng (TT 281/2016/TT-BTC)',
    );
  });

  it('shows the tariff, then the reduction that took its place', () => {
    const steps = pricedOf('1.014063', 'counter', TODAY).lines[0]?.steps;
    expect(steps?.map((step) => step.amount)).toEqual([50_000, 25_000]);
    expect(steps?.[1]?.words.vi).toBe(
      'Áp dụng mức giảm 25.000 đồng/thẻ (TT 64/2025/TT-BTC, từ 01/07/2025 đến hết 31/12/2026): 25.000 đồng',
    );
  });

  it('names the texts of the row that was charged, with article and window', () => {
    expect(pricedOf('2.001583', 'online', TODAY).lines[0]?.legalBasis).toEqual([
      { document: 'TT 47/2019/TT-BTC', article: 'Điều 5', effectiveFrom: '2019-09-20', effectiveTo: null },
    ]);
  });

  it('is what its schema says, and so is a refusal', () => {
    const result = pricedOf('3.000333', 'online', TODAY, { items: [{ feeItem: '3.000333-02', quantity: 2 }] });
    expect(Priced.parse(result)).toEqual(result);
    for (const facts of [{}, { quantity: 2 }, { items: [{ feeItem: '1.001456-09' }] }]) {
      const refusal = refusedOf('1.001456', 'online', TODAY, facts);
      expect(Refused.parse(refusal)).toEqual(refusal);
    }
  });
});

describe('facts', () => {
  it('are needed where a procedure has alternatives: a new passport or a replacement', () => {
    expect(refusedOf('1.001456', 'online', TODAY)).toMatchObject({
      code: 'facts_needed',
      factsNeeded: [
        {
          type: 'choice',
          pointer: '/facts/items',
          choose: 'exactly_one',
          options: [{ feeItem: '1.001456-01' }, { feeItem: '1.001456-02' }],
        },
      ],
    });
  });

  it('must not name both alternatives', () => {
    const both = { items: [{ feeItem: '1.001456-01' }, { feeItem: '1.001456-02' }] };
    expect(refusedOf('1.001456', 'online', TODAY, both)).toMatchObject({ code: 'facts_needed' });
  });

  it('may name several where any number is due', () => {
    const items = ['3.000346-03', '3.000346-05', '3.000346-06', '3.000346-07'].map((feeItem) => ({ feeItem }));
    expect(pricedOf('3.000346', 'counter', TODAY, { items }).total).toBe(100_000 + 350_000 + 80_000 + 135_000);
    expect(refusedOf('3.000346', 'counter', TODAY)).toMatchObject({
      factsNeeded: [{ choose: 'at_least_one' }],
    });
  });

  it('add what is optional: further copies of a police record', () => {
    expect(pricedOf('3.000333', 'online', TODAY).total).toBe(200_000);
    const extra = { items: [{ feeItem: '3.000333-02', quantity: 2 }] };
    expect(pricedOf('3.000333', 'online', TODAY, extra).total).toBe(210_000);
  });

  it('give the quantity beside the items where one item is due', () => {
    expect(pricedOf('2.000635', 'counter', TODAY, { quantity: 5 }).total).toBe(40_000);
    const byItem = { items: [{ feeItem: '2.000635-01', quantity: 5 }] };
    expect(pricedOf('2.000635', 'counter', TODAY, byItem).total).toBe(40_000);
  });

  it('are asked for, never guessed: no quantity is not one', () => {
    expect(refusedOf('2.000635', 'counter', TODAY)).toMatchObject({
      code: 'facts_needed',
      factsNeeded: [
        { type: 'integer', pointer: '/facts/quantity', feeItem: '2.000635-01', minimum: 1, maximum: MAX_QUANTITY },
      ],
    });
    expect(refusedOf('1.004194', 'online', TODAY, { items: [{ feeItem: '1.004194-02' }] })).toMatchObject({
      factsNeeded: [{ pointer: '/facts/items/0/quantity', feeItem: '1.004194-02' }],
    });
  });

  it('are asked for all at once', () => {
    const two = aProcedure(anItem(1, perUnit(1_000)), anItem(2, perUnit(2_000)));
    expect(price(two, online())).toMatchObject({
      factsNeeded: [{ pointer: '/facts/items/-/quantity' }, { pointer: '/facts/items/-/quantity' }],
    });
  });

  it('belong to each item where several are due', () => {
    const two = aProcedure(anItem(1, perUnit(1_000)), anItem(2, perUnit(2_000)));
    expect(price(two, online({ quantity: 2 }))).toMatchObject({
      code: 'fact_not_applicable',
      pointer: '/facts/quantity',
    });
    const items = [
      { feeItem: '9.000001-02', quantity: 3 },
      { feeItem: '9.000001-01', quantity: 2 },
    ];
    expect(priced(price(two, online({ items }))).lines.map((line) => line.amount)).toEqual([2_000, 6_000]);
  });

  it('are refused where they can mean nothing: two of what is due once', () => {
    expect(refusedOf('3.000347', 'online', TODAY, { quantity: 2 })).toMatchObject({
      code: 'fact_not_applicable',
      pointer: '/facts/quantity',
    });
    expect(pricedOf('3.000347', 'online', TODAY, { quantity: 1 }).total).toBe(135_000);
  });

  it('are refused when stated twice', () => {
    const facts = { quantity: 2, items: [{ feeItem: '2.000635-01', quantity: 2 }] };
    expect(refusedOf('2.000635', 'online', TODAY, facts)).toMatchObject({ code: 'fact_not_applicable' });
  });

  it('are refused when they name an item of another procedure', () => {
    expect(refusedOf('3.000347', 'online', TODAY, { items: [{ feeItem: '3.000348-01' }] })).toMatchObject({
      code: 'unknown_fee_item',
      feeItems: ['3.000348-01'],
    });
  });

  it.each([
    ['an unknown member', { quantity: 1, amount: 5 }],
    ['an unknown member of an item', { items: [{ feeItem: '1.001456-01', amount: 5 }] }],
    ['no units', { quantity: 0 }],
    ['fewer than none', { quantity: -1 }],
    ['part of a unit', { quantity: 1.5 }],
    ['more than the limit', { quantity: MAX_QUANTITY + 1 }],
    ['a number as text', { quantity: '1' }],
    ['an item twice', { items: [{ feeItem: '1.001456-01' }, { feeItem: '1.001456-01' }] }],
    ['an id that is none', { items: [{ feeItem: '1.001456' }] }],
  ])('are not understood with %s', (_, facts) => {
    expect(QuoteFacts.safeParse(facts).success).toBe(false);
  });

  it('are understood up to the limit', () => {
    expect(QuoteFacts.safeParse({ quantity: MAX_QUANTITY }).success).toBe(true);
  });
});

describe('reductions', () => {
  it('take the place of the tariff, and are named', () => {
    expect(pricedOf('2.001583', 'counter', TODAY).reliefs).toEqual([
      {
        feeItem: '2.001583-01',
        rule: 'TT 64/2025/TT-BTC',
        applied: true,
        why: {
          vi: 'Áp dụng cho mọi người từ 01/07/2025 đến hết 31/12/2026.',
          en: 'Applies to everybody from 2025-07-01 until 2026-12-31.',
        },
      },
    ]);
  });

  it('do not add up: the most favourable applies, by NQ 66.22/2026/NQ-CP Art. 5.2', () => {
    const item = anItem(1, aRow(), reduction(30_000), reduction(20_000));
    const result = priced(price(aProcedure(item), online()));
    expect(result.total).toBe(20_000);
    expect(result.lines[0]?.legalBasis.map((basis) => basis.document)).toEqual([
      'TT giảm còn 20000',
      'NQ 66.22/2026/NQ-CP',
    ]);
    expect(result.reliefs.map(({ rule, applied }) => [rule, applied])).toEqual([
      ['TT giảm còn 20000', true],
      ['TT giảm còn 30000', false],
    ]);
  });

  it('are not chosen from before the resolution: nothing said then which of two counts', () => {
    const from = { effectiveFrom: '2025-01-01' };
    const item = anItem(1, aRow(from), reduction(30_000, from), reduction(20_000, from));
    const late2025 = { ...online(), submittedAt: noonOf('2025-12-31') };
    expect(refused(price(aProcedure(item), late2025))).toMatchObject({ code: 'ambiguous_tariff' });
    expect(priced(price(aProcedure(item), online())).total).toBe(20_000);
  });

  it('are chosen from by whatever text says so on the day, and by none once it has ended', () => {
    const rule = (document: string, effectiveFrom: string, effectiveTo: string | null) => ({
      rule: 'most_favourable',
      effectiveFrom,
      effectiveTo,
      legalBasis: [{ document, article: 'Điều 1' }],
    });
    const choosing = [rule('NQ 1', '2026-01-01', '2026-06-30'), rule('Luật 2', '2027-01-01', null)];
    const item = anItem(1, aRow(), reduction(30_000), reduction(20_000));
    const by = (day: string) => price(aProcedureWith({ choosing }, item), { ...online(), submittedAt: noonOf(day) });
    expect(priced(by('2026-06-30')).lines[0]?.legalBasis.at(-1)?.document).toBe('NQ 1');
    expect(refused(by('2026-07-01'))).toMatchObject({ code: 'ambiguous_tariff' });
    expect(priced(by('2027-01-01')).lines[0]?.steps.at(-1)?.words.vi).toContain('(Luật 2, Điều 1)');
    expect(priced(by('2027-01-01')).unverified).toEqual([]);
  });

  it('chosen by a rule of which something is doubtful are told with it', () => {
    const item = anItem(1, aRow(), reduction(30_000), reduction(20_000));
    expect(priced(price(aProcedure(item), online())).unverified).toEqual([
      expect.stringContaining('NQ 66.22/2026/NQ-CP'),
    ]);
  });

  it('of equal amount need no rule: both texts halved the identity card online in the second half of 2025', () => {
    const result = pricedOf('1.014063', 'online', noonOf('2025-10-01'));
    expect(result.total).toBe(25_000);
    expect(result.lines[0]?.legalBasis.map((basis) => basis.document)).toEqual(['TT 64/2025/TT-BTC']);
    expect(result.reliefs.map(({ rule, applied }) => [rule, applied])).toEqual([
      ['TT 64/2025/TT-BTC', true],
      ['TT 73/2024/TT-BTC', false],
    ]);
  });

  it('are compared as amounts, not as text', () => {
    const base = aRow({ tariff: { kind: 'flat', amount: 500_000 } });
    expect(priced(price(aProcedure(anItem(1, base, reduction(100_000), reduction(20_000))), online())).total).toBe(
      20_000,
    );
  });

  it('of equal amount are named by the text that came last', () => {
    const earlier = reduction(20_000, { effectiveFrom: '2026-02-01', legalBasis: [{ document: 'TT trước' }] });
    const later = reduction(20_000, { effectiveFrom: '2026-03-01', legalBasis: [{ document: 'TT sau' }] });
    const [line] = priced(price(aProcedure(anItem(1, aRow(), earlier, later)), online())).lines;
    expect(line?.legalBasis.map((basis) => basis.document)).toEqual(['TT sau']);
  });

  it('never raise a price', () => {
    const result = priced(price(aProcedure(anItem(1, aRow(), reduction(60_000))), online()));
    expect(result.total).toBe(50_000);
    expect(result.reliefs).toMatchObject([{ applied: false }]);
  });

  it('for certain persons are considered and not applied, because the request carries no evidence', () => {
    const { reliefs, total } = pricedOf('3.000333', 'online', TODAY);
    expect(total).toBe(200_000);
    expect(reliefs.every((relief) => !relief.applied)).toBe(true);
    expect(reliefs.map((relief) => relief.rule).sort()).toEqual([
      'TT 117/2026/TT-BTC',
      'TT 244/2016/TT-BTC; Luật 97/2015/QH13, Điều 10',
      'TT 244/2016/TT-BTC; TT 16/2025/TT-BTC',
    ]);
    for (const relief of reliefs) expect(relief.why.en).toContain('no evidence for: ');
  });

  it('for those who apply online are not considered at the counter', () => {
    const rules = pricedOf('3.000333', 'counter', TODAY).reliefs.map((relief) => relief.rule);
    expect(rules).not.toContain('TT 117/2026/TT-BTC');
  });
});

describe('what is not verified', () => {
  const NEW_PASSPORT = { items: [{ feeItem: '1.001456-01' }] };

  it('is not charged where sources conflict: a passport costs the verified 200,000', () => {
    const result = pricedOf('1.001456', 'online', TODAY, NEW_PASSPORT);
    expect(result.total).toBe(200_000);
    expect(result.lines[0]?.verified).toBe(true);
    expect(result.reliefs).toContainEqual(expect.objectContaining({ rule: 'TT 64/2025/TT-BTC', applied: false }));
    expect(result.unverified).toEqual([
      expect.stringMatching(/^1\.001456-01: không áp dụng mức 100\.000 đồng.* \/ unverified/),
    ]);
  });

  it('is charged with a warning where one source says so and none contradicts it', () => {
    const result = pricedOf('1.009552', 'online', TODAY);
    expect(result.lines[0]?.verified).toBe(false);
    expect(result.unverified).toHaveLength(1);
  });

  it('includes a first day that nobody has confirmed', () => {
    expect(pricedOf('1.000894', 'counter', TODAY).unverified).toEqual([
      '1.000894-01: chưa xác minh ngày bắt đầu hiệu lực / the first day in force is not verified',
    ]);
  });

  it('is silent where all is verified', () => {
    expect(pricedOf('3.000347', 'online', TODAY).unverified).toEqual([]);
  });

  it('never becomes a price on its own', () => {
    const disputed = aRow({ confidence: 'low' });
    expect(refused(price(aProcedure(anItem(1, disputed)), online()))).toMatchObject({
      code: 'no_tariff',
      tariffs: [{ disputed: true }],
    });
  });
});

describe('a refusal', () => {
  it('names the tariffs that exist, and when', () => {
    const refusal = refusedOf('1.012680', 'online', noonOf('2027-01-01'));
    expect(refusal).toMatchObject({ code: 'no_tariff' });
    if (refusal.code !== 'no_tariff') return;
    expect(
      refusal.tariffs.map(({ channel, effectiveFrom, effectiveTo }) => [channel, effectiveFrom, effectiveTo]),
    ).toEqual([
      ['offline', null, '2026-03-31'],
      ['online', '2025-07-01', '2026-12-31'],
      ['offline', '2026-04-01', null],
    ]);
    expect(refusal.detail.vi).toContain('TT 64/2025/TT-BTC [online] từ 01/07/2025 đến hết 31/12/2026');
  });

  it('follows from two tariffs for everybody at once, which no catalogue may have', () => {
    const item = anItem(1, aRow(), aRow({ tariff: { kind: 'flat', amount: 40_000 } }));
    expect(refused(price(aProcedure(item), online()))).toMatchObject({ code: 'ambiguous_tariff' });
  });

  it('tells a tariff of one province from no tariff at all', () => {
    const late = { items: [{ feeItem: '1.001193-02' }] };
    expect(refusedOf('1.001193', 'counter', TODAY, late)).toMatchObject({
      code: 'conditional_tariff_only',
      tariffs: [{ place: 'H26' }],
    });
    expect(pricedOf('1.001193', 'counter', TODAY, late, HANOI).total).toBe(5_000);
    expect(refusedOf('1.001193', 'online', TODAY, late)).toMatchObject({ code: 'no_tariff' });
    expect(pricedOf('1.001193', 'counter', TODAY, { items: [{ feeItem: '1.001193-01' }] }).total).toBe(0);
  });

  it('says why a procedure has no exact price, and what is published', () => {
    const why = { reason: 'unknown', words: words('theo thỏa thuận'), legalBasis: [LAW] };
    const silent = { ...aProcedure(anItem(1, aRow())), notPriceable: NotPriceable.parse(why) };
    const refusal = refused(price(silent, online()));
    expect(refusal).toMatchObject({ code: 'not_priceable', because: { reason: 'unknown' } });
    expect(refusal.detail.vi).toContain('theo thỏa thuận');
  });
});

const LAW = { document: 'TT 1/2026/TT-BTC', effectiveFrom: null, effectiveTo: null };

describe('the text to hash', () => {
  const result = pricedOf('1.014063', 'online', TODAY);

  it('is the same for the same money by the same law, in whatever words', () => {
    const reworded: Priced = {
      ...result,
      unverified: ['x: y / z'],
      reliefs: [],
      lines: result.lines.map((line) => ({ ...line, explanation: words('khác'), steps: [], name: words('khác') })),
    };
    expect(canonicalPrice(reworded)).toBe(canonicalPrice(result));
    const reordered = JSON.parse(JSON.stringify(result, Object.keys(flatKeys(result)).sort().reverse()));
    expect(canonicalPrice(reordered)).toBe(canonicalPrice(result));
  });

  it('changes with anything that money or law depends on', () => {
    const [line] = result.lines;
    if (!line) throw new Error('no line');
    const changed: Priced[] = [
      { ...result, channel: 'counter' },
      { ...result, submittedAt: result.submittedAt + 1 },
      { ...result, procedureCode: '1.014064' },
      { ...result, lines: [{ ...line, quantity: 2 }] },
      { ...result, lines: [{ ...line, beneficiary: 'other' }] },
      { ...result, lines: [{ ...line, kind: 'phi' }] },
      { ...result, lines: [{ ...line, legalBasis: [] }] },
      { ...result, lines: [line, line] },
    ];
    expect(new Set([result, ...changed].map(canonicalPrice)).size).toBe(changed.length + 1);
  });

  it('does not depend on how Unicode composes a name of a law', () => {
    const [line] = result.lines;
    if (!line) throw new Error('no line');
    const of = (document: string): Priced => ({
      ...result,
      lines: [{ ...line, legalBasis: [{ document, effectiveFrom: null, effectiveTo: null }] }],
    });
    expect(canonicalPrice(of('Luật Hộ tịch'.normalize('NFD')))).toBe(
      canonicalPrice(of('Luật Hộ tịch'.normalize('NFC'))),
    );
  });
});

/** Every member name anywhere in a value. */
function flatKeys(value: unknown): Record<string, true> {
  if (typeof value !== 'object' || value === null) return {};
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return Object.assign(Object.fromEntries(own.map((key) => [key, true])), ...Object.values(value).map(flatKeys));
}
