import { describe, expect, it } from 'vitest';
import { bytesOf, sentBy } from '../../shared/domain/remittance/remittance.ts';
import { addDays, daysBetween, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { isPaidOn } from '../../shared/usecases/find-remittance.ts';
import { matchAccount } from '../../shared/usecases/match-account.ts';
import { proveDay } from '../../shared/usecases/repair.ts';
import { runReport } from '../../shared/usecases/run-report.ts';
import { DAY, LAND } from '../domain/reconciliation/samples.ts';
import { MemoryAudit } from '../fakes/memory-audit.ts';
import { MemoryBalances } from '../fakes/memory-balances.ts';
import { everyone, MORNING } from './finance-world.ts';
import { BOOK, checker, maker, type RemittanceWorld, remittanceWorld } from './remittance-world.ts';

const NEXT = addDays(DAY, 3);
const AFTER = addDays(DAY, 4);
const fee = (amount: number, kind: 'phi' | 'le_phi' | 'thue' = 'le_phi') => [{ kind, amount }];
const payout = (amount: number, day = DAY) => ({
  reference: 'PAYOUT1',
  amount,
  text: `SANDBOX BANK PAYOUT ${day.replaceAll('-', '')}`,
});
const debit = (orderId: string, amount: number) => ({
  reference: 'OUT1',
  amount: -amount,
  text: `NOP NSNN ${orderId} KBNN`,
});
const sums = ({ orders }: Awaited<ReturnType<RemittanceWorld['due']>>) =>
  orders.map(({ payee, amount }) => [payee.accountNumber, amount]);
const ledger = (world: RemittanceWorld) =>
  world.journal
    .entries()
    .filter(({ kind }) => kind === 'remittance')
    .map(({ movementId, lines }) => [
      movementId.endsWith('.returned') ? 'returned' : 'paid',
      ...lines.map(({ side, account, amount }) => `${side} ${account} ${amount}`),
    ]);

/** One payment of a provider, settled on a closed day of the bank. */
async function settledWorld(amount = 100_000) {
  const world = await remittanceWorld();
  const payment = await world.paid(fee(amount));
  await world.settled(DAY, [{ id: payment.transactionId, amount }]);
  await world.stated(DAY, [payout(amount)]);
  return { world, payment };
}

describe('what is due from an account', () => {
  it('is nothing before the bank’s day is closed, and nothing before the provider’s is', async () => {
    const world = await remittanceWorld();
    const { transactionId } = await world.paid(fee(100_000));
    expect(sums(await world.due())).toEqual([]);
    await world.settled(DAY, [{ id: transactionId, amount: 100_000 }], { close: false });
    await world.stated(DAY, [payout(100_000)], { close: false });
    expect(await world.due()).toMatchObject({ orders: [], waiting: { day: DAY, why: 'day_open' } });
    await world.closed('account:970415:1234567890', DAY);
    expect(await world.due()).toMatchObject({ orders: [], waiting: { day: DAY, why: 'provider_day_open' } });
    await world.closed('provider:sandbox-bank', DAY);
    expect(await world.due()).toMatchObject({ through: DAY, received: 100_000, waiting: null });
    expect(sums(await world.due())).toEqual([['7111', 100_000]]);
  });

  it('is by account, chapter and sub-item, without what the collector keeps', async () => {
    const world = await remittanceWorld();
    const { transactionId, amount } = await world.paid(
      [
        { kind: 'phi', amount: 100_000 },
        { kind: 'le_phi', amount: 50_000 },
        { kind: 'phi', amount: 7_000, beneficiary: 'fund' },
      ],
      { by: 'transfer' },
    );
    await world.stated(DAY, [{ reference: transactionId, amount }]);
    const { orders } = await world.due();
    expect(orders.map(({ payee: { accountNumber }, amount: sent }) => [accountNumber, sent])).toEqual([
      ['3511.0.1234567', 4_669],
      ['7111', 116_700],
    ]);
    expect(orders[1]?.lines).toEqual([
      { chapter: '426', subItem: '2716', area: '26734', amount: 100_000, retained: 33_300, toBudget: 66_700 },
      { chapter: '426', subItem: '2771', area: '26734', amount: 50_000, retained: 0, toBudget: 50_000 },
    ]);
  });

  it('leaves out what the settlement file does not have, and what went back before', async () => {
    const world = await remittanceWorld();
    const [one, two, three] = [
      await world.paid(fee(10_000)),
      await world.paid(fee(20_000)),
      await world.paid(fee(40_000)),
    ];
    await world.settled(DAY, [
      { id: one.transactionId, amount: 10_000 },
      { id: three.transactionId, amount: 40_000 },
    ]);
    await world.stated(DAY, [payout(50_000)]);
    await world.givenBack(one.number, { amount: 4_000 });
    await world.reversed(two.number);
    expect(sums(await world.due())).toEqual([['7111', 46_000]]);
  });

  it('is left, and nothing else with it, where nobody has registered enough; and paid on once somebody has', async () => {
    const world = await remittanceWorld();
    const { transactionId, number } = await world.paid(
      [
        { kind: 'phi', amount: 100_000, beneficiary: 'new' },
        { kind: 'le_phi', amount: 40_000 },
      ],
      { by: 'transfer' },
    );
    await world.stated(DAY, [{ reference: transactionId, amount: 140_000 }]);
    expect(await world.ordered()).toMatchObject({ left: 100_000, orders: [{ amount: 40_000 }] });
    expect(await world.due()).toMatchObject({ orders: [], unplaced: [{ beneficiary: 'new', missing: ['record'] }] });
    const record = await world.beneficiaries.at(LAND, 'main', DAY);
    if (!record) throw new Error('no record');
    await world.beneficiaries.add({ ...record, beneficiary: 'new', effectiveFrom: NEXT }, undefined);
    world.morning(NEXT);
    expect(await world.due()).toMatchObject({ left: [], unplaced: [] });
    // Its collector keeps as much as the record says by now.
    expect(sums(await world.due())).toEqual([['7111', 66_700]]);
    await world.givenBack(number, { amount: 100_000 });
    const { orders, left } = await world.due();
    const net = [...orders.flatMap(({ lines }) => lines), ...left].reduce((sum, { amount }) => sum + amount, 0);
    expect(net).toBe(0);
  });

  it('is too large for one batch before its item is', async () => {
    const world = await remittanceWorld();
    const record = await world.beneficiaries.at(LAND, 'main', DAY);
    if (!record) throw new Error('no record');
    const purses = Array.from({ length: 250 }, (_, at) => `purse-${at}`);
    const name = { vi: 'Đơn vị thụ hưởng '.repeat(8), en: 'Beneficiary '.repeat(8) };
    for (const beneficiary of purses) await world.beneficiaries.add({ ...record, beneficiary, name }, undefined);
    for (let at = 0; at < purses.length; at += 50) {
      const fees = purses
        .slice(at, at + 50)
        .map((beneficiary) => ({ kind: 'phi' as const, amount: 1_000, beneficiary }));
      const { transactionId, amount } = await world.paid(fees, { by: 'transfer', day: addDays(DAY, at / 50) });
      await world.stated(addDays(DAY, at / 50), [{ reference: transactionId, amount }]);
    }
    await expect(world.due(addDays(DAY, 4))).rejects.toMatchObject({ code: 'remittance_too_large' });
    const batch = await world.ordered();
    expect(batch.through).toBe(addDays(DAY, 1));
    expect(batch.orders).toHaveLength(100);
    const shown = { day: DAY, bankItem: 'x'.repeat(150), run: batch.content.sha256, readAt: world.clock.at };
    const whole = { ...batch, orders: batch.orders.map((order) => ({ ...order, paid: shown, returned: shown })) };
    expect(bytesOf(batch)).toBeGreaterThan(Buffer.byteLength(JSON.stringify(whole)));
  });

  it('is refused where nobody has registered enough to pay any of it', async () => {
    const world = await remittanceWorld();
    const { transactionId } = await world.paid([{ kind: 'khac' as 'thue', amount: 9_000 }], { by: 'transfer' });
    await world.stated(DAY, [{ reference: transactionId, amount: 9_000 }]);
    expect((await world.due()).unplaced).toMatchObject([{ missing: ['subItem'] }]);
    await expect(world.proposed()).rejects.toMatchObject({ code: 'beneficiary_incomplete' });
  });
});

describe('what the bank did not credit', () => {
  it('is not paid on where a missing credit was written off', async () => {
    const world = await remittanceWorld();
    const { transactionId, number } = await world.paid(fee(100_000), { by: 'transfer' });
    const other = await world.paid(fee(5_000), { by: 'transfer' });
    await world.writtenOff([`mov_bank_1234567890_${transactionId}@${number}`], []);
    await world.stated(DAY, [{ reference: other.transactionId, amount: 5_000 }]);
    expect(world.open()).toEqual([]);
    expect(await world.due()).toMatchObject({ through: DAY, received: 5_000, unaccounted: 0 });
    expect(sums(await world.due())).toEqual([['7111', 5_000]]);
  });

  it('is paid on in full where less came and two persons wrote the rest off: whoever pays out covers it', async () => {
    const world = await remittanceWorld();
    const { transactionId, number } = await world.paid(fee(100_000), { by: 'transfer' });
    const other = await world.paid(fee(5_000), { by: 'transfer' });
    const credits = [
      { reference: transactionId, amount: 90_000 },
      { reference: other.transactionId, amount: 5_000 },
    ];
    await world.stated(DAY, credits, { close: false });
    const difference = world.work.contents().exceptions.find(({ category }) => category === 'AMOUNT_UNDER');
    await world.writtenOff([`mov_bank_1234567890_${transactionId}@${number}`], difference?.items?.theirs ?? []);
    await matchAccount(BOOK, DAY, world.dependencies);
    await world.closed(BOOK, DAY);
    const { sha256, ...due } = await world.due();
    expect(due).toMatchObject({ received: 95_000, fees: 0, uncovered: 10_000, unaccounted: 0 });
    expect(sums(await world.due())).toEqual([['7111', 105_000]]);
    await expect(world.proposedAs(sha256, undefined, maker, 9_999)).rejects.toMatchObject({
      code: 'remittance_not_covered',
    });
    await world.ordered();
    expect(await world.due()).toMatchObject({ orders: [], uncovered: 0, unaccounted: 0 });
  });

  it('of a payout, written off as the provider’s fee, is covered with the fee that its file names', async () => {
    const world = await remittanceWorld();
    const { transactionId } = await world.paid(fee(100_000));
    await world.settled(DAY, [{ id: transactionId, amount: 100_000 }], { fee: 1_100 });
    await world.stated(DAY, [payout(98_400)], { close: false });
    const difference = world.work.contents().exceptions.find(({ category }) => category === 'FEE_DIFFERENCE');
    await world.writtenOff(difference?.items?.ours ?? [], difference?.items?.theirs ?? []);
    await matchAccount(BOOK, DAY, world.dependencies);
    await world.closed(BOOK, DAY);
    expect(await world.due()).toMatchObject({ received: 98_400, fees: 1_100, uncovered: 1_600, unaccounted: 0 });
    expect(sums(await world.due())).toEqual([['7111', 100_000]]);
  });

  it('until long after it was moved to an invoice is paid on when its day is matched, once', async () => {
    const world = await remittanceWorld();
    const moved = await world.moved(fee(70_000));
    const other = await world.paid(fee(5_000), { by: 'transfer' });
    await world.stated(DAY, [{ reference: other.transactionId, amount: 5_000 }]);
    expect(sums(await world.due())).toEqual([['7111', 5_000]]);
    await world.ordered();
    // A batch in between, so that nothing looks back as far as the move.
    const between = addDays(DAY, 20);
    const more = await world.paid(fee(6_000), { day: between, by: 'transfer' });
    await world.stated(between, [{ reference: more.transactionId, amount: 6_000 }]);
    await world.ordered();
    const late = addDays(DAY, 40);
    await world.stated(late, [{ reference: moved.transactionId, amount: 70_000 }]);
    expect(await world.due()).toMatchObject({ through: late, received: 70_000, unaccounted: 0 });
    expect(sums(await world.due())).toEqual([['7111', 70_000]]);
    await world.ordered();
    expect(sums(await world.due())).toEqual([]);
  });

  it('is covered by whoever names the very sum that providers kept', async () => {
    const world = await remittanceWorld();
    const { transactionId } = await world.paid(fee(100_000));
    await world.settled(DAY, [{ id: transactionId, amount: 100_000 }], { fee: 1_100 });
    await world.stated(DAY, [payout(98_900)]);
    const { sha256, ...due } = await world.due();
    expect(due).toMatchObject({ received: 98_900, fees: 1_100, uncovered: 1_100, unaccounted: 0 });
    for (const covered of [0, 1_099, 1_101])
      await expect(world.proposedAs(sha256, undefined, maker, covered)).rejects.toMatchObject({
        code: 'remittance_not_covered',
        members: { received: 98_900, fees: 1_100, uncovered: 1_100 },
      });
    expect(await world.proposedAs(sha256, undefined, maker, 1_100)).toMatchObject({ fees: 1_100, uncovered: 1_100 });
  });
});

describe('money that our books lacked when its provider’s file was read', () => {
  it('is paid on with the rest where it was entered before its day was claimed', async () => {
    const world = await remittanceWorld();
    const one = await world.paid(fee(10_000));
    await world.settled(DAY, [
      { id: one.transactionId, amount: 10_000 },
      { id: 'T1', amount: 20_000 },
    ]);
    await world.stated(DAY, [payout(30_000)]);
    expect(await world.due()).toMatchObject({ received: 30_000, unaccounted: 20_000 });
    await world.paid(fee(20_000));
    expect(await world.due()).toMatchObject({ received: 30_000, unaccounted: 0 });
    expect(sums(await world.due())).toEqual([['7111', 30_000]]);
  });

  it('is paid on by the next batch where it was entered later, once', async () => {
    const world = await remittanceWorld();
    const one = await world.paid(fee(10_000));
    await world.settled(DAY, [
      { id: one.transactionId, amount: 10_000 },
      { id: 'T1', amount: 20_000 },
    ]);
    await world.stated(DAY, [payout(30_000)]);
    expect(await world.ordered()).toMatchObject({ received: 30_000, unaccounted: 20_000 });
    await world.paid(fee(20_000), { day: addDays(DAY, 5) });
    expect(sums(await world.due())).toEqual([]);
    world.morning(addDays(DAY, 5));
    expect(sums(await world.due())).toEqual([['7111', 20_000]]);
    await world.ordered();
    expect(await world.due()).toMatchObject({ orders: [], unaccounted: 0 });
  });

  it('is not paid on where its sum is another one, or there are two of it', async () => {
    const world = await remittanceWorld();
    await world.settled(DAY, [{ id: 'T0', amount: 10_000 }]);
    await world.stated(DAY, [payout(10_000)]);
    await world.paid(fee(10_001));
    expect(await world.due()).toMatchObject({ orders: [], unaccounted: 10_000 });
  });
});

describe('a batch', () => {
  it('is paid out once: proposed, approved by another, exported, confirmed by the statement', async () => {
    const { world } = await settledWorld();
    const { remittanceId } = await world.proposed();
    await expect(world.decided(remittanceId, 'approve', maker)).rejects.toMatchObject({ code: 'own_approval' });
    await expect(world.exported(remittanceId)).rejects.toMatchObject({ code: 'remittance_state' });
    await world.decided(remittanceId, 'approve');
    const exported = await world.exported(remittanceId);
    expect(exported).toMatchObject({ state: 'exported', files: { csv: { bytes: expect.any(Number) } } });
    const [order] = exported.orders;
    expect(await world.confirmed(remittanceId)).toMatchObject({ state: 'exported', orders: [{ state: 'waiting' }] });
    await world.stated(NEXT, [debit(order?.orderId ?? '', 100_000)]);
    expect(await world.confirmed(remittanceId)).toMatchObject({
      state: 'confirmed',
      orders: [{ state: 'paid', paid: { day: NEXT } }],
    });
    await world.confirmed(remittanceId);
    expect(ledger(world)).toEqual([['paid', 'debit payable:H29.12:main 100000', 'credit remitted:H29.12 100000']]);
    expect(sums(await world.due())).toEqual([]);
    expect(world.open()).toEqual([]);
  });

  it('claims its days: nothing of them is due again, and one waits at a time', async () => {
    const { world } = await settledWorld();
    const { sha256 } = await world.due();
    const { remittanceId } = await world.proposed();
    expect(sums(await world.due())).toEqual([]);
    await expect(world.proposed()).rejects.toMatchObject({ code: 'remittance_open' });
    await world.decided(remittanceId, 'approve');
    await expect(world.proposed()).rejects.toMatchObject({ code: 'nothing_due' });
    expect((await world.due()).sha256).not.toBe(sha256);
  });

  it('that is rejected lets go of everything', async () => {
    const { world } = await settledWorld();
    const before = await world.due();
    const { remittanceId } = await world.proposed();
    await world.decided(remittanceId, 'reject', maker);
    expect(sums(await world.due())).toEqual(sums(before));
    expect((await world.ordered()).remittanceId).not.toBe(remittanceId);
  });

  it('is not proposed where something changed since the caller looked', async () => {
    const { world, payment } = await settledWorld();
    const { sha256 } = await world.due();
    await world.givenBack(payment.number, { amount: 1_000 });
    await expect(world.proposedAs(sha256)).rejects.toMatchObject({ code: 'remittance_changed' });
    expect(await world.remittances.head(BOOK)).toMatchObject({ sequence: 0, open: null });
  });

  it('is not approved where its frozen content was altered', async () => {
    const { world } = await settledWorld();
    const { remittanceId, content } = await world.proposed();
    world.files.put(content.key, (world.files.text(content.key) ?? '').replace('100000', '900000'));
    await expect(world.decided(remittanceId, 'approve')).rejects.toThrow('not what was frozen');
  });

  it('whose money comes back is due again, with the opposite entry', async () => {
    const { world } = await settledWorld();
    const first = await world.ordered();
    const [order] = first.orders;
    await world.stated(NEXT, [debit(order?.orderId ?? '', 100_000)]);
    await world.confirmed(first.remittanceId);
    await world.stated(AFTER, [{ reference: 'BACK1', amount: 100_000, text: `TRA LAI ${order?.orderId}` }]);
    expect(world.open().join()).toContain('REVERSED');
    expect(await world.confirmed(first.remittanceId)).toMatchObject({
      state: 'partly_returned',
      orders: [{ state: 'returned' }],
    });
    expect(
      ledger(world)
        .map(([what]) => what)
        .sort(),
    ).toEqual(['paid', 'returned']);
    const again = await world.ordered();
    expect(again.orders).toMatchObject([{ amount: 100_000, payee: { accountNumber: '7111' } }]);
    expect(again.orders[0]?.orderId).not.toBe(order?.orderId);
    const LAST = addDays(AFTER, 1);
    await world.stated(LAST, [debit(again.orders[0]?.orderId ?? '', 100_000)]);
    expect(await world.confirmed(again.remittanceId)).toMatchObject({ state: 'confirmed' });
    expect(sums(await world.due())).toEqual([]);
    expect(world.open()).toEqual([]);
  });
});

it('money that came back is paid again to where its purse’s record says now', async () => {
  const { world } = await settledWorld();
  const first = await world.ordered();
  const orderId = first.orders[0]?.orderId ?? '';
  await world.stated(NEXT, [debit(orderId, 100_000)]);
  await world.stated(AFTER, [{ reference: 'BACK1', amount: 100_000, text: `TRA LAI ${orderId}` }]);
  await world.confirmed(first.remittanceId);
  const record = await world.beneficiaries.at(LAND, 'main', DAY);
  if (!record) throw new Error('no record');
  const account = { ...record.account, number: '3511.0.7654321' };
  await world.beneficiaries.add({ ...record, account, effectiveFrom: AFTER }, '2020-01-01');
  expect(sums(await world.due())).toEqual([['3511.0.7654321', 100_000]]);
});

describe('money that goes back after it was paid on', () => {
  it('nets in the next batch against the same place, and against no other', async () => {
    const { world, payment } = await settledWorld();
    await world.ordered();
    await world.givenBack(payment.number, { amount: 30_000 });
    expect(await world.due()).toMatchObject({ orders: [], left: [{ amount: -30_000, place: { subItem: '2771' } }] });
    await expect(world.proposed()).rejects.toMatchObject({ code: 'nothing_due' });
    const other = await world.paid(fee(50_000, 'thue'), { day: NEXT, by: 'transfer' });
    const same = await world.paid(fee(10_000), { day: NEXT, by: 'transfer' });
    await world.stated(NEXT, [
      { reference: other.transactionId, amount: 50_000 },
      { reference: same.transactionId, amount: 10_000 },
    ]);
    const batch = await world.ordered();
    expect(sentBy(batch)).toBe(50_000);
    expect(batch.left).toBe(-20_000);
    const more = await world.paid(fee(25_000), { day: AFTER, by: 'transfer' });
    await world.stated(AFTER, [{ reference: more.transactionId, amount: 25_000 }]);
    expect(sums(await world.due())).toEqual([['7111', 5_000]]);
  });

  it('counts once, also where it was given back between proposal and approval', async () => {
    const { world, payment } = await settledWorld();
    const { remittanceId } = await world.proposed();
    await world.givenBack(payment.number, { amount: 30_000 });
    await world.decided(remittanceId, 'approve');
    expect((await world.due()).left).toMatchObject([{ amount: -30_000 }]);
    const next = await world.paid(fee(70_000), { day: NEXT, by: 'transfer' });
    await world.stated(NEXT, [{ reference: next.transactionId, amount: 70_000 }]);
    expect(sums(await world.due())).toEqual([['7111', 40_000]]);
    await world.ordered();
    expect(sums(await world.due())).toEqual([]);
    expect((await world.due()).left).toEqual([]);
  });

  it('is no matter of the account where the treasury itself gave it back', async () => {
    const { world, payment } = await settledWorld();
    await world.ordered();
    await world.givenBack(payment.number, { how: 'transferred', byHand: 'MONEY_AT_TREASURY' });
    expect(await world.due()).toMatchObject({ orders: [], left: [] });
  });
});

it('the report by chapter and sub-item has what was paid on, and foots to the batches and to the ledger', async () => {
  const world = await remittanceWorld();
  const { transactionId, amount } = await world.paid(
    [
      { kind: 'phi', amount: 100_000 },
      { kind: 'le_phi', amount: 50_000 },
    ],
    { by: 'transfer' },
  );
  await world.stated(DAY, [{ reference: transactionId, amount }]);
  const batch = await world.ordered();
  const read = async () => {
    const { dependencies, clock } = world;
    const running = await runReport(
      { reportId: 'remittance', from: DAY, to: AFTER },
      everyone,
      { days: 31, rows: 100, asOf: clock.at },
      {
        ...{
          ...dependencies,
          acts: new MemoryAudit(),
          balances: new MemoryBalances(),
          first: DAY,
          feeProcedures: async () => new Set<string>(),
        },
        invoices: { ...world.invoices, ofAgencyDay: async () => ({ found: [], more: false }) },
      },
    );
    const rows: unknown[][] = [];
    for await (const page of running.rows) rows.push(...page.map((row) => [row[7], row[12], row[15]]));
    return { rows, totals: running.totals() };
  };
  expect((await read()).rows).toEqual([
    ['2716', 100_000, 0],
    ['2771', 50_000, 0],
  ]);
  await world.stated(NEXT, [debit(batch.orders[0]?.orderId ?? '', sentBy(batch))]);
  await world.confirmed(batch.remittanceId);
  const { rows, totals } = await read();
  expect(rows).toEqual([
    ['2716', 100_000, 100_000],
    ['2771', 50_000, 50_000],
  ]);
  expect(totals).toMatchObject({ toBudget: sentBy(batch), paidOn: 150_000 });
});

describe('the nightly proof', () => {
  const proof = async (world: RemittanceWorld) => {
    const found: string[] = [];
    for (const day of daysBetween(DAY, vietnamDay(world.clock.at)))
      await proveDay(
        { kind: 'proof', agencyCode: LAND, day },
        {
          ...{ journal: world.journal, invoices: world.invoices, remittances: world.remittances },
          ...{ work: world.work.pages, exceptions: world.work },
          ...{ found: ({ kind }) => found.push(kind), now: () => world.clock.at },
        },
      );
    return found;
  };
  const paidOut = async () => {
    const { world } = await settledWorld();
    const batch = await world.ordered();
    await world.stated(NEXT, [debit(batch.orders[0]?.orderId ?? '', 100_000)]);
    await world.confirmed(batch.remittanceId);
    const entry = world.journal.entries().find(({ kind }) => kind === 'remittance');
    if (!entry) throw new Error('nothing was entered');
    return { world, entry };
  };

  it('takes what batches entered', async () => {
    const { world } = await paidOut();
    expect(await proof(world)).toEqual([]);
  });

  it.each([
    [
      'of an order that no statement showed',
      { movementId: 'mov_remittance_NTKBCDFGHJKMNQRSVWX', transactionId: 'NTKBCDFGHJKMNQRSVWX' },
    ],
    ['of no batch', { movementId: 'mov_remittance_x', merchantAccountId: 'rem_970415_1234567890_99' }],
    ['of another instant', { committedAt: MORNING + 1 }],
    ['that bears no batch at all', { movementId: 'mov_remittance_y', merchantAccountId: 'land-main' }],
  ])('finds an entry %s', async (_, forged) => {
    const { world, entry } = await paidOut();
    await world.journal.append({ ...entry, ...forged });
    expect(await proof(world)).toEqual(['onNoInvoice']);
    expect(world.open()).toEqual(['BOOKS_ALTERED']);
  });

  it('finds an entry of a batch that one person alone decided', async () => {
    const { world } = await paidOut();
    const batch = await world.remittances.find('rem_970415_1234567890_1');
    if (!batch) throw new Error('no batch');
    await world.remittances.change(batch, { ...batch, by: batch.decidedBy ?? '' });
    expect(await proof(world)).toEqual(['onNoInvoice']);
  });
});

it('the person who approves is another one in the very write', async () => {
  const { world } = await settledWorld();
  const before = await world.proposed();
  const after = { ...before, state: 'approved' as const, version: before.version + 1 };
  expect(await world.remittances.change(before, after, { notBy: maker.subject })).toBe('overtaken');
  expect(await world.remittances.change(before, after, { notBy: checker.subject })).toBe('changed');
});

it('a transfer, which is of no provider, is known by its account to be paid on or not', async () => {
  const world = await remittanceWorld();
  const { number, transactionId, amount } = await world.paid([{ kind: 'phi', amount: 100_000 }], { by: 'transfer' });
  expect(await world.isPaidOn(number)).toBe('no');
  await world.stated(DAY, [{ reference: transactionId, amount }]);
  await world.ordered();
  expect(await world.isPaidOn(number)).toBe('yes');
});

it('money that its statement shows on the day before was paid on with that day', async () => {
  const { world, payment } = await settledWorld();
  await world.ordered();
  const [movement] = Object.values(world.invoice(payment.number).movements);
  if (!movement) throw new Error('no movement');
  const midnight = startOfDay(addDays(DAY, 1));
  const ports = {
    ...{ remittances: world.remittances, contents: world.files },
    registry: {
      ...world.dependencies.registry,
      accountsAtTerminal: async () => world.accounts,
      merchantAccount: async () => undefined,
    },
  };
  expect(await isPaidOn({ ...movement, paidAt: midnight, committedAt: midnight }, payment.number, ports)).toBe('yes');
});

describe('an account whose bank account is another one from a day on', () => {
  it.each([
    ['the new one', '2026-01-01', undefined],
    ['the former one', undefined, '2026-01-01'],
  ])('is not sure to keep a money where it is known of %s alone that it is paid on from', async (_, now, before) => {
    const world = await remittanceWorld();
    const payment = await world.paid(fee(100_000));
    world.paidOutTo('9876543210', NEXT);
    const [movement] = Object.values(world.invoice(payment.number).movements);
    if (!movement) throw new Error('no movement');
    const accounts = (since: typeof now, former: typeof before) =>
      world.accounts
        .filter(({ id }) => id === movement.merchantAccountId)
        .map((one) => ({ ...one, paidOnFrom: one.former ? former : since }));
    const asked = (since: typeof now, former: typeof before) =>
      isPaidOn(movement, payment.number, {
        ...{ remittances: world.remittances, contents: world.files },
        registry: {
          ...world.dependencies.registry,
          accountsAtTerminal: async () => accounts(since, former),
          merchantAccount: async () => undefined,
        },
      });
    expect(await asked('2026-01-01', '2026-01-01')).toBe('no');
    expect(await asked(now, before)).toBe('unknown');
  });

  const payout = (day: string) => ({
    reference: `PO${day.replaceAll('-', '')}`,
    amount: 100_000,
    text: `SANDBOX BANK PAYOUT ${day.replaceAll('-', '')}`,
  });
  const later = addDays(NEXT, 3);

  it('has its old money in the old book, drafted, confirmed and asked about there', async () => {
    const world = await remittanceWorld();
    const before = await world.paid([{ kind: 'le_phi', amount: 100_000 }]);
    const after = await world.paid([{ kind: 'le_phi', amount: 100_000 }], { day: NEXT });
    const book = world.paidOutTo('9876543210', NEXT);
    await world.settled(DAY, [{ id: before.transactionId, amount: 100_000 }]);
    await world.settled(NEXT, [{ id: after.transactionId, amount: 100_000 }]);
    await world.stated(NEXT, [payout(DAY)]);
    await world.stated(later, [payout(NEXT)], { book });
    expect(world.open()).toEqual([]);
    for (const one of [before, after]) expect(await world.isPaidOn(one.number)).toBe('no');

    const old = await world.ordered();
    expect(old.orders).toMatchObject([{ amount: 100_000 }]);
    expect([await world.isPaidOn(before.number), await world.isPaidOn(after.number)]).toEqual(['yes', 'no']);
    const young = await world.ordered(undefined, book);
    expect(young.orders).toMatchObject([{ amount: 100_000 }]);
    expect(await world.isPaidOn(after.number)).toBe('yes');

    await world.stated(addDays(later, 1), [debit(old.orders[0]?.orderId ?? '', 100_000)]);
    await world.followed();
    expect(await world.remittances.find(old.remittanceId)).toMatchObject({ state: 'confirmed' });
    expect(await world.remittances.find(young.remittanceId)).toMatchObject({ state: 'exported' });
    for (const one of [BOOK, book]) expect(await world.due(undefined, one)).toMatchObject({ orders: [], left: [] });
  });

  it('is asked about in both where its provider pays out to the old one for some days more', async () => {
    const world = await remittanceWorld();
    const { number, transactionId } = await world.paid([{ kind: 'le_phi', amount: 100_000 }]);
    await world.settled(DAY, [{ id: transactionId, amount: 100_000 }]);
    await world.stated(NEXT, [payout(DAY)]);
    await world.ordered();
    world.paidOutTo('9876543210', DAY);
    expect(await world.isPaidOn(number)).toBe('yes');
  });

  it('is paid on from since the day that was said, and before that by others', async () => {
    const world = await remittanceWorld();
    for (const one of world.accounts) one.paidOnFrom = later;
    const before = await world.paid([{ kind: 'le_phi', amount: 100_000 }], { by: 'transfer' });
    const after = await world.paid([{ kind: 'le_phi', amount: 70_000 }], { by: 'transfer', day: later });
    await world.stated(DAY, [{ reference: before.transactionId, amount: 100_000 }]);
    world.clock.at = startOfDay(later);
    expect(await world.followed()).toMatchObject({ overdue: 0 });
    await world.stated(later, [{ reference: after.transactionId, amount: 70_000 }]);
    expect([await world.isPaidOn(before.number), await world.isPaidOn(after.number)]).toEqual(['unknown', 'no']);
    expect(await world.due()).toMatchObject({ from: later, orders: [{ amount: 70_000 }] });
    world.clock.at = startOfDay(addDays(later, 7));
    expect(await world.followed()).toMatchObject({ overdue: 1 });
  });
});
