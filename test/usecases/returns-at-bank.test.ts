import { describe, expect, it } from 'vitest';
import { account } from '../../shared/domain/ledger/ledger.ts';
import type { Exception } from '../../shared/domain/reconciliation/exception.ts';
import type { GivenBack } from '../../shared/domain/refund/decide.ts';
import { paymentOrderOf } from '../../shared/domain/refund/payment-order.ts';
import { type HandReason, refundReference } from '../../shared/domain/refund/refund.ts';
import { addDays } from '../../shared/domain/time.ts';
import { matchAccount } from '../../shared/usecases/match-account.ts';
import { settleExceptions } from '../../shared/usecases/settle-exceptions.ts';
import { DAY, LAND } from '../domain/reconciliation/samples.ts';
import { BOOK, checker, maker, type RemittanceWorld, remittanceWorld } from './remittance-world.ts';

/** Money that leaves an account by an order of ours, and what its bank shows of it. DAY is a Friday, Tuesday a holiday. */

const NEXT = addDays(DAY, 3);
/** Behind the second working day after {@link NEXT}. */
const LATE = addDays(DAY, 7);

type Returned = { key: string; reference: string; text: string; amount: number };

/** Somebody paid straight to the account, the bank credited it, and it went back by hand the working day after. */
async function returned(
  world: RemittanceWorld,
  { how = 'transferred', byHand = 'PROVIDER_CANNOT' }: { how?: GivenBack; byHand?: HandReason } = {},
): Promise<Returned> {
  const { number, amount } = await world.paid([{ kind: 'phi', amount: 100_000 }], { by: 'transfer' });
  world.clock.at = Date.parse(`${NEXT}T10:00:00+07:00`);
  await world.givenBack(number, { how, byHand });
  const [refund] = Object.values(world.invoice(number).refunding?.refunds ?? {});
  if (!refund) throw new Error('nothing was given back');
  const reference = refundReference(refund.refundId);
  const { content } = paymentOrderOf(world.invoice(number), refund, undefined);
  return { key: `mov_manual_^${reference}@${number}`, reference, text: content, amount };
}

const credits = (world: RemittanceWorld) =>
  world.journal
    .entries()
    .filter(({ kind }) => kind === 'payment')
    .map(({ transactionId, amount }) => ({ reference: transactionId, amount: amount as number }));
const totals = async (world: RemittanceWorld, day: string) => (await world.days.find(BOOK, day))?.run?.totals;
const stated = (world: RemittanceWorld, day: string, lines: Parameters<RemittanceWorld['stated']>[1]) =>
  world.stated(day, lines, { close: false });

function only(world: RemittanceWorld): Exception {
  const open = world.work.contents().exceptions.filter(({ state }) => state === 'OPEN');
  expect(open).toHaveLength(1);
  return open[0] as Exception;
}

/** Written off by two persons; what was posted. */
async function writtenOff(world: RemittanceWorld, difference: Exception) {
  const resolution = { kind: 'write-off' as const, merchantAccountId: 'land-main' };
  const propose = { action: 'propose' as const, resolution, reason: 'bank_error' as const };
  const [proposed] = await settleExceptions([difference], propose, maker, 'key-propose', world.dependencies);
  if (proposed?.kind === 'refused') return proposed.refusal.code;
  const [approved] = await settleExceptions([difference], { action: 'approve' }, checker, 'key-ok', world.dependencies);
  if (approved?.kind === 'refused') return approved.refusal.code;
  await world.rematch();
  return world.journal
    .entries()
    .filter(({ kind }) => kind === 'correction')
    .flatMap(({ lines }) => lines.map(({ side, account: name, amount }) => `${side} ${name} ${amount}`));
}

