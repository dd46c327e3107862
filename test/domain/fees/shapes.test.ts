import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { round, share, whole } from '../../../shared/domain/fees/exact.ts';
import { QuoteFacts } from '../../../shared/domain/fees/facts.ts';
import { price } from '../../../shared/domain/fees/price.ts';
import { MAX_VALUE_DONG } from '../../../shared/domain/fees/tariff-kind.ts';
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
const at = (facts: unknown, agencyCode: string = MINISTRY) => ({
  agencyCode,
  channel: 'counter' as const,
  submittedAt: TODAY,
  facts: QuoteFacts.parse(facts),
});
const shaped = (tariff: object) => aProcedure(anItem(1, aRow({ tariff })));
const total = (tariff: object, facts: unknown) => priced(price(shaped(tariff), at(facts))).total;

describe('tiers of pages with a cap (TT 226/2016/TT-BTC)', () => {
  const copies = (pages: number, quantity: number) =>
    pricedOf('2.000815', 'counter', TODAY, { items: [{ feeItem: '2.000815-01', pages, quantity }] });

  it.each([
    [1, 1, 2_000],
    [2, 1, 4_000],
    [3, 1, 5_000],
    [10, 3, 36_000],
    [197, 1, 199_000],
    [198, 1, 200_000],
    [199, 1, 200_000],
    [1_000, 2, 400_000],
  ])('%i pages, %i copies: %i', (pages, quantity, amount) => expect(copies(pages, quantity).total).toBe(amount));

  it('explains page by page, and names the cap', () => {
    expect(copies(500, 1).lines[0]?.steps.map((step) => step.amount)).toEqual([4_000, 502_000, 200_000, 200_000]);
  });

  it('asks for pages and copies', () => {
    const items = [{ feeItem: '2.000815-01' }];
    expect(refusedOf('2.000815', 'counter', TODAY, { items })).toMatchObject({
      factsNeeded: [{ fact: 'pages' }, { fact: 'quantity' }],
    });
  });

  it('never exceeds the cap, and never falls with a page more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999 }), (pages) => {
        expect(copies(pages, 1).total).toBeLessThanOrEqual(200_000);
        expect(copies(pages + 1, 1).total).toBeGreaterThanOrEqual(copies(pages, 1).total);
      }),
    );
  });
});

describe('a rate with a floor and a cap', () => {
  /** Fire appraisal in the shape of TT 117/2026: not below 250,000, not above 75,000,000. */
  const appraisal = {
    kind: 'percentage',
    rate: { parts: 671, per: 1_000_000 },
    of: words('tổng mức đầu tư'),
    minimum: 250_000,
    maximum: 75_000_000,
    rounding: { mode: 'half_up' },
  };

  it.each([
    [1, 250_000],
    [372_578_241, 250_000],
    [372_579_000, 250_001],
    [1_000_000_000, 671_000],
    [111_773_472_429, 75_000_000],
    [MAX_VALUE_DONG, 75_000_000],
  ])('of %i is %i', (value, amount) => expect(total(appraisal, { value })).toBe(amount));

  it('says which bound held', () => {
    const [line] = priced(price(shaped(appraisal), at({ value: 1 }))).lines;
    expect(line?.steps.map(({ words: step, amount }) => [step.vi.split(' ')[0], amount]).slice(0, 2)).toEqual([
      ['0,0671%', 0],
      ['Tối', 250_000],
    ]);
  });

  it('stays between its bounds and never falls', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_VALUE_DONG }), fc.integer({ min: 0, max: 1e9 }), (value, more) => {
        const low = total(appraisal, { value });
        expect(low).toBeGreaterThanOrEqual(250_000);
        expect(low).toBeLessThanOrEqual(75_000_000);
        expect(total(appraisal, { value: Math.min(value + more, MAX_VALUE_DONG) })).toBeGreaterThanOrEqual(low);
      }),
    );
  });

  it('is the registration fee of land and houses: 0.5%, at most 500 million', () => {
    const fee = (value: number) =>
      pricedOf('9.960001', 'counter', TODAY, { items: [{ feeItem: '9.960001-01', value }] }).total;
    expect([1_000_000_000, 2_345_678_901, 100_000_000_000, 100_000_000_200, MAX_VALUE_DONG].map(fee)).toEqual([
      5_000_000, 11_728_395, 500_000_000, 500_000_000, 500_000_000,
    ]);
  });

  it('of a car is the province’s where it has its own', () => {
    const items = [{ feeItem: '9.960001-02', value: 1_000_000_000 }];
    expect(pricedOf('9.960001', 'counter', TODAY, { items }).total).toBe(100_000_000);
    expect(pricedOf('9.960001', 'counter', TODAY, { items }, HANOI).total).toBe(120_000_000);
  });
});

