import { describe, expect, it, vi } from 'vitest';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { transferCode } from '../../shared/domain/payment/transfer-code.ts';
import { MAX_BANK_FILE_BYTES } from '../../shared/domain/reconciliation/bank/model.ts';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import type { MerchantAccount } from '../../shared/domain/registry/registry.ts';
import { addDays } from '../../shared/domain/time.ts';
import { listDays } from '../../shared/usecases/close-day.ts';
import { dryRun, matchAccount } from '../../shared/usecases/match-account.ts';
import { requestStatementUpload } from '../../shared/usecases/request-statement-upload.ts';
import { DAY, fileOf, LAND, NOON } from '../domain/reconciliation/samples.ts';
import { ACCOUNT, BANK_BIN, callerFor, everyone, type FinanceWorld, financeWorld, PROVIDER } from './finance-world.ts';
import { statementOf, transferOf } from './paper-statement.ts';

const BOOK = accountBook(BANK_BIN, ACCOUNT);
const NEXT = addDays(DAY, 3);
const AFTER = '2026-11-25';
const LATER = '2026-11-26';

const NUMBER = '123456789012';
const line = (reference: string, amount = 135_000, day = DAY, text = '') => ({ reference, amount, day, text });
const paid = (reference: string, more = {}) =>
  transferOf(reference, { paidAt: NOON, committedAt: NOON + 1000, accountingDate: DAY, ...more });
const runOf = async (world: FinanceWorld, day = DAY) => (await world.days.find(BOOK, day))?.run;

/** Lets time go on to the morning after a day, so that its file may be announced. */
const until = (world: FinanceWorld, day: string) => {
  world.clock.at = Date.parse(`${addDays(day, 1)}T08:00:00+07:00`);
};

