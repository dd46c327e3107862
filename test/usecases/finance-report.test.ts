import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNASSIGNED } from '../../shared/domain/ledger/ledger.ts';
import { csvCell, csvDocument } from '../../shared/domain/reports/csv.ts';
import { DailyTally, dailyCsv } from '../../shared/domain/reports/daily.ts';
import { ReportDoesNotFoot } from '../../shared/domain/reports/report.ts';
import { startOfDay } from '../../shared/domain/time.ts';
import { type AskDailyReport, dailyReport } from '../../shared/usecases/daily-report.ts';
import { DAY, entryOf, fileOf, LAND, NOON, POLICE } from '../domain/reconciliation/samples.ts';
import { callerFor, everyone, type FinanceWorld, financeWorld, MORNING } from './finance-world.ts';

async function worldWithDay(): Promise<FinanceWorld> {
  const world = financeWorld();
  await world.record(
    entryOf({ transactionId: 'T1' }),
    entryOf({ transactionId: 'T2', amount: 20_000 }),
    entryOf({ transactionId: 'T3', kind: 'surplus', amount: 5_000 }),
    entryOf({ transactionId: 'T4', agencyCode: POLICE, kind: 'unmatched', amount: 7_000, terminal: 'POLICE01' }),
    entryOf({ transactionId: 'T5', agencyCode: UNASSIGNED, kind: 'unmatched', amount: 1_000 }),
    entryOf({ transactionId: 'V1', providerId: 'vnpay', amount: 90_000 }),
  );
  return world;
}

const report = (world: FinanceWorld, query: Partial<AskDailyReport> = {}, caller = everyone) =>
  dailyReport({ date: DAY, ...query }, caller, world.dependencies);

const amounts = async (world: FinanceWorld, query?: Partial<AskDailyReport>, caller = everyone) =>
  (await report(world, query, caller)).rows.map((row) => `${row.agencyCode} ${row.providerId} ${row.received.amount}`);

