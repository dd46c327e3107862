import { afterAll, beforeAll, describe } from 'vitest';
import { CatalogueStore } from '../../shared/store/catalogue-store.ts';
import { MemoryVersions } from '../fakes/memory-versions.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';
import { versionBookContract } from './version-book.contract.ts';

versionBookContract('memory', async () => new MemoryVersions());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  versionBookContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new CatalogueStore(dynoxide.db, table);
  });
});
