import { afterAll, beforeAll, describe } from 'vitest';
import { WatchStore } from '../../shared/store/watch-store.ts';
import { MemoryWatches } from '../fakes/memory-watches.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';
import { watchListContract } from './watch-list.contract.ts';

watchListContract('memory', async () => new MemoryWatches());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  watchListContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new WatchStore(dynoxide.db, table);
  });
});
