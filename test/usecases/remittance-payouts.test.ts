import { describe, expect, it } from 'vitest';
import { providerBook } from '../../shared/domain/reconciliation/book-day.ts';
import { refundReference } from '../../shared/domain/refund/refund.ts';
import { addDays, type Day } from '../../shared/domain/time.ts';
import { DAY } from '../domain/reconciliation/samples.ts';
import { PROVIDER } from './finance-world.ts';
import { maker, type RemittanceWorld, remittanceWorld } from './remittance-world.ts';

/** What a provider keeps back of a payout, and what its file says of money that nobody decided yet. */

const NEXT = addDays(DAY, 1);
const THEN = addDays(DAY, 2);
const fee = (amount: number, beneficiary = 'main') => [{ kind: 'le_phi' as const, amount, beneficiary }];
const payout = (amount: number, day = DAY) => ({
  reference: `PAYOUT-${day}`,
  amount,
  text: `SANDBOX BANK PAYOUT ${day.replaceAll('-', '')}`,
});
type Row = { id: string; amount: number; status?: 'OK' | 'REFUNDED' | 'CHARGEBACK'; reference?: string };

/** The provider's file of a day, with what it kept back, and its day closed. */
async function filed(world: RemittanceWorld, day: Day, rows: readonly Row[]): Promise<void> {
  world.morning(day);
  const content = [
    'txnId,orderRef,amount,currency,terminal,result,paidAt,fee',
    ...rows.map(
      ({ id, amount, status = 'OK', reference = '' }) =>
        `${id},${reference},${amount},VND,LAND01,${status},${day} 10:00:00,0`,
    ),
    `TOTAL,${rows.length},${rows.reduce((sum, { amount }) => sum + amount, 0)}`,
    '',
  ].join('\r\n');
  await world.takeInSettlement(content, `key-filed-${day}`, { businessDate: day });
  await world.closed(providerBook(PROVIDER), day);
}

/** Money of the first day that was paid on, and goes back through the provider on the next. */
async function backAfterPaidOn(amount: number) {
  const world = await remittanceWorld();
  const paid = await world.paid(fee(amount));
  await filed(world, DAY, [{ id: paid.transactionId, amount }]);
  await world.stated(DAY, [payout(amount)]);
  await world.ordered();
  return {
    world,
    /** The file's line of what went back. */
    givenBack: async (): Promise<Row> => {
      await world.givenBack(paid.number);
      const [refund] = Object.values(world.invoice(paid.number).refunding?.refunds ?? {});
      if (!refund) throw new Error('no refund');
      return { id: 'R1', amount, status: 'REFUNDED', reference: refundReference(refund.refundId) };
    },
  };
}

const sums = ({ orders, left }: Awaited<ReturnType<RemittanceWorld['due']>>) => ({
  orders: orders.map(({ payee, amount }) => [payee.accountNumber, amount]),
  left: left.map(({ place, amount }) => [place.beneficiary, amount]),
});

describe('a payout from which a refund is kept back', () => {
  it('of its whole sum is paid on, though the bank never shows it', async () => {
    const { world, givenBack } = await backAfterPaidOn(50_000);
    const other = await world.paid(fee(50_000, 'fund'), { day: NEXT });
    await filed(world, NEXT, [{ id: other.transactionId, amount: 50_000 }, await givenBack()]);
    await world.stated(NEXT, []);
    expect(world.open()).toEqual([]);
    expect(await world.due()).toMatchObject({ through: NEXT, received: 0, uncovered: 0, unaccounted: 0 });
    expect(sums(await world.due())).toEqual({ orders: [['3511.0.1234567', 50_000]], left: [['main', -50_000]] });
    await world.ordered();
    const third = await world.paid(fee(10_000), { day: THEN });
    await filed(world, THEN, [{ id: third.transactionId, amount: 10_000 }]);
    await world.stated(THEN, [payout(10_000, THEN)]);
    expect(await world.due()).toMatchObject({ from: THEN, through: THEN, received: 10_000 });
    expect(sums(await world.due())).toEqual({ orders: [], left: [['main', -40_000]] });
  });

  it('of more than its sum is paid on where the provider debits the account', async () => {
    const { world, givenBack } = await backAfterPaidOn(50_000);
    const other = await world.paid(fee(20_000, 'fund'), { day: NEXT });
    await filed(world, NEXT, [{ id: other.transactionId, amount: 20_000 }, await givenBack()]);
    await world.stated(NEXT, [payout(-30_000, NEXT)]);
    expect(await world.due()).toMatchObject({ through: NEXT, received: -30_000, uncovered: 0, unaccounted: 0 });
    expect(sums(await world.due())).toEqual({ orders: [['3511.0.1234567', 20_000]], left: [['main', -50_000]] });
  });
});

