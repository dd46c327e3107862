import { describe, expect, it } from 'vitest';
import { everyProcedure } from '../../../shared/catalogue/catalogue.ts';
import { price } from '../../../shared/domain/fees/price.ts';
import { Channel } from '../../../shared/domain/identity/codes.ts';
import { addDays, type Day, type Instant } from '../../../shared/domain/time.ts';
import { firstInstantOf, HANOI, lastInstantOf, noonOf, pricedOf, refusedOf } from './dsl.ts';

/** One line of law: what is due, by which text, on the last millisecond of one day or the first of another. */
type Statute = [
  procedure: string,
  channel: Channel,
  day: Day,
  amount: number | 'no tariff',
  text: string,
  facts?: object,
];

const amountsOf = ([procedure, channel, , , , facts]: Statute, at: Instant) =>
  pricedOf(procedure, channel, at, facts).lines;

function holds(statute: Statute, at: Instant): void {
  const [procedure, channel, , amount, text, facts] = statute;
  if (amount === 'no tariff') {
    expect(refusedOf(procedure, channel, at, facts)).toMatchObject({ code: 'no_tariff' });
    return;
  }
  const [line] = amountsOf(statute, at);
  expect(line?.amount).toBe(amount);
  expect(line?.legalBasis[0]?.document).toBe(text);
}

const NEW_PASSPORT = { items: [{ feeItem: '1.001456-01' }] };
const LOST_PASSPORT = { items: [{ feeItem: '1.001456-02' }] };
const CAR_THEORY = { items: [{ feeItem: '3.000346-03' }] };
const BY_LIST = { items: [{ feeItem: '1.004194-02', quantity: 1 }] };
const HOUSEHOLD = { items: [{ feeItem: '1.004194-01' }] };

describe('a tariff counts until 23:59:59.999 of its last day in Viet Nam', () => {
  it.each<Statute>([
    // The 50% of TT 64/2025 begins on 1/7/2025.
    ['1.014063', 'counter', '2025-06-30', 50_000, 'TT 73/2024/TT-BTC'],
    ['2.001583', 'counter', '2025-06-30', 50_000, 'TT 47/2019/TT-BTC'],
    ['1.012680', 'online', '2025-06-30', 'no tariff', ''],
    // Online rates of TT 63/2023 and TT 73/2024 end on 31/12/2025, and so does TT 37/2023.
    ['3.000347', 'online', '2025-12-31', 115_000, 'TT 63/2023/TT-BTC'],
    ['3.000347', 'counter', '2025-12-31', 135_000, 'TT 37/2023/TT-BTC'],
    ['3.000348', 'online', '2025-12-31', 115_000, 'TT 63/2023/TT-BTC'],
    ['3.000353', 'online', '2025-12-31', 115_000, 'TT 63/2023/TT-BTC'],
    ['1.001456', 'online', '2025-12-31', 180_000, 'TT 63/2023/TT-BTC', NEW_PASSPORT],
    ['3.000346', 'counter', '2025-12-31', 100_000, 'TT 37/2023/TT-BTC', CAR_THEORY],
    // TT 25/2021 gives way to TT 28/2026 on 1/4/2026, at the same amounts.
    ['1.001456', 'online', '2026-03-31', 200_000, 'TT 25/2021/TT-BTC', NEW_PASSPORT],
    ['1.001456', 'counter', '2026-03-31', 400_000, 'TT 25/2021/TT-BTC', LOST_PASSPORT],
    ['1.012680', 'counter', '2026-03-31', 50_000, 'TT 25/2021/TT-BTC'],
    // TT 117/2026 begins on 15/8/2026 for digital citizens only: nobody's price changes without evidence.
    ['3.000347', 'online', '2026-08-14', 135_000, 'TT 154/2025/TT-BTC'],
    ['1.004222', 'online', '2026-08-14', 10_000, 'TT 75/2022/TT-BTC'],
    // The 50% of TT 64/2025 ends on 31/12/2026.
    ['1.014063', 'online', '2026-12-31', 25_000, 'TT 64/2025/TT-BTC'],
    ['1.014063', 'post', '2026-12-31', 25_000, 'TT 64/2025/TT-BTC'],
    ['1.014064', 'counter', '2026-12-31', 35_000, 'TT 64/2025/TT-BTC'],
    ['2.001583', 'counter', '2026-12-31', 25_000, 'TT 64/2025/TT-BTC'],
    ['1.012680', 'online', '2026-12-31', 25_000, 'TT 64/2025/TT-BTC'],
    ['1.003133', 'counter', '2026-12-31', 5_000, 'TT 28/2026/TT-BTC'],
    // TT 117/2026 ends on 28/2/2027.
    ['3.000333', 'online', '2027-02-28', 200_000, 'TT 244/2016/TT-BTC'],
  ])('%s %s on %s: %s by %s', (...statute) => holds(statute, lastInstantOf(statute[2])));
});

