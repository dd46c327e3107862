import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalAppender, JournalEntry, JournalReader } from '../../shared/domain/ledger/journal.ts';
import { UNASSIGNED } from '../../shared/domain/ledger/ledger.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { DAY, entryOf, LAND, NOON, POLICE } from '../domain/reconciliation/samples.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

type Journal = { appender: JournalAppender; reader: JournalReader };

function journalContract(name: string, fresh: () => Promise<Journal>): void {
  describe(`the journal in ${name}`, () => {
    const read = async ({ reader }: Journal, agencyCode: string, day = DAY): Promise<JournalEntry[]> => {
      const entries: JournalEntry[] = [];
      for await (const entry of reader.ofDay({ agencyCode, day })) entries.push(entry);
      return entries.sort((one, other) => (one.movementId < other.movementId ? -1 : 1));
    };

    it('gives back every entry of an agency and day, from whichever shard, as it was appended', async () => {
      const journal = await fresh();
      const entries = Array.from({ length: 40 }, (_, index) =>
        entryOf({
          transactionId: `T${String(index).padStart(2, '0')}`,
          invoiceNumber: String(123456789012 + index),
          committedAt: NOON + index,
        }),
      );
      for (const entry of entries) expect(await journal.appender.append(entry)).toEqual({ kind: 'appended' });
      expect(await read(journal, LAND)).toEqual(entries);
    });

    it('keeps agencies, and days of commit in Vietnam, apart', async () => {
      const journal = await fresh();
      const lastOfDay = Date.parse('2026-11-20T23:59:59.999+07:00');
      await journal.appender.append(entryOf({ transactionId: 'A', committedAt: lastOfDay }));
      await journal.appender.append(entryOf({ transactionId: 'B', committedAt: lastOfDay + 1 }));
      await journal.appender.append(entryOf({ transactionId: 'C', agencyCode: POLICE }));
      await journal.appender.append(entryOf({ transactionId: 'D', agencyCode: UNASSIGNED }));
      expect((await read(journal, LAND)).map((entry) => entry.transactionId)).toEqual(['A']);
      expect((await read(journal, LAND, '2026-11-21')).map((entry) => entry.transactionId)).toEqual(['B']);
      expect((await read(journal, UNASSIGNED)).map((entry) => entry.transactionId)).toEqual(['D']);
    });

    it('has nothing on a day on which nothing was', async () => expect(await read(await fresh(), LAND)).toEqual([]));
  });
}

journalContract('memory', async () => {
  const journal = new MemoryJournal();
  return { appender: journal, reader: journal };
});

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  journalContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Journal${tables++}`, { partition: 'p', sort: 's' });
    return {
      appender: new JournalStore(dynoxide.db, table),
      reader: new DynamoJournalReader(dynoxide.db, table),
    };
  });
});
