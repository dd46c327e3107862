import { describe, expect, it } from 'vitest';
import { addDays, endOfDay, startOfDay } from '../../shared/domain/time.ts';
import { closeDay } from '../../shared/usecases/close-day.ts';
import { runReport } from '../../shared/usecases/run-report.ts';
import { settleExceptions, type Work } from '../../shared/usecases/settle-exceptions.ts';
import { DAY, entryOf, fileOf, LAND } from '../domain/reconciliation/samples.ts';
import { booksOf } from '../dsl/books.ts';
import { callerFor, everyone, type FinanceWorld, financeWorld, PROVIDER } from './finance-world.ts';
import { Month } from './month.ts';
import { statementOf } from './paper-statement.ts';

const NEXT = addDays(DAY, 3);

async function bridge(world: FinanceWorld, range = { from: DAY, to: DAY }, caller = everyone, at = world.clock.at) {
  const { dependencies } = await booksOf([]);
  const { journal, files, days, work, accounts } = world;
  const running = await runReport(
    { reportId: 'settlement-bridge', ...range },
    caller,
    { days: 40, rows: 10_000, asOf: at },
    {
      ...{ ...dependencies, journal, days, exceptions: work, statements: work, summaries: files, runs: files },
      registry: { ...dependencies.registry, ...world.dependencies.registry, atProvider: async () => accounts },
      providerIds: [PROVIDER],
    },
  );
  const rows: Record<string, unknown>[] = [];
  for await (const page of running.rows)
    for (const row of page)
      rows.push(Object.fromEntries(running.report.columns.map(({ key }, place) => [key, row[place]])));
  return { rows, totals: running.totals(), proofs: running.proofs() };
}

/** 200,000 collected, 2,000 kept: paid out on the next working day with so much more or less. */
async function paidOut(by: number | undefined) {
  const world = financeWorld();
  world.closes('land-shared');
  world.closes('police-main');
  world.closes('police-shared');
  world.clock.at = Date.parse(`${addDays(NEXT, 1)}T08:00:00+07:00`);
  await world.record(
    entryOf({ transactionId: 'T1', movementId: `mov_${PROVIDER}_T1` }),
    entryOf({ transactionId: 'T2', movementId: `mov_${PROVIDER}_T2` }),
  );
  const header = 'txnId,orderRef,amount,currency,terminal,result,paidAt,fee';
  const line = (id: string, amount: number) => `${id},,${amount},VND,LAND01,OK,${DAY} 10:00:00,1000`;
  const file = [header, line('T1', 135_000), line('T2', 135_000), 'TOTAL,2,270000', ''].join('\r\n');
  await world.takeInSettlement(file, 'settle-key-1');
  const lines =
    by === undefined
      ? []
      : [{ reference: 'PO1', amount: 268_000 + by, day: NEXT, text: `SANDBOX BANK PAYOUT ${DAY.replaceAll('-', '')}` }];
  await world.takeIn(statementOf(lines, { day: NEXT }), 'bank-key-1', { businessDate: NEXT });
  return world;
}

const figures = { received: 270_000, gross: 270_000, notReported: 0, fees: 2_000, givenBack: 0, late: 0, net: 268_000 };

