import { describe, expect, it } from 'vitest';
import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { deliveries } from '../../shared/catalogue/deliveries.ts';
import { accountBook, providerBook } from '../../shared/domain/reconciliation/book-day.ts';
import { countedOn, deliveryRules, dueOf, partnerDay } from '../../shared/domain/reconciliation/deliveries.ts';
import { addDays, type Day, formatInstant, MINUTE_MILLISECONDS } from '../../shared/domain/time.ts';
import { watchDeliveries } from '../../shared/usecases/watch-deliveries.ts';
import { DAY, entryOf, fileOf, LAND } from '../domain/reconciliation/samples.ts';
import { ACCOUNT, BANK_BIN, type FinanceWorld, financeWorld, PROVIDER } from './finance-world.ts';
import { statementOf, transferOf } from './paper-statement.ts';

const BANK = accountBook(BANK_BIN, ACCOUNT);
const FILES = providerBook(PROVIDER);
const at = (day: Day, time: string) => Date.parse(`${day}T${time}:00+07:00`);

const missing = (world: FinanceWorld) =>
  world.work
    .contents()
    .exceptions.filter(({ category, state }) => category.startsWith('FILE_') && state === 'OPEN')
    .map(({ category, book, businessDate }) => `${category} ${book} ${businessDate}`)
    .sort();

/** A world that has looked at its partners since the day of all samples, a Friday. */
async function watched() {
  const world = financeWorld();
  world.clock.at = at(DAY, '08:00');
  const look = async (day: Day, time: string) => {
    world.clock.at = at(day, time);
    return watchDeliveries(world.dependencies);
  };
  expect(await watchDeliveries(world.dependencies)).toEqual({ expected: 2, missing: 0 });
  return { world, look };
}
const MONDAY = addDays(DAY, 3);
const quiet = (day: Day) => statementOf([], { day, sequence: `${day.slice(8)}/1` });

describe('a partner’s file', () => {
  it('is due at noon of the next working day, and missing from then on, once', async () => {
    const { world, look } = await watched();
    expect(await look(MONDAY, '11:59')).toEqual({ expected: 2, missing: 0 });
    expect(missing(world)).toEqual([]);
    expect(await look(MONDAY, '12:00')).toEqual({ expected: 2, missing: 4 });
    const all = [
      `FILE_MISSING ${BANK} ${DAY}`,
      ...[DAY, addDays(DAY, 1), addDays(DAY, 2)].map((day) => `FILE_MISSING ${FILES} ${day}`),
    ];
    expect(missing(world)).toEqual(all);
    const before = world.state();
    expect(await look(MONDAY, '13:00')).toEqual({ expected: 2, missing: 4 });
    expect(world.state()).toEqual(before);
  });

  it('that comes late clears what was missing, when it is taken in', async () => {
    const { world, look } = await watched();
    await look(MONDAY, '12:00');
    await world.takeIn(quiet(DAY), 'bank-key-1');
    await world.takeInSettlement(fileOf({ id: 'T1' }), 'settle-key-1');
    expect(missing(world)).toEqual([
      `FILE_MISSING ${FILES} ${addDays(DAY, 1)}`,
      `FILE_MISSING ${FILES} ${addDays(DAY, 2)}`,
    ]);
    expect(await look(MONDAY, '13:00')).toEqual({ expected: 2, missing: 2 });
  });

  it('that came in time is not missing', async () => {
    const { world, look } = await watched();
    world.clock.at = at(MONDAY, '08:00');
    await world.takeIn(quiet(DAY), 'bank-key-1');
    await look(MONDAY, '12:00');
    expect(missing(world)).not.toContain(`FILE_MISSING ${BANK} ${DAY}`);
  });

  it('that was being taken in while it was written down as missing is missing no more an hour later', async () => {
    const { world, look } = await watched();
    // It sees the account as it was before the file, and writes down what is missing after it was taken in.
    const blind = { between: async () => [] };
    world.clock.at = at(MONDAY, '11:00');
    await world.takeIn(quiet(DAY), 'bank-key-1');
    world.clock.at = at(MONDAY, '12:00');
    await watchDeliveries({ ...world.dependencies, days: blind });
    expect(missing(world)).toContain(`FILE_MISSING ${BANK} ${DAY}`);
    await look(MONDAY, '13:00');
    expect(missing(world)).not.toContain(`FILE_MISSING ${BANK} ${DAY}`);
  });

  it('that was refused stands on the work list until one that tells of its day is taken in', async () => {
    const { world } = await watched();
    world.clock.at = at(MONDAY, '08:00');
    await world.takeIn(quiet(DAY).slice(0, 60), 'bank-key-1');
    await world.takeInSettlement(`${fileOf({ id: 'T1' })}x`, 'settle-key-1');
    expect(missing(world)).toEqual([`FILE_INVALID ${BANK} ${DAY}`, `FILE_INVALID ${FILES} ${DAY}`]);
    await world.takeIn(quiet(DAY), 'bank-key-2');
    expect(missing(world)).toEqual([`FILE_INVALID ${FILES} ${DAY}`]);
    await world.takeInSettlement(fileOf({ id: 'T1' }), 'settle-key-2');
    expect(missing(world)).toEqual([]);
    expect(await world.dependencies.deliveries.open()).toEqual([]);
  });

  it('is expected of nobody whose accounts are all closed', async () => {
    const { world, look } = await watched();
    for (const { id } of [...world.accounts]) world.closes(id);
    expect(await look(MONDAY, '12:00')).toEqual({ expected: 0, missing: 0 });
  });

  it('is looked for in two runs at once and opens one exception', async () => {
    const { world } = await watched();
    world.clock.at = at(MONDAY, '12:00');
    await Promise.all([watchDeliveries(world.dependencies), watchDeliveries(world.dependencies)]);
    expect(missing(world)).toHaveLength(4);
  });

  it('is looked for again by the run after one that died', async () => {
    const { world, look } = await watched();
    world.clock.at = at(MONDAY, '12:00');
    const { exceptions: work } = world.dependencies;
    const exceptions = { clear: work.clear.bind(work), open: () => Promise.reject(new Error('killed')) };
    await expect(watchDeliveries({ ...world.dependencies, exceptions })).rejects.toThrow('killed');
    await look(MONDAY, '12:30');
    expect(missing(world)).toHaveLength(4);
  });
});