describe('the daily report', () => {
  it('adds up each agency by provider and kind', async () => {
    const { rows, totals, ledger } = await report(await worldWithDay());
    expect(rows.map((row) => [row.agencyCode, row.providerId])).toEqual([
      [LAND, 'sandbox-bank'],
      [LAND, 'vnpay'],
      [POLICE, 'sandbox-bank'],
      [UNASSIGNED, 'sandbox-bank'],
    ]);
    expect(rows[0]).toMatchObject({
      collected: { count: 2, amount: 155_000 },
      surplus: { count: 1, amount: 5_000 },
      unmatched: { count: 0, amount: 0 },
      received: { count: 3, amount: 160_000 },
      reported: { count: 0, amount: 0 },
      difference: 160_000,
      openExceptions: 0,
    });
    expect(totals.received).toEqual({ count: 6, amount: 258_000 });
    expect(ledger).toEqual({ debit: 258_000, credit: 258_000 });
  });

  it('shows beside it what the provider’s file reported, the difference, and what is open', async () => {
    const world = await worldWithDay();
    await world.reconcile(
      fileOf({ id: 'T1' }, { id: 'T2', amount: 20_001 }, { id: 'T4', amount: 7_000, terminal: 'POLICE01' }),
    );
    const { rows, totals } = await report(world);
    const figures = rows.map(({ agencyCode, providerId, reported, difference, openExceptions }) =>
      [agencyCode, providerId, reported.count, reported.amount, difference, openExceptions].join(' '),
    );
    expect(figures).toEqual([
      `${LAND} sandbox-bank 2 155001 4999 2`,
      `${LAND} vnpay 0 0 90000 0`,
      `${POLICE} sandbox-bank 1 7000 0 0`,
      `${UNASSIGNED} sandbox-bank 0 0 1000 1`,
    ]);
    expect(totals).toMatchObject({ reported: { count: 3, amount: 162_001 }, difference: 95_999, openExceptions: 3 });
  });

  it('has a row for money that only the provider knows', async () => {
    const world = financeWorld();
    await world.reconcile(fileOf({ id: 'T1' }));
    expect((await report(world)).rows).toMatchObject([
      {
        agencyCode: LAND,
        received: { count: 0, amount: 0 },
        reported: { count: 1, amount: 135_000 },
        difference: -135_000,
        openExceptions: 1,
      },
    ]);
  });

  it('is empty, with totals of nothing, for a day on which nothing was', async () =>
    expect(await report(financeWorld())).toMatchObject({
      rows: [],
      totals: { received: { count: 0, amount: 0 } },
      ledger: { debit: 0, credit: 0 },
    }));

  it('shows a caller its own agencies only, in file and exceptions too', async () => {
    const world = await worldWithDay();
    await world.reconcile(fileOf({ id: 'T9' }));
    const { rows, totals } = await report(world, {}, callerFor([POLICE]));
    expect(rows.map((row) => row.agencyCode)).toEqual([POLICE]);
    expect(totals).toMatchObject({
      received: { count: 1, amount: 7_000 },
      reported: { count: 0, amount: 0 },
      openExceptions: 1,
    });
  });

  it('says not_found when asked for another’s agency', async () =>
    expect(report(await worldWithDay(), { agencyCode: LAND }, callerFor([POLICE]))).rejects.toThrow(
      expect.objectContaining({ code: 'not_found' }),
    ));

  it('is narrowed by agency and provider', async () => {
    const world = await worldWithDay();
    expect(await amounts(world, { agencyCode: LAND })).toEqual([`${LAND} sandbox-bank 160000`, `${LAND} vnpay 90000`]);
    expect(await amounts(world, { provider: 'vnpay' })).toEqual([`${LAND} vnpay 90000`]);
  });

  it.each([
    ['2026-11-20T00:00:00+07:00', 1],
    ['2026-11-20T23:59:59.999+07:00', 1],
    ['2026-11-19T23:59:59.999+07:00', 0],
    ['2026-11-21T00:00:00+07:00', 0],
  ])('counts a payment of %s by the Vietnamese day of the provider’s payment time', async (paid, count) => {
    const world = financeWorld();
    await world.record(entryOf({ transactionId: 'T1', paidAt: Date.parse(paid), committedAt: NOON }));
    expect((await report(world)).totals.received.count).toBe(count);
  });

  it('has a bank credit that was moved to its invoice as received when it came, and collected when it was moved', async () => {
    const world = financeWorld();
    const bank = { providerId: 'bank', transactionId: '0123_FT1', amount: 9_000 };
    const [, held] = entryOf({ ...bank, kind: 'unmatched' }).lines;
    const [, payable] = entryOf(bank).lines;
    if (!held || !payable) throw new Error('no lines');
    await world.record(
      entryOf({ ...bank, kind: 'unmatched' }),
      entryOf({ ...bank, movementId: 'mov_bank_=0123_FT1', lines: [{ ...held, side: 'debit' }, payable] }),
    );
    const { totals, ledger } = await report(world);
    expect(totals).toMatchObject({ received: { count: 1, amount: 9_000 }, collected: { count: 1, amount: 9_000 } });
    expect(ledger).toEqual({ debit: 9_000, credit: 9_000 });
  });

  it('has money whose callback came two days later', async () => {
    const world = financeWorld();
    world.clock.at = startOfDay('2026-11-25');
    await world.record(entryOf({ transactionId: 'T1', paidAt: NOON, committedAt: NOON + 2 * 86_400_000 }));
    expect(await amounts(world)).toEqual([`${LAND} sandbox-bank 135000`]);
  });

  it('is of one instant: what is committed while it runs takes no part, and the totals foot', async () => {
    const world = await worldWithDay();
    const { journal } = world.dependencies;
    let late = 0;
    const growing = {
      async *ofDay(query: Parameters<typeof journal.ofDay>[0]) {
        await world.record(entryOf({ transactionId: `L${late++}`, paidAt: NOON, committedAt: MORNING + 1 }));
        yield* journal.ofDay(query);
      },
    };
    const { totals } = await dailyReport({ date: DAY }, everyone, { ...world.dependencies, journal: growing });
    expect(late).toBeGreaterThan(0);
    expect(totals.received).toEqual({ count: 6, amount: 258_000 });
  });

  it('counts what went back on the day of the reversal, and foots', async () => {
    const world = financeWorld();
    await world.record(entryOf({ transactionId: 'T1', amount: 9_000 }));
    await world.record(entryOf({ transactionId: 'T2', kind: 'part', amount: 4_000 }));
    await world.record(
      entryOf({ transactionId: 'T1', movementId: 'mov_sandbox-bank_~T1', kind: 'reversal', amount: 9_000 }),
    );
    const { totals, ledger } = await report(world);
    expect(totals).toMatchObject({
      collected: { count: 2, amount: 13_000 },
      received: { count: 2, amount: 13_000 },
      reversed: { count: 1, amount: 9_000 },
      difference: 4_000,
    });
    expect(ledger).toEqual({ debit: 22_000, credit: 22_000 });
  });

  it('is not shown when it does not foot with the ledger', async () => {
    const world = await worldWithDay();
    const bad = entryOf({ transactionId: 'T9' });
    await world.record({ ...bad, lines: bad.lines.slice(0, 1) });
    await expect(report(world)).rejects.toThrow(ReportDoesNotFoot);
  });

  it('foots whatever the entries are, and in whatever order they come', () => {
    const entry = fc
      .record({
        transactionId: fc.string({ minLength: 1, maxLength: 3 }),
        amount: fc.integer({ min: 1, max: 1_000_000_000 }),
        kind: fc.constantFrom(
          'payment' as const,
          'surplus' as const,
          'unmatched' as const,
          'part' as const,
          'reversal' as const,
        ),
        agencyCode: fc.constantFrom(LAND, POLICE),
        providerId: fc.constantFrom('vnpay', 'sandbox-bank'),
      })
      .map(entryOf);
    const tallied = (entries: ReturnType<typeof entryOf>[]) => {
      const tally = new DailyTally();
      for (const one of entries) tally.addEntry(one);
      return tally.report();
    };
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        const { rows, totals, ledger } = tallied(entries);
        const added = rows.reduce(
          (sum, row) => sum + row.collected.amount + row.surplus.amount + row.unmatched.amount + row.reversed.amount,
          0,
        );
        expect(added).toBe(entries.reduce((sum, one) => sum + one.amount, 0));
        expect(ledger).toEqual({ debit: added, credit: added });
        expect(totals.received.count + totals.reversed.count).toBe(entries.length);
        expect(totals.received.amount + totals.reversed.amount).toBe(added);
        expect(totals.difference).toBe(totals.received.amount - totals.reversed.amount);
        expect(tallied(entries.toReversed())).toEqual({ rows, totals, ledger });
      }),
    );
  });
});