/** A file that came when its day was closed: T3 is in it, or T2 is not. */
describe('what a file says otherwise of a closed day', () => {
  const header = 'txnId,orderRef,amount,currency,terminal,result,paidAt,fee';
  const fileWith = (day: string, ...ids: string[]) => {
    const lines = ids.map((id) => `${id},,135000,VND,LAND01,OK,${day} 10:00:00,1000`);
    return [header, ...lines, `TOTAL,${ids.length},${ids.length * 135_000}`, ''].join('\r\n');
  };
  const SATURDAY = addDays(DAY, 1);
  const payout = (reference: string, amount: number, of = DAY, day = NEXT) => ({
    ...{ reference, amount, day, text: `SANDBOX BANK PAYOUT ${of.replaceAll('-', '')}` },
  });
  type Credit = ReturnType<typeof payout>;

  /** The provider's Friday with T1 and T2 is closed; then comes the other file, before the bank's Monday or behind it. */
  async function corrected(
    ids: string[],
    credits: Credit[],
    { first = 'file' as 'file' | 'bank', next = [] as string[] } = {},
  ) {
    const world = financeWorld();
    for (const id of ['land-shared', 'police-main', 'police-shared']) world.closes(id);
    world.clock.at = Date.parse(`${SATURDAY}T08:00:00+07:00`);
    for (const id of ['T1', 'T2', 'T3'])
      await world.record(entryOf({ transactionId: id, movementId: `mov_${PROVIDER}_${id}` }));
    await world.takeInSettlement(fileWith(DAY, 'T1', 'T2'), 'settle-key-1');
    const [statement] = world.work.contents().statements;
    const book = `provider:${PROVIDER}` as const;
    await closeDay({ book, day: DAY, sha256: null }, everyone, world.dependencies);
    const closed = JSON.stringify(await world.days.find(book, DAY));
    const revise = async () => {
      world.clock.at += 3_600_000;
      await world.takeInSettlement(fileWith(DAY, ...ids), 'settle-key-2', { supersedes: statement?.statementId });
    };
    const bank = async () => {
      world.clock.at += 3_600_000;
      await world.takeIn(statementOf(credits, { day: NEXT }), 'bank-key-1', { businessDate: NEXT });
    };
    world.clock.at = Date.parse(`${addDays(NEXT, 1)}T08:00:00+07:00`);
    if (next.length > 0) {
      const entry = { paidAt: startOfDay(SATURDAY) + 36_000_000, committedAt: startOfDay(SATURDAY) + 36_001_000 };
      for (const id of next)
        await world.record(
          entryOf({ ...entry, accountingDate: SATURDAY, transactionId: id, movementId: `mov_${PROVIDER}_${id}` }),
        );
      await world.takeInSettlement(fileWith(SATURDAY, ...next), 'settle-key-3', { businessDate: SATURDAY });
    }
    for (const step of first === 'file' ? [revise, bank] : [bank, revise]) await step();
    expect(JSON.stringify(await world.days.find(book, DAY))).toBe(closed);
    return world;
  }
  const rowsOf = async (world: FinanceWorld) => (await bridge(world, { from: DAY, to: SATURDAY })).rows;
  const inTime = { day: DAY, gross: 270_000, late: 0, net: 268_000 };
  const late = { day: SATURDAY, gross: 0, late: 134_000, net: 134_000, notReported: -135_000 };

  it.each(['file', 'bank'] as const)('is paid with it, and no difference, the %s first', async (first) => {
    const world = await corrected(['T1', 'T2', 'T3'], [payout('PO1', 402_000)], { first });
    expect(world.open()).toEqual([]);
    expect(await rowsOf(world)).toMatchObject([
      { ...inTime, notReported: 135_000, credited: 268_000, difference: 0 },
      { ...late, credited: 134_000, difference: 0 },
    ]);
  });

  it.each(['file', 'bank'] as const)('is paid by itself, the %s first', async (first) => {
    const world = await corrected(['T1', 'T2', 'T3'], [payout('PO1', 268_000), payout('PO2', 134_000)], { first });
    expect(world.open()).toEqual([]);
    expect(await rowsOf(world)).toMatchObject([
      { ...inTime, difference: 0 },
      { ...late, credited: 134_000 },
    ]);
  });

  it.each(['file', 'bank'] as const)(
    'is paid with the payout of the day on which it counts, the %s first',
    async (first) => {
      const credits = [payout('PO1', 268_000), payout('PO2', 268_000, SATURDAY)];
      const world = await corrected(['T1', 'T2', 'T3'], credits, { first, next: ['N1'] });
      expect(world.open()).toEqual([]);
      expect(await rowsOf(world)).toMatchObject([
        { ...inTime, difference: 0 },
        { ...late, gross: 135_000, net: 268_000, credited: 268_000, difference: 0 },
      ]);
    },
  );

  it('that is not paid is missing once its time is over, and says of which day it is', async () => {
    const world = await corrected(['T1', 'T2', 'T3'], [payout('PO1', 268_000)]);
    expect(await rowsOf(world)).toMatchObject([
      { ...inTime, difference: 0 },
      { ...late, inTransit: 134_000 },
    ]);
    const long = addDays(NEXT, 7);
    world.clock.at = endOfDay(long) + 1;
    await world.takeIn(statementOf([], { day: long, opening: 1_268_000, sequence: '9/1' }), 'bank-2', {
      businessDate: long,
    });
    const key = `payout:${PROVIDER}:${DAY}:1234567890:late:${SATURDAY}:2`;
    expect(world.open()).toEqual([`MISSING_AT_BANK ${key}`]);
    expect(await rowsOf(world)).toMatchObject([
      { ...inTime, difference: 0 },
      { ...late, difference: 134_000 },
    ]);
  });

  it('is compared with its payout to the dong', async () => {
    const world = await corrected(['T1', 'T2', 'T3'], [payout('PO1', 402_001)]);
    expect(world.open().map((one) => one.split(' ')[0])).toEqual(['ROUNDING']);
    expect(await rowsOf(world)).toMatchObject([
      { ...inTime, difference: -1 },
      { ...late, difference: 0 },
    ]);
  });

  it('says less: what the bank was to pay is less by it', async () => {
    const world = await corrected(['T1'], [payout('PO1', 134_000)]);
    expect(world.open()).toEqual(['MISSING_AT_BANK', 'MISSING_AT_BANK']);
    expect(await rowsOf(world)).toMatchObject([
      { ...inTime, credited: 268_000, difference: 0 },
      { day: SATURDAY, late: -134_000, credited: -134_000, difference: 0 },
    ]);
  });

  it('corrected once more says what differs from the one before, and what that had found clears', async () => {
    const world = await corrected(['T1', 'T2', 'X9'], []);
    expect(world.open()).toContain('MISSING_AT_US');
    const second = world.work.contents().statements.find(({ revision }) => revision === 2);
    world.clock.at = Date.parse(`${addDays(NEXT, 2)}T08:00:00+07:00`);
    const whole = fileWith(DAY, 'T1', 'T2', 'T3');
    await world.takeInSettlement(whole, 'settle-key-9', { supersedes: second?.statementId });
    await world.takeIn(statementOf([payout('PO1', 402_000)], { day: addDays(NEXT, 1), sequence: '2/1' }), 'bank-2', {
      businessDate: addDays(NEXT, 1),
    });
    expect(world.open()).toEqual([]);
    expect(await rowsOf(world)).toMatchObject([
      { ...inTime, difference: 0 },
      { ...late, late: 134_000, difference: 0 },
    ]);
  });
});

