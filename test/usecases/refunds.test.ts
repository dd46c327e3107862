import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ThuphiEvent } from '../../events/index.ts';
import { moneyOf } from '../../shared/domain/invoice/invoice.ts';
import { type Dong, dong } from '../../shared/domain/money/dong.ts';
import { reversalOf } from '../../shared/domain/payment/movement.ts';
import type { RefundId } from '../../shared/domain/refund/refund.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import { endOfDay } from '../../shared/domain/time.ts';
import { makeReturnOrders } from '../../shared/usecases/make-return-orders.ts';
import { sendRefund } from '../../shared/usecases/send-refund.ts';
import { bankConfirms, bankReverses } from '../dsl/given.ts';
import {
  ACCOUNT,
  aRefundWorld,
  HOA,
  heldIn,
  LAN,
  MINH,
  PAYMENT,
  paidInvoice,
  RefundingBank,
  type RefundWorld,
  SECOND,
  WHOLE,
} from '../dsl/refunding.ts';
import { LAND, OTHER_PORTAL, POLICE } from '../dsl/world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MAIN = `payable:${LAND}:main`;
const FUND = `payable:${LAND}:fund`;
const CLEARING = 'clearing:land-one';
const heard = { acknowledgements: [], outcomes: [] };

const refusalOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof Refusal) return error.code;
      throw error;
    },
  );
const statesOf = (world: RefundWorld): string[] =>
  Object.values(world.invoice().refunding?.refunds ?? {}).map(({ state }) => state);

/** What agencies heard of the story, in the order of the events; each event keeps its contract. */
async function toldOf(world: RefundWorld): Promise<string[]> {
  await world.publish();
  const events = world.told
    .filter(({ owner }) => owner === `agency:${LAND}`)
    .map(({ event }) => ThuphiEvent.parse(event));
  return events.map(({ type }) => type);
}

