import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalAppender, JournalEntry, JournalFeed } from '../../shared/domain/ledger/journal.ts';
import type { BlockedEndpoints, MissedDeliveries } from '../../shared/domain/notification/blocked.ts';
import { LATE_AT_ONCE, type LateEntries, type Watermark } from '../../shared/domain/notification/feed.ts';
import type { Replays } from '../../shared/domain/notification/replay.ts';
import { CallStore } from '../../shared/store/call-store.ts';
import { EndpointStore } from '../../shared/store/endpoint-store.ts';
import { FeedStore } from '../../shared/store/feed-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { ReplayStore } from '../../shared/store/replay-store.ts';
import { DAY, NOON } from '../domain/reconciliation/samples.ts';
import {
  blockedEndpoint,
  LAND,
  LAND_OWNER,
  NOW,
  POLICE,
  POLICE_OWNER,
  paymentOf,
  runningReplay,
} from '../dsl/notifying.ts';
import { MemoryEndpoints } from '../fakes/memory-endpoints.ts';
import { MemoryFeed } from '../fakes/memory-feed.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { MemoryReplays } from '../fakes/memory-replays.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

/** What the stores behind webhooks do, whatever they are made of. */

type Stores = {
  feed: Watermark & LateEntries;
  endpoints: BlockedEndpoints & MissedDeliveries;
  replays: Replays;
  journal: JournalAppender & JournalFeed;
};

const place = (number: number) => ({ committedAt: NOW + number, movementId: `mov_bank-one_T${number}` });

