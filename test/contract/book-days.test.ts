import { afterAll, beforeAll, describe } from 'vitest';
import { BookDayStore } from '../../shared/store/book-day-store.ts';
import { MemoryBookDays } from '../fakes/memory-book-days.ts';
import { bookDaysContract } from './book-days.contract.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

bookDaysContract('memory', async () => new MemoryBookDays());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  bookDaysContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `BookDays${tables++}`, { partition: 'p', sort: 's' });
    return new BookDayStore(dynoxide.db, table);
  });
});