describe('a refund', () => {
  it('of all of it takes two persons, one call at the bank, and leaves nothing in any account', async () => {
    const world = aRefundWorld();
    const id = await world.refundOf();
    expect(world.refund(id)).toMatchObject({ state: 'done', by: 'clerk-lan', decidedBy: 'clerk-minh', amount: WHOLE });
    expect(world.bank.calls).toEqual([`refund ${id.slice(4)}`]);
    const invoice = world.invoice();
    expect(invoice.state).toBe('refunded');
    expect([MAIN, FUND].map((account) => heldIn(invoice, account))).toEqual([0, 0]);
    expect(moneyOf(invoice)).toMatchObject({ paid: WHOLE, refunded: WHOLE, surplus: WHOLE });
    expect(await toldOf(world)).toEqual([
      'refund.requested.v1',
      'refund.approved.v1',
      'refund.completed.v1',
      'invoice.refunded.v1',
    ]);
    const [entry] = world.journal.entries().filter(({ kind }) => kind === 'refund');
    expect(entry).toMatchObject({ providerId: 'bank-one', amount: WHOLE, refunded: WHOLE });
  });

  it('in parts moves the invoice part by part, and is told part by part', async () => {
    const world = aRefundWorld();
    await world.refundOf({ amount: dong(30_000) }, 'the first key');
    expect(world.invoice().state).toBe('partially_refunded');
    await world.refundOf({}, 'the second key');
    expect(world.invoice().state).toBe('refunded');
    const told = await toldOf(world);
    expect(told.filter((type) => type.startsWith('invoice.'))).toEqual([
      'invoice.partially_refunded.v1',
      'invoice.refunded.v1',
    ]);
  });

  it('by line takes from the purse of the line', async () => {
    const world = aRefundWorld();
    await world.refundOf({ lines: [{ line: 3, amount: dong(15_000) }] });
    expect([MAIN, FUND].map((account) => heldIn(world.invoice(), account))).toEqual([85_000, 0]);
    expect(await refusalOf(world.ask({ lines: [{ line: 3, amount: dong(1) }] }, { key: 'another key' }))).toBe(
      'refund_exceeds_remainder',
    );
  });

  it('of surplus takes from surplus, and leaves the invoice paid', async () => {
    const world = aRefundWorld();
    await world.refundOf({ movementId: SECOND.movementId, amount: dong(99_999) });
    expect(world.invoice().state).toBe('paid');
    expect(heldIn(world.invoice(), `surplus:${LAND}`)).toBe(1);
    expect((await toldOf(world)).filter((type) => type.startsWith('invoice.'))).toEqual([]);
  });

  it('is due by the end of the next working day', async () => {
    const world = aRefundWorld();
    // NOW is Friday, 20 November 2026; Tuesday the 24th would be a holiday.
    const { refund } = await world.ask();
    await world.approve(refund.refundId);
    expect(world.refund(refund.refundId).dueBy).toBe(endOfDay('2026-11-23'));
    world.clock.at = Date.parse('2026-11-23T10:00:00+07:00');
    const other = await world.ask({ movementId: SECOND.movementId }, { key: 'another key' });
    await world.approve(other.refund.refundId);
    expect(world.refund(other.refund.refundId).dueBy).toBe(endOfDay('2026-11-25'));
  });

  it('is one for a key, whoever repeats what', async () => {
    const world = aRefundWorld();
    const first = await world.ask();
    expect(await world.ask()).toMatchObject({ replayed: true, refund: first.refund });
    expect(await refusalOf(world.ask({ amount: dong(1) }))).toBe('idempotency_key_reused');
    await world.approve(first.refund.refundId);
    const { version } = world.invoice();
    expect((await world.approve(first.refund.refundId)).replayed).toBe(true);
    expect(await refusalOf(world.approve(first.refund.refundId, HOA))).toBe('refund_not_pending');
    expect(world.invoice().version).toBe(version);
  });

  it.each([
    ['of an unpaid invoice', { state: 'open', movements: {}, due: WHOLE }, {}, 'invoice_not_paid'],
    ['of money that is not there', {}, { movementId: 'mov_bank-one_T9' }, 'money_not_refundable'],
    ['of more than there is', {}, { amount: dong(100_001) }, 'refund_exceeds_remainder'],
    ['of a line that is not there', {}, { lines: [{ line: 4, amount: dong(1) }] }, 'unprocessable'],
    [
      'of lines that are not the amount',
      {},
      { amount: dong(2), lines: [{ line: 1, amount: dong(1) }] },
      'unprocessable',
    ],
    [
      'of lines of money that has none',
      {},
      { movementId: SECOND.movementId, lines: [{ line: 1, amount: dong(50) }] },
      'unprocessable',
    ],
    ['for a reason of surplus', {}, { reason: 'OVERPAYMENT' }, 'reason_not_applicable'],
    ['to a bank that there is not', {}, { account: { ...ACCOUNT, bankBin: '123456' } }, 'account_invalid'],
    ['to an account of three digits', {}, { account: { ...ACCOUNT, number: '123' } }, 'account_invalid'],
  ] as const)('%s is refused, and changes nothing', async (_, invoice, asked, code) => {
    const world = aRefundWorld(paidInvoice(invoice as object));
    const before = structuredClone(world.invoice());
    expect(await refusalOf(world.ask(asked as object))).toBe(code);
    expect(world.invoice()).toEqual(before);
  });

  it('of one of several payments must name it', async () => {
    const part = (name: string) => ({
      ...PAYMENT,
      movementId: `mov_bank-one_${name}`,
      transactionId: name,
      kind: 'part' as const,
      amount: dong(50_000),
    });
    const parts = [part('A'), part('B')];
    const world = aRefundWorld(
      paidInvoice({ movements: Object.fromEntries(parts.map((one) => [one.movementId, one])) }),
    );
    expect(await refusalOf(world.ask())).toBe('money_not_named');
    const { refund } = await world.ask({ movementId: 'mov_bank-one_A', reason: 'EXEMPTION_GRANTED' });
    expect(refund.amount).toBe(50_000);
  });

  it('is nothing for strangers, and nothing to be decided by portals', async () => {
    const world = aRefundWorld();
    const police = { ...OTHER_PORTAL, client: { ...OTHER_PORTAL.client, agencies: [POLICE] } };
    expect(await refusalOf(world.ask({}, { by: police }))).toBe('not_found');
    const { refund } = await world.ask({}, { by: OTHER_PORTAL });
    expect(await refusalOf(world.approve(refund.refundId, OTHER_PORTAL))).toBe('forbidden');
    expect(await refusalOf(world.approve(refund.refundId, { ...police }))).toBe('forbidden');
  });
});

