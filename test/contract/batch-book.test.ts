import { afterAll, beforeAll, describe } from 'vitest';
import { BatchStore } from '../../shared/store/batch-store.ts';
import { MemoryBatches } from '../fakes/memory-batches.ts';
import { batchBookContract } from './batch-book.contract.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

batchBookContract('memory', async () => new MemoryBatches());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  batchBookContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new BatchStore(dynoxide.db, table);
  });
});