describe('bands that step up', () => {
  const bands = [
    { upTo: 10_000, base: 100 },
    { upTo: 20_000, base: 500 },
    { upTo: null, base: 900 },
  ];

  it.each([
    [1, 100],
    [10_000, 100],
    [10_001, 500],
    [20_000, 500],
    [20_001, 900],
  ])('belong to the band that they end: %i is %i', (value, amount) => {
    expect(total({ kind: 'progressive_bands', of: words('x'), bands, rounding: { mode: 'down' } }, { value })).toBe(
      amount,
    );
  });
});

describe('rounding to a thousand', () => {
  const bounded = (mode: string) => ({
    kind: 'percentage',
    rate: { parts: 1, per: 100 },
    of: words('x'),
    minimum: 1_500,
    maximum: 9_500,
    rounding: { mode, to: 1_000 },
  });

  it.each([
    ['up', 900_000, 9_000],
    ['up', 910_000, 9_500],
    ['up', 5_000_000, 9_500],
    ['down', 250_000, 2_000],
    ['down', 190_000, 1_500],
    ['down', 1, 1_500],
  ])('%s never leaves floor and cap: 1% of %i is %i', (mode, value, amount) =>
    expect(total(bounded(mode), { value })).toBe(amount),
  );

  it('never leaves the cap of bands', () => {
    const bands = [{ upTo: null, base: 0, rate: { parts: 1, per: 100 } }];
    const tariff = {
      kind: 'progressive_bands',
      of: words('x'),
      bands,
      maximum: 9_500,
      rounding: { mode: 'up', to: 1_000 },
    };
    expect([910_000, 5_000_000].map((value) => total(tariff, { value }))).toEqual([9_500, 9_500]);
  });

  it('never lifts a relief above the tariff', () => {
    const relief = {
      id: 'r',
      name: words('r'),
      appliesTo: { procedures: ['9.000001'] },
      effect: { kind: 'percent_off', rate: { parts: 1, per: 100 }, rounding: { mode: 'up', to: 1_000 } },
      channel: 'any',
      effectiveFrom: null,
      effectiveTo: null,
      legalBasis: [{ document: 'TT' }],
    };
    const procedure = aProcedureWith(
      { reliefs: [relief] },
      anItem(1, aRow({ tariff: { kind: 'flat', amount: 4_500 } })),
    );
    expect(priced(price(procedure, at({}))).total).toBe(4_500);
  });
});

describe('rounding', () => {
  it('is exact, whatever the rate: no float comes near it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: MAX_VALUE_DONG }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.constantFrom('down' as const, 'half_up' as const, 'up' as const),
        fc.constantFrom(1 as const, 10 as const, 100 as const, 1_000 as const),
        (value, parts, mode, to) => {
          const { amount, used } = round(share(whole(value), { parts, per: 1_000_000 }), {
            mode,
            to,
            confidence: 'low',
          });
          const thousandths = BigInt(value) * BigInt(parts);
          const unit = 1_000_000n * BigInt(to);
          const add = { down: 0n, half_up: unit / 2n, up: unit - 1n }[mode];
          expect(BigInt(amount)).toBe(((thousandths + add) / unit) * BigInt(to));
          expect(used.changed).toBe(thousandths % unit !== 0n);
        },
      ),
    );
  });

  const rate = (rounding: object) => ({
    kind: 'percentage',
    rate: { parts: 5, per: 1_000 },
    of: words('giá trị'),
    rounding,
  });

  it('is told with the amount before it, and doubted only where it changed something and no text names it', () => {
    const doubted = priced(price(shaped(rate({ mode: 'half_up' })), at({ value: 300 })));
    expect(doubted.lines[0]).toMatchObject({
      amount: 2,
      rounding: { before: '3/2', changed: true, verified: false },
      verified: false,
    });
    expect(doubted.unverified.join()).toContain('the rounding (rounded half up to 1 VND) is not verified');
    expect(priced(price(shaped(rate({ mode: 'half_up' })), at({ value: 400 }))).unverified).toEqual([]);
    const basis = { document: 'TT 9/2026/TT-BTC', article: 'Điều 2', effectiveFrom: null, effectiveTo: null };
    const known = shaped(rate({ mode: 'down', to: 1_000, confidence: 'high', basis }));
    const sure = priced(price(known, at({ value: 300_000 })));
    expect(sure.unverified).toEqual([]);
    expect(sure.lines[0]).toMatchObject({
      amount: 1_000,
      rounding: { rule: { en: expect.stringContaining('Điều 2') } },
    });
  });
});

