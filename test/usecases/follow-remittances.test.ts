import { describe, expect, it } from 'vitest';
import type { Exception } from '../../shared/domain/reconciliation/exception.ts';
import { OVERDUE_KEY } from '../../shared/domain/remittance/overdue.ts';
import { orderItemKey, type Remittance } from '../../shared/domain/remittance/remittance.ts';
import { addDays, startOfDay } from '../../shared/domain/time.ts';
import { DAYS_A_LOOK, followRemittances } from '../../shared/usecases/follow-remittances.ts';
import { runReport } from '../../shared/usecases/run-report.ts';
import { settleExceptions } from '../../shared/usecases/settle-exceptions.ts';
import { DAY, LAND, POLICE } from '../domain/reconciliation/samples.ts';
import { MemoryAudit } from '../fakes/memory-audit.ts';
import { MemoryBalances } from '../fakes/memory-balances.ts';
import { callerFor, everyone } from './finance-world.ts';
import { BOOK, checker, type Fee, maker, type RemittanceWorld, remittanceWorld } from './remittance-world.ts';

/** A Friday; the Tuesday behind it is Culture Day, and not worked. */
const MONDAY = addDays(DAY, 3);
const TUESDAY = addDays(DAY, 4);
const WEDNESDAY = addDays(DAY, 5);
const HOUR = 3_600_000;
const fee = (amount: number): Fee[] => [{ kind: 'le_phi', amount }];
const debit = (batch: Remittance, amount: number) => ({
  reference: 'OUT1',
  amount: -amount,
  text: `NOP NSNN ${batch.orders[0]?.orderId}`,
});
const paidOn = (world: RemittanceWorld) =>
  world.journal
    .entries()
    .filter(({ kind }) => kind === 'remittance')
    .map(({ lines }) => lines.map(({ side, account, amount }) => `${side} ${account} ${amount}`).join(', '));

/** A transfer that came in on a closed Friday. */
async function creditedWorld(amount = 100_000) {
  const world = await remittanceWorld();
  const { transactionId } = await world.paid(fee(amount), { by: 'transfer' });
  await world.stated(DAY, [{ reference: transactionId, amount }]);
  return world;
}

describe('the clock', () => {
  it('confirms what the statement of a closed day shows, once, and asks nobody', async () => {
    const world = await creditedWorld();
    const batch = await world.ordered();
    expect(await world.followed()).toMatchObject({ changed: 0 });
    await world.stated(MONDAY, [debit(batch, 100_000)], { close: false });
    expect(await world.followed()).toMatchObject({ changed: 0 });
    await world.closed(BOOK, MONDAY);
    expect(await world.followed()).toMatchObject({ changed: 1, failed: 0 });
    const confirmed = await world.remittances.find(batch.remittanceId);
    expect(confirmed).toMatchObject({ state: 'confirmed', orders: [{ state: 'paid', paid: { day: MONDAY } }] });
    expect(await world.followed()).toMatchObject({ changed: 0 });
    expect(paidOn(world)).toEqual(['debit payable:H29.12:main 100000, credit remitted:H29.12 100000']);
    expect(await world.remittances.find(batch.remittanceId)).toEqual(confirmed);
    expect(await world.confirmed(batch.remittanceId)).toMatchObject({ state: 'confirmed' });
    expect(paidOn(world).length).toBe(1);
  });

  it('sees money come back long after, and makes it due again', async () => {
    const world = await creditedWorld();
    const batch = await world.ordered();
    await world.stated(MONDAY, [debit(batch, 100_000)]);
    await world.followed();
    await world.stated(WEDNESDAY, [
      { reference: 'BACK1', amount: 100_000, text: `TRA LAI ${batch.orders[0]?.orderId}` },
    ]);
    await world.followed();
    await world.followed();
    expect(await world.remittances.find(batch.remittanceId)).toMatchObject({ state: 'partly_returned' });
    expect((await world.due()).orders).toMatchObject([{ amount: 100_000 }]);
    expect(paidOn(world).length).toBe(2);
  });

  it('reads each closed day once, and those behind an open one until it is closed', async () => {
    const world = await creditedWorld();
    const batch = await world.ordered();
    await world.stated(MONDAY, [], { close: false });
    await world.stated(TUESDAY, [debit(batch, 100_000)]);
    await world.followed();
    expect(await world.remittances.find(batch.remittanceId)).toMatchObject({ state: 'confirmed' });
    expect(await world.remittances.followedTo(BOOK)).toBe(DAY);
    await world.closed(BOOK, MONDAY);
    await world.followed();
    expect(await world.remittances.followedTo(BOOK)).toBe(TUESDAY);
  });

  it('enters what needs no statement as soon as the batch is given to the bank', async () => {
    const world = await remittanceWorld();
    const record = await world.beneficiaries.at(LAND, 'main', DAY);
    if (!record) throw new Error('no record');
    const bookings = record.bookings.map((one) => ({ ...one, retainedPermille: 1000 }));
    await world.beneficiaries.add({ ...record, bookings, effectiveFrom: '2026-01-01' }, '2020-01-01');
    const { transactionId } = await world.paid(fee(50_000), { by: 'transfer' });
    await world.stated(DAY, [{ reference: transactionId, amount: 50_000 }]);
    const batch = await world.ordered();
    expect(await world.followed()).toMatchObject({ changed: 1 });
    expect(await world.remittances.find(batch.remittanceId)).toMatchObject({ state: 'confirmed' });
    expect(paidOn(world)).toEqual(['debit payable:H29.12:main 50000, credit retained:H29.12 50000']);
  });

  it('lets no account that fails keep another waiting', async () => {
    const world = await creditedWorld();
    const batch = await world.ordered();
    await world.stated(MONDAY, [debit(batch, 100_000)]);
    world.accounts.push({ ...(world.accounts[0] as (typeof world.accounts)[0]), id: 'ill', accountNumber: '999999' });
    const failing: string[] = [];
    const head = (book: string) =>
      book.endsWith('999999') ? Promise.reject(new Error('ill')) : world.remittances.head(book);
    const remittances = new Proxy(world.remittances, {
      get: (target, name) => (name === 'head' ? head : Reflect.get(target, name).bind(target)),
    });
    const ports = { ...world.dependencies, remittances, lists: world.files };
    expect(await followRemittances(ports, (book) => failing.push(book))).toMatchObject({ changed: 1, failed: 1 });
    expect(failing).toEqual(['account:970415:999999']);
  });
});

