import { describe, expect, it } from 'vitest';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import {
  BANK_CREDIT,
  isBankCredit,
  type Movement,
  type MovementId,
  movedFrom,
} from '../../shared/domain/payment/movement.ts';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import { runIndexKey } from '../../shared/domain/reconciliation/run-index.ts';
import { addDays } from '../../shared/domain/time.ts';
import { findEvidence } from '../../shared/usecases/find-evidence.ts';
import { DAY, entryOf, fileOf, LAND, LAND_TERMINAL, NOON, POLICE } from '../domain/reconciliation/samples.ts';
import { invoiceOf } from '../dsl/world.ts';
import { ACCOUNT, BANK_BIN, callerFor, everyone, type FinanceWorld, financeWorld, PROVIDER } from './finance-world.ts';
import { statementOf, transferOf } from './paper-statement.ts';

const NUMBER = '123456789012';
const ID = invoiceId(InvoiceNumber.parse(NUMBER));
const BOOK = accountBook(BANK_BIN, ACCOUNT);
const NEXT = addDays(DAY, 3);

const movementOf = (movementId: MovementId, transactionId: string): Movement => ({
  ...{ movementId, transactionId, kind: 'payment', amount: dong(135_000) },
  providerId: isBankCredit(movementId) ? BANK_CREDIT : PROVIDER,
  ...{ merchantAccountId: 'land-main', terminal: LAND_TERMINAL, attempt: 1, paidAt: NOON, committedAt: NOON + 1000 },
  lines: [
    { side: 'debit', account: 'clearing:land-main', amount: dong(135_000) },
    { side: 'credit', account: `payable:${LAND}:main`, amount: dong(135_000) },
  ],
  evidence: 'what the bank said',
});

/** An invoice that was paid over the provider, and straight to the account. */
async function paid() {
  const world = financeWorld();
  const card: MovementId = `mov_${PROVIDER}_T1`;
  const transfer: MovementId = `mov_bank_${ACCOUNT}_FT1`;
  world.invoices.place(
    invoiceOf(NUMBER, {
      agencyCode: LAND,
      movements: { [card]: movementOf(card, 'T1'), [transfer]: movementOf(transfer, 'FT1') },
    }),
  );
  const facts = { invoiceNumber: NUMBER, paidAt: NOON, committedAt: NOON + 1000, accountingDate: DAY };
  await world.record(
    entryOf({ movementId: card, transactionId: 'T1', ...facts }),
    transferOf('FT1', { ...facts, providerId: BANK_CREDIT }),
  );
  world.clock.at = Date.parse(`${addDays(NEXT, 1)}T08:00:00+07:00`);
  return world;
}

const found = async (world: FinanceWorld) => {
  const { payments } = await findEvidence(ID, everyone, world.dependencies);
  const of = (name: string) => payments.find(({ movement }) => movement.transactionId === name);
  return { card: of('T1'), transfer: of('FT1') };
};

const credit = { reference: 'FT1', amount: 135_000, day: DAY, text: '' };
const payout = { reference: 'PO1', amount: 135_000, day: NEXT, text: `SANDBOX BANK PAYOUT ${DAY.replaceAll('-', '')}` };

