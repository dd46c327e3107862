import { describe, expect, it } from 'vitest';
import { NoResultFile, RESULT_LINE_BYTES, resultKey } from '../../shared/domain/reconciliation/results.ts';
import { addDays } from '../../shared/domain/time.ts';
import { findReported } from '../../shared/usecases/find-reported.ts';
import { DAY, entryOf, fileOf } from '../domain/reconciliation/samples.ts';
import { financeWorld, MORNING } from './finance-world.ts';

const payment = (transactionId: string, accountingDate = DAY) => ({
  providerId: 'sandbox-bank',
  accountingDate,
  transactionId,
});

describe('finding a payment in the provider’s file', () => {
  it('says when it was reported, in which file, and with what amount', async () => {
    const world = financeWorld();
    await world.record(entryOf({ transactionId: 'T1' }), entryOf({ transactionId: 'T2', amount: 1 }));
    const { statementId } = await world.reconcile(fileOf({ id: 'T1' }, { id: 'T2', amount: 2 }));
    expect(await findReported(payment('T1'), world.files)).toEqual({
      reportedAt: MORNING,
      amount: 135_000,
      matched: true,
      statementId,
    });
    expect(await findReported(payment('T2'), world.files)).toMatchObject({ amount: 2, matched: false });
  });

  it.each(['T0', 'T11', 'T', 'T3'])('does not find %s, which no file names', async (id) => {
    const world = financeWorld();
    await world.reconcile(fileOf({ id: 'T1' }, { id: 'T2' }, { id: 'T3', status: 'DECLINED' }));
    expect(await findReported(payment(id), world.files)).toBeUndefined();
  });

  it('finds nothing, with one read, before the day is reconciled', async () => {
    const world = financeWorld();
    expect(await findReported(payment('T1'), world.files)).toBeUndefined();
    expect(world.files.reads).toBe(1);
  });

  it('looks into the next day’s file for what was paid close to midnight', async () => {
    const world = financeWorld();
    const next = addDays(DAY, 1);
    world.clock.at += 86_400_000;
    await world.reconcile(fileOf(), 'key-00001');
    await world.reconcile(fileOf({ id: 'T1' }), 'key-00002', { businessDate: next });
    expect(await findReported(payment('T1'), world.files)).toMatchObject({ amount: 135_000, matched: false });
  });

  it('costs one read in a small file, and few in one of many thousands of lines', async () => {
    const world = financeWorld();
    const ids = Array.from({ length: 20_000 }, (_, index) => `1400${String(index * 7).padStart(6, '0')}`);
    await world.reconcile(fileOf(...ids.map((id) => ({ id }))));
    let most = 0;
    for (const id of [ids[0], ids[510], ids[511], ids[512], ids[9_999], ids[19_998], ids[19_999]] as string[]) {
      const before = world.files.reads;
      expect(await findReported(payment(id), world.files)).toMatchObject({ amount: 135_000 });
      most = Math.max(most, world.files.reads - before);
    }
    expect(most).toBeLessThanOrEqual(7);
    for (const index of [0, 511, 512, 10_000, 19_999]) {
      const absent = String(Number(ids[index]) + 1);
      expect(await findReported(payment(absent), world.files)).toBeUndefined();
    }
  });

  it('reads nothing from a file that is none', async () => {
    const world = financeWorld();
    world.files.put(resultKey('sandbox-bank', DAY), 'x'.repeat(2 * RESULT_LINE_BYTES));
    await expect(findReported(payment('T1'), world.files)).rejects.toThrow(NoResultFile);
  });
});