it('an account that fails keeps what was told of it before', async () => {
  const world = await creditedWorld();
  world.clock.at = startOfDay(MONDAY) + 10 * HOUR;
  await world.followed();
  const told = [`${LAND} 100000 since ${DAY}: not_proposed`];
  expect(await world.overdue()).toEqual(told);
  const remittances = new Proxy(world.remittances, {
    get: (target, name) =>
      name === 'head' ? () => Promise.reject(new Error('ill')) : Reflect.get(target, name).bind(target),
  });
  const ports = { ...world.dependencies, remittances, lists: world.files };
  expect(await followRemittances(ports, () => undefined)).toMatchObject({ failed: 1, overdue: 1 });
  expect(await world.overdue()).toEqual(told);
});

/** What the report by chapter and sub-item says was paid on, in dong. */
async function paidOnInReport(world: RemittanceWorld): Promise<unknown> {
  const running = await runReport(
    { reportId: 'remittance', from: DAY, to: addDays(DAY, 10) },
    everyone,
    { days: 31, rows: 100, asOf: world.clock.at },
    {
      ...{ ...world.dependencies, acts: new MemoryAudit(), balances: new MemoryBalances(), first: DAY },
      feeProcedures: async () => new Set<string>(),
      invoices: { ...world.invoices, ofAgencyDay: async () => ({ found: [], more: false }) },
    },
  );
  for await (const _ of running.rows);
  return running.totals()['paidOn'];
}

/** Two persons settle a difference. */
async function writeOff(world: RemittanceWorld, one: Exception) {
  const resolution = { kind: 'write-off' as const };
  const propose = { action: 'propose' as const, resolution, reason: 'bank_error' as const };
  for (const [work, caller] of [
    [propose, maker],
    [{ action: 'approve' as const }, checker],
  ] as const)
    expect(await settleExceptions([one], work, caller, `key-${work.action}`, world.dependencies)).toMatchObject([
      { kind: 'done' },
    ]);
  await world.rematch();
}

