import { afterAll, beforeAll, describe } from 'vitest';
import { DueDayStore } from '../../shared/store/due-days.ts';
import { MemoryDueDays } from '../fakes/memory-due-days.ts';
import { dueDaysContract } from './due-days.contract.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

dueDaysContract('memory', async () => new MemoryDueDays());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  dueDaysContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new DueDayStore(dynoxide.db, table);
  });
});
