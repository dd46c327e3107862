import { expect, it, vi } from 'vitest';
import { addDays } from '../../shared/domain/time.ts';
import { DAY } from '../domain/reconciliation/samples.ts';
import { type RemittanceWorld, remittanceWorld } from './remittance-world.ts';

/** With batches of at most three movements. */

vi.mock(import('../../shared/domain/remittance/remittance.ts'), async (original) => ({
  ...(await original()),
  MAX_COUNTED: 3 as number as 10_000,
}));

const NEXT = addDays(DAY, 1);

/** As many payments of a day, settled and credited with what else its file has. */
async function paidOn(world: RemittanceWorld, day: string, { count = 0, amount = 0, strange = 0 }): Promise<void> {
  const lines = strange > 0 ? [{ id: 'STRANGE', amount: strange }] : [];
  for (let at = 0; at < count; at++) {
    const { transactionId } = await world.paid([{ kind: 'le_phi', amount }], { day });
    lines.push({ id: transactionId, amount });
  }
  await world.settled(day, lines);
  const text = `SANDBOX BANK PAYOUT ${day.replaceAll('-', '')}`;
  await world.stated(day, [{ reference: `PO${day}`, amount: count * amount + strange, text }]);
}

it('what was paid on of a payout that still carries something takes no room of the next batch', async () => {
  const world = await remittanceWorld();
  await paidOn(world, DAY, { count: 3, amount: 10_000, strange: 5_000 });
  expect(await world.ordered()).toMatchObject({ through: DAY, received: 35_000, unaccounted: 5_000 });
  await paidOn(world, NEXT, { count: 2, amount: 20_000 });
  expect(await world.due()).toMatchObject({
    ...{ through: NEXT, partOf: null, received: 40_000, unaccounted: 5_000 },
    orders: [{ amount: 40_000 }],
  });
});

it('what was entered late of a payout that was claimed before is no money of a part of another day', async () => {
  const world = await remittanceWorld();
  await paidOn(world, DAY, { count: 1, amount: 10_000, strange: 5_000 });
  await world.ordered();
  await world.paid([{ kind: 'le_phi', amount: 5_000 }], { as: 'STRANGE', day: NEXT });
  await paidOn(world, NEXT, { count: 4, amount: 20_000 });
  const [part, last] = [await world.ordered(), await world.ordered()];
  expect(part).toMatchObject({ partOf: NEXT, received: 40_000, orders: [{ amount: 45_000 }] });
  expect(last).toMatchObject({ through: NEXT, received: 40_000, orders: [{ amount: 40_000 }] });
});