describe('the bridge from settlement to bank', () => {
  it.each([
    ['what was credited', 0, { adjusted: 0, credited: 268_000, inTransit: 0, difference: 0 }],
    ['what is on its way', undefined, { adjusted: 0, credited: 0, inTransit: 268_000, difference: 0 }],
    ['what lacks a fee', -500, { adjusted: 0, credited: 267_500, inTransit: 0, difference: 500 }],
  ])('tells %s', async (_, by, expected) => {
    const { rows, proofs } = await bridge(await paidOut(by));
    expect(rows).toEqual([{ day: DAY, provider: PROVIDER, reversed: 0, refunded: 0, ...figures, ...expected }]);
    for (const { report, ledger } of proofs) expect(report).toBe(ledger);
  });

  it('tells what is overdue as a difference, and that it is none once two persons have decided', async () => {
    const world = await paidOut(-500);
    const place = world.work.contents().exceptions.find(({ category }) => category === 'FEE_DIFFERENCE');
    if (!place) throw new Error('nothing differs');
    const writeOff: Work = { action: 'propose', resolution: { kind: 'write-off' }, reason: 'provider_fee' };
    await settleExceptions([place], writeOff, everyone, 'key-00001', world.dependencies);
    const other = { ...everyone, subject: 'clerk-8' };
    const [settled] = await settleExceptions([place], { action: 'approve' }, other, 'key-00002', world.dependencies);
    expect(settled).toMatchObject({ kind: 'done' });
    await world.rematch();
    const { rows } = await bridge(world);
    expect(rows).toMatchObject([{ ...figures, adjusted: -500, credited: 267_500, inTransit: 0, difference: 0 }]);

    const late = await paidOut(undefined);
    const long = addDays(NEXT, 7);
    late.clock.at = endOfDay(long) + 1;
    await late.takeIn(statementOf([], { day: long, sequence: '9/1' }), 'bank-key-2', { businessDate: long });
    expect((await bridge(late)).rows).toMatchObject([{ ...figures, credited: 0, inTransit: 0, difference: 268_000 }]);
  });

  it('tells what went back and is kept from a payout, to the dong that the bank credits', async () => {
    const world = financeWorld();
    world.clock.at = Date.parse(`${addDays(NEXT, 1)}T08:00:00+07:00`);
    const refund = '12345678901212345678';
    await world.record(
      entryOf({ transactionId: 'T1', movementId: `mov_${PROVIDER}_T1` }),
      entryOf({ transactionId: 'T2', movementId: `mov_${PROVIDER}_T2`, amount: 40_000 }),
      entryOf({ transactionId: 'T2', movementId: `mov_${PROVIDER}_~T2`, amount: 40_000, kind: 'reversal' }),
      entryOf({ transactionId: refund, movementId: `mov_${PROVIDER}_^${refund}`, amount: 25_000, kind: 'refund' }),
    );
    const header = 'txnId,orderRef,amount,currency,terminal,result,paidAt,fee';
    const line = (id: string, reference: string, amount: number, status: string, fee: number) =>
      `${id},${reference},${amount},VND,LAND01,${status},${DAY} 10:00:00,${fee}`;
    const file = [
      header,
      ...[line('T1', '', 135_000, 'OK', 1000), line('T2', '', 40_000, 'OK', 1000)],
      ...[line('R1', refund, 25_000, 'REFUNDED', 0), line('T2', '', 40_000, 'CHARGEBACK', 500)],
      ...['TOTAL,4,240000', ''],
    ].join('\r\n');
    await world.takeInSettlement(file, 'settle-key-1');
    const payout = {
      reference: 'PO1',
      amount: 107_500,
      day: NEXT,
      text: `SANDBOX BANK PAYOUT ${DAY.replaceAll('-', '')}`,
    };
    await world.takeIn(statementOf([payout], { day: NEXT }), 'bank-key-1', { businessDate: NEXT });
    expect(world.open()).toEqual([]);
    const { rows, proofs } = await bridge(world);
    const kept = { gross: 175_000, fees: 2_500, givenBack: 65_000, net: 107_500, credited: 107_500, difference: 0 };
    expect(rows).toMatchObject([{ received: 175_000, reversed: 40_000, refunded: 25_000, notReported: 0, ...kept }]);
    for (const { report, ledger } of proofs) expect(report).toBe(ledger);
  });

  it('of a day on which more went back than came waits for a debit, or for two persons who net it', async () => {
    const world = financeWorld();
    const refund = '12345678901212345678';
    const entry = { transactionId: refund, movementId: `mov_${PROVIDER}_^${refund}`, amount: 25_000 };
    await world.record(entryOf({ ...entry, kind: 'refund' }));
    const file = [
      'txnId,orderRef,amount,currency,terminal,result,paidAt',
      `R1,${refund},25000,VND,LAND01,REFUNDED,${DAY} 10:00:00`,
      ...['TOTAL,1,25000', ''],
    ].join('\r\n');
    await world.takeInSettlement(file, 'settle-key-1');
    world.clock.at = Date.parse(`${addDays(NEXT, 1)}T08:00:00+07:00`);
    const debit = {
      reference: 'PO1',
      amount: -25_000,
      day: NEXT,
      text: `SANDBOX BANK PAYOUT ${DAY.replaceAll('-', '')}`,
    };
    await world.takeIn(statementOf([debit], { day: NEXT }), 'bank-key-1', { businessDate: NEXT });
    expect(world.open()).toEqual([]);
    expect((await bridge(world)).rows).toMatchObject([{ net: -25_000, credited: -25_000, difference: 0 }]);
  });

  it('tells what the books have and the file does not', async () => {
    const world = financeWorld();
    await world.record(entryOf({ transactionId: 'T1', movementId: `mov_${PROVIDER}_T1` }));
    await world.takeInSettlement(fileOf(), 'settle-key-1');
    expect((await bridge(world)).rows).toMatchObject([{ received: 135_000, gross: 0, notReported: 135_000 }]);
  });

  it('shows a file only to who may see every agency of it', async () => {
    const world = await paidOut(0);
    world.alsoHas('land-other');
    expect((await bridge(world, { from: DAY, to: DAY }, callerFor([LAND]))).rows).toMatchObject([figures]);
    const [own] = world.accounts;
    world.accounts.push({ ...(own as NonNullable<typeof own>), id: 'police-too', agencyCode: 'G01.77' });
    expect((await bridge(world, { from: DAY, to: DAY }, callerFor([LAND]))).rows).toMatchObject([
      { received: 270_000, gross: null, net: null, credited: null, difference: null },
    ]);
  });

  it('of a month comes to what was planted in it, to the dong', async () => {
    const month = new Month(1);
    await month.live(6);
    const { totals, proofs } = await bridge(month.world, { from: '2026-10-01', to: '2026-10-31' });
    // A payout lacks 500 dong, and two have one too many.
    expect(totals['difference']).toBe(500 - 1 - 1);
    for (const { report, ledger } of proofs) expect(report).toBe(ledger);
  });
});
