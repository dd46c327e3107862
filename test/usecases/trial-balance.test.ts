import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { account } from '../../shared/domain/ledger/ledger.ts';
import type { Dong } from '../../shared/domain/money/dong.ts';
import { InvalidCursor } from '../../shared/domain/paging.ts';
import { addDays, startOfDay } from '../../shared/domain/time.ts';
import { cursorCodec } from '../../shared/runtime/cursor.ts';
import { projectBalances } from '../../shared/usecases/project-balances.ts';
import { trialBalance, trialBalancePage } from '../../shared/usecases/trial-balance.ts';
import { MemoryBalances } from '../fakes/memory-balances.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { callerFor, everyone } from './finance-world.ts';

const FIRST = '2026-11-20';
const cursors = cursorCodec('k'.repeat(64));
const LAND = 'H29.12';
const POLICE = 'H29.13';
const day = (place: number) => addDays(FIRST, place);

type Paid = { place: number; agency?: string; amount: number; kind?: JournalEntry['kind']; hour?: number };

function anEntry({ place, agency = LAND, amount, kind = 'payment', hour = 9 }: Paid, id: number): JournalEntry {
  const committedAt = startOfDay(day(place)) + hour * 3_600_000 + id;
  const credit =
    kind === 'payment'
      ? account.payable(agency, 'main')
      : kind === 'surplus'
        ? account.surplus(agency)
        : account.unmatched(agency);
  return {
    movementId: `mov_vnpay_${id}`,
    kind,
    amount: amount as Dong,
    providerId: 'vnpay',
    merchantAccountId: `vnpay.${agency}`,
    terminal: 'T1',
    transactionId: String(id),
    paidAt: committedAt,
    committedAt,
    lines: [
      { side: 'debit', account: account.clearing(`vnpay.${agency}`), amount: amount as Dong },
      { side: 'credit', account: credit, amount: amount as Dong },
    ],
    agencyCode: agency,
    evidenceHash: 'a'.repeat(64),
    accountingDate: day(place),
  } as JournalEntry;
}

async function books(paid: readonly Paid[], now = startOfDay(day(30))) {
  const journal = new MemoryJournal();
  for (const [id, one] of paid.entries()) await journal.append(anEntry(one, id));
  const balances = new MemoryBalances();
  const registry = { agencyCodes: async () => [LAND, POLICE] };
  const dependencies = { journal, balances, registry, first: FIRST, now: () => now };
  return {
    journal,
    balances,
    project: (from: number, to: number) =>
      projectBalances({ from: day(from), to: day(to), first: FIRST }, dependencies),
    page: (place: number, more: { cursor?: string; limit: number; agencyCode?: string }, at = now) =>
      trialBalancePage({ date: day(place), ...more }, everyone, { ...dependencies, cursors, now: () => at }),
    on: (place: number, caller = everyone, agencyCode?: string) =>
      trialBalance({ date: day(place), ...(agencyCode && { agencyCode }) }, caller, dependencies),
  };
}

const brief = ({ rows }: Awaited<ReturnType<typeof trialBalance>>) =>
  rows.map(({ account: name, debit, credit, balance }) => [name, debit, credit, balance]);

