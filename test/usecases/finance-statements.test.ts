import { describe, expect, it } from 'vitest';
import { statementKey } from '../../shared/domain/reconciliation/statement.ts';
import { addDays } from '../../shared/domain/time.ts';
import { readStatement } from '../../shared/usecases/read-statement.ts';
import { requestStatementUpload, UPLOAD_LINK_MILLISECONDS } from '../../shared/usecases/request-statement-upload.ts';
import { DAY, fileOf, LAND, POLICE } from '../domain/reconciliation/samples.ts';
import { callerFor, financeWorld, MORNING } from './finance-world.ts';

const refusal = (code: string) => expect.objectContaining({ name: 'Refusal', code });

describe('announcing a settlement file', () => {
  it('answers a link for the provider’s day that works for a quarter of an hour', async () => {
    const { statement, upload, replayed } = await financeWorld().request({ fileName: 'doi-soat.csv' });
    expect(statement).toMatchObject({
      state: 'AWAITING_FILE',
      columnMap: 'sandbox-bank.settlement.v3',
      businessDate: DAY,
    });
    expect(upload?.url).toContain(`statements/sandbox-bank/${DAY}/${statement.statementId}.csv`);
    expect(upload?.expiresAt).toBe(MORNING + UPLOAD_LINK_MILLISECONDS);
    expect(replayed).toBe(false);
  });

  it('answers the same statement to the same key, with a fresh link', async () => {
    const world = financeWorld();
    const first = await world.request();
    world.clock.at += UPLOAD_LINK_MILLISECONDS;
    const second = await world.request();
    expect(second.statement).toEqual(first.statement);
    expect(second.replayed).toBe(true);
    expect(second.upload?.expiresAt).toBe(MORNING + 2 * UPLOAD_LINK_MILLISECONDS);
  });

  it('refuses the same key with another body', async () => {
    const world = financeWorld();
    await world.request();
    await expect(world.request({ fileName: 'other.csv' })).rejects.toThrow(refusal('idempotency_key_reused'));
  });

  it('keeps the same key of two clients apart', async () => {
    const world = financeWorld();
    const one = await world.request({}, 'key-00001', callerFor('*', 'finance-a'));
    const other = await world.request({}, 'key-00001', callerFor('*', 'finance-b'));
    expect(one.statement.statementId).not.toBe(other.statement.statementId);
  });

  it('gives no link any more once the file has come', async () => {
    const world = financeWorld();
    await world.reconcile(fileOf());
    const again = await world.request();
    expect(again).toMatchObject({ upload: undefined, replayed: true, statement: { state: 'RECONCILED' } });
  });

  it.each([
    ['today', 0],
    ['tomorrow', 1],
  ])('refuses a day that is not over: %s', async (_, days) =>
    expect(financeWorld().request({ businessDate: addDays(DAY, 1 + days) })).rejects.toThrow(refusal('unprocessable')),
  );

  it('admits today, and never tomorrow, where no real money moves', async () => {
    const { dependencies } = financeWorld();
    const ask = (businessDate: string, key: string) =>
      requestStatementUpload({ providerId: 'sandbox-bank', businessDate }, callerFor('*'), key, {
        ...dependencies,
        admitsOpenDay: true,
      });
    expect((await ask(addDays(DAY, 1), 'key-today')).statement.state).toBe('AWAITING_FILE');
    await expect(ask(addDays(DAY, 2), 'key-tomorrow')).rejects.toThrow(refusal('unprocessable'));
  });

  it('refuses a column map of another provider', async () =>
    expect(financeWorld().request({ columnMap: 'vnpay.settlement.v1' })).rejects.toThrow(refusal('unprocessable')));

  it('knows no provider without accounts', async () =>
    expect(financeWorld().request({ providerId: 'vnpay' })).rejects.toThrow(refusal('unknown_provider')));

  it('knows no provider for a caller who may not see all of its agencies', async () =>
    expect(financeWorld().request({}, 'key-00001', callerFor([LAND]))).rejects.toThrow(refusal('unknown_provider')));

  it('knows it for a caller who may', async () =>
    expect((await financeWorld().request({}, 'key-00001', callerFor([LAND, POLICE]))).statement.state).toBe(
      'AWAITING_FILE',
    ));
});

describe('reading a statement', () => {
  it('shows it to who may see all of its agencies', async () => {
    const world = financeWorld();
    const { statement } = await world.request();
    expect(await readStatement(statement.statementId, callerFor([POLICE, LAND]), world.dependencies)).toEqual(
      statement,
    );
  });

  it.each([
    ['of another agency', callerFor(['H29.99'])],
    ['of one of its agencies', callerFor([LAND])],
  ])('says not_found to a caller %s', async (_, caller) => {
    const world = financeWorld();
    const { statement } = await world.request();
    await expect(readStatement(statement.statementId, caller, world.dependencies)).rejects.toThrow(
      refusal('not_found'),
    );
  });

  it('says not_found where there is none', async () =>
    expect(readStatement(`stm_${'0'.repeat(24)}`, callerFor('*'), financeWorld().dependencies)).rejects.toThrow(
      refusal('not_found'),
    ));
});

it('the place of a file names its statement', async () => {
  const { statement } = await financeWorld().request();
  expect(statementKey(statement)).toBe(`statements/sandbox-bank/${DAY}/${statement.statementId}.csv`);
});