describe('two persons', () => {
  it('are needed to order or reject; whoever asked may withdraw (scenario 30)', async () => {
    const world = aRefundWorld();
    const { refund } = await world.ask();
    expect(await refusalOf(world.approve(refund.refundId, LAN))).toBe('own_approval');
    // The same person at another client is the same person.
    expect(await refusalOf(world.approve(refund.refundId, { ...LAN, clientId: 'other' }))).toBe('own_approval');
    expect(await refusalOf(world.reject(refund.refundId, LAN))).toBe('own_approval');
    expect(world.audited).toHaveLength(3);
    expect(await refusalOf(world.withdraw(refund.refundId, MINH))).toBe('refund_of_another');
    await world.withdraw(refund.refundId);
    expect(await refusalOf(world.approve(refund.refundId))).toBe('refund_not_pending');
    expect(world.invoice().refunding?.money[PAYMENT.movementId]).toEqual({ left: WHOLE, out: 0 });
  });

  it('need not know where the money is: what was paid on is returned by hand, and never through its provider', async () => {
    const world = aRefundWorld();
    world.paidOn.add(PAYMENT.movementId);
    const { refund } = await world.ask({ amount: dong(40_000) });
    expect(await refusalOf(world.approve(refund.refundId, MINH, 'provider'))).toBe('money_at_treasury');
    expect(world.refund(refund.refundId).state).toBe('requested');
    await world.approve(refund.refundId);
    expect(world.refund(refund.refundId)).toMatchObject({ state: 'manual', byHand: 'MONEY_AT_TREASURY' });
    await world.watch();
    await world.send();
    expect(world.bank.calls).toEqual([]);
    const other = await world.ask({ movementId: SECOND.movementId }, { key: 'another key' });
    await world.approve(other.refund.refundId);
    expect(world.refund(other.refund.refundId).state).toBe('approved');
  });

  it('must say where the money is when the batches do not tell', async () => {
    const world = aRefundWorld();
    world.unheardOf.add(PAYMENT.movementId);
    const { refund } = await world.ask({ amount: dong(40_000) });
    expect(await refusalOf(world.approve(refund.refundId))).toBe('money_not_traced');
    expect(world.refund(refund.refundId).state).toBe('requested');
    await world.approve(refund.refundId, MINH, 'provider');
    expect(world.refund(refund.refundId).state).toBe('approved');
    const other = await world.ask({ amount: dong(40_000) }, { key: 'another key' });
    await world.approve(other.refund.refundId, MINH, 'treasury');
    expect(world.refund(other.refund.refundId)).toMatchObject({ state: 'manual', byHand: 'MONEY_AT_TREASURY' });
  });

  it('are needed to say what became of a return by hand', async () => {
    const world = aRefundWorld();
    const { refund } = await world.ask({ amount: dong(40_000) });
    const { refundId } = refund;
    expect(await refusalOf(world.report({ refundId, outcome: 'cash' }))).toBe('refund_not_by_hand');
    await world.approve(refundId, MINH, 'treasury');
    expect(world.refund(refundId)).toMatchObject({ state: 'manual', byHand: 'MONEY_AT_TREASURY' });
    expect(await refusalOf(world.report({ refundId, outcome: 'transferred' }))).toBe('account_invalid');
    expect(await refusalOf(world.confirm(refundId))).toBe('refund_not_reported');
    await world.report({ refundId, outcome: 'transferred', account: ACCOUNT });
    expect(await refusalOf(world.confirm(refundId, LAN))).toBe('own_approval');
    await world.confirm(refundId, MINH, false);
    await world.report({ refundId, outcome: 'transferred', account: ACCOUNT }, MINH, 'the second report');
    await world.confirm(refundId, LAN);
    expect(world.refund(refundId).state).toBe('done');
    expect(heldIn(world.invoice(), `returns:${LAND}`)).toBe(40_000);
    expect(heldIn(world.invoice(), CLEARING)).toBe(-2 * WHOLE);
    await world.publish();
    const items = world.work.contents().exceptions.filter(({ category }) => category === 'RETURN_BY_HAND');
    expect(items).toHaveLength(1);
    expect((await toldOf(world)).filter((type) => type === 'refund.by_hand.v1')).toHaveLength(1);
  });
});