describe('the trial balance of a day', () => {
  const paid: Paid[] = [
    { place: 0, amount: 50_000 },
    { place: 1, amount: 30_000, kind: 'surplus' },
    { place: 1, amount: 20_000, agency: POLICE },
    { place: 3, amount: 10_000 },
  ];

  it('adds up all that was entered by its end, and both sides are equal', async () => {
    const ledger = await books(paid);
    const found = await ledger.on(1);
    expect(brief(found)).toEqual([
      ['clearing:vnpay.H29.12', 80_000, 0, 80_000],
      ['payable:H29.12:main', 0, 50_000, -50_000],
      ['surplus:H29.12', 0, 30_000, -30_000],
      ['clearing:vnpay.H29.13', 20_000, 0, 20_000],
      ['payable:H29.13:main', 0, 20_000, -20_000],
    ]);
    expect(found.totals).toEqual({ debit: 100_000, credit: 100_000 });
  });

  it('shows a caller the agencies that are theirs, and nobody another’s (scenario 64)', async () => {
    const ledger = await books(paid);
    const found = await ledger.on(3, callerFor([POLICE]));
    expect(new Set(found.rows.map((row) => row.agencyCode))).toEqual(new Set([POLICE]));
    await expect(ledger.on(3, callerFor([POLICE]), LAND)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('counts on the present day what was committed by now, and of a day to come nothing (scenario 52)', async () => {
    const ledger = await books(
      [
        { place: 0, amount: 1_000, hour: 9 },
        { place: 0, amount: 2_000, hour: 15 },
      ],
      startOfDay(day(0)) + 12 * 3_600_000,
    );
    expect((await ledger.on(0)).totals.debit).toBe(1_000);
    expect((await ledger.on(1)).rows).toEqual([]);
  });

  it('is the same with the projection as without it, however far that goes', async () => {
    const entries = fc.array(
      fc.record({
        place: fc.integer({ min: 0, max: 8 }),
        agency: fc.constantFrom(LAND, POLICE),
        amount: fc.integer({ min: 1, max: 1_000_000 }),
        kind: fc.constantFrom('payment' as const, 'surplus' as const, 'unmatched' as const),
      }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(
        entries,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 9 }),
        async (all, to, asked) => {
          const plain = await books(all);
          const projected = await books(all);
          await projected.project(0, to);
          expect(await projected.on(asked)).toEqual(await plain.on(asked));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the trial balance by pages', () => {
  const paid: Paid[] = [
    { place: 0, amount: 50_000 },
    { place: 0, amount: 30_000, kind: 'surplus' },
    { place: 0, amount: 20_000, agency: POLICE, hour: 15 },
  ];
  const NOON = startOfDay(day(0)) + 12 * 3_600_000;

  it.each([1, 2, 3, 100])(
    'has every row once and in order, %i a page, and the totals of all on each',
    async (limit) => {
      const ledger = await books(paid);
      const whole = await ledger.on(0);
      const rows = [];
      let cursor: string | undefined;
      do {
        const page = await ledger.page(0, { limit, ...(cursor !== undefined && { cursor }) });
        expect(page.totals).toEqual(whole.totals);
        rows.push(...page.rows);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(rows).toEqual(whole.rows);
    },
  );

  it('stays with the instant of its first page, whatever is entered meanwhile', async () => {
    const ledger = await books(paid);
    const one = await ledger.page(0, { limit: 1 }, NOON);
    const next = await ledger.page(0, { limit: 100, cursor: one.nextCursor ?? '' }, NOON + 10 * 3_600_000);
    expect(next.asOf).toBe(one.asOf);
    expect(next.totals).toEqual({ debit: 80_000, credit: 80_000 });
    expect(next.nextCursor).toBeNull();
  });

  it('knows a cursor for its own question only', async () => {
    const ledger = await books(paid);
    const { nextCursor } = await ledger.page(0, { limit: 1 });
    const cursor = nextCursor ?? '';
    await expect(ledger.page(1, { limit: 1, cursor })).rejects.toBeInstanceOf(InvalidCursor);
    await expect(ledger.page(0, { limit: 1, cursor, agencyCode: LAND })).rejects.toBeInstanceOf(InvalidCursor);
  });
});

describe('the projection', () => {
  it('made again is the same, and says so', async () => {
    const ledger = await books([
      { place: 0, amount: 5_000 },
      { place: 2, amount: 7_000 },
    ]);
    expect(await ledger.project(0, 3)).toEqual({ written: 4, differed: [] });
    const before = structuredClone(ledger.balances.days);
    expect(await ledger.project(0, 3)).toEqual({ written: 0, differed: [] });
    expect(ledger.balances.days).toEqual(before);
  });

  it('names a day on which something else stood, and puts it right', async () => {
    const ledger = await books([{ place: 0, amount: 5_000 }]);
    await ledger.project(0, 2);
    const there = ledger.balances.days.get(`${LAND} ${day(1)}`);
    if (there) there.closing = {};
    expect(await ledger.project(0, 2)).toEqual({ written: 1, differed: [{ agencyCode: LAND, day: day(1) }] });
    expect((await ledger.on(3)).totals).toEqual({ debit: 5_000, credit: 5_000 });
  });

  it('takes late entries in when their day and those after it are made again', async () => {
    const ledger = await books([{ place: 0, amount: 5_000 }]);
    await ledger.project(0, 4);
    await ledger.journal.append(anEntry({ place: 1, amount: 1_000 }, 99));
    expect((await ledger.project(1, 4)).differed).toHaveLength(4);
    expect((await ledger.on(4)).totals.debit).toBe(6_000);
  });
});
