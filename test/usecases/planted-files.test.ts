import { describe, expect, it } from 'vitest';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { transferCode } from '../../shared/domain/payment/transfer-code.ts';
import { addDays } from '../../shared/domain/time.ts';
import { DAY, entryOf, fileOf, type Line, NOON } from '../domain/reconciliation/samples.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { invoiceOf } from '../dsl/world.ts';
import { ACCOUNT, type FinanceWorld, financeWorld, PROVIDER } from './finance-world.ts';
import { statementOf, transferOf } from './paper-statement.ts';

/** Files with something wrong in them as a whole: each comes out in its category, and nothing else does. */

const card = (transactionId: string, more = {}) =>
  entryOf({ movementId: `mov_${PROVIDER}_${transactionId}`, transactionId, ...more });
const paid = (reference: string, more = {}) =>
  transferOf(reference, { paidAt: NOON, committedAt: NOON + 1000, accountingDate: DAY, ...more });
const line = (reference: string, amount = 135_000, day = DAY) => ({ reference, amount, day });
const until = (world: FinanceWorld, day: string) => {
  world.clock.at = Date.parse(`${addDays(day, 1)}T08:00:00+07:00`);
};
const LATE = addDays(DAY, 7);

describe('a provider’s day', () => {
  it('split into two files: the second is refused, and one in place of both leaves no difference', async () => {
    const world = financeWorld();
    await world.record(card('T1'), card('T2'));
    const first = await world.reconcile(fileOf({ id: 'T1' }), 'key-00001');
    await world.takeInSettlement(fileOf({ id: 'T2' }), 'key-00002');
    const open = () => world.work.contents().exceptions.filter(({ state }) => state === 'OPEN');
    expect(
      open()
        .map(({ category, transactionId }) => [category, transactionId])
        .sort(),
    ).toEqual([
      ['FILE_INVALID', expect.anything()],
      ['MISSING_AT_BANK', 'T2'],
    ]);
    const whole = { supersedes: first.statementId };
    await world.takeInSettlement(fileOf({ id: 'T1' }, { id: 'T2' }), 'key-00003', whole);
    expect(open()).toEqual([]);
    expect((await world.files.summary(PROVIDER, DAY))?.agencies).toMatchObject({ 'H29.12': { count: 2, matched: 2 } });
  });

  const wrong: [string, Line[], string][] = [
    ['a line twice', [{ id: 'T1' }, { id: 'T1' }], 'transaction_twice'],
    ['a line of the same digits in dollars', [{ id: 'T1', currency: 'USD' }], 'currency_other'],
    ['a line below zero', [{ id: 'T1', amount: -135_000 }], 'amount_malformed'],
    ['a line of nothing', [{ id: 'T1', amount: 0 }], 'amount_malformed'],
    ['a refund of nothing', [{ id: 'T1', amount: 0, status: 'REFUNDED' }], 'amount_malformed'],
    ['a state that nobody knows', [{ id: 'T1', status: 'SETTLED' }], 'status_unknown'],
  ];
  it.each(wrong)(
    'with %s is refused whole: FILE_INVALID and nothing else, and a right one clears it',
    async (_, lines, code) => {
      const world = financeWorld();
      await world.record(card('T1'));
      await world.takeInSettlement(fileOf(...lines), 'key-00001');
      expect(world.open()).toEqual(['FILE_INVALID']);
      const [refused] = world.work.contents().statements;
      expect(refused).toMatchObject({
        state: 'REFUSED',
        faults: expect.arrayContaining([{ line: expect.anything(), code }]),
      });
      await world.takeInSettlement(fileOf({ id: 'T1' }), 'key-00002');
      expect(world.open()).toEqual([]);
    },
  );

  it.each([
    ['one line too many', 'TOTAL,2,135000', 'trailer_count'],
    ['a dong too many', 'TOTAL,1,135001', 'trailer_sum'],
  ])('whose trailer says %s is refused whole', async (_, trailer, code) => {
    const world = financeWorld();
    await world.record(card('T1'));
    await world.takeInSettlement(fileOf({ id: 'T1' }).replace('TOTAL,1,135000', trailer), 'key-00001');
    expect(world.open()).toEqual(['FILE_INVALID']);
    expect(world.work.contents().statements).toMatchObject([{ state: 'REFUSED', faults: [{ code }] }]);
  });
});