describe('making orders out', () => {
  it('again under one key answers what it made out, reported or not, and takes nothing that came since', async () => {
    const world = aRefundWorld();
    const make = (key: string) =>
      makeReturnOrders({}, HOA, key, { ...world.dependencies(), list: world.list, registry: world.registry });
    const byHand = async (key: string) => {
      const { refund } = await world.ask({ amount: dong(30_000), account: ACCOUNT }, { key });
      await world.approve(refund.refundId, MINH, 'treasury');
      await world.watch();
      return refund.refundId;
    };
    const one = await byHand('key of one');
    const two = await byHand('key of two');
    const first = await make('a key of orders');
    expect(first.orders.map(({ refundId }) => refundId)).toEqual([one, two].sort());
    world.clock.at += 60_000;
    const three = await byHand('key of three');
    await world.report({ refundId: one, outcome: 'transferred' });
    expect(await make('a key of orders')).toEqual(first);
    expect(world.refund(three).order).toBeUndefined();
    expect((await make('another key of orders')).orders.map(({ refundId }) => refundId)).toEqual([three]);
  });
});

describe('sending', () => {
  it('resumes by reference when we died after the bank’s answer (scenario 29)', async () => {
    for (const askable of [false, true]) {
      const bank = new RefundingBank(askable);
      bank.moods = ['lost'];
      const world = aRefundWorld(paidInvoice(), bank);
      const id = await world.refundOf();
      expect([world.refund(id).state, bank.books.size]).toEqual(['sent', 1]);
      await world.takeUp();
      await world.send();
      expect([world.refund(id).state, bank.books.size]).toEqual(['done', 1]);
    }
  });

  it('is one refund however many carry it out at once', async () => {
    const world = aRefundWorld();
    const { refund } = await world.ask();
    await world.approve(refund.refundId);
    await world.watch();
    await world.takeUp();
    expect(world.refunds.look().length).toBeGreaterThan(1);
    await world.send();
    await world.takeUp();
    await world.send();
    expect(world.refund(refund.refundId).state).toBe('done');
    expect([...world.bank.books.values()]).toEqual([WHOLE]);
    expect(Object.values(world.invoice().movements).filter(({ kind }) => kind === 'refund')).toHaveLength(1);
  });

  it('follows up what is pending, never takes silence for a refusal, and calls for help after its day', async () => {
    const bank = new RefundingBank(true);
    bank.moods = ['pending', 'deaf', 'deaf', 'unknown', 'unknown', 'pending', 'pending'];
    const world = aRefundWorld(paidInvoice(), bank);
    const id = await world.refundOf();
    expect(world.refunds.delays.at(-1)).toBe(60);
    for (const wait of [MINUTE, 4 * MINUTE, 5 * DAY]) {
      world.clock.at += wait;
      world.refunds.take();
      await world.takeUp();
      await world.send();
    }
    expect(world.refund(id).state).toBe('sent');
    expect(world.work.contents().exceptions.map(({ category }) => category)).toEqual(['REFUND_OVERDUE']);
    await world.takeUp();
    expect(world.work.contents().exceptions).toHaveLength(1);
    await world.send();
    expect(world.refund(id).state).toBe('done');
    expect(await world.takeUp()).toEqual({ sent: 0, overdue: 0, closed: 1 });
  });

  it('where the bank refuses, or has no refunds, hands it to people', async () => {
    const bank = new RefundingBank();
    bank.moods = ['refused'];
    const world = aRefundWorld(paidInvoice(), bank);
    const id = await world.refundOf();
    expect(world.refund(id)).toMatchObject({ state: 'manual', byHand: 'PROVIDER_REFUSED', resultCode: '99' });

    const elsewhere = { ...PAYMENT, providerId: 'bank-two', movementId: 'mov_bank-two_T1' };
    const other = aRefundWorld(paidInvoice({ movements: { [elsewhere.movementId]: elsewhere } }));
    expect(other.refund(await other.refundOf())).toMatchObject({ state: 'manual', byHand: 'PROVIDER_CANNOT' });
    expect(other.bank.calls).toEqual([]);
  });

  it('believes no refusal of a second call for what the first has done', async () => {
    const bank = new RefundingBank(true);
    bank.moods = ['lost', 'refused'];
    const world = aRefundWorld(paidInvoice(), bank);
    const id = await world.refundOf();
    await world.takeUp();
    await world.send();
    expect([world.refund(id).state, bank.books.size]).toEqual(['done', 1]);
  });

  it.each(['deaf', 'unknown'] as const)(
    'believes no refusal of a second call while the question is %s',
    async (mood) => {
      const bank = new RefundingBank(true);
      bank.moods = ['lost', 'refused', mood];
      const world = aRefundWorld(paidInvoice(), bank);
      const id = await world.refundOf();
      await world.takeUp();
      await sendRefund(id, world.sending());
      expect([world.refund(id).state, bank.books.size]).toEqual(['sent', 1]);
      await sendRefund(id, world.sending());
      expect([world.refund(id).state, bank.books.size]).toEqual(['done', 1]);
    },
  );

  it('believes the refusal of a second call where the bank says that it has done nothing', async () => {
    const bank = new RefundingBank(true);
    bank.moods = ['deaf', 'refused'];
    const world = aRefundWorld(paidInvoice(), bank);
    const id = await world.refundOf();
    await sendRefund(id, world.sending());
    expect(world.refund(id)).toMatchObject({ state: 'manual', byHand: 'PROVIDER_REFUSED', resultCode: '99' });
    expect(bank.books.size).toBe(0);
  });

  it('takes another refund of the same amount for no answer about this one', async () => {
    const bank = new RefundingBank(true);
    const world = aRefundWorld(paidInvoice(), bank);
    await world.refundOf({ amount: dong(30_000) }, 'the first key');
    // We died before the bank heard; then it does not answer, and, asked, tells of the other.
    bank.moods = ['deaf', 'unknown', 'refunded'];
    const id = await world.refundOf({ amount: dong(30_000) }, 'the second key');
    world.refunds.take();
    await world.takeUp();
    await world.send();
    expect(world.refund(id).state).toBe('sent');
    world.refunds.take();
    await world.takeUp();
    await world.send();
    expect([world.refund(id).state, bank.books.size]).toEqual(['done', 2]);
  });
});