describe('an order that the bank debits with another sum', () => {
  /** Budget lines of 26,680 (of 40,000 the collector keeps a third) and 60,000, and a debit of something else. */
  async function oddDebit(debited: number) {
    const world = await remittanceWorld();
    const { transactionId } = await world.paid([...fee(60_000), { kind: 'phi', amount: 40_000 }], { by: 'transfer' });
    await world.stated(DAY, [{ reference: transactionId, amount: 100_000 }]);
    const batch = await world.ordered();
    const orderId = batch.orders[0]?.orderId;
    if (!orderId) throw new Error('no order');
    await world.stated(MONDAY, debited > 0 ? [debit(batch, debited)] : [], { close: false });
    const settled = async () => {
      const [odd] = world.work.contents().exceptions.filter(({ state }) => state === 'OPEN');
      if (odd) await writeOff(world, odd);
      else await world.writtenOff([orderItemKey(orderId, 'paid')], []);
      await world.stated(TUESDAY, []);
      await world.closed(BOOK, MONDAY);
      await world.followed();
      return world.remittances.find(batch.remittanceId);
    };
    return { world, batch, settled };
  }

  it('waits for two persons, and is ended by them: the rest is due again in its own place', async () => {
    const { world, batch, settled } = await oddDebit(75_000);
    expect(world.open()).toMatchObject([expect.stringMatching(/^AMOUNT_(?:UNDER|OVER) remittance:NTK/)]);
    await world.followed();
    expect(await world.remittances.find(batch.remittanceId)).toMatchObject({ state: 'exported' });
    expect(await settled()).toMatchObject({
      state: 'partly_returned',
      orders: [{ state: 'ended', ended: { debited: 75_000 } }],
    });
    expect(paidOn(world)).toEqual([
      'debit payable:H29.12:main 88320, credit remitted:H29.12 75000, credit retained:H29.12 13320',
    ]);
    const again = await world.ordered();
    expect(again.orders).toMatchObject([{ amount: 11_680, lines: [{ subItem: '2771', amount: 11_680 }] }]);
    await world.stated(WEDNESDAY, [debit(again, 11_680)]);
    await world.followed();
    expect(await world.due()).toMatchObject({ orders: [], left: [] });
    expect(paidOn(world).length).toBe(2);
  });

  it('shows the difference of a closed day until they have settled it', async () => {
    const { world, batch } = await oddDebit(75_000);
    await world.closed(BOOK, MONDAY);
    await world.followed();
    await world.followed();
    const { version } = batch;
    expect(await world.remittances.find(batch.remittanceId)).toMatchObject({
      ...{ state: 'exported', version: version + 1 },
      orders: [{ state: 'waiting', differs: { debited: 75_000, day: MONDAY } }],
    });
    const [odd] = world.work.contents().exceptions.filter(({ state }) => state === 'OPEN');
    await world.stated(TUESDAY, [], { close: false });
    if (odd) await writeOff(world, odd);
    await world.closed(BOOK, TUESDAY);
    await world.followed();
    const ended = await world.remittances.find(batch.remittanceId);
    expect(ended).toMatchObject({ state: 'partly_returned', orders: [{ state: 'ended', ended: { day: TUESDAY } }] });
    expect(ended?.orders[0]?.differs).toBeUndefined();
    expect(world.open()).toEqual([]);
  });

  it.each([
    ['before the rest is paid', false, 75_000],
    ['after the rest is paid', true, 75_000],
    ['where the bank took more', false, 87_680],
  ])('whose money comes back is due again whole, and once, %s', async (_, restPaid, debited) => {
    const { world, batch, settled } = await oddDebit(debited);
    await settled();
    const rest = restPaid ? await world.ordered() : undefined;
    const day = addDays(WEDNESDAY, 1);
    if (rest) await world.stated(WEDNESDAY, [debit(rest, 11_680)]);
    const back = { reference: 'BACK1', amount: debited, text: `TRA LAI ${batch.orders[0]?.orderId}` };
    await world.stated(day, [back]);
    world.clock.at += 1;
    await world.followed();
    await world.followed();
    expect(await world.remittances.find(batch.remittanceId)).toMatchObject({
      orders: [{ state: 'returned', ended: { debited }, returned: { day } }],
    });
    const kept = 13_320;
    expect(paidOn(world)).toContain(
      `credit payable:H29.12:main ${debited + kept}, debit remitted:H29.12 ${debited}, debit retained:H29.12 ${kept}`,
    );
    // The report has what stayed at the treasury: the rest, where a batch paid it.
    expect(await paidOnInReport(world)).toBe(restPaid ? 11_680 : 0);
    const due = (await world.due()).orders;
    expect(due.reduce((sum, { amount }) => sum + amount, 0)).toBe(86_680 - (restPaid ? 11_680 : 0));
    expect(due.flatMap(({ lines }) => lines.map(({ amount, retained }) => [amount, retained]))).toEqual([
      [40_000, kept],
      [60_000 - (restPaid ? 11_680 : 0), 0],
    ]);
    const { remittanceId } = await world.proposed();
    await world.decided(remittanceId, 'reject');
    expect((await world.due()).orders.map(({ amount }) => amount)).toEqual(due.map(({ amount }) => amount));
    await world.stated(addDays(day, 1), []);
    expect(world.open()).toEqual([]);
    await world.ordered();
    expect(await world.due()).toMatchObject({ orders: [], left: [] });
  });

  it('is ended also where a difference that a former release opened does not say that the money left', async () => {
    const { world, settled } = await oddDebit(75_000);
    const [odd] = world.work.contents().exceptions.filter(({ state }) => state === 'OPEN');
    if (!odd) throw new Error('no difference');
    const { direction, ...former } = odd;
    expect(direction).toBe('out');
    await world.work.change(odd, { ...former, version: 1 });
    expect(await settled()).toMatchObject({ orders: [{ state: 'ended', ended: { debited: 75_000 } }] });
    expect(await world.work.at(odd)).toMatchObject({ direction: 'out' });
  });

  it('nets in its own place where the bank took more', async () => {
    const { world, settled } = await oddDebit(87_680);
    expect(await settled()).toMatchObject({ orders: [{ state: 'ended', ended: { debited: 87_680 } }] });
    expect(paidOn(world)).toEqual([
      'debit payable:H29.12:main 101000, credit remitted:H29.12 87680, credit retained:H29.12 13320',
    ]);
    expect(await world.due()).toMatchObject({ orders: [], left: [{ amount: -1_000, place: { subItem: '2771' } }] });
  });

  it('is due again whole where two persons say that the bank never executes it', async () => {
    const { world, settled } = await oddDebit(0);
    expect(await settled()).toMatchObject({ state: 'partly_returned', orders: [{ state: 'ended' }] });
    expect(paidOn(world)).toEqual([]);
    expect((await world.due()).orders).toMatchObject([{ amount: 86_680, lines: [{}, {}] }]);
  });
});

