import { describe, expect, it } from 'vitest';
import { bytesOf, MAX_BYTES, type Remittance } from '../../shared/domain/remittance/remittance.ts';
import { addDays } from '../../shared/domain/time.ts';
import { readContent } from '../../shared/usecases/remitted-movements.ts';
import { DAY, LAND } from '../domain/reconciliation/samples.ts';
import { BOOK, type RemittanceWorld, remittanceWorld } from './remittance-world.ts';

/** A single day of an account that no batch holds: more payees than fit into one item. */

const MONDAY = addDays(DAY, 3);
const PURSES = 700;
const AMOUNT = 1_000;

async function largeDay(world: RemittanceWorld, by: 'transfer' | 'provider') {
  const record = await world.beneficiaries.at(LAND, 'main', DAY);
  if (!record) throw new Error('no record');
  const paid: { number: string; transactionId: string; amount: number }[] = [];
  for (let at = 0; at < PURSES; at += 10) {
    const purses = Array.from({ length: 10 }, (_, one) => `purse-${at + one}`);
    for (const beneficiary of purses) await world.beneficiaries.add({ ...record, beneficiary }, undefined);
    const fees = purses.map((beneficiary) => ({ kind: 'le_phi' as const, amount: AMOUNT, beneficiary }));
    paid.push(await world.paid(fees, { by }));
  }
  return paid;
}

/** Batch after batch until nothing is due. */
async function allOrdered(world: RemittanceWorld): Promise<Remittance[]> {
  const batches: Remittance[] = [];
  while ((await world.due()).orders.length > 0) batches.push(await world.ordered());
  return batches;
}

async function countedIn(world: RemittanceWorld, batches: readonly Remittance[]): Promise<string[]> {
  const contents = await Promise.all(batches.map((batch) => readContent(batch, world.files)));
  return contents.flat().flatMap((line) => ('counted' in line ? line.counted.key : []));
}

const paidTo = (batches: readonly Remittance[]) => {
  const sums = new Map<string, number>();
  for (const { payee, amount } of batches.flatMap(({ orders }) => orders))
    sums.set(payee.beneficiary, (sums.get(payee.beneficiary) ?? 0) + amount);
  return sums;
};

describe('a day above the limits of a batch', () => {
  it('is paid on in several, each of which is one item, and every movement once', async () => {
    const world = await remittanceWorld();
    const paid = await largeDay(world, 'transfer');
    await world.stated(
      DAY,
      paid.map(({ transactionId, amount }) => ({ reference: transactionId, amount })),
    );
    expect(await world.due()).toMatchObject({ from: null, through: null, partOf: DAY });
    const batches = await allOrdered(world);
    expect(batches.length).toBeGreaterThan(2);
    const last = batches.length - 1;
    expect(batches.map(({ partOf, through }) => [partOf, through])).toEqual(
      batches.map((_, at) => (at < last ? [DAY, null] : [undefined, DAY])),
    );
    for (const batch of batches) expect(bytesOf(batch)).toBeLessThanOrEqual(MAX_BYTES);
    expect(batches.reduce((sum, { received }) => sum + received, 0)).toBe(PURSES * AMOUNT);
    const counted = await countedIn(world, batches);
    expect(new Set(counted).size).toBe(counted.length);
    expect(counted.length).toBe(paid.length);
    expect([...paidTo(batches)].filter(([, amount]) => amount !== AMOUNT)).toEqual([]);
    expect(paidTo(batches).size).toBe(PURSES);
    expect(await world.remittances.head(BOOK)).toMatchObject({ through: DAY });
  });

  it('counts a credit once that came without an invoice and was moved to one', async () => {
    const world = await remittanceWorld();
    const moved = [
      await world.moved([{ kind: 'le_phi', amount: 9_000 }]),
      await world.moved([{ kind: 'phi', amount: 3_000 }]),
    ];
    const paid = [...(await largeDay(world, 'transfer')), ...moved];
    await world.stated(
      DAY,
      paid.map(({ transactionId, amount }) => ({ reference: transactionId, amount })),
    );
    const batches = await allOrdered(world);
    const counted = await countedIn(world, batches);
    expect(new Set(counted).size).toBe(counted.length);
    expect(counted.filter((key) => key.includes('=')).length).toBe(moved.length);
    expect(batches.reduce((sum, { received }) => sum + received, 0)).toBe(PURSES * AMOUNT + 12_000);
    expect(paidTo(batches).size).toBe(PURSES + 1);
    expect(batches.at(-1)?.partOf).toBeUndefined();
  });

  it('is cut in the same place whenever it is drafted, and a rejected part comes again', async () => {
    const world = await remittanceWorld();
    const paid = await largeDay(world, 'transfer');
    await world.stated(
      DAY,
      [...paid].reverse().map(({ transactionId, amount }) => ({ reference: transactionId, amount })),
    );
    const { sha256 } = await world.due();
    expect((await world.due()).sha256).toBe(sha256);
    const { remittanceId } = await world.proposed();
    const rest = await world.due();
    await world.decided(remittanceId, 'reject');
    const again = await world.ordered();
    expect(again.partOf).toBe(DAY);
    expect((await world.due()).orders.length).toBe(rest.orders.length);
  });

  it('ends with what its payout came to beyond its movements, and nets what went back meanwhile', async () => {
    const world = await remittanceWorld();
    const paid = await largeDay(world, 'provider');
    const total = PURSES * AMOUNT;
    await world.settled(
      DAY,
      [...paid.map(({ transactionId, amount }) => ({ id: transactionId, amount })), { id: 'LOST', amount: 5_000 }],
      { fee: 700 },
    );
    await world.stated(DAY, [
      { reference: 'PO', amount: total + 5_000 - 700, text: `SANDBOX BANK PAYOUT ${DAY.replaceAll('-', '')}` },
    ]);
    const first = await world.ordered();
    expect(first).toMatchObject({ partOf: DAY, fees: 0, uncovered: 0, unaccounted: 0 });
    const keys = new Set(await countedIn(world, [first]));
    const counted = paid.find(({ transactionId }) => [...keys].some((key) => key.includes(`_${transactionId}@`)));
    const back = await world.givenBack(counted?.number ?? '', { amount: AMOUNT });
    expect(back).toBe(AMOUNT);
    const batches = [first, ...(await allOrdered(world))];
    expect(batches.at(-1)).toMatchObject({ through: DAY, fees: 700, uncovered: 700, unaccounted: 5_000 });
    expect(batches.reduce((sum, { received }) => sum + received, 0)).toBe(total + 5_000 - 700);
    const sent = [...paidTo(batches).values()].reduce((sum, amount) => sum + amount, 0);
    const left = (await world.due()).left.reduce((sum, { amount }) => sum + amount, 0);
    expect(sent + left).toBe(total - AMOUNT);
  });

  it('is not told of twice while some of it is on its way', async () => {
    const world = await remittanceWorld();
    const paid = await largeDay(world, 'transfer');
    await world.stated(
      DAY,
      paid.map(({ transactionId, amount }) => ({ reference: transactionId, amount })),
    );
    await world.ordered();
    world.clock.at = Date.parse(`${MONDAY}T10:00:00+07:00`);
    await world.followed();
    const listed = await world.overdue();
    const sum = listed.reduce((all, one) => all + Number(one.split(' ')[1]), 0);
    expect(sum).toBe(PURSES * AMOUNT);
    expect(listed.map((one) => one.split(': ')[1]).sort()).toEqual(['at_bank', 'not_proposed']);
  });
});