describe('a reversal by the bank', () => {
  const reverse = async (world: RefundWorld) => {
    await bankReverses({ transactionId: 'T1', amount: WHOLE })(world, heard);
    return world.post();
  };

  it('before anybody ordered the refund leaves nothing to order', async () => {
    const world = aRefundWorld();
    const { refund } = await world.ask();
    await reverse(world);
    expect(world.invoice().movements[reversalOf(PAYMENT.movementId)]).toBeDefined();
    expect(await refusalOf(world.approve(refund.refundId))).toBe('refund_overtaken');
    await world.reject(refund.refundId);
  });

  it('after the order, before the bank heard, ends the refund; the money went back once (scenario 28)', async () => {
    const world = aRefundWorld();
    const { refund } = await world.ask();
    await world.approve(refund.refundId);
    await reverse(world);
    await world.watch();
    await world.send();
    expect([world.refund(refund.refundId).state, world.bank.calls]).toEqual(['failed', []]);
  });

  it('once the bank may have the refund is looked at by a person, and enters nothing', async () => {
    const bank = new RefundingBank();
    bank.moods = ['deaf'];
    const world = aRefundWorld(paidInvoice(), bank);
    await world.refundOf();
    expect(await reverse(world)).toEqual(['reviewKept']);
    expect(world.invoice().movements[reversalOf(PAYMENT.movementId)]).toBeUndefined();
  });
});