describe('what a file says otherwise of a closed day', () => {
  it.each([
    ['with the payout of its own day', [payout(150_000)]],
    ['by itself', [payout(100_000), { ...payout(50_000), reference: 'PAYOUT-LATE' }]],
  ])('is paid on once its own file’s next day is closed, credited %s', async (_, credits) => {
    const world = await remittanceWorld();
    const one = await world.paid(fee(100_000));
    const two = await world.paid(fee(50_000, 'fund'));
    await filed(world, DAY, [{ id: one.transactionId, amount: 100_000 }]);
    const [first] = world.work.contents().statements;
    const whole = [one, two].map(({ transactionId }) => `${transactionId},,AMOUNT,VND,LAND01,OK,${DAY} 10:00:00,0`);
    const content = [
      'txnId,orderRef,amount,currency,terminal,result,paidAt,fee',
      ...whole.map((line, at) => line.replace('AMOUNT', at === 0 ? '100000' : '50000')),
      ...['TOTAL,2,150000', ''],
    ].join('\r\n');
    await world.takeInSettlement(content, 'key-late-1', { businessDate: DAY, supersedes: first?.statementId });
    await world.stated(NEXT, credits);
    expect(world.open()).toEqual([]);
    expect(await world.due()).toMatchObject({ waiting: { why: 'provider_day_open', book: providerBook(PROVIDER) } });
    await world.closed(providerBook(PROVIDER), NEXT);
    expect(await world.due()).toMatchObject({ received: 150_000, uncovered: 0, unaccounted: 0 });
    expect(sums(await world.due()).orders).toEqual(
      expect.arrayContaining([
        ['7111', 100_000],
        ['3511.0.1234567', 50_000],
      ]),
    );
  });
});

describe('what a provider’s file says of money', () => {
  it('kept back, which our books lack, is covered by whoever pays out', async () => {
    const world = await remittanceWorld();
    const { transactionId } = await world.paid(fee(100_000));
    await filed(world, DAY, [
      { id: transactionId, amount: 100_000 },
      { id: 'OLD1', amount: 40_000, status: 'CHARGEBACK' },
    ]);
    await world.stated(DAY, [payout(60_000)]);
    const { sha256, ...due } = await world.due();
    expect(due).toMatchObject({ received: 60_000, fees: 0, uncovered: 40_000, unaccounted: 0 });
    await expect(world.proposedAs(sha256)).rejects.toMatchObject({ code: 'remittance_not_covered' });
    expect(await world.proposedAs(sha256, undefined, maker, 40_000)).toMatchObject({ uncovered: 40_000 });
  });

  it('under the reference of another order is not paid on before somebody decided whose it is', async () => {
    const world = await remittanceWorld();
    const { transactionId } = await world.paid(fee(100_000));
    await filed(world, DAY, [{ id: transactionId, amount: 100_000, reference: '987654321098010' }]);
    await world.stated(DAY, [payout(100_000)]);
    expect(world.open()).toMatchObject([expect.stringContaining('AMBIGUOUS')]);
    expect(await world.due()).toMatchObject({ orders: [], received: 100_000, unaccounted: 100_000 });
  });
});
