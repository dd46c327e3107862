import { afterAll, beforeAll, describe } from 'vitest';
import { WorkStore } from '../../shared/store/work-store.ts';
import { MemoryWork } from '../fakes/memory-work.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';
import { workStoreContract } from './work-store.contract.ts';

workStoreContract('memory', async () => new MemoryWork());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  workStoreContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Work${tables++}`, { partition: 'p', sort: 's' });
    return new WorkStore(dynoxide.db, table);
  });
});