describe('any story of refunds', () => {
  const amounts = fc.integer({ min: 1, max: 60_000 }).map(dong);
  const step = fc.oneof(
    fc.record({ does: fc.constant('ask' as const), amount: amounts, line: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ does: fc.constantFrom('approve', 'reject', 'withdraw', 'report', 'confirm'), which: fc.nat(19) }),
    fc.record({ does: fc.constantFrom('send' as const, 'takeUp' as const, 'reverse' as const, 'payAgain' as const) }),
    fc.record({
      does: fc.constant('mood' as const),
      mood: fc.constantFrom('lost' as const, 'deaf' as const, 'refused' as const, 'pending' as const),
    }),
  );

  it('gives back no more than came, of no purse more than it has, and always balances (scenarios 31, 32)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const bank = new RefundingBank(true);
        const world = aRefundWorld(paidInvoice(), bank);
        let calls = 0;
        for (const one of steps) {
          const ids = Object.keys(world.invoice().refunding?.refunds ?? {}) as RefundId[];
          const id = 'which' in one ? ids[one.which % Math.max(1, ids.length)] : undefined;
          const attempt: Promise<unknown> =
            one.does === 'ask'
              ? world.ask(
                  one.line === 0
                    ? { amount: one.amount }
                    : { lines: [{ line: one.line, amount: dong(Math.ceil(one.amount / 3)) }] },
                  { key: `key number ${calls++}` },
                )
              : one.does === 'mood'
                ? Promise.resolve(bank.moods.push(one.mood))
                : one.does === 'send'
                  ? world.watch().then(() => world.send())
                  : one.does === 'takeUp'
                    ? world.takeUp()
                    : one.does === 'reverse'
                      ? bankReverses({ transactionId: 'T1', amount: WHOLE })(world, heard).then(() => world.post())
                      : one.does === 'payAgain'
                        ? bankConfirms({ transactionId: 'T3', amount: WHOLE })(world, heard).then(() => world.post())
                        : id === undefined
                          ? Promise.resolve()
                          : one.does === 'approve'
                            ? world.approve(id)
                            : one.does === 'reject'
                              ? world.reject(id)
                              : one.does === 'withdraw'
                                ? world.withdraw(id)
                                : one.does === 'report'
                                  ? world.report(
                                      { refundId: id, outcome: 'transferred', account: ACCOUNT },
                                      LAN,
                                      `key ${calls++}`,
                                    )
                                  : world.confirm(id);
          await refusalOf(attempt);
          mustBeSound(world);
        }
        await world.publish();
      }),
      { numRuns: 150 },
    );
  });
});

function mustBeSound(world: RefundWorld): void {
  const invoice = world.invoice();
  const movements = Object.values(invoice.movements);
  for (const { lines } of movements) {
    const side = (wanted: string) =>
      lines.filter((line) => line.side === wanted).reduce((sum, line) => sum + line.amount, 0);
    expect(side('debit')).toBe(side('credit'));
  }
  for (const account of [MAIN, FUND]) expect(heldIn(invoice, account)).toBeGreaterThanOrEqual(0);
  const back = movements.filter(({ kind }) => kind === 'refund' || kind === 'reversal');
  const came = movements.filter(({ kind }) => kind !== 'refund' && kind !== 'reversal');
  const total = (list: typeof movements): number => list.reduce((sum, { amount }) => sum + amount, 0);
  expect(total(back)).toBeLessThanOrEqual(total(came));
  // The bank gave back what we say that it did, or what we still ask it about.
  const refunds = Object.values(invoice.refunding?.refunds ?? {});
  for (const { refundId, state, byHand } of refunds)
    if (state === 'done' && !byHand) expect(world.bank.books.has(refundId.slice(4))).toBe(true);
  for (const [movementId, { left, out }] of Object.entries(invoice.refunding?.money ?? {})) {
    const held = refunds.filter((one) => one.movementId === movementId);
    const sumOf = (...states: string[]): number =>
      held.filter(({ state }) => states.includes(state)).reduce((sum, { amount }): number => sum + amount, 0);
    expect(out).toBe(sumOf('sent', 'manual', 'reported', 'done'));
    expect((left as number) + out + sumOf('requested', 'approved')).toBe(invoice.movements[movementId]?.amount as Dong);
  }
  expect(statesOf(world).length).toBeLessThanOrEqual(20);
}
