import { describe, expect, it } from 'vitest';
import { account } from '../../shared/domain/ledger/ledger.ts';
import { depositMark, depositMarksIn } from '../../shared/domain/reconciliation/desk-deposits.ts';
import { addDays, startOfDay } from '../../shared/domain/time.ts';
import { settleExceptions } from '../../shared/usecases/settle-exceptions.ts';
import { DAY, LAND } from '../domain/reconciliation/samples.ts';
import { checker, type Fee, maker, type RemittanceWorld, remittanceWorld } from './remittance-world.ts';

/** A Friday and the Monday behind it. */
const MONDAY = addDays(DAY, 3);
const HOUR = 3_600_000;
const fee = (amount: number): Fee[] => [{ kind: 'le_phi', amount }];

/** The land office's desk took cash on Friday and deposits it in its account. */
async function deskWorld(amount = 100_000) {
  const world = await remittanceWorld();
  world.deposits();
  return { world, paid: await world.cash(fee(amount)) };
}

describe('cash of the desk', () => {
  it('is paid on once the statement shows its deposit, by two persons and once', async () => {
    const { world, paid } = await deskWorld();
    const online = await world.paid(fee(30_000), { by: 'transfer' });
    await world.stated(DAY, [{ reference: online.transactionId, amount: 30_000 }, ...world.depositOf(DAY)]);
    expect(world.open()).toEqual([]);
    expect(await world.isPaidOn(paid.number)).toBe('no');
    const batch = await world.ordered();
    expect(batch).toMatchObject({ received: 130_000, fees: 0, uncovered: 0, unaccounted: 0 });
    expect(batch.orders).toMatchObject([{ amount: 130_000, payee: { form: 'C1-03/NS', accountNumber: '7111' } }]);
    expect(await world.isPaidOn(paid.number)).toBe('yes');
    await world.stated(MONDAY, [{ reference: 'OUT', amount: -130_000, text: batch.orders[0]?.orderId ?? '' }]);
    await world.followed();
    expect(await world.remittances.find(batch.remittanceId)).toMatchObject({ state: 'confirmed' });
    expect(await world.due()).toMatchObject({ orders: [], left: [] });
  });

  it('that was not deposited by ten on the next working day is told of, until it is', async () => {
    const { world } = await deskWorld();
    const ten = startOfDay(MONDAY) + 10 * HOUR;
    const at = async (instant: number) => {
      world.clock.at = instant;
      await world.followed();
      return world.overdue();
    };
    await world.stated(DAY, []);
    expect(await at(ten - 1)).toEqual([]);
    expect(await at(ten)).toEqual([`${LAND} 100000 since ${DAY}: at_desk`]);
    await world.stated(MONDAY, world.depositOf(DAY));
    expect(await at(startOfDay(addDays(MONDAY, 1)) + 9 * HOUR)).toEqual([]);
  });

  it('that was given back is in no deposit, and in no order', async () => {
    const { world, paid } = await deskWorld();
    await world.cash(fee(70_000));
    world.clock.at = startOfDay(DAY) + 15 * HOUR;
    await world.givenBack(paid.number, { amount: 40_000, how: 'cash' });
    expect(world.depositOf(DAY)).toMatchObject([{ amount: 130_000 }]);
    await world.stated(DAY, world.depositOf(DAY));
    expect(await world.due()).toMatchObject({ received: 130_000, uncovered: 0, orders: [{ amount: 130_000 }] });
  });

  it('that was given back for other money of the account nets there, and nobody has to cover it', async () => {
    const { world } = await deskWorld();
    const online = await world.paid(fee(30_000), { by: 'transfer' });
    await world.stated(DAY, [{ reference: online.transactionId, amount: 30_000 }, ...world.depositOf(DAY)]);
    await world.ordered();
    await world.cash(fee(90_000), MONDAY);
    world.clock.at = startOfDay(MONDAY) + 15 * HOUR;
    await world.givenBack(online.number, { how: 'cash' });
    await world.stated(MONDAY, world.depositOf(MONDAY));
    expect(await world.due()).toMatchObject({ received: 60_000, uncovered: 0, orders: [{ amount: 60_000 }] });
  });

  it.each<[string, (world: RemittanceWorld) => Promise<unknown>]>([
    ['a day before its deposits were waited for', (world) => world.cash(fee(40_000))],
    ['another account', (world) => world.paid(fee(40_000))],
  ])(
    'that was given back for money of %s is missing in the deposit, and covered by whoever pays out',
    async (_, pay) => {
      const world = await remittanceWorld();
      world.deposits(MONDAY);
      const { number } = (await pay(world)) as { number: string };
      await world.stated(DAY, []);
      await world.cash(fee(90_000), MONDAY);
      world.clock.at = startOfDay(MONDAY) + 15 * HOUR;
      await world.givenBack(number, { how: 'cash' });
      await world.stated(MONDAY, world.depositOf(MONDAY));
      expect(await world.due()).toMatchObject({ received: 50_000, uncovered: 40_000, orders: [{ amount: 90_000 }] });
    },
  );

  it('that was given back on a later day, of money that the treasury has, is covered too', async () => {
    const { world, paid } = await deskWorld(40_000);
    await world.stated(DAY, world.depositOf(DAY));
    await world.ordered();
    await world.cash(fee(90_000), MONDAY);
    world.clock.at = startOfDay(MONDAY) + 15 * HOUR;
    await world.givenBack(paid.number, { how: 'cash', byHand: 'MONEY_AT_TREASURY' });
    await world.stated(MONDAY, world.depositOf(MONDAY));
    expect(await world.due()).toMatchObject({ received: 50_000, uncovered: 40_000, orders: [{ amount: 90_000 }] });
  });

  it('is a difference where the bank was given another sum', async () => {
    const { world } = await deskWorld();
    await world.stated(
      DAY,
      world.depositOf(DAY).map((line) => ({ ...line, amount: 99_000 })),
    );
    expect(world.open()).toMatchObject([expect.stringMatching(/^AMOUNT_UNDER deposit:H29.12:/)]);
    expect(await world.due()).toMatchObject({ orders: [] });
  });

  it('of which the bank was given less, as two persons accept, is less in the drawer and in no later deposit', async () => {
    const { world } = await deskWorld();
    await world.stated(
      DAY,
      world.depositOf(DAY).map((line) => ({ ...line, amount: 99_000 })),
    );
    const deposits = await world.cash(fee(20_000), MONDAY).then(() => world.depositOf(MONDAY));
    world.clock.at = startOfDay(MONDAY) + 9 * HOUR;
    const places = world.work.contents().exceptions.filter(({ state }) => state === 'OPEN');
    const resolution = { kind: 'write-off' as const, merchantAccountId: 'land-main' };
    const propose = { action: 'propose' as const, resolution, reason: 'bank_error' as const };
    await settleExceptions(places, propose, maker, 'key-desk-1', world.dependencies);
    await settleExceptions(places, { action: 'approve' }, checker, 'key-desk-2', world.dependencies);
    expect(world.journal.entries().filter(({ kind }) => kind === 'correction')).toMatchObject([
      {
        lines: [
          { side: 'credit', account: account.desk(LAND, 'cash'), amount: 1_000 },
          { side: 'debit', account: account.shortfall(LAND), amount: 1_000 },
        ],
      },
    ]);
    await world.stated(MONDAY, deposits);
    expect(world.open()).toEqual([]);
    expect(await world.due()).toMatchObject({ received: 119_000, uncovered: 1_000, orders: [{ amount: 120_000 }] });
  });

  it('is waited for from the first day that its agency says, and by no other account', async () => {
    const { world, paid } = await deskWorld();
    world.deposits(MONDAY);
    await world.cash(fee(20_000), MONDAY);
    await world.stated(DAY, []);
    await world.stated(MONDAY, world.depositOf(MONDAY));
    expect(world.open()).toEqual([]);
    expect(await world.due()).toMatchObject({ orders: [{ amount: 20_000 }] });
    expect(await world.isPaidOn(paid.number)).toBe('unknown');
    world.clock.at = startOfDay(addDays(MONDAY, 2)) + 10 * HOUR;
    await world.followed();
    expect(await world.overdue()).toEqual([`${LAND} 20000 since ${MONDAY}: not_proposed`]);
    world.agencies.clear();
    expect(await world.isPaidOn(paid.number)).toBe('no');
  });
});

it('a slip is known by its agency and day, however they are written', () => {
  const days = new Map([
    ['20261120', '2026-11-20'],
    ['20112026', '2026-11-20'],
  ]);
  for (const text of ['NOPTIENQUAYH291220261120', 'KTXNOPTIENQUAYH2912NGAY20112026SO5', 'NOPTIENQUAYH29122011202677'])
    expect(depositMarksIn(text, days), text).toEqual([depositMark('H29.12', '2026-11-20')]);
  // Of a code that ends like a year the day may begin twice.
  const later = new Map([...days, ['20261126', '2026-11-26'] as const, ['26112026', '2026-11-26'] as const]);
  for (const text of ['NOPTIENQUAYH292026112026', 'NOPTIENQUAYH2920NGAY26112026', 'NOPTIENQUAYH292020261126'])
    expect(depositMarksIn(text, later), text).toEqual([depositMark('H29.20', '2026-11-26')]);
  for (const text of ['NOPTIENH291220261120', 'NOPTIENQUAYH291220261121', 'NOPTIENQUAY20261120SO5'])
    expect(depositMarksIn(text, days), text).toEqual([]);
});