describe('a tariff counts from 00:00:00 of its first day in Viet Nam', () => {
  it.each<Statute>([
    ['1.014063', 'counter', '2025-07-01', 25_000, 'TT 64/2025/TT-BTC'],
    ['2.001583', 'counter', '2025-07-01', 25_000, 'TT 64/2025/TT-BTC'],
    ['2.001583', 'online', '2025-07-01', 0, 'TT 47/2019/TT-BTC'],
    ['1.012680', 'online', '2025-07-01', 25_000, 'TT 64/2025/TT-BTC'],
    ['3.000347', 'online', '2026-01-01', 135_000, 'TT 154/2025/TT-BTC'],
    ['3.000347', 'counter', '2026-01-01', 135_000, 'TT 154/2025/TT-BTC'],
    ['3.000348', 'online', '2026-01-01', 135_000, 'TT 154/2025/TT-BTC'],
    ['3.000353', 'online', '2026-01-01', 135_000, 'TT 154/2025/TT-BTC'],
    ['1.001456', 'online', '2026-01-01', 200_000, 'TT 25/2021/TT-BTC', NEW_PASSPORT],
    ['3.000346', 'counter', '2026-01-01', 100_000, 'TT 154/2025/TT-BTC', CAR_THEORY],
    ['1.001456', 'online', '2026-04-01', 200_000, 'TT 28/2026/TT-BTC', NEW_PASSPORT],
    ['1.001456', 'counter', '2026-04-01', 400_000, 'TT 28/2026/TT-BTC', LOST_PASSPORT],
    ['1.012680', 'counter', '2026-04-01', 50_000, 'TT 28/2026/TT-BTC'],
    ['3.000347', 'online', '2026-08-15', 135_000, 'TT 154/2025/TT-BTC'],
    ['1.004222', 'online', '2026-08-15', 10_000, 'TT 75/2022/TT-BTC'],
    ['1.014063', 'online', '2027-01-01', 50_000, 'TT 73/2024/TT-BTC'],
    ['1.014063', 'post', '2027-01-01', 50_000, 'TT 73/2024/TT-BTC'],
    ['1.014064', 'counter', '2027-01-01', 70_000, 'TT 73/2024/TT-BTC'],
    ['2.001583', 'counter', '2027-01-01', 50_000, 'TT 47/2019/TT-BTC'],
    ['1.012680', 'online', '2027-01-01', 'no tariff', ''],
    ['1.003133', 'counter', '2027-01-01', 5_000, 'TT 28/2026/TT-BTC'],
    ['3.000333', 'online', '2027-03-01', 200_000, 'TT 244/2016/TT-BTC'],
  ])('%s %s on %s: %s by %s', (...statute) => holds(statute, firstInstantOf(statute[2])));
});

