import { afterAll, beforeAll, describe } from 'vitest';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';
import { journalAppenderContract } from './journal-appender.contract.ts';

journalAppenderContract('memory', async () => new MemoryJournal());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  journalAppenderContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new JournalStore(dynoxide.db, table);
  });
});
