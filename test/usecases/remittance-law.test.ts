import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BookId } from '../../shared/domain/reconciliation/book-day.ts';
import type { Remittance } from '../../shared/domain/remittance/remittance.ts';
import { addDays, startOfDay } from '../../shared/domain/time.ts';
import { readContent } from '../../shared/usecases/remitted-movements.ts';
import { DAY, LAND } from '../domain/reconciliation/samples.ts';
import { BOOK, maker, type RemittanceWorld, remittanceWorld } from './remittance-world.ts';

/**
 * The law of paying out, over any interleaving of payments, cash of the desk, settlements, fees, late entries, write-offs, a bank account that becomes another one, purses registered late, refunds, reversals and batches: each dong is paid on
 * at most once, and what is due, what stands in batches and what was paid on together are what was settled.
 */

type By = 'provider' | 'transfer' | 'cash';
type Op =
  | {
      op: 'pay';
      by: By;
      kind: 'phi' | 'le_phi' | 'thue';
      amount: number;
      purse: string;
      late: boolean;
    }
  | { op: 'refund'; which: number; permille: number; cash: boolean }
  | { op: 'reverse'; which: number }
  /** What our books lacked is entered; a transfer that never came is written off. */
  | { op: 'enter' | 'writeOff'; which: number }
  /** The day ends: what of the credits, debits and returns that could come does come, bit by bit of `comes`. */
  | { op: 'day'; comes: number }
  /** `move`: from today on the provider pays out to another bank account. */
  | { op: 'register' | 'move' | 'propose' | 'approve' | 'reject' | 'export' | 'confirm' };

const anOp: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('pay' as const),
      by: fc.constantFrom('provider' as const, 'transfer' as const, 'cash' as const),
      kind: fc.constantFrom('phi' as const, 'le_phi' as const, 'thue' as const),
      amount: fc.integer({ min: 1, max: 900_000 }),
      ...{ purse: fc.constantFrom('main', 'fund', 'new'), late: fc.boolean() },
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ op: fc.constant('refund' as const), which: fc.nat(30), permille: fc.integer({ min: 1, max: 1000 }) },
      cash: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('reverse' as const), which: fc.nat(30) }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constantFrom('enter' as const, 'writeOff' as const), which: fc.nat(30) }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('day' as const), comes: fc.nat(0xffffff) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constantFrom('register', 'move', 'propose', 'propose', 'approve', 'reject', 'export', 'confirm'),
    }) as fc.Arbitrary<Op>,
  },
);

type Paid = {
  day: string;
  number: string;
  transactionId: string;
  amount: number;
  by: By;
  back: number;
  came: boolean;
  /** How it is entered, while only its provider knows it; and whether its transfer was given up. */
  enter?: (() => Promise<{ number: string }>) | undefined;
  writtenOff?: true;
};
type Model = {
  world: RemittanceWorld;
  day: string;
  paid: Paid[];
  /** In a settlement file, and not paid out by its provider yet. */
  payouts: { day: string; amount: number; paid: Paid[] }[];
  /** Days whose cash is not deposited yet. */
  undeposited: string[];
  /** The books of the account, with the newest batch of each; the last one is of today. */
  books: Map<BookId, Remittance | undefined>;
  movedOn?: string;
};

/** A refusal changes nothing, and is no matter here. */
const unlessRefused = async (call: Promise<Remittance>): Promise<Remittance | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && error.name === 'Refusal') return undefined;
    throw error;
  }
};

const batches = async ({ world }: Model): Promise<Remittance[]> =>
  world.remittances.contents().batches.filter(({ state }) => state !== 'rejected');

/** What the provider keeps of a payout. */
const feeOf = (amount: number): number => Math.floor(amount / 100);

