import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FollowerReader,
  type JournalAppender,
  JournalEntry,
  type JournalReader,
} from '../../shared/domain/ledger/journal.ts';
import { account, UNASSIGNED } from '../../shared/domain/ledger/ledger.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { moneyEventsOf } from '../../shared/domain/notification/outgoing.ts';
import { MovementId, movedFrom } from '../../shared/domain/payment/movement.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { eventHash } from '../../shared/usecases/hashing.ts';
import { DAY, entryOf, LAND, NOON, POLICE } from '../domain/reconciliation/samples.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

/** An entry that has every member which an entry can have: one that is new and not here does not compile. */
const whole = {
  ...entryOf({ transactionId: '480213567890001' }),
  invoiceNumber: '480213567890',
  kind: 'refund',
  category: 'AMOUNT_OVER',
  attempt: 2,
  dossierCode: 'H29.12-261120-0001',
  act: { step: 'counter-api', persons: ['person-one', 'person-two'], reason: 'WRONG_AMOUNT' },
  madeBy: 'portal',
  total: dong(135_000),
  attemptWas: 'late',
  asked: dong(100_000),
  due: dong(35_000),
  stateAfter: 'refunded',
  refunded: dong(135_000),
  again: 'abcdef',
  sequence: 24,
} satisfies { [Member in keyof Required<JournalEntry>]: JournalEntry[Member] };
const members = Object.keys(JournalEntry.shape) as (keyof JournalEntry)[];
const optional = members.filter((member) => JournalEntry.shape[member].safeParse(undefined).success);

const without = (member: keyof JournalEntry): JournalEntry =>
  JournalEntry.parse(Object.fromEntries(Object.entries(whole).filter(([name]) => name !== member)));

type Journal = { appender: JournalAppender; reader: JournalReader & FollowerReader };

function journalContract(name: string, fresh: () => Promise<Journal>): void {
  describe(`the journal in ${name}`, () => {
    const read = async ({ reader }: Journal, agencyCode: string, day = DAY): Promise<JournalEntry[]> => {
      const entries: JournalEntry[] = [];
      for await (const entry of reader.ofDay({ agencyCode, day })) entries.push(entry);
      return entries.sort((one, other) => (one.movementId < other.movementId ? -1 : 1));
    };

    it('gives those entries of a day that follow from others, and no other ones', async () => {
      const journal = await fresh();
      const moved = movedFrom(MovementId.parse('mov_bank_100200300_FT1'));
      const lines = (debit: string, credit: string) => [
        { side: 'debit' as const, account: debit, amount: dong(135_000) },
        { side: 'credit' as const, account: credit, amount: dong(135_000) },
      ];
      const purse = account.payable(LAND, 'main');
      const following = [
        entryOf({ transactionId: 'T1', kind: 'refund', movementId: 'mov_vnpay_~T1' as MovementId }),
        entryOf({ transactionId: 'T2', kind: 'reversal', movementId: 'mov_vnpay_-T2' as MovementId }),
        entryOf({ transactionId: 'FT1', movementId: moved, lines: lines(account.unmatched(LAND), purse) }),
      ];
      const others = [
        entryOf({ transactionId: 'T3' }),
        entryOf({
          transactionId: 'T4',
          kind: 'unmatched',
          lines: lines('clearing:land-main', account.unmatched(LAND)),
        }),
        entryOf({ transactionId: 'T5', kind: 'correction', lines: lines(account.unmatched(LAND), purse) }),
      ];
      for (const entry of [...others, ...following]) await journal.appender.append(entry);
      const found: string[] = [];
      for await (const { movementId } of journal.reader.followersOfDay({ agencyCode: LAND, day: DAY }))
        found.push(movementId);
      expect(found.sort()).toEqual(following.map(({ movementId }) => movementId).sort());
    });

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

    it('has every member to give back', () => expect(Object.keys(whole).sort()).toEqual([...members].sort()));

    it('gives back every member of an entry', async () => {
      const journal = await fresh();
      await journal.appender.append(whole);
      expect(await read(journal, LAND)).toEqual([whole]);
      expect(await journal.appender.append(whole)).toEqual({ kind: 'alreadyThere', entry: whole });
    });

    it.each(optional)('gives back an entry that has no %s, and makes up none', async (member) => {
      const journal = await fresh();
      await journal.appender.append(without(member));
      const [entry] = await read(journal, LAND);
      expect(entry).toEqual(without(member));
      expect(entry && member in entry).toBe(false);
    });

    it.each(['total', 'asked', 'due', 'refunded'] as const)('tells a %s of nothing from none', async (member) => {
      const journal = await fresh();
      await journal.appender.append({ ...whole, [member]: dong(0) });
      expect(await read(journal, LAND)).toEqual([{ ...whole, [member]: 0 }]);
    });

    it.each([
      [135_000, 'invoice.refunded.v1'],
      [100_000, 'invoice.partially_refunded.v1'],
    ])('tells of a refund after which %i went back what was told at first', async (refunded, type) => {
      const journal = await fresh();
      const entry: JournalEntry = { ...whole, refunded: dong(refunded) };
      await journal.appender.append(entry);
      const told = (await read(journal, LAND)).flatMap((one) => moneyEventsOf(one, eventHash));
      expect(told).toEqual(moneyEventsOf(entry, eventHash));
      expect(told.map((event) => event.type)).toEqual(['refund.completed.v1', type]);
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