describe('the daily report as CSV', () => {
  const lines = async () => {
    const csv = dailyCsv(DAY, await report(await worldWithDay()));
    expect(csv.startsWith('\uFEFF')).toBe(true);
    expect(csv.endsWith('\r\n')).toBe(true);
    return csv.slice(1, -2).split('\r\n');
  };

  it('has a header in two languages, a row each, and the totals', async () => {
    const [header, first, ...more] = await lines();
    expect(header?.split(',').slice(0, 4)).toEqual([
      'Ngày hạch toán / Accounting date',
      'Cơ quan / Agency',
      'Nhà cung cấp / Provider',
      'Số khoản thu / Collected count',
    ]);
    expect(first).toBe(`${DAY},${LAND},sandbox-bank,2,155000,1,5000,0,0,3,160000,0,0,160000,0,0,0,0,0`);
    expect(more.at(-1)).toBe(`${DAY},TỔNG CỘNG / TOTAL,,3,245000,1,5000,2,8000,6,258000,0,0,258000,0,0,0,0,0`);
  });

  it('adds up in every column of figures', async () => {
    const rows = (await lines()).slice(1).map((line) => line.split(',').slice(3).map(Number));
    const totals = rows.pop() ?? [];
    expect(totals.map((_, column) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0))).toEqual(totals);
  });
});

describe('a cell of a CSV file', () => {
  it.each(['=HYPERLINK("http://evil.example","x")', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\u0000=1'])(
    'makes the formula %j inert',
    (text) => expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/),
  );

  it.each([
    ['H29.12', 'H29.12'],
    ['a,b', '"a,b"'],
    ['say "xin chào"', '"say ""xin chào"""'],
    ['a\r\nb', '"a\r\nb"'],
    ['=1,2', '"\'=1,2"'],
  ])('writes %j as %s', (text, cell) => expect(csvCell(text)).toBe(cell));

  it('leaves numbers numbers, negative ones too', () => {
    expect(csvCell(-50_000)).toBe('-50000');
    for (const bad of [0.5, Number.NaN, 2 ** 53]) expect(() => csvCell(bad)).toThrow(RangeError);
  });

  it('ends every row with CR LF', () =>
    expect(
      csvDocument([
        ['a', 1],
        ['b', 2],
      ]),
    ).toBe('\uFEFFa,1\r\nb,2\r\n'));
});