async function endDay(model: Model, comes: number): Promise<void> {
  const { world, day } = model;
  let bit = 0;
  const happens = () => ((comes >> (bit++ % 24)) & 1) === 1;
  const settled = model.paid.filter(
    (one) => one.by === 'provider' && !one.came && one.back < one.amount && one.day >= addDays(day, -1) && happens(),
  );
  // A provider's file may have on the next day what was paid close to midnight, and no later.
  for (const one of settled) one.came = true;
  const credits: { reference: string; amount: number; text?: string }[] = [];
  const [, other] = [...model.books.keys()];
  const atOther: typeof credits = [];
  const arrived: Paid[] = [];
  for (const payout of model.payouts)
    if (happens()) {
      (model.movedOn !== undefined && payout.day >= model.movedOn ? atOther : credits).push({
        reference: `PO${payout.day}`.replaceAll('-', ''),
        amount: payout.amount - feeOf(payout.amount),
        text: `SANDBOX BANK PAYOUT ${payout.day.replaceAll('-', '')}`,
      });
      arrived.push(...payout.paid);
      payout.amount = 0;
    }
  model.payouts = model.payouts.filter(({ amount }) => amount > 0);
  for (const one of model.paid)
    if (one.by === 'transfer' && !one.came && !one.writtenOff && happens()) {
      one.came = true;
      credits.push({ reference: one.transactionId, amount: one.amount });
    }
  model.undeposited.push(day);
  for (const of of model.undeposited)
    if (world.depositOf(of).length === 0 || happens()) {
      credits.push(...world.depositOf(of));
      for (const one of model.paid) if (one.by === 'cash' && one.day === of) one.came = true;
      model.undeposited = model.undeposited.filter((other) => other !== of);
    }
  for (const batch of await batches(model))
    for (const { orderId, how, state, amount } of batch.orders) {
      if (batch.exportedAt === undefined || how !== 'transfer') continue;
      const lines = batch.book === other ? atOther : credits;
      if (state === 'waiting' && happens()) lines.push({ reference: `OUT${orderId}`, amount: -amount, text: orderId });
      else if (state === 'paid' && happens())
        lines.push({ reference: `IN${orderId}${day}`.replaceAll('-', ''), amount, text: orderId });
    }
  const sum = settled.reduce((total, { amount }) => total + amount, 0);
  await world.settled(
    day,
    settled.map(({ transactionId, amount }) => ({ id: transactionId, amount })),
    { fee: feeOf(sum) },
  );
  if (sum > 0) model.payouts.push({ day, amount: sum, paid: settled });
  await world.stated(day, credits);
  if (other) await world.stated(day, atOther, { book: other });
  model.day = addDays(day, 1);
  world.clock.at = Math.max(world.clock.at, startOfDay(model.day) + 10 * 3_600_000);
}

async function carryOut(model: Model, op: Op): Promise<void> {
  const { world, day, paid } = model;
  world.clock.at += 60_000;
  switch (op.op) {
    case 'pay': {
      const { by, kind, amount, purse } = op;
      const fees = [{ kind, amount, beneficiary: purse }];
      if (op.late && by === 'provider') {
        const as = `L${paid.length}`;
        const enter = () => world.paid(fees, { day: model.day, by, as });
        paid.push({ number: '', transactionId: as, amount, day, by, back: 0, came: false, enter });
      } else if (by === 'cash') paid.push({ ...(await world.cash(fees, day)), day, by, back: 0, came: false });
      else paid.push({ ...(await world.paid(fees, { day, by })), day, by, back: 0, came: false });
      return;
    }
    case 'enter': {
      // Before it is in a file it is a payment as any other.
      const late = paid.filter(({ enter, came }) => enter && came);
      const one = late[op.which % Math.max(late.length, 1)];
      if (!one?.enter) return;
      one.number = (await one.enter()).number;
      one.enter = undefined;
      return;
    }
    case 'writeOff': {
      const missing = paid.filter((one) => one.by === 'transfer' && !one.came && !one.writtenOff);
      const one = missing[op.which % Math.max(missing.length, 1)];
      if (!one) return;
      await world.writtenOff([`mov_bank_1234567890_${one.transactionId}@${one.number}`], []);
      one.writtenOff = true;
      return;
    }
    case 'refund': {
      const one = paid[op.which % Math.max(paid.length, 1)];
      if (!one || one.enter || one.back === one.amount) return;
      const amount = Math.max(1, Math.floor(((one.amount - one.back) * op.permille) / 1000));
      one.back +=
        (await world.givenBack(one.number, {
          amount,
          how: one.by === 'cash' ? 'cash' : op.cash ? 'transferred' : 'provider',
        })) ?? 0;
      return;
    }
    case 'reverse': {
      const one = paid[op.which % Math.max(paid.length, 1)];
      // What was refunded is not reversed (ADR 111); what its provider has not told of yet is not in its file then.
      if (!one || one.enter || one.back > 0) return;
      // What was taken at the desk goes back out of the drawer of that day.
      await world.reversed(one.number);
      one.back = one.amount;
      return;
    }
    case 'day':
      return endDay(model, op.comes);
    case 'register': {
      // A purse that nobody knew when it was paid; a second record is refused.
      const record = await world.beneficiaries.at(LAND, 'main', DAY);
      if (record) await world.beneficiaries.add({ ...record, beneficiary: 'new', effectiveFrom: model.day }, undefined);
      return;
    }
    case 'move':
      if (model.books.size > 1) return;
      model.books.set(world.paidOutTo('9876543210', day), undefined);
      model.movedOn = day;
      return;
    case 'propose':
      for (const [book, newest] of model.books)
        model.books.set(book, (await unlessRefused(world.proposed(undefined, maker, book))) ?? newest);
      return;
    case 'approve':
    case 'reject':
      for (const newest of model.books.values())
        if (newest) await unlessRefused(world.decided(newest.remittanceId, op.op));
      return;
    case 'export':
      for (const newest of model.books.values()) if (newest) await unlessRefused(world.exported(newest.remittanceId));
      return;
    case 'confirm':
      for (const { remittanceId } of await batches(model)) await unlessRefused(world.confirmed(remittanceId));
  }
}