describe('a bank’s statement', () => {
  it('is read, kept line by line without a word of the payer, and matched', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'), paid('FT2'));
    const ended = await world.takeIn(
      statementOf([line('FT1', 135_000, DAY, 'NGUYEN VAN MAU CHUYEN TIEN'), line('FT2')], { day: DAY }),
      'key-00001',
    );
    expect(ended).toMatchObject({
      state: 'RECONCILED',
      format: 'mt940',
      taken: [{ account: ACCOUNT, opening: '1000000', closing: '1270000', credit: '270000', lines: 2, late: 0 }],
    });
    expect((await runOf(world))?.totals).toMatchObject({
      confirmed: { count: 2, amount: 270_000 },
      exceptions: {},
      waiting: { ours: { count: 0 }, theirs: { count: 0 } },
    });
    const kept = Object.entries(world.files.contents()).filter(([key]) => key.startsWith('results/'));
    expect(JSON.stringify(kept)).not.toContain('NGUYEN');
    expect(world.open()).toEqual([]);
  });

  it('books nothing when its content comes again under another name', async () => {
    const world = financeWorld();
    const content = statementOf([line('FT1')], { day: DAY });
    await world.takeIn(content, 'key-00001', { fileName: 'a.sta' });
    const before = await world.days.find(BOOK, DAY);
    const again = await world.takeIn(content, 'key-00002', { fileName: 'b.sta' });
    expect(again).toMatchObject({ state: 'REFUSED', faults: [{ code: 'content_reconciled' }] });
    expect(await world.days.find(BOOK, DAY)).toEqual(before);
  });

  it('books nothing when it comes again in another file', async () => {
    const world = financeWorld();
    await world.takeIn(statementOf([line('FT1')], { day: DAY }), 'key-00001');
    const again = await world.takeIn(`\r\n${statementOf([line('FT1')], { day: DAY })}`, 'key-00002');
    expect(again).toMatchObject({ state: 'REFUSED', faults: [{ code: 'statement_taken' }] });
  });

  it('that comes twice in one file is refused', async () => {
    const one = statementOf([line('FT1')], { day: DAY });
    expect(await financeWorld().takeIn(one + one, 'key-00001')).toMatchObject({
      state: 'REFUSED',
      faults: [{ code: 'statement_taken' }],
    });
  });

  it('is not read at all when it is too large', async () => {
    const world = financeWorld();
    const size = MAX_BANK_FILE_BYTES + 1;
    vi.spyOn(world.files, 'open').mockResolvedValue({ kind: 'tooLarge', size });
    expect(await world.takeIn(statementOf([line('FT1')], { day: DAY }), 'key-00001')).toMatchObject({
      state: 'REFUSED',
      faults: [{ code: 'file_too_large', figures: { size, limit: MAX_BANK_FILE_BYTES } }],
    });
    expect(world.days.contents()).toEqual([]);
  });

  it.each([
    ['of another account', statementOf([line('FT1')], { day: DAY, account: '999999999' }), 'account_other'],
    [
      'whose balances do not close',
      statementOf([line('FT1')], { day: DAY }).replace('C135000,', 'C135001,'),
      'balance_break',
    ],
    ['that ends in the middle', statementOf([line('FT1')], { day: DAY }).split(':62F')[0] ?? '', 'truncated'],
    [
      'with an amount that is none',
      statementOf([line('FT1')], { day: DAY }).replace('C135000,', 'C12..34'),
      'line_malformed',
    ],
    ['in no format that is known', 'ngân hàng gửi sao kê', 'format_unknown'],
    ['that is empty', '', 'file_empty'],
    [
      'with a line of another century',
      statementOf([line('FT1', 135_000, '1999-11-20')], { day: DAY }),
      'day_implausible',
    ],
    ['with a line of next year', statementOf([line('FT1', 135_000, '2027-11-20')], { day: DAY }), 'day_implausible'],
    ['that closes on a day to come', statementOf([], { day: '2026-12-20' }), 'day_implausible'],
    [
      'of the running day',
      '<Document><BkToCstmrAcctRpt><Rpt><Id>1</Id><Acct><Id><Othr><Id>1234567890</Id></Othr></Id></Acct></Rpt></BkToCstmrAcctRpt></Document>',
      'never_booked',
    ],
    ['with a DOCTYPE', '<!DOCTYPE a [<!ENTITY b "c">]><Document/>', 'doctype'],
  ])('%s is refused whole, and somebody must look', async (_, content, code) => {
    const world = financeWorld();
    const ended = await world.takeIn(content, 'key-00001');
    expect(ended).toMatchObject({ state: 'REFUSED', faults: [{ code }] });
    expect(world.days.contents()).toEqual([]);
    expect(world.open()).toEqual(['FILE_INVALID']);
  });

  it('of a layout that no contract has settled for its bank is not announced', async () => {
    const world = financeWorld();
    const announce = (columnMap: string) =>
      requestStatementUpload(
        { kind: 'bank', bankBin: BANK_BIN, accounts: [ACCOUNT], businessDate: DAY, columnMap },
        everyone,
        `key-of-${columnMap}`,
        world.dependencies,
      );
    expect((await announce('bank-table.statement.v1')).statement).toMatchObject({ state: 'AWAITING_FILE' });
    await expect(announce('bankline.statement.v1')).rejects.toMatchObject({ code: 'unprocessable' });
  });

  it('is announced only by who may see every agency of the account', async () => {
    const world = financeWorld();
    const announce = (caller = everyone, account = ACCOUNT) =>
      requestStatementUpload(
        { kind: 'bank', bankBin: BANK_BIN, accounts: [account], businessDate: DAY },
        caller,
        'key-00001',
        world.dependencies,
      );
    await expect(announce(callerFor([LAND]))).rejects.toMatchObject({ code: 'unknown_account' });
    await expect(announce(everyone, '555555555')).rejects.toMatchObject({ code: 'unknown_account' });
  });
});