describe('money that was to be paid on by ten', () => {
  it('is told of from ten on the next working day, with whose turn it is, until the statement shows it', async () => {
    const world = await remittanceWorld();
    const { transactionId } = await world.paid(fee(100_000), { by: 'transfer' });
    await world.stated(DAY, [{ reference: transactionId, amount: 100_000 }], { close: false });
    const at = async (instant: number) => {
      world.clock.at = instant;
      const { overdue } = await world.followed();
      const listed = await world.overdue();
      expect(listed.length).toBe(overdue);
      return listed;
    };
    const ten = startOfDay(MONDAY) + 10 * HOUR;
    expect(await at(ten - 1)).toEqual([]);
    expect(await at(ten)).toEqual([`${LAND} 100000 since ${DAY}: day_open`]);
    await world.closed(BOOK, DAY);
    expect(await at(ten + 1)).toEqual([`${LAND} 100000 since ${DAY}: not_proposed`]);
    const { remittanceId } = await world.proposed();
    expect(await at(ten + 2)).toEqual([`${LAND} 100000 since ${DAY}: not_approved`]);
    await world.decided(remittanceId, 'approve');
    expect(await at(ten + 3)).toEqual([`${LAND} 100000 since ${DAY}: not_exported`]);
    const batch = await world.exported(remittanceId);
    expect(await at(ten + 4)).toEqual([`${LAND} 100000 since ${DAY}: at_bank`]);
    expect(await world.overdue(callerFor([POLICE]))).toEqual([]);
    expect(await world.overdue(callerFor([LAND]))).toEqual([`${LAND} 100000 since ${DAY}: at_bank`]);
    await world.stated(MONDAY, [debit(batch, 100_000)]);
    expect(await at(startOfDay(TUESDAY) + 11 * HOUR)).toEqual([]);
    await world.stated(TUESDAY, [{ reference: 'BACK1', amount: 100_000, text: `TRA LAI ${batch.orders[0]?.orderId}` }]);
    expect(await at(startOfDay(WEDNESDAY) + 9 * HOUR)).toEqual([]);
    expect(await at(startOfDay(WEDNESDAY) + 10 * HOUR)).toEqual([`${LAND} 100000 since ${TUESDAY}: returned`]);
  });

  it('is told of where its purse says too little, and where its provider’s day is open', async () => {
    const world = await remittanceWorld();
    const one = await world.paid([{ kind: 'le_phi', amount: 30_000, beneficiary: 'new' }, ...fee(20_000)], {
      by: 'transfer',
    });
    await world.stated(DAY, [{ reference: one.transactionId, amount: 50_000 }]);
    const batch = await world.ordered();
    const other = await world.paid(fee(70_000), { day: MONDAY });
    await world.settled(MONDAY, [{ id: other.transactionId, amount: 70_000 }], { close: false });
    await world.stated(MONDAY, [
      debit(batch, 20_000),
      { reference: 'PO', amount: 70_000, text: `SANDBOX BANK PAYOUT ${MONDAY.replaceAll('-', '')}` },
    ]);
    world.clock.at = startOfDay(TUESDAY) + 10 * HOUR;
    await world.followed();
    expect((await world.overdue()).length).toBe(1);
    world.clock.at = startOfDay(WEDNESDAY) + 10 * HOUR;
    await world.followed();
    expect(await world.overdue()).toEqual([
      `${LAND} 30000 since ${DAY}: incomplete`,
      `unassigned 70000 since ${MONDAY}: provider_day_open`,
    ]);
  });

  it('is told of however long the bank does not execute its order', async () => {
    const world = await creditedWorld();
    await world.ordered();
    for (const days of [5, 120, 60, 400]) {
      world.clock.at += days * 24 * HOUR;
      // Also where the list is gone.
      await world.files.writeText(OVERDUE_KEY, 'application/json', JSON.stringify({ v: 1, asOf: 0, overdue: [] }));
      await world.followed();
      expect(await world.overdue(), `${days} days later`).toEqual([`${LAND} 100000 since ${DAY}: at_bank`]);
    }
  });

  it('is told of though no look was there before it was old, and many batches came after it', async () => {
    const world = await creditedWorld();
    await world.ordered();
    const paid = await world.paid(fee(40_000), { day: MONDAY, by: 'transfer' });
    await world.stated(MONDAY, [{ reference: paid.transactionId, amount: 40_000 }]);
    for (let rejected = 0; rejected < 60; rejected += 1)
      await world.decided((await world.proposed()).remittanceId, 'reject');
    world.clock.at += 400 * 24 * HOUR;
    await world.followed();
    expect(await world.overdue()).toContain(`${LAND} 100000 since ${DAY}: at_bank`);
  });

  it('is confirmed however late its debit comes, also where no look was there before', async () => {
    const world = await creditedWorld();
    const batch = await world.ordered();
    const late = addDays(DAY, 200);
    await world.stated(late, [debit(batch, 100_000)]);
    world.clock.at = startOfDay(addDays(late, 1)) + 10 * HOUR;
    await world.followed();
    expect(await world.remittances.find(batch.remittanceId)).toMatchObject({ state: 'confirmed' });
    expect(await world.overdue()).toEqual([]);
  });

  it('is told of though what was left behind comes to nothing together', async () => {
    const world = await remittanceWorld();
    const first = await world.paid(fee(30_000), { by: 'transfer' });
    await world.stated(DAY, [{ reference: first.transactionId, amount: 30_000 }]);
    await world.ordered();
    const fees = [
      { kind: 'phi' as const, amount: 30_000, beneficiary: 'new' },
      { kind: 'le_phi' as const, amount: 5_000, beneficiary: 'fund' },
    ];
    const second = await world.paid(fees, { day: MONDAY, by: 'transfer' });
    await world.stated(MONDAY, [{ reference: second.transactionId, amount: 35_000 }]);
    await world.givenBack(first.number);
    expect(await world.ordered()).toMatchObject({ left: 0, orders: [{ amount: 5_000 }] });
    world.clock.at = startOfDay(WEDNESDAY) + 10 * HOUR;
    await world.followed();
    expect(await world.overdue()).toContain(`${LAND} 30000 since ${MONDAY}: incomplete`);
  });
});

