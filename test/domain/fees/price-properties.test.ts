import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { everyProcedure } from '../../../shared/catalogue/catalogue.ts';
import { price } from '../../../shared/domain/fees/price.ts';
import type { Priced } from '../../../shared/domain/fees/priced.ts';
import type { Procedure } from '../../../shared/domain/fees/procedure.ts';
import { MAX_QUANTITY, MAX_TARIFF_DONG } from '../../../shared/domain/fees/tariff-kind.ts';
import { Channel } from '../../../shared/domain/identity/codes.ts';
import { firstInstantOf, HANOI, MINISTRY, procedure as procedureOf } from './dsl.ts';

const channel = fc.constantFrom(...Channel.options);
const instant = fc.integer({ min: firstInstantOf('2016-01-01'), max: firstInstantOf('2030-01-01') });
const quantity = fc.integer({ min: 1, max: MAX_QUANTITY });

/** A procedure of the catalogue with facts that choose among its items. */
const dossier = fc.constantFrom(...everyProcedure()).chain((procedure) =>
  fc.record({
    procedure: fc.constant(procedure),
    agencyCode: fc.constantFrom(MINISTRY, HANOI),
    channel,
    submittedAt: instant,
    facts: fc.record({
      items: fc
        .subarray(procedure.items.map((item) => item.id))
        .chain((ids) =>
          fc.tuple(
            ...ids.map((feeItem) =>
              fc.option(quantity, { nil: undefined }).map((count) => ({ feeItem, quantity: count })),
            ),
          ),
        ),
    }),
  }),
);

const shuffled = <Item>(items: readonly Item[]) =>
  fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });

describe('whatever the dossier', () => {
  it('the total is the sum of the lines, each unit amount times quantity, and nothing is negative or a fraction', () => {
    let prices = 0;
    fc.assert(
      fc.property(dossier, ({ procedure, ...request }) => {
        const result = price(procedure, request);
        if (result.kind === 'refused') return;
        prices += 1;
        expect(result.total).toBe(result.lines.reduce((total, line) => total + line.amount, 0));
        for (const { amount, unitAmount, quantity: count } of result.lines) {
          expect(amount).toBe(unitAmount * count);
          expect(Number.isSafeInteger(amount) && amount >= 0).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(prices).toBeGreaterThan(25);
  });

  it('the order in which the law is written down does not matter', () => {
    const withShuffled = dossier.chain(({ procedure, ...request }) =>
      fc
        .tuple(shuffled(procedure.items), ...procedure.items.map((item) => shuffled(item.tariffs)))
        .map(([items, ...tariffs]) => {
          const rows = new Map(procedure.items.map((item, index) => [item.id, tariffs[index] ?? []]));
          const other: Procedure = {
            ...procedure,
            items: items.map((item) => ({ ...item, tariffs: rows.get(item.id) ?? [] })),
          };
          return { procedure, other, request };
        }),
    );
    fc.assert(
      fc.property(withShuffled, ({ procedure, other, request }) => {
        expect(price(other, request)).toEqual(price(procedure, request));
      }),
      { numRuns: 300 },
    );
  });

  it('a fee per unit is linear in the quantity', () => {
    const total = (count: number): number => {
      const copies = procedureOf('2.000635');
      const submittedAt = firstInstantOf('2026-11-22');
      const result = price(copies, {
        agencyCode: MINISTRY,
        channel: 'online',
        submittedAt,
        facts: { quantity: count },
      });
      return (result as Priced).total;
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_QUANTITY / 2 }),
        fc.integer({ min: 1, max: MAX_QUANTITY / 2 }),
        (a, b) => {
          expect(total(a + b)).toBe(total(a) + total(b));
        },
      ),
    );
  });

  it('a dossier at every limit stays in range', () => {
    const largest = procedureOf('2.000635');
    const items = largest.items.map((item) => ({
      ...item,
      tariffs: item.tariffs.map((row) => ({ ...row, tariff: { kind: 'per_unit' as const, amount: MAX_TARIFF_DONG } })),
    }));
    const facts = { quantity: MAX_QUANTITY };
    const submittedAt = firstInstantOf('2026-11-22');
    const result = price({ ...largest, items }, { agencyCode: MINISTRY, channel: 'counter', submittedAt, facts });
    expect(result).toMatchObject({ kind: 'priced', total: MAX_TARIFF_DONG * MAX_QUANTITY });
  });
});

describe('in whatever time zone the process runs', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it('the price is the same on both sides of a change of tariff', () => {
    const offsets = new Set<number>();
    const seen = new Set<string>();
    for (const name of ['Pacific/Honolulu', 'UTC', 'Asia/Ho_Chi_Minh', 'Pacific/Kiritimati']) {
      process.env['TZ'] = name;
      offsets.add(new Date(firstInstantOf('2026-01-01')).getTimezoneOffset());
      const around = [-1, 0].map((milliseconds) =>
        price(procedureOf('3.000347'), {
          agencyCode: MINISTRY,
          channel: 'online',
          submittedAt: firstInstantOf('2026-01-01') + milliseconds,
          facts: {},
        }),
      );
      seen.add(JSON.stringify(around));
      expect(around.map((result) => (result as Priced).total)).toEqual([115_000, 135_000]);
    }
    expect(offsets.size).toBe(4);
    expect(seen.size).toBe(1);
  });
});