describe('an account from day to day', () => {
  it('carries what is open, until it clears', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'), paid('FT2'));
    await world.takeIn(statementOf([line('FT1')], { day: DAY }), 'key-00001');
    expect((await runOf(world))?.totals.waiting.ours).toEqual({ count: 1, amount: 135_000 });
    until(world, NEXT);
    const opening = 1_135_000;
    await world.takeIn(
      statementOf([line('FT2', 135_000, NEXT)], { day: NEXT, opening, sequence: '2/1' }),
      'key-00002',
      {
        businessDate: NEXT,
      },
    );
    expect((await runOf(world, NEXT))?.totals).toMatchObject({
      confirmed: { count: 1 },
      waiting: { ours: { count: 0 } },
      exceptions: {},
    });
  });

  it('opens an exception once time is over, and clears it when a late file brings the money', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'));
    await world.takeIn(statementOf([], { day: DAY }), 'key-00001');
    until(world, LATER);
    await world.takeIn(statementOf([], { day: LATER, sequence: '3/1', opening: 1_135_000 }), 'key-00003', {
      businessDate: LATER,
    });
    expect(world.open()).toEqual(expect.arrayContaining([`MISSING_AT_BANK mov_bank_${ACCOUNT}_FT1@123456789012`]));
    await world.takeIn(statementOf([line('FT1', 135_000, AFTER)], { day: AFTER, sequence: '2/1' }), 'key-00002', {
      businessDate: AFTER,
    });
    expect(world.open()).toEqual([]);
  });

  it('finds the gap between two statements, and that a third closes it', async () => {
    const world = financeWorld();
    await world.takeIn(statementOf([line('FT1')], { day: DAY }), 'key-00001');
    until(world, LATER);
    await world.takeIn(statementOf([], { day: LATER, opening: 1_200_000, sequence: '3/1' }), 'key-00003', {
      businessDate: LATER,
    });
    expect(world.open()).toContain('BALANCE_BREAK');
    await world.takeIn(
      statementOf([line('FT2', 65_000, AFTER)], { day: AFTER, opening: 1_135_000, sequence: '2/1' }),
      'key-00002',
      {
        businessDate: AFTER,
      },
    );
    expect(world.open()).not.toContain('BALANCE_BREAK');
  });

  it('matches what a provider pays out with its settlement file, whichever comes first', async () => {
    const settle = (world: FinanceWorld) =>
      world.takeInSettlement(fileOf({ id: 'T1' }, { id: 'T2', amount: 65_000 }), 'key-00009');
    const state = async (first: 'file' | 'bank') => {
      const world = financeWorld();
      until(world, NEXT);
      const bank = () =>
        world.takeIn(
          statementOf([line('PAYOUT1', 200_000, NEXT, 'SANDBOX BANK PAYOUT 20112026')], { day: NEXT }),
          'key-00001',
          { businessDate: NEXT },
        );
      if (first === 'file') await settle(world);
      await bank();
      if (first === 'bank') await settle(world);
      return (await runOf(world, NEXT))?.totals;
    };
    const expected = { confirmed: { count: 1, amount: 200_000 }, exceptions: {}, waiting: { theirs: { count: 0 } } };
    expect(await state('file')).toMatchObject(expected);
    expect(await state('bank')).toMatchObject(expected);
  });

  it('takes a revised statement in place of the one before', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'), paid('FT2'));
    const first = await world.takeIn(statementOf([line('FT1')], { day: DAY }), 'key-00001');
    const second = await world.takeIn(statementOf([line('FT1'), line('FT2')], { day: DAY }), 'key-00002', {
      supersedes: first.statementId,
    });
    expect(second).toMatchObject({ state: 'RECONCILED', revision: 2, supersedes: first.statementId });
    expect(await world.work.find(first.statementId)).toMatchObject({
      state: 'SUPERSEDED',
      supersededBy: second.statementId,
    });
    expect((await runOf(world))?.totals).toMatchObject({ theirs: { count: 2 }, confirmed: { count: 2 } });
  });

  it('leaves a closed day as it is: what comes late counts on the next open one', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'), paid('FT2'));
    const first = await world.takeIn(statementOf([line('FT1')], { day: DAY }), 'key-00001');
    const frozen = await world.days.find(BOOK, DAY);
    if (!frozen?.run) throw new Error('the day was not matched');
    await world.days.close(BOOK, DAY, frozen.changes, {
      sha256: frozen.run.sha256,
      closedBy: 'clerk-7',
      closedAt: world.clock.at,
    });
    const closed = await world.days.find(BOOK, DAY);

    const second = await world.takeIn(statementOf([line('FT1'), line('FT2')], { day: DAY }), 'key-00002', {
      supersedes: first.statementId,
    });
    expect(second.taken).toMatchObject([{ lines: 2, late: 1 }]);
    expect(await world.days.find(BOOK, DAY)).toEqual(closed);
    const next = await world.days.find(BOOK, addDays(DAY, 1));
    expect(next?.files).toMatchObject([{ days: [DAY], adjusts: true }]);
    // Where it went is told beside the closed day, whose own hash stays.
    const [shown] = await listDays({ book: BOOK, from: DAY, to: DAY }, everyone, world.dependencies);
    const countsOn = addDays(DAY, 1);
    const later = [{ statementId: second.statementId, place: 1, countsOn }];
    expect(shown).toEqual({ ...closed, later, decidedOn: countsOn });
    // Only the line that is new: FT1 was in the closed day.
    expect(next?.run?.totals).toMatchObject({ theirs: { count: 1, amount: 135_000 }, confirmed: { count: 1 } });
  });

  it('comes to the same hash when nothing changed, and to no new exceptions', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'), paid('FT2', { amount: 99 }));
    await world.takeIn(statementOf([line('FT1'), line('FT2'), line('FT3')], { day: DAY }), 'key-00001');
    const [before, exceptions] = [await runOf(world), world.work.contents().exceptions];
    await matchAccount(BOOK, DAY, world.dependencies, { anew: false });
    expect(await runOf(world)).toEqual(before);
    await matchAccount(BOOK, DAY, world.dependencies, { anew: true });
    expect((await runOf(world))?.totals).toEqual(before?.totals);
    expect(world.work.contents().exceptions).toEqual(exceptions);
  });

  it('leaves what was committed within the hour to its next run, and never between two', async () => {
    const world = financeWorld();
    const at = world.clock.at;
    await world.record(paid('FT1', { committedAt: at - 1000 }));
    await world.takeIn(statementOf([line('FT1')], { day: DAY }), 'key-00001');
    expect((await runOf(world))?.totals).toMatchObject({ ours: { count: 0 }, waiting: { theirs: { count: 1 } } });
    until(world, NEXT);
    await world.takeIn(statementOf([], { day: NEXT, opening: 1_135_000, sequence: '2/1' }), 'key-00002', {
      businessDate: NEXT,
    });
    expect((await runOf(world, NEXT))?.totals).toMatchObject({
      confirmed: { count: 1 },
      waiting: { theirs: { count: 0 } },
    });
  });

  it('knows money that was told without a code by the invoice to which it was moved: a second credit is one too many', async () => {
    const world = financeWorld();
    const { invoiceNumber, attempt, ...alone } = paid('FT1', { invoiceNumber: NUMBER, attempt: 1 });
    const moved = { ...alone, invoiceNumber, attempt, movementId: `mov_bank_=${ACCOUNT}_FT1` };
    await world.record({ ...alone, kind: 'unmatched' }, moved as JournalEntry);
    const code = transferCode(paymentReference(InvoiceNumber.parse(NUMBER), 1));
    await world.takeIn(statementOf([line('FT1'), line('FT2', 135_000, DAY, code)], { day: DAY }), 'key-00001');
    expect(world.open()).toEqual([expect.stringMatching(/^DUPLICATE_PAYMENT .*FT2$/)]);
  });

  it('asks once whose the accounts of a provider are, however many of its lines name what was to go elsewhere', async () => {
    const world = financeWorld();
    const numbers = Array.from({ length: 30 }, (_, at) => InvoiceNumber.parse(String(100_000_000_000 + at)));
    const begun = { providerId: PROVIDER, merchantAccountId: 'land-other' };
    const invoices = numbers.map((number) => ({ number, attempts: [begun] }));
    world.accounts.push({ ...(world.accounts[0] as MerchantAccount), id: 'land-other', accountNumber: '8888888888' });
    const atProvider = vi.fn(world.dependencies.registry.atProvider);
    const dependencies = {
      ...world.dependencies,
      registry: { ...world.dependencies.registry, atProvider },
      invoices: { findMany: async () => invoices as unknown as Invoice[] },
    };
    const named = numbers.map((number, at) => line(`FT${at}`, 135_000, DAY, transferCode(paymentReference(number, 1))));
    await world.takeIn(statementOf(named, { day: DAY }), 'key-00001');
    until(world, NEXT);
    await world.takeIn(
      statementOf([], { day: NEXT, opening: 1_000_000 + 30 * 135_000, sequence: '2/1' }),
      'key-00002',
      {
        businessDate: NEXT,
      },
    );
    await matchAccount(BOOK, NEXT, dependencies);
    expect((await runOf(world, NEXT))?.totals.exceptions).toMatchObject({ WRONG_ACCOUNT: { count: 30 } });
    // For what is paid out to this bank account, for each provider's payouts, and for the lines once more.
    expect(atProvider.mock.calls.length).toBeLessThanOrEqual(5);
  });

  it('tells what a run would come to without writing anything', async () => {
    const world = financeWorld();
    await world.record(paid('FT1'));
    await world.takeIn(statementOf([line('FT1')], { day: DAY }), 'key-00001');
    const before = world.state();
    const ladder = await dryRun(BOOK, DAY, world.dependencies);
    expect([...ladder.matches()]).toHaveLength(1);
    expect(world.state()).toEqual(before);
  });
});