describe('an account that nobody has said is paid on from', () => {
  it('is late with nothing, before its first batch or that of the account before it', async () => {
    const world = await creditedWorld();
    for (const one of world.accounts) delete one.paidOnFrom;
    world.clock.at = startOfDay(WEDNESDAY);
    expect(await world.followed()).toMatchObject({ overdue: 0 });
    const { remittanceId } = await world.proposed();
    expect(await world.followed()).toMatchObject({ overdue: 1 });
    await world.decided(remittanceId, 'reject');
    expect(await world.followed()).toMatchObject({ overdue: 1 });
    const book = world.paidOutTo('9876543210', WEDNESDAY);
    const paid = await world.paid(fee(40_000), { day: WEDNESDAY });
    await world.settled(WEDNESDAY, [{ id: paid.transactionId, amount: 40_000 }]);
    const text = `SANDBOX BANK PAYOUT ${WEDNESDAY.replaceAll('-', '')}`;
    await world.stated(addDays(WEDNESDAY, 1), [{ reference: 'PO', amount: 40_000, text }], { book });
    world.clock.at = startOfDay(addDays(WEDNESDAY, 9));
    await world.followed();
    expect(await world.overdue()).toContain(`${LAND} 40000 since ${addDays(WEDNESDAY, 1)}: not_proposed`);
  });
});