function deliveryStoresContract(name: string, fresh: () => Promise<Stores>): void {
  describe(`the watermark in ${name}`, () => {
    it('stands at nothing, moves on, and never back', async () => {
      const { feed } = await fresh();
      expect(await feed.read()).toBe(0);
      await feed.advance(10);
      await feed.advance(5);
      expect(await feed.read()).toBe(10);
    });
  });

  describe(`late entries in ${name}`, () => {
    it('are given in the order in which they were written down, from any position', async () => {
      const { feed } = await fresh();
      await feed.append(LAND, [place(3), place(1)]);
      await feed.append(LAND, [place(2)]);
      await feed.append(POLICE, [place(9)]);
      const all = await feed.after(LAND, 0, 10);
      expect(all.map((one) => one.place)).toEqual([place(3), place(1), place(2)]);
      for (const [index, { position }] of all.entries())
        expect(await feed.after(LAND, position, 10)).toEqual(all.slice(index + 1));
      expect(await feed.after(LAND, 0, 2)).toEqual(all.slice(0, 2));
      expect(await feed.after(LAND, await feed.end(LAND), 10)).toEqual([]);
      await feed.append(LAND, [place(4)]);
      expect((await feed.after(LAND, all.at(-1)?.position ?? 0, 10)).map((one) => one.place)).toEqual([place(4)]);
    });

    it('are all there when many write at once, and behind the end that was read before', async () => {
      const { feed } = await fresh();
      await feed.append(LAND, [place(0)]);
      const end = await feed.end(LAND);
      await Promise.all(Array.from({ length: 12 }, (_, number) => feed.append(LAND, [place(number + 1)])));
      const found = await feed.after(LAND, end, LATE_AT_ONCE);
      expect(found.map((one) => one.place.committedAt).sort()).toEqual(
        Array.from({ length: 12 }, (_, number) => NOW + number + 1),
      );
      expect(new Set(found.map(({ position }) => position)).size).toBe(12);
    });
  });

  describe(`blocked endpoints in ${name}`, () => {
    it('are blocked once, however many find them so', async () => {
      const { endpoints } = await fresh();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => endpoints.block(blockedEndpoint(LAND_OWNER, NOW))),
      );
      expect(answers.filter((answer) => answer === 'blocked')).toHaveLength(1);
      expect(await endpoints.find(LAND_OWNER)).toEqual(blockedEndpoint(LAND_OWNER, NOW));
      expect(await endpoints.find(POLICE_OWNER)).toBeUndefined();
    });

    it('are saved and opened by whoever has seen them last', async () => {
      const { endpoints } = await fresh();
      const first = blockedEndpoint(LAND_OWNER, NOW);
      await endpoints.block(first);
      await endpoints.block(blockedEndpoint(POLICE_OWNER, NOW));
      const saved = await endpoints.save({ ...first, state: 'handover' });
      expect(saved).toEqual({ ...first, state: 'handover', version: 2 });
      expect(await endpoints.save(first)).toBeUndefined();
      expect(await endpoints.open(first)).toBe(false);
      expect((await endpoints.all()).map(({ owner }) => owner).sort()).toEqual([LAND_OWNER, POLICE_OWNER]);
      expect(await endpoints.open({ owner: LAND_OWNER, version: 2 })).toBe(true);
      expect((await endpoints.all()).map(({ owner }) => owner)).toEqual([POLICE_OWNER]);
    });

    it('have what they missed, oldest first, each once, until it is forgotten', async () => {
      const { endpoints } = await fresh();
      const missed = (number: number) => ({
        id: `evt_${number}`,
        type: 'invoice.created.v1',
        time: `2026-11-20T12:00:0${number}+07:00`,
        source: 'thuphi',
        data: { zeta: 1, alpha: 2, more: { kept: true, as: 'it was' } },
      });
      for (const number of [3, 1, 2, 1]) await endpoints.keep(LAND_OWNER, missed(number));
      await endpoints.keep(POLICE_OWNER, missed(9));
      // To the byte: an event that is told twice is told in the same words.
      expect(JSON.stringify(await endpoints.first(LAND_OWNER, 2))).toBe(JSON.stringify([missed(1), missed(2)]));
      await endpoints.forget(LAND_OWNER, [missed(1), missed(3)]);
      expect(await endpoints.first(LAND_OWNER, 9)).toEqual([missed(2)]);
    });
  });

  describe(`replays in ${name}`, () => {
    it('begin once, are saved by whoever has seen them last, and run until they are done', async () => {
      const { replays } = await fresh();
      const replay = runningReplay({ range: { from: 1, to: 2 } });
      const begun = await Promise.all([replays.begin(replay), replays.begin({ ...replay, requestedAt: 7 })]);
      expect(begun.filter((one) => one.begun)).toHaveLength(1);
      const [there] = await replays.running();
      if (!there) throw new Error('nothing runs');
      expect(await replays.save({ ...there, sent: 3 })).toMatchObject({ sent: 3, version: 2 });
      expect(await replays.save(there)).toBeUndefined();
      await replays.save({ ...there, version: 2, state: 'done' });
      expect(await replays.running()).toEqual([]);
      expect(await replays.begin(replay)).toMatchObject({ begun: false, replay: { state: 'done' } });
    });
  });

  describe(`the journal as a feed in ${name}`, () => {
    it('is read in the order of commits over all shards, from any entry on, up to any instant', async () => {
      const { journal } = await fresh();
      const entries: JournalEntry[] = Array.from({ length: 60 }, (_, number) =>
        paymentOf((number * 37) % 60, { committedAt: NOON + Math.floor(((number * 37) % 60) / 3) }),
      );
      for (const entry of entries) await journal.append(entry);
      const order = (one: JournalEntry) => `${one.committedAt}#${one.movementId}`;
      const sorted = entries.toSorted((one, other) => (order(one) < order(other) ? -1 : 1));
      const read = (after: JournalEntry | undefined, upTo: number, limit: number) =>
        journal.ofDayAfter({ agencyCode: LAND, day: DAY, after, upTo, limit });
      expect(await read(undefined, Number.MAX_SAFE_INTEGER, 100)).toEqual(sorted);
      for (const [index, entry] of sorted.entries())
        expect(await read(entry, NOON + 15, 7)).toEqual(
          sorted.slice(index + 1, index + 8).filter((one) => one.committedAt <= NOON + 15),
        );
      expect(await journal.at(entries[5] as JournalEntry)).toEqual(entries[5]);
      expect(
        await journal.at({ agencyCode: LAND, committedAt: NOON, movementId: 'mov_bank-one_none' }),
      ).toBeUndefined();
      expect(await journal.ofDayAfter({ agencyCode: POLICE, day: DAY, upTo: NOON * 2, limit: 9 })).toEqual([]);
    });

    it('reads what an older version wrote, and takes it for the same entry (scenario 51)', async () => {
      const { journal } = await fresh();
      const { madeBy: _m, total: _t, attemptWas: _a, sequence: _s, ...older } = paymentOf(1);
      await journal.append(older);
      expect(await journal.append(paymentOf(1, { total: older.amount }))).toEqual({
        kind: 'alreadyThere',
        entry: older,
      });
      expect(await journal.at(older)).toEqual(older);
    });
  });
}

deliveryStoresContract('memory', async () => ({
  feed: new MemoryFeed(),
  endpoints: new MemoryEndpoints(),
  replays: new MemoryReplays(),
  journal: new MemoryJournal(),
}));

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  const table = () => createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  deliveryStoresContract('DynamoDB', async () => {
    const [work, ledger] = [await table(), await table()];
    const [writer, reader] = [new JournalStore(dynoxide.db, ledger), new DynamoJournalReader(dynoxide.db, ledger)];
    return {
      feed: new FeedStore(dynoxide.db, work),
      endpoints: new EndpointStore(dynoxide.db, work),
      replays: new ReplayStore(dynoxide.db, work),
      journal: {
        append: writer.append.bind(writer),
        at: reader.at.bind(reader),
        ofDayAfter: reader.ofDayAfter.bind(reader),
      },
    };
  });

  it('operators’ calls are remembered with what they came to', async () => {
    const calls = new CallStore(dynoxide.db, await table());
    expect(await calls.find('c1')).toBeUndefined();
    await calls.finish('c1', 'hash', { moved: 3 });
    expect(await calls.find('c1')).toEqual({ bodyHash: 'hash', result: { moved: 3 } });
  });
});