describe('what proves a payment', () => {
  it('is nothing but our books before any file came', async () => {
    const { card, transfer } = await found(await paid());
    expect([card?.state, transfer?.state]).toEqual(['RECORDED', 'RECORDED']);
    expect(transfer?.bank).toBeUndefined();
  });

  it('is the provider’s file, then the entry by which the bank credits its payout, each with file, rule and run', async () => {
    const world = await paid();
    await world.takeInSettlement(fileOf({ id: 'T1' }), 'settle-key-1', { fileName: 'doi-soat.csv' });
    expect((await found(world)).card).toMatchObject({
      state: 'REPORTED',
      settlement: { file: { fileName: 'doi-soat.csv' }, line: { amount: 135_000, matched: true } },
    });
    await world.takeIn(statementOf([payout], { day: NEXT }), 'bank-key-1', {
      businessDate: NEXT,
      fileName: 'bidv.sta',
    });
    const { card } = await found(world);
    expect(card).toMatchObject({
      state: 'SETTLED',
      bank: {
        ...{ book: BOOK, day: NEXT, item: `payout:${PROVIDER}:${DAY}:${ACCOUNT}` },
        found: { rule: 'batch', version: 3, status: 'confirmed', theirAmount: 135_000 },
        entries: [{ entry: expect.stringContaining('PO1'), file: { fileName: 'bidv.sta' } }],
      },
    });
    expect(card?.bank?.run.sha256).toBe((await world.days.find(BOOK, NEXT))?.run?.sha256);
  });

  it('is the bank’s entry of a transfer, by the run that matched it and no later one', async () => {
    const world = await paid();
    await world.takeIn(statementOf([credit], { day: DAY }), 'bank-key-1');
    await world.takeIn(statementOf([], { day: NEXT, opening: 1_135_000, sequence: '2/1' }), 'bank-key-2', {
      businessDate: NEXT,
    });
    expect((await found(world)).transfer).toMatchObject({
      state: 'SETTLED',
      settlement: undefined,
      bank: { day: DAY, found: { rule: 'transaction-id', evidence: { bankReference: 'FT1' } } },
    });
  });

  it('names the file that brought an entry, also where a later day’s run matched it', async () => {
    const world = await paid();
    const late = { ...credit, reference: 'FTLATE', text: 'thu phi TP000' };
    await world.takeIn(statementOf([late], { day: DAY }), 'bank-key-1', { fileName: 'first.sta' });
    const { transfer } = await found(world);
    expect(transfer).toMatchObject({ state: 'RECORDED', bank: { day: DAY } });
    const open = world.work.contents().exceptions;
    expect(open).toEqual([]);
    const entry = `${BOOK}/${DAY}/1/1/FTLATE`;
    const item = `mov_bank_${ACCOUNT}_FT1@${NUMBER}`;
    await world.dependencies.decisions.decide(BOOK, {
      decisionId: 'exc_1',
      kind: 'match',
      ours: [item],
      theirs: [entry],
    });
    await world.takeIn(statementOf([], { day: NEXT, opening: 1_135_000, sequence: '2/1' }), 'bank-key-2', {
      businessDate: NEXT,
    });
    expect((await found(world)).transfer).toMatchObject({
      state: 'SETTLED',
      bank: { day: NEXT, found: { rule: 'decided-match' }, entries: [{ entry, file: { fileName: 'first.sta' } }] },
    });
  });

  it('is the bank’s entry of a credit that came with no invoice and was moved to one', async () => {
    const world = financeWorld();
    const credit: MovementId = `mov_bank_${ACCOUNT}_FT7`;
    const facts = { paidAt: NOON, committedAt: NOON + 1000, accountingDate: DAY };
    const { invoiceNumber: _, ...alone } = transferOf('FT7', { ...facts, kind: 'unmatched', providerId: BANK_CREDIT });
    await world.record(alone);
    const moved = { ...movementOf(movedFrom(credit), 'FT7'), committedAt: NOON + 5 * 86_400_000 };
    world.invoices.place(invoiceOf(NUMBER, { agencyCode: LAND, movements: { [moved.movementId]: moved } }));
    await world.takeIn(statementOf([{ ...payout, reference: 'FT7', day: DAY, text: '' }], { day: DAY }), 'bank-key-1');
    const { payments } = await findEvidence(ID, everyone, world.dependencies);
    expect(payments).toMatchObject([{ state: 'SETTLED', bank: { day: DAY, item: `${credit}@` } }]);
  });

  it('is found by a few ranged reads, and end to end where a run has no index', async () => {
    const world = await paid();
    await world.takeIn(statementOf([credit], { day: DAY }), 'bank-key-1');
    const before = await found(world);
    const { run } = (await world.days.find(BOOK, DAY)) ?? {};
    let read = 0;
    const { runs } = world.dependencies;
    const lines = (key: string) => {
      read += 1;
      return runs.lines(key);
    };
    const look = async () => {
      const { payments } = await findEvidence(ID, everyone, { ...world.dependencies, runs: { lines } });
      return payments.find(({ movement }) => movement.transactionId === 'FT1');
    };
    expect([await look(), read]).toEqual([before.transfer, 0]);
    world.files.remove(runIndexKey(run?.key ?? ''));
    expect([await look(), read]).toEqual([before.transfer, 1]);
  });

  it('says why there is none', async () => {
    const world = await paid();
    await world.takeIn(statementOf([{ ...credit, amount: 135_001 }], { day: DAY }), 'bank-key-1');
    expect((await found(world)).transfer).toMatchObject({
      state: 'RECORDED',
      bank: { found: 'AMOUNT_OVER', entries: [{ entry: expect.stringContaining('FT1') }] },
    });
  });

  it('is told to nobody who may not see the invoice', async () => {
    const world = await paid();
    await expect(findEvidence(ID, callerFor([POLICE]), world.dependencies)).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