describe('the calendar of files', () => {
  const rules = deliveryRules(deliveries, new Map([['vnpay', '23:00']]));
  const due = (book: string, day: Day) => {
    const found = dueOf(day, rules(book), vietnamCalendar);
    return found === undefined ? undefined : formatInstant(found);
  };

  it.each([
    ['a plain Friday', BANK, '2026-11-20', '2026-11-23T12:00:00+07:00'],
    ['a Saturday that is not worked', BANK, '2026-11-21', undefined],
    ['a provider’s Saturday', FILES, '2026-11-21', '2026-11-23T12:00:00+07:00'],
    ['the eve of Tết', BANK, '2026-02-13', '2026-02-23T12:00:00+07:00'],
    ['a Saturday that is worked instead of another day', BANK, '2026-08-22', '2026-08-24T12:00:00+07:00'],
  ])('%s', (_, book, day, expected) => expect(due(book, day)).toBe(expected));

  it('knows the treasury by the BINs under which its accounts are registered', () => {
    const { treasury } = deliveries();
    const withTreasury = { ...deliveries(), treasury: { ...treasury, bankBins: ['999001'] } };
    const of = deliveryRules(() => withTreasury, new Map());
    expect(of(accountBook('999001', ACCOUNT))).toMatchObject({ cutOff: '16:00', due: { at: '10:00' } });
    expect(of(accountBook('970415', ACCOUNT))).toMatchObject({ cutOff: '24:00' });
  });
});

describe('the day on which a partner counts money', () => {
  it.each([
    ['24:00', '23:59', DAY],
    ['23:00', '22:59', DAY],
    ['23:00', '23:00', addDays(DAY, 1)],
    ['16:00', '23:59', addDays(DAY, 1)],
    ['16:00', '00:00', DAY],
  ])('whose day ends at %s, of %s', (cutOff, time, day) => expect(partnerDay(at(DAY, time), cutOff)).toBe(day));

  it('is that of the commit where that came long after the payment', () => {
    expect(countedOn({ accountingDate: addDays(DAY, 5), paidAt: at(DAY, '23:30') }, '23:00')).toBe(addDays(DAY, 5));
  });

  it('decides in whose file a provider lists a payment', async () => {
    const late = { transactionId: 'T1', movementId: `mov_${PROVIDER}_T1`, paidAt: at(DAY, '23:30') };
    const found = async (cutOff: string) => {
      const world = financeWorld();
      world.cutOffs.set(PROVIDER, cutOff);
      await world.record(entryOf({ ...late, committedAt: late.paidAt + MINUTE_MILLISECONDS, accountingDate: DAY }));
      world.clock.at = at(addDays(DAY, 2), '08:00');
      await world.reconcile(fileOf(), 'settle-key-1');
      const first = world.open();
      const next = fileOf({ id: 'T1' }).replaceAll(DAY, addDays(DAY, 1));
      await world.reconcile(next, 'settle-key-2', { businessDate: addDays(DAY, 1) });
      return [first, world.open()];
    };
    expect(await found('23:00')).toEqual([[], []]);
    expect(await found('24:00')).toEqual([['MISSING_AT_BANK'], []]);
  });

  it('decides from when on a bank account’s money is waited for', async () => {
    const world = financeWorld();
    const agreed = deliveries();
    const otherwise = { [BANK_BIN]: { ...agreed.bank, cutOff: '16:00' } };
    const bank = deliveryRules(() => ({ ...agreed, bank: { ...agreed.bank, otherwise } }), new Map());
    Object.assign(world.dependencies, { rules: bank });
    const paidAt = at(DAY, '17:00');
    await world.record(
      transferOf('FT1', { paidAt, committedAt: paidAt + 1000, accountingDate: DAY, agencyCode: LAND }),
    );
    await world.takeIn(quiet(DAY), 'bank-key-1');
    // Not of the day that had ended when it was paid.
    expect((await world.days.find(BANK, DAY))?.run?.totals.ours).toEqual({ count: 0, amount: 0 });
    world.clock.at = at(addDays(DAY, 4), '08:00');
    await world.takeIn(quiet(MONDAY), 'bank-key-2', { businessDate: MONDAY });
    expect((await world.days.find(BANK, MONDAY))?.run?.totals.waiting.ours).toMatchObject({ count: 1 });
  });
});