describe('what a look reads', () => {
  /** Objects that one look reads. */
  async function readsOf(world: RemittanceWorld): Promise<number> {
    let reads = 0;
    const counted = (names: readonly string[]) =>
      new Proxy(world.files, {
        get: (target, name) => {
          if (names.includes(String(name))) reads += 1;
          return Reflect.get(target, name).bind(target);
        },
      });
    const ports = { runs: counted(['lines']), contents: counted(['readText']), lists: world.files };
    await followRemittances({ ...world.dependencies, ...ports }, (_, error) => {
      throw error;
    });
    return reads;
  }

  it('is read once, however many days wait to be paid on', async () => {
    const world = await creditedWorld();
    await world.ordered();
    for (let at = 1; at <= 12; at += 1) {
      const { transactionId } = await world.paid(fee(1_000), { day: addDays(DAY, at), by: 'transfer' });
      await world.stated(addDays(DAY, at), [{ reference: transactionId, amount: 1_000 }]);
    }
    world.clock.at = startOfDay(addDays(DAY, 20)) + 10 * HOUR;
    expect(await readsOf(world)).toBeGreaterThan(12);
    const told = await world.overdue();
    expect(told).toContain(`${LAND} 12000 since ${addDays(DAY, 1)}: not_proposed`);
    // The list before; no run and no content.
    expect(await readsOf(world)).toBe(1);
    expect(await world.overdue()).toEqual(told);
  });
});

describe('the days that a look reads', () => {
  it('are fourteen at most, and the next look goes on behind them', async () => {
    const world = await creditedWorld();
    const batch = await world.ordered();
    for (let at = 1; at <= DAYS_A_LOOK; at += 1) await world.stated(addDays(DAY, at), []);
    await world.stated(addDays(DAY, DAYS_A_LOOK + 1), [debit(batch, 100_000)]);
    await world.followed();
    expect(await world.remittances.followedTo(BOOK)).toBe(addDays(DAY, DAYS_A_LOOK - 1));
    expect(await world.remittances.find(batch.remittanceId)).toMatchObject({ state: 'exported' });
    await world.followed();
    expect(await world.remittances.find(batch.remittanceId)).toMatchObject({ state: 'confirmed' });
  });

  it('hold the day before an export, though it was looked through before', async () => {
    const world = await creditedWorld();
    await world.ordered();
    const paid = await world.paid(fee(50_000), { day: MONDAY, by: 'transfer' });
    await world.stated(MONDAY, [{ reference: paid.transactionId, amount: 50_000 }]);
    const { remittanceId } = await world.proposed();
    await world.decided(remittanceId, 'approve');
    const read: string[] = [];
    const between: typeof world.days.between = (book, from, to) => {
      read.push(from);
      return world.days.between(book, from, to);
    };
    const look = async () => {
      const days = new Proxy(world.days, {
        get: (target, name) => (name === 'between' ? between : Reflect.get(target, name).bind(target)),
      });
      await followRemittances({ ...world.dependencies, days, lists: world.files }, (_, error) => {
        throw error;
      });
      return read[0];
    };
    await look();
    expect(await world.remittances.followedTo(BOOK)).toBe(MONDAY);
    world.clock.at = startOfDay(TUESDAY) + 9 * HOUR;
    await world.exported(remittanceId);
    read.length = 0;
    expect(await look()).toBe(MONDAY);
  });
});