describe('a bank’s day', () => {
  it('in two statements counts as one', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'), paid('FT2'));
    await world.takeIn(statementOf([line('FT1')], { day: DAY, sequence: '20/1' }), 'key-00001');
    const rest = statementOf([line('FT2')], { day: DAY, sequence: '20/2', opening: 1_135_000 });
    await world.takeIn(rest, 'key-00002');
    until(world, LATE);
    const quiet = statementOf([], { day: LATE, opening: 1_270_000, sequence: '27/1' });
    await world.takeIn(quiet, 'key-00003', { businessDate: LATE });
    expect(world.open()).toEqual([]);
  });

  it('in dollars is no dong, and no break of the balance in dong', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'));
    await world.takeIn(statementOf([line('FT1')], { day: DAY, sequence: '20/1' }), 'key-00001');
    const dollars = statementOf([line('FX1')], { day: DAY, sequence: '1/1' }).replaceAll('VND', 'USD');
    await world.takeIn(dollars, 'key-00002');
    until(world, LATE);
    const quiet = statementOf([], { day: LATE, opening: 1_135_000, sequence: '27/1' });
    await world.takeIn(quiet, 'key-00003', { businessDate: LATE });
    expect(world.open()).toEqual([expect.stringMatching(/^WRONG_CURRENCY account:\S+$/)]);
  });

  it('has money for an invoice of another agency at its next run: at the wrong account, and no more than that', async () => {
    const world = financeWorld();
    const [own] = world.accounts;
    if (!own) throw new Error('no account');
    world.accounts.push({
      ...own,
      id: 'fund-main',
      agencyCode: 'H26.07',
      terminal: 'FUND01',
      accountNumber: '7777777',
    });
    const attempt = { ...anAttempt('pending'), providerId: PROVIDER, merchantAccountId: 'fund-main' };
    world.invoices.place(invoiceOf(NUMBER, { agencyCode: 'H26.07', attempts: [attempt] }));
    const text = transferCode(paymentReference(NUMBER, 1));
    await world.takeIn(statementOf([{ ...line('FT1'), text }], { day: DAY }), 'key-00001');
    until(world, addDays(DAY, 3));
    const quiet = (day: string, sequence: string) => statementOf([], { day, opening: 1_135_000, sequence });
    await world.takeIn(quiet(addDays(DAY, 3), '23/1'), 'key-00002', { businessDate: addDays(DAY, 3) });
    until(world, LATE);
    await world.takeIn(quiet(LATE, '27/1'), 'key-00003', { businessDate: LATE });
    expect(world.open()).toEqual([expect.stringMatching(/^WRONG_ACCOUNT account:\S+\/FT1$/)]);
  });

  it('that is missing is one break, which it closes when it comes', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'));
    await world.takeIn(statementOf([line('FT1')], { day: DAY }), 'key-00001');
    until(world, LATE);
    const after = statementOf([], { day: LATE, opening: 1_335_000, sequence: '27/1' });
    await world.takeIn(after, 'key-00003', { businessDate: LATE });
    expect(world.open()).toEqual(['BALANCE_BREAK']);
    const missing = addDays(DAY, 3);
    const lines = [line('FT2', 200_000, missing)];
    await world.record(paid('FT2', { amount: 200_000, accountingDate: missing }));
    const opening = 1_135_000;
    const statement = statementOf(lines, { day: missing, opening, sequence: '23/1' });
    await world.takeIn(statement, 'key-00002', { businessDate: missing });
    expect(world.open()).toEqual([]);
  });

  it('with a line below zero is refused whole', async () => {
    const world = financeWorld();
    const content = statementOf([line('FT1')], { day: DAY }).replace('C135000,', 'C-135000,');
    expect(await world.takeIn(content, 'key-00001')).toMatchObject({ state: 'REFUSED' });
    expect(world.open()).toEqual(['FILE_INVALID']);
  });

  it('with a line of nothing, even one that names a payment, has no money for it', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'));
    await world.takeIn(statementOf([line('FT1', 0)], { day: DAY }), 'key-00001');
    until(world, LATE);
    await world.takeIn(statementOf([], { day: LATE, sequence: '27/1' }), 'key-00002', { businessDate: LATE });
    expect(world.open()).toEqual([`MISSING_AT_BANK mov_bank_${ACCOUNT}_FT1@123456789012`]);
  });
});
