import { describe, expect, it } from 'vitest';
import { addDays } from '../../shared/domain/time.ts';
import { runReport } from '../../shared/usecases/run-report.ts';
import { watchDeliveries } from '../../shared/usecases/watch-deliveries.ts';
import { DAY, fileOf, LAND, POLICE } from '../domain/reconciliation/samples.ts';
import { booksOf } from '../dsl/books.ts';
import { BANK_BIN, callerFor, everyone, type FinanceWorld, financeWorld } from './finance-world.ts';
import { statementOf } from './paper-statement.ts';

const RANGE = { from: addDays(DAY, -1), to: addDays(DAY, 3) };

/** A Friday: its files are due on Monday at noon. */
const at = (days: number, time: string) => Date.parse(`${addDays(DAY, days)}T${time}:00+07:00`);

/** One provider and one bank account, from Friday on. */
async function office() {
  const world = financeWorld();
  const { dependencies } = await booksOf([]);
  const registry = { ...dependencies.registry, ...world.dependencies.registry };
  const ports = { ...dependencies, ...world.dependencies, balances: dependencies.balances, registry };
  const watch = () => watchDeliveries(ports);
  const report = async (caller = everyone, range: { from: string; to: string; provider?: string } = RANGE) => {
    const limits = { days: 31, rows: 1000, asOf: world.clock.at };
    const running = await runReport({ reportId: 'file-deliveries', ...range }, caller, limits, ports);
    const rows: Record<string, unknown>[] = [];
    for await (const page of running.rows)
      for (const row of page)
        rows.push(Object.fromEntries(running.report.columns.map(({ key }, place) => [key, row[place]])));
    return { rows, totals: running.totals(), proofs: running.proofs() };
  };
  const states = async () =>
    (await report()).rows.map(({ day, partner, state, minutesLate }) => [day, partner, state, minutesLate]);
  world.clock.at = at(0, '08:00');
  await watch();
  return { world, watch, report, states };
}

const tell = ({ world }: { world: FinanceWorld }, day: string, key: string) =>
  world.takeIn(statementOf([], { day, sequence: key }), key, { businessDate: day });

/** The provider's file that counts on the day. */
const countedFile = async ({ world }: { world: FinanceWorld }): Promise<string> =>
  (await world.days.find('provider:sandbox-bank', DAY))?.files[0]?.statementId ?? '';

const WAITING_ALL = [
  ['2026-11-20', BANK_BIN, 'WAITING', null],
  ['2026-11-20', 'sandbox-bank', 'WAITING', null],
  ['2026-11-21', 'sandbox-bank', 'WAITING', null],
  ['2026-11-22', 'sandbox-bank', 'WAITING', null],
  ['2026-11-23', BANK_BIN, 'WAITING', null],
  ['2026-11-23', 'sandbox-bank', 'WAITING', null],
];

describe('the report of expected files', () => {
  it('says of each partner and day whether its file came, came late, is missing or is not due yet', async () => {
    const there = await office();
    // A bank has no file of a weekend, and nothing was expected before the partner was known.
    expect(await there.states()).toEqual(WAITING_ALL);
    there.world.clock.at = at(3, '09:00');
    await there.world.takeInSettlement(fileOf({ id: 'T1' }), 'settle-key-1');
    there.world.clock.at = at(3, '12:01');
    const missing = [
      ['2026-11-20', BANK_BIN, 'MISSING', null],
      ['2026-11-20', 'sandbox-bank', 'ON_TIME', null],
      ['2026-11-21', 'sandbox-bank', 'MISSING', null],
      ['2026-11-22', 'sandbox-bank', 'MISSING', null],
      ...WAITING_ALL.slice(4),
    ];
    // The same before and after the watch has looked.
    expect(await there.states()).toEqual(missing);
    await there.watch();
    expect(await there.states()).toEqual(missing);
    there.world.clock.at = at(3, '15:00');
    await tell(there, DAY, 'bank-key-1');
    expect(await there.states()).toEqual([['2026-11-20', BANK_BIN, 'LATE', 180], ...missing.slice(1)]);
    const { rows, totals, proofs } = await there.report();
    expect(rows[0]).toMatchObject({
      account: '1234567890',
      cutOff: '24:00',
      due: at(3, '12:00'),
      cameAt: at(3, '15:00'),
    });
    expect(totals).toEqual({ expected: 6, came: 2, counted: 2, late: 1, missing: 2, files: 2, refused: 0 });
    expect(proofs).toMatchObject([{ report: 2, ledger: 2 }]);
  });

  it('counts what was refused, and a file in the place of another came when the first of them did', async () => {
    const there = await office();
    there.world.clock.at = at(3, '09:00');
    await there.world.takeInSettlement('nonsense', 'settle-key-0');
    await there.world.takeInSettlement(fileOf({ id: 'T1' }), 'settle-key-1');
    there.world.clock.at = at(3, '14:00');
    const body = { supersedes: await countedFile(there) };
    await there.world.takeInSettlement(fileOf({ id: 'T1' }, { id: 'T2' }), 'settle-key-2', body);
    const { rows } = await there.report();
    expect(rows.find(({ day, partner }) => day === DAY && partner === 'sandbox-bank')).toMatchObject({
      ...{ state: 'ON_TIME', cameAt: at(3, '09:00'), refused: 1, files: 1, came: 1, counted: 1 },
    });
  });

  it('shows a partner to nobody who may not see all of its agencies, and one provider alone where it is asked for', async () => {
    const there = await office();
    expect((await there.report(callerFor([LAND]))).rows).toEqual([]);
    const { rows } = await there.report(callerFor([LAND, POLICE]), { ...RANGE, provider: 'sandbox-bank' });
    expect(new Set(rows.map(({ partner }) => partner))).toEqual(new Set(['sandbox-bank']));
  });

  it('is not shown where reconciliation does not have what the log of files has', async () => {
    const there = await office();
    there.world.clock.at = at(3, '09:00');
    await there.world.takeInSettlement(fileOf({ id: 'T1' }), 'settle-key-1');
    await there.world.days.leave('provider:sandbox-bank', DAY, { statementId: await countedFile(there), place: 1 });
    await expect(there.report()).rejects.toThrow('file-deliveries does not foot');
  });
});
