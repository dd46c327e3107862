import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PutCommand } from '../../shared/aws/dynamodb.ts';
import { rememberedStates } from '../../shared/runtime/remembered-states.ts';
import { ProviderStateStore } from '../../shared/store/provider-state-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { NOW } from '../dsl/world.ts';
import { MemoryRegistry } from '../fakes/memory-registry.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';
import { registryContract } from './registry.contract.ts';

registryContract('memory', async () => new MemoryRegistry());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  registryContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new RegistryStore(dynoxide.db, table);
  });

  it('tells what is known of all providers, and remembers it for ten seconds', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    const registry = new RegistryStore(dynoxide.db, table);
    const store = new ProviderStateStore(dynoxide.db, table);
    let at = NOW;
    const remembered = rememberedStates(store, () => at);
    expect([await remembered.statuses(), await remembered.silences()]).toEqual([new Map(), new Map()]);
    const status = {
      providerId: 'vnpay',
      state: 'switched_off' as const,
      outage: { from: NOW, until: NOW + 1, words: { vi: 'Bảo trì', en: 'Maintenance' } },
      reason: 'a test',
      changedBy: { clientId: 'operator', subject: 'someone' },
      changedAt: NOW,
    };
    await registry.changeProviderStatus('vnpay', () => status, { keyHash: '1', bodyHash: '1' });
    await store.noteSilence('momo', NOW + 1);
    await store.noteSilence('momo', NOW + 2);
    const known = [new Map([['vnpay', status]]), new Map([['momo', NOW + 2]])];
    expect([await store.statuses(), await store.silences()]).toEqual(known);
    at += 9_999;
    expect((await remembered.statuses()).size).toBe(0);
    at += 1;
    expect([await remembered.statuses(), await remembered.silences()]).toEqual(known);
  });

  it('reads a record that remembers its last call only, and its look-ups', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    const registry = new RegistryStore(dynoxide.db, table);
    const account = {
      id: 'a-one',
      providerId: 'bank-one',
      agencyCode: 'H29.14',
      beneficiary: 'main',
      terminal: 'T1',
      accountNumber: '1234567890',
      bankBin: '970415',
      active: true,
    };
    const old = { r: account, h: 'key', b: 'body', v: 3 };
    for (const key of [
      { p: 'account', s: 'a-one' },
      { p: 'payee#bank-one', s: 'H29.14#main' },
      { p: 'terminal#bank-one', s: 'T1#a-one' },
    ])
      await dynoxide.db.send(new PutCommand({ TableName: table, Item: { ...key, ...old } }));

    expect(await registry.merchantAccount('a-one')).toEqual(account);
    expect(await registry.payeeAccount('bank-one', 'H29.14', 'main')).toEqual(account);
    expect(await registry.accountsAtTerminal('bank-one', 'T1')).toEqual([account]);
    const call = { keyHash: 'key', bodyHash: 'body' };
    expect(await registry.putMerchantAccount(account, call)).toMatchObject({ kind: 'repeated', latest: true });
    const off = { ...account, active: false };
    const next = { keyHash: 'next', bodyHash: 'body' };
    expect(await registry.putMerchantAccount(off, next)).toEqual({ kind: 'changed', record: off });
    expect(await registry.putMerchantAccount(account, call)).toEqual({ kind: 'repeated', record: off, latest: false });
  });
});