describe('a tariff by zone (TT 155/2025/TT-BTC)', () => {
  const car = (zone?: string) => ({ items: [{ feeItem: '1.012575-01', ...(zone && { zone }) }] });

  it.each([
    ['I', 14_000_000],
    ['II', 140_000],
  ])('%s: %i', (zone, amount) => expect(pricedOf('1.012575', 'online', TODAY, car(zone)).total).toBe(amount));

  it('asks for the zone with its values, and refuses another', () => {
    expect(refusedOf('1.012575', 'online', TODAY, car())).toMatchObject({
      factsNeeded: [
        {
          type: 'one_of',
          fact: 'zone',
          pointer: '/facts/items/0/zone',
          allowed: [{ value: 'I', name: { vi: 'khu vực I (Hà Nội, TP Hồ Chí Minh)' } }, { value: 'II' }],
        },
      ],
    });
    expect(refusedOf('1.012575', 'online', TODAY, car('III'))).toMatchObject({ pointer: '/facts/items/0/zone' });
  });
});

describe('a tariff in US dollars', () => {
  const rate = { currency: 'USD', dong: 26_125, source: 'Ngân hàng mẫu, mua chuyển khoản', day: '2026-11-20' };
  const card = (exchangeRate?: object) => ({
    items: [{ feeItem: '1.003358-01', ...(exchangeRate && { exchangeRate }) }],
  });

  it('is paid in dong by the caller’s rate, with its source and day', () => {
    const { total: due, lines, unverified } = pricedOf('1.003358', 'online', TODAY, card(rate));
    expect(due).toBe(145 * 26_125);
    expect(lines[0]?.inputs[0]?.value).toBe('26125 VND/USD, Ngân hàng mẫu, mua chuyển khoản, 2026-11-20');
    expect(lines[0]?.legalBasis.map((basis) => basis.document)).toContain('NĐ 362/2025/NĐ-CP');
    expect(unverified.join()).toContain('the rule of exchange is not verified');
  });

  it('takes a rate with decimals exactly, and rounds once a unit', () => {
    const facts = {
      items: [{ feeItem: '2.000815-02', quantity: 3, exchangeRate: { ...rate, dong: 2_612_505, per: 100 } }],
    };
    const [line] = pricedOf('2.000815', 'counter', TODAY, facts).lines;
    expect(line).toMatchObject({ unitAmount: 261_251, quantity: 3, amount: 783_753, rounding: { before: '522501/2' } });
  });

  it('is paid by the operator’s dated rate where the caller names none', () => {
    const row = (value: number, from: string, to: string | null) => ({
      value,
      effectiveFrom: from,
      effectiveTo: to,
      legalBasis: [{ document: 'Bảng tỷ giá mẫu' }],
    });
    const parameters = {
      'usd-rate': {
        name: words('tỷ giá'),
        rows: [row(26_000, '2026-11-21', '2026-11-21'), row(26_100, '2026-11-22', null)],
      },
    };
    const tariff = {
      kind: 'foreign_currency',
      currency: 'USD',
      amount: 100,
      operatorRate: 'usd-rate',
      oldestDays: 7,
      rule: {
        words: words('quy tắc'),
        basis: { document: 'NĐ', effectiveFrom: null, effectiveTo: null },
        confidence: 'high',
      },
      rounding: { mode: 'half_up' },
    };
    const procedure = aProcedureWith({ parameters }, anItem(1, aRow({ tariff })));
    const result = priced(price(procedure, at({})));
    expect(result.total).toBe(2_610_000);
    expect(result.lines[0]?.inputs[0]?.value).toBe('26100 VND/USD, Bảng tỷ giá mẫu, 2026-11-22');
    const before = { ...at({}), submittedAt: noonOf('2026-11-21') };
    expect(priced(price(procedure, before)).total).toBe(2_600_000);
    const unknown = refused(price(procedure, { ...at({}), submittedAt: noonOf('2026-11-20') }));
    expect(unknown).toMatchObject({ factsNeeded: [{ type: 'object', fact: 'exchangeRate' }] });
    expect(priced(price(procedure, at({ exchangeRate: { ...rate, dong: 25_000 } }))).total).toBe(2_500_000);
  });

  it.each([
    ['of a later day', '2026-11-23'],
    ['too old', '2026-11-07'],
  ])('refuses a rate %s', (_, day) => {
    expect(refusedOf('1.003358', 'online', TODAY, card({ ...rate, day }))).toMatchObject({
      pointer: '/facts/items/0/exchangeRate/day',
    });
  });

  it('takes a rate of the oldest day allowed', () => {
    expect(pricedOf('1.003358', 'online', TODAY, card({ ...rate, day: '2026-11-08' })).total).toBe(3_788_125);
  });

  it.each([
    ['no rate', { ...rate, dong: 0 }],
    ['another currency', { ...rate, currency: 'EUR' }],
    ['a fraction', { ...rate, dong: 26_125.5 }],
    ['no source', { ...rate, source: '' }],
    ['a day that is none', { ...rate, day: '2026-02-30' }],
  ])('does not understand %s', (_, exchangeRate) =>
    expect(QuoteFacts.safeParse(card(exchangeRate)).success).toBe(false),
  );
});

