import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EntryLog } from '../../shared/domain/audit/audit.ts';
import type { CallbackLog, LogKeeper } from '../../shared/domain/logbook/logbook.ts';
import type { CallbackRecord, ReadRecord } from '../../shared/domain/logbook/record.ts';
import { DAY_MILLISECONDS, endOfDay, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { AuditStore } from '../../shared/store/audit-store.ts';
import { LogbookStore } from '../../shared/store/logbook-store.ts';
import { keepRecords } from '../../shared/usecases/keep-records.ts';
import { aCallback, anAct, aRead } from '../dsl/log-records.ts';
import { NOW } from '../dsl/world.ts';
import { MemoryLogbook } from '../fakes/memory-logbook.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

const INVOICE = { kind: 'invoices', id: 'inv_480213567890' };
const all = { from: NOW - DAY_MILLISECONDS, to: NOW + DAY_MILLISECONDS, limit: 100 };

type Book = LogKeeper & EntryLog<ReadRecord> & CallbackLog;

/** What every logbook does, whatever it is made of. */
function logbookContract(name: string, make: () => Promise<Book>): void {
  describe(name, () => {
    it('finds a read by each thing that was shown, by who looked, and by day, once', async () => {
      const book = await make();
      const read = aRead({
        subjects: [{ kind: 'dossiers', id: 'H29.12-1' }, INVOICE, { kind: 'invoices', id: 'inv_2' }],
      });
      const other = aRead({ at: NOW + 1, by: 'clerk two', subjects: [{ kind: 'invoices', id: 'inv_2' }] });
      for (const one of [other, read, read]) await book.keepRead(one);
      for (const subject of read.subjects.slice(0, 2))
        expect((await book.named({ subject }, all)).entries).toEqual([read]);
      expect((await book.named({ subject: { kind: 'invoices', id: 'inv_2' } }, all)).entries).toEqual([read, other]);
      expect((await book.named({ subject: { kind: 'payments', id: 'inv_2' } }, all)).entries).toEqual([]);
      expect((await book.named({ person: 'clerk one' }, all)).entries).toEqual([read]);
      expect((await book.ofDay({ day: vietnamDay(NOW), limit: 100 })).entries).toEqual([read, other]);
    });

    it('never lets one entry take the place of another', async () => {
      const book = await make();
      const read = aRead();
      const callback = aCallback();
      await book.keepRead(read);
      await book.keepRead({ ...read, by: 'somebody else', step: 'nowhere' });
      await book.keepCallbacks([callback]);
      await book.keepCallbacks([{ ...callback, outcome: 'refused' }]);
      expect((await book.named({ subject: INVOICE }, all)).entries).toEqual([read]);
      const { bundles } = await book.bundles('vnpay', all);
      expect(bundles.map(({ records }) => records)).toEqual([[callback]]);
    });

    it('reads entries of a stretch of time, page by page, its end not in it', async () => {
      const book = await make();
      const reads = [0, 0, 1, 2].map((later) => aRead({ at: NOW + later }));
      for (const read of reads) await book.keepRead(read);
      const span = { from: NOW, to: NOW + 2, limit: 2 };
      const first = await book.named({ subject: INVOICE }, span);
      expect(first.entries).toEqual(reads.slice(0, 2));
      const rest = await book.named({ subject: INVOICE }, { ...span, after: first.next });
      expect(rest.entries).toEqual([reads[2]]);
      expect(rest.next).toBeUndefined();
      const day = await book.ofDay({ day: vietnamDay(NOW), limit: 3 });
      expect((await book.ofDay({ day: vietnamDay(NOW), after: day.next, limit: 3 })).entries).toEqual([reads[3]]);
    });

    it('keeps a bundle of callbacks once, and finds it by its provider across days', async () => {
      const book = await make();
      const midnight = startOfDay(vietnamDay(NOW)) + DAY_MILLISECONDS;
      const bundle = (at: number, more: Partial<CallbackRecord> = {}) => [
        aCallback({ at, ...more }),
        aCallback({ at: at + 9, ...more }),
      ];
      const [yesterday, today, tomorrow] = [bundle(endOfDay(vietnamDay(NOW)) - 10), bundle(NOW), bundle(midnight)];
      for (const one of [tomorrow, today, yesterday, today, bundle(NOW, { providerId: 'momo' })])
        await book.keepCallbacks(one);
      const told = async (from: number, to: number, limit = 100, after?: string) => {
        const page = await book.bundles('vnpay', { from, to, limit, after });
        return { ...page, records: page.bundles.map(({ records }) => records) };
      };
      expect((await told(NOW, midnight + 1)).records).toEqual([today, yesterday, tomorrow]);
      // A bundle that begins before the time may reach into it, one that begins after it cannot.
      expect((await told(NOW + 59_000, NOW + 60_000)).records).toEqual([today]);
      expect((await told(NOW + 61_000, NOW + 62_000)).records).toEqual([]);
      expect((await told(NOW, midnight)).records).toEqual([today, yesterday]);
      const first = await told(NOW, midnight + 1, 1);
      expect(first.records).toEqual([today]);
      expect((await told(NOW, midnight + 1, 9, first.next)).records).toEqual([yesterday, tomorrow]);
    });
  });
}

describe('a logbook', () => logbookContract('in memory', async () => new MemoryLogbook()));

describe.skipIf(!dynoxideIsThere)('a logbook on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let count = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  const index = (name: string, attribute: string) => ({
    IndexName: name,
    KeySchema: [
      { AttributeName: attribute, KeyType: 'HASH' as const },
      { AttributeName: 's', KeyType: 'RANGE' as const },
    ],
    Projection: { ProjectionType: 'ALL' as const },
  });
  const aTable = () => {
    count += 1;
    return createTable(
      dynoxide.db,
      `Audit${count}`,
      { partition: 'p', sort: 's' },
      {
        attributes: ['k', 'w'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        indexes: [index('by-subject', 'k'), index('by-person', 'w')],
      },
    );
  };

  logbookContract('DynamoDB', async () => new LogbookStore(dynoxide.db, await aTable()));

  it('keeps acts where those of the registry stand, found by every subject and by the person', async () => {
    const table = await aTable();
    const audit = new AuditStore(dynoxide.db, table, () => 'word');
    await audit.append({ act: 'asked', subject: INVOICE, by: 'operator', clientId: 'office', at: NOW });
    const act = anAct({ at: NOW + 1, subjects: [{ kind: 'refunds', id: 'rfd_480213567890_1' }, INVOICE] });
    for (let times = 0; times < 2; times += 1)
      await keepRecords([JSON.stringify(act)], { logbook: new LogbookStore(dynoxide.db, table) });
    const names = async (name: Parameters<AuditStore['named']>[0]) =>
      (await audit.named(name, all)).entries.map(({ act: done, by }) => `${done} by ${by}`);
    expect(await names({ subject: INVOICE })).toEqual(['asked by operator', 'applied by clerk one']);
    expect(await names({ person: 'clerk one' })).toEqual(['applied by clerk one']);
    expect((await audit.ofDay({ day: vietnamDay(NOW), limit: 9 })).entries).toHaveLength(2);
  });
});