describe('tariffs of the channel, today', () => {
  it.each<Statute>([
    ['1.004222', 'counter', '2026-11-22', 20_000, 'TT 75/2022/TT-BTC'],
    ['1.004222', 'post', '2026-11-22', 20_000, 'TT 75/2022/TT-BTC'],
    ['1.004222', 'online', '2026-11-22', 10_000, 'TT 75/2022/TT-BTC'],
    ['1.004194', 'counter', '2026-11-22', 15_000, 'TT 75/2022/TT-BTC', HOUSEHOLD],
    ['1.004194', 'online', '2026-11-22', 7_000, 'TT 75/2022/TT-BTC', HOUSEHOLD],
    ['1.004194', 'counter', '2026-11-22', 10_000, 'TT 75/2022/TT-BTC', BY_LIST],
    ['1.004194', 'online', '2026-11-22', 5_000, 'TT 75/2022/TT-BTC', BY_LIST],
    ['2.000635', 'online', '2026-11-22', 8_000, 'TT 281/2016/TT-BTC', { quantity: 1 }],
    ['1.000894', 'counter', '2026-11-22', 0, 'Luật Hộ tịch'],
    ['2.000884', 'counter', '2026-11-22', 10_000, 'TT 226/2016/TT-BTC', { quantity: 1 }],
    ['2.001035', 'counter', '2026-11-22', 50_000, 'TT 226/2016/TT-BTC'],
    ['2.001019', 'counter', '2026-11-22', 50_000, 'TT 226/2016/TT-BTC'],
    ['1.009552', 'online', '2026-11-22', 2_000_000, 'TT 25/2022/TT-BTC'],
    ['3.000163', 'counter', '2026-11-22', 'no tariff', ''],
  ])('%s %s on %s: %s by %s', (...statute) => holds(statute, firstInstantOf(statute[2])));
});

describe('the windows of TT 117/2026 for digital citizens', () => {
  const considered = (at: Instant) =>
    pricedOf('3.000347', 'online', at).reliefs.map(({ rule, applied }) => ({ rule, applied }));
  const relief = { rule: 'TT 117/2026/TT-BTC', applied: false };

  it('are not considered on 14/8/2026, and are from 15/8/2026', () => {
    expect(considered(lastInstantOf('2026-08-14'))).toEqual([]);
    expect(considered(firstInstantOf('2026-08-15'))).toEqual([relief]);
  });

  it('are considered until 28/2/2027, and not on 1/3/2027', () => {
    expect(considered(lastInstantOf('2027-02-28'))).toEqual([relief]);
    expect(considered(firstInstantOf('2027-03-01'))).toEqual([]);
  });
});

describe('every edge of every window in the catalogue', () => {
  const windows = everyProcedure().flatMap((one) => [
    ...one.items.flatMap((item) => item.tariffs),
    ...one.reliefs,
    ...Object.values(one.parameters).flatMap((parameter) => parameter.rows),
  ]);
  const lastDays = windows.flatMap(({ effectiveFrom, effectiveTo }) => [
    ...(effectiveFrom ? [addDays(effectiveFrom, -1)] : []),
    ...(effectiveTo ? [effectiveTo] : []),
  ]);

  it.each([...new Set(lastDays)].sort())(
    'lies between %s 23:59:59.999 and the next 00:00:00.000 of Viet Nam',
    (day) => {
      const next = addDays(day, 1);
      for (const procedure of everyProcedure())
        for (const channel of Channel.options)
          for (const { id } of procedure.items) {
            const facts = { items: [{ feeItem: id }] };
            const by = (submittedAt: Instant) => {
              const result = price(procedure, { agencyCode: HANOI, channel, submittedAt, facts });
              return { ...result, submittedAt: undefined };
            };
            expect(by(lastInstantOf(day)), id).toEqual(by(noonOf(day)));
            expect(by(firstInstantOf(next)), id).toEqual(by(noonOf(next)));
          }
    },
  );

  it('includes those that the law is known for', () => {
    const known = [
      '2025-06-30',
      '2025-12-31',
      '2026-03-31',
      '2026-06-30',
      '2026-07-24',
      '2026-08-14',
      '2026-12-31',
      '2027-02-28',
    ];
    expect(known.filter((day) => !lastDays.includes(day))).toEqual([]);
  });
});