const sum = (amounts: readonly { amount: number }[]): number =>
  amounts.reduce((total, { amount }) => total + amount, 0);

async function proveLaw(model: Model, settled: readonly Paid[]): Promise<void> {
  const { world } = model;
  const live = await batches(model);
  const counted: string[] = [];
  for (const batch of live)
    for (const line of await readContent(batch, world.files)) if ('counted' in line) counted.push(line.counted.key);
  expect(new Set(counted).size).toBe(counted.length);
  const orders = live.flatMap((batch) => batch.orders);
  expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(orders.length);
  const standing = orders.filter(({ state }) => state !== 'returned').flatMap(({ lines }) => lines);
  const due = await Promise.all([...model.books.keys()].map((book) => world.due(undefined, book)));
  const unknown = settled.filter(({ enter }) => enter);
  expect(due.reduce((total, { unaccounted }) => total + unaccounted, 0)).toBe(sum(unknown));
  const net = settled.filter(({ enter }) => !enter).reduce((total, { amount, back }) => total + amount - back, 0);
  const isDue = due.flatMap(({ orders: wanted, left }) => [...wanted.flatMap(({ lines }) => lines), ...left]);
  expect(sum(isDue) + sum(standing)).toBe(net);
  const entered = world.journal.entries().filter(({ kind }) => kind === 'remittance');
  const remitted = entered.flatMap(({ lines }) => lines).filter(({ account }) => account.startsWith('remitted:'));
  const paidOut = orders.filter(({ state }) => state === 'paid');
  expect(
    sum(remitted.filter(({ side }) => side === 'credit')) - sum(remitted.filter(({ side }) => side === 'debit')),
  ).toBe(sum(paidOut));
}

it('each dong is paid on at most once, and due, batched and paid on are what was settled', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anOp, { minLength: 8, maxLength: 40 }), async (ops) => {
      const model: Model = {
        world: await remittanceWorld(),
        day: DAY,
        paid: [],
        payouts: [],
        undeposited: [],
        books: new Map([[BOOK, undefined]]),
      };
      model.world.deposits();
      model.world.clock.at = startOfDay(DAY) + 10 * 3_600_000;
      for (const op of ops) await carryOut(model, op);
      const waiting = new Set(model.payouts.flatMap(({ paid }) => paid));
      await proveLaw(
        model,
        model.paid.filter((one) => one.came && !waiting.has(one)),
      );
    }),
    { numRuns: 60 },
  );
});