describe('an amount by notice', () => {
  const notice = (number: string, amount: number, more: object = {}) => ({
    number,
    issuedBy: 'Thuế cơ sở mẫu',
    issuedOn: '2026-11-01',
    amount,
    ...more,
  });
  const due = (...notices: object[]) => ({
    items: notices.map((one) => ({ feeItem: '9.940001-02', notice: one })),
  });

  it('is carried, one line for each notice and payer of a dossier', () => {
    const facts = due(
      notice('TB-1', 12_000_000, { payerReference: 'A' }),
      notice('TB-1', 3_000_000, { payerReference: 'B' }),
      notice('TB-2', 5_000_000, { obligationId: 'N1' }),
    );
    const { lines, total: all } = pricedOf('9.940001', 'online', TODAY, facts);
    expect(lines.map((line) => [line.notice?.number, line.notice?.payerReference, line.amount])).toEqual([
      ['TB-1', 'A', 12_000_000],
      ['TB-1', 'B', 3_000_000],
      ['TB-2', undefined, 5_000_000],
    ]);
    expect(all).toBe(20_000_000);
    expect(lines[0]?.legalBasis.at(-1)).toMatchObject({
      document: 'TB-1 (Thuế cơ sở mẫu)',
      effectiveFrom: '2026-11-01',
    });
  });

  it('is asked for member by member', () => {
    expect(refusedOf('9.950001', 'online', TODAY)).toMatchObject({
      factsNeeded: [
        { type: 'object', fact: 'notice', members: [{ member: 'number', required: true }, {}, {}, {}, {}, {}, {}] },
      ],
    });
  });

  it('warns where it is past due: late interest is not in it', () => {
    const late = pricedOf('9.940001', 'online', TODAY, due(notice('TB-1', 1, { dueOn: '2026-11-21' })));
    expect(late.unverified.join()).toContain('late interest');
    const intime = pricedOf('9.940001', 'online', TODAY, due(notice('TB-1', 1, { dueOn: '2026-11-22' })));
    expect(intime.unverified.join()).not.toContain('late interest');
  });

  it.each([
    ['issued after submission', { issuedOn: '2026-11-23' }, 'issuedOn'],
    ['due before it was issued', { dueOn: '2026-10-31' }, 'dueOn'],
  ])('is refused when %s', (_, more, member) =>
    expect(refusedOf('9.940001', 'online', TODAY, due(notice('TB-1', 1, more)))).toMatchObject({
      pointer: `/facts/items/0/notice/${member}`,
    }),
  );

  it.each([
    ['the same notice twice', due(notice('TB-1', 1), notice('TB-1', 2))],
    ['an amount of nothing', due(notice('TB-1', 0))],
    ['a payer by an identity number', due(notice('TB-1', 1, { payerReference: '001099000001' }))],
    ['structure in a number', due(notice('TB\n1', 1))],
    ['a formula', due(notice('=HYPERLINK', 1))],
  ])('is not understood with %s', (_, facts) => expect(QuoteFacts.safeParse(facts).success).toBe(false));

  it('lets no other fee stand twice', () => {
    const facts = { items: [notice('A', 1), notice('B', 1)].map((one) => ({ feeItem: '3.000346-01', notice: one })) };
    expect(refusedOf('3.000346', 'online', TODAY, facts)).toMatchObject({ pointer: '/facts/items/0/notice' });
  });
});

describe('a fact that no tariff of the item reads', () => {
  it.each([
    ['a zone', { zone: 'I' }, 'zone'],
    ['a value', { value: 1_000 }, 'value'],
    ['months', { months: 3 }, 'months'],
  ])('is refused by name: %s', (_, facts, fact) =>
    expect(refusedOf('3.000347', 'online', TODAY, facts)).toMatchObject({
      code: 'fact_not_applicable',
      pointer: `/facts/${fact}`,
    }),
  );
});

describe('a quantity', () => {
  it.each([
    ['9.960001', { items: [{ feeItem: '9.960001-01', value: 1, quantity: 2 }] }],
    ['1.012575', { items: [{ feeItem: '1.012575-01', zone: 'I', quantity: 2 }] }],
    ['9.910001', { items: [{ feeItem: '9.910001-01', value: 1, quantity: 2 }] }],
  ])('is refused where a fee is due once: %s', (code, facts) =>
    expect(refusedOf(code, 'counter', TODAY, facts)).toMatchObject({ pointer: '/facts/items/0/quantity' }),
  );
});