describe('a return by hand', () => {
  it('is matched with the debit that names it, however the bank writes its content', async () => {
    const texts = (one: Returned) => [
      one.text,
      one.text.toUpperCase().replaceAll(' ', ''),
      `CK DI ${one.text} GD 998877`,
    ];
    for (const at of [0, 1, 2]) {
      const world = await remittanceWorld();
      const one = await returned(world);
      await stated(world, DAY, credits(world));
      await stated(world, NEXT, [{ reference: 'OUT1', amount: -one.amount, text: texts(one)[at] ?? '' }]);
      expect(await totals(world, NEXT)).toMatchObject({ confirmed: { count: 1, amount: -100_000 }, exceptions: {} });
      expect(world.open()).toEqual([]);
    }
  });

  it('that no bank debits is a difference once its time is over, and none once the debit comes', async () => {
    const world = await remittanceWorld();
    const one = await returned(world);
    await stated(world, DAY, credits(world));
    await stated(world, NEXT, []);
    expect(world.open()).toEqual([]);
    await stated(world, LATE, []);
    expect(world.open()).toEqual([`REFUND_UNMATCHED ${one.key}`]);
    await stated(world, addDays(LATE, 3), [{ reference: 'OUT1', amount: -one.amount, text: one.text }]);
    expect(world.open()).toEqual([]);
  });

  it('whose debit comes before anybody says so waits, and is matched when two persons have', async () => {
    const world = await remittanceWorld();
    const { number } = await world.paid([{ kind: 'phi', amount: 100_000 }], { by: 'transfer' });
    await stated(world, DAY, credits(world));
    world.clock.at = Date.parse(`${LATE}T09:00:00+07:00`);
    await world.givenBack(number, { how: 'transferred', byHand: 'PROVIDER_REFUSED' });
    const [refund] = Object.values(world.invoice(number).refunding?.refunds ?? {});
    const text = paymentOrderOf(world.invoice(number), refund as NonNullable<typeof refund>, undefined).content;
    await stated(world, NEXT, [{ reference: 'OUT1', amount: -100_000, text }]);
    expect(await totals(world, NEXT)).toMatchObject({ waiting: { theirs: { count: 1 } }, exceptions: {} });
    await stated(world, LATE, []);
    expect(await totals(world, LATE)).toMatchObject({ confirmed: { count: 1 }, exceptions: {} });
    expect(world.open()).toEqual([]);
  });

  it.each([
    ['AMOUNT_OVER', 100_500, [`credit ${account.clearing('land-main')} 500`, `debit ${account.shortfall(LAND)} 500`]],
    ['AMOUNT_UNDER', 99_500, [`debit ${account.clearing('land-main')} 500`, `credit ${account.unmatched(LAND)} 500`]],
  ])('debited with another sum tells both, and two persons settle it: %s', async (category, debited, posted) => {
    const world = await remittanceWorld();
    const one = await returned(world);
    await stated(world, DAY, credits(world));
    await stated(world, NEXT, [{ reference: 'OUT1', amount: -debited, text: one.text }]);
    const difference = only(world);
    expect(difference).toMatchObject({ category, direction: 'out', ours: 100_000, theirs: debited, agencyCode: LAND });
    expect((await writtenOff(world, difference)) as string[]).toEqual(expect.arrayContaining(posted));
    await stated(world, LATE, []);
    expect(world.open()).toEqual([]);
  });

  it('debited a second time is a duplicate, on the same day and later', async () => {
    const world = await remittanceWorld();
    const one = await returned(world);
    await stated(world, DAY, credits(world));
    await stated(world, NEXT, [{ reference: 'OUT1', amount: -one.amount, text: one.text }]);
    await stated(world, addDays(NEXT, 2), [{ reference: 'OUT2', amount: -one.amount, text: one.text }]);
    expect(only(world)).toMatchObject({ category: 'DUPLICATE_PAYMENT', ours: null, theirs: 100_000, direction: 'out' });

    const other = await remittanceWorld();
    const two = await returned(other);
    await stated(other, DAY, credits(other));
    const debit = (reference: string) => ({ reference, amount: -two.amount, text: two.text });
    await stated(other, NEXT, [debit('OUT1'), debit('OUT2')]);
    expect(only(other)).toMatchObject({ category: 'DUPLICATE_PAYMENT', ours: 100_000, theirs: 200_000 });
  });

  it('whose money comes back is a difference that names it', async () => {
    const world = await remittanceWorld();
    const one = await returned(world);
    await stated(world, DAY, credits(world));
    await stated(world, NEXT, [{ reference: 'OUT1', amount: -one.amount, text: one.text }]);
    await stated(world, LATE, [{ reference: 'BACK1', amount: one.amount, text: `TRA LAI ${one.text}` }]);
    expect(only(world)).toMatchObject({ category: 'REVERSED', theirs: 100_000 });
    // It stays what it is when the return is too long ago to be looked at.
    await stated(world, addDays(LATE, 20), []);
    expect(only(world)).toMatchObject({ category: 'REVERSED', theirs: 100_000 });
    expect(await totals(world, addDays(LATE, 20))).toMatchObject({ exceptions: { REVERSED: { count: 1 } } });
  });

  it('that our books do not know is none, whatever a payer writes', async () => {
    const world = await remittanceWorld();
    const one = await returned(world);
    await stated(world, DAY, credits(world));
    const forged = `HOAN TRA ${String(BigInt(one.reference) + 1n)}`;
    const debit = { reference: 'OUT1', amount: -one.amount, text: one.text };
    await stated(world, NEXT, [debit, { reference: 'FORGED1', amount: one.amount, text: forged }]);
    expect(await totals(world, NEXT)).toMatchObject({ waiting: { theirs: { count: 1 } }, exceptions: {} });
    await stated(world, LATE, []);
    expect(only(world)).toMatchObject({ category: 'MISSING_AT_US', theirs: 100_000 });
  });

  it('is one of several in a debit that names each of them', async () => {
    const world = await remittanceWorld();
    const [one, two] = [await returned(world), await returned(world)];
    await stated(world, DAY, credits(world));
    const both = { reference: 'OUT1', amount: -200_000, text: `HOAN TRA ${one.reference}, HOAN TRA ${two.reference}.` };
    await stated(world, NEXT, [both]);
    expect(await totals(world, NEXT)).toMatchObject({ confirmed: { count: 1, amount: -200_000 }, exceptions: {} });
    await stated(world, LATE, []);
    expect(world.open()).toEqual([]);
  });

  it('of another reference by one digit, or of an equal sum alone, is never matched for sure', async () => {
    const world = await remittanceWorld();
    const one = await returned(world);
    const wrong = `${one.reference.slice(0, -1)}${(Number(one.reference.at(-1)) + 1) % 10}`;
    await stated(world, DAY, credits(world));
    await stated(world, NEXT, [{ reference: 'OUT1', amount: -one.amount, text: `HOAN TRA ${wrong} HO SO` }]);
    expect(await totals(world, NEXT)).toMatchObject({ confirmed: { count: 0 }, suggested: { count: 0 } });
    await stated(world, LATE, []);
    expect(world.open().map((text) => text.split(' ')[0])).toEqual(['REFUND_UNMATCHED', 'REFUND_UNMATCHED']);
  });

  it.each([
    ['in cash', { how: 'cash' as const }],
    ['by the treasury’s own order', { byHand: 'MONEY_AT_TREASURY' as const }],
  ])('%s leaves no account of ours, and none is looked for', async (_, how) => {
    const world = await remittanceWorld();
    await returned(world, how);
    await stated(world, DAY, credits(world));
    await stated(world, NEXT, []);
    await stated(world, LATE, []);
    expect(world.open()).toEqual([]);
  });
});

