import { describe, expect, it } from 'vitest';
import { chartOfAccounts, kindOf } from '../../shared/domain/ledger/balances.ts';
import { account } from '../../shared/domain/ledger/ledger.ts';
import { addDays, startOfDay } from '../../shared/domain/time.ts';
import { cursorCodec } from '../../shared/runtime/cursor.ts';
import {
  type ListLedgerEntries,
  listLedgerEntries,
  MAX_ENTRY_DAYS,
} from '../../shared/usecases/list-ledger-entries.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { anEntry } from './crash-cases-of-ledger.ts';
import { callerFor, everyone } from './finance-world.ts';

const FROM = '2026-11-22';
const LAND = 'H29.12';
const POLICE = 'H29.13';
const cursors = cursorCodec('k'.repeat(64));

async function aJournal(days: number, perDay: number) {
  const journal = new MemoryJournal();
  const ids: string[] = [];
  for (const agency of [LAND, POLICE])
    for (let day = 0; day < days; day += 1)
      for (let one = 0; one < perDay; one += 1) {
        const entry = anEntry(startOfDay(addDays(FROM, day)) + one, ids.length, agency);
        await journal.append(entry);
        ids.push(entry.movementId);
      }
  const registry = { agencyCodes: async () => [LAND, POLICE] };
  const now = () => startOfDay(addDays(FROM, 100));
  const list = (query: Partial<ListLedgerEntries> = {}, caller = everyone) =>
    listLedgerEntries({ from: FROM, to: addDays(FROM, 30), limit: 5, ...query }, caller, {
      journal,
      registry,
      cursors,
      now,
    });
  const all = async (query: Partial<ListLedgerEntries> = {}, caller = everyone) => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ ...query, cursor }, caller);
      found.push(...page.entries.map(({ movementId }) => movementId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return found;
  };
  return { ids, list, all };
}

describe('the entries of the ledger', () => {
  it.each([1, 5, 7, 100])('are listed whole, in order, each once, %i a page', async (limit) => {
    const { ids, all } = await aJournal(3, 11);
    expect(await all({ limit })).toEqual(ids);
  });

  it('are narrowed by day, account and kind', async () => {
    const { ids, all } = await aJournal(4, 2);
    expect(await all({ from: addDays(FROM, 1), to: addDays(FROM, 2), agencyCode: LAND })).toEqual(ids.slice(2, 6));
    expect(await all({ account: account.payable(POLICE, 'main') })).toEqual(ids.slice(8));
    expect(await all({ kind: 'surplus' })).toEqual([]);
  });

  it('refuse a range that is too wide before anything is read, and take one that is just not', async () => {
    const { list } = await aJournal(1, 1);
    const to = addDays(FROM, MAX_ENTRY_DAYS);
    await expect(list({ to })).rejects.toMatchObject({ code: 'range_too_wide' });
    await expect(list({ from: '2000-01-01', to: '2999-12-31' })).rejects.toMatchObject({ code: 'range_too_wide' });
    expect((await list({ to: addDays(to, -1) })).entries.length).toBe(2);
  });

  it('are nobody else’s to see, and a cursor is for its own question and caller (scenario 64)', async () => {
    const { list, all, ids } = await aJournal(1, 8);
    expect(await all({}, callerFor([POLICE]))).toEqual(ids.slice(8));
    await expect(list({ agencyCode: LAND }, callerFor([POLICE]))).rejects.toMatchObject({ code: 'not_found' });
    const cursor = (await list()).nextCursor ?? '';
    await expect(list({ cursor, kind: 'payment' })).rejects.toThrow('invalid cursor');
    await expect(list({ cursor }, callerFor('*', 'somebody-else'))).rejects.toThrow('invalid cursor');
    await expect(list({ cursor: `${cursor}x` })).rejects.toThrow('invalid cursor');
  });
});

describe('the chart of accounts', () => {
  it('knows every kind of account that an entry can name, and no other', () => {
    const made = [...Object.values(account).map((make) => (make as (...parts: string[]) => string)('H29.12', 'cash'))];
    expect([...new Set(made.map(kindOf))].sort()).toEqual(Object.keys(chartOfAccounts).sort());
  });
});