describe('an order to pay on', () => {
  async function ordered() {
    const world = await remittanceWorld();
    const { transactionId, amount } = await world.paid([{ kind: 'le_phi', amount: 100_000 }], { by: 'transfer' });
    await world.stated(DAY, [{ reference: transactionId, amount }]);
    const { orders } = await world.ordered();
    return { world, orderId: orders[0]?.orderId ?? '' };
  }

  it.each([
    ['AMOUNT_OVER', 100_001],
    ['AMOUNT_UNDER', 99_999],
  ])(
    'debited with another sum tells both, and two persons settle it without a posting: %s',
    async (category, debited) => {
      const { world, orderId } = await ordered();
      await stated(world, NEXT, [{ reference: 'OUT1', amount: -debited, text: orderId }]);
      const difference = only(world);
      expect(difference).toMatchObject({ category, direction: 'out', ours: 100_000, theirs: debited });
      expect(await writtenOff(world, difference)).toEqual([]);
      expect(await totals(world, NEXT)).toMatchObject({ confirmed: { count: 1, amount: -debited }, exceptions: {} });
      await stated(world, LATE, []);
      expect(world.open()).toEqual([]);
    },
  );

  it('that the bank never carries out is given up by two persons, and a later debit of it is one too many', async () => {
    const { world, orderId } = await ordered();
    await stated(world, LATE, []);
    const difference = only(world);
    expect(difference).toMatchObject({ category: 'MISSING_AT_BANK', ours: 100_000, theirs: null });
    expect(await writtenOff(world, difference)).toEqual([]);
    await matchAccount(BOOK, LATE, world.dependencies);
    expect(world.open()).toEqual([]);
    await stated(world, addDays(LATE, 3), [{ reference: 'OUT1', amount: -100_000, text: orderId }]);
    expect(only(world)).toMatchObject({ category: 'DUPLICATE_PAYMENT', ours: null, theirs: 100_000 });
  });
});
