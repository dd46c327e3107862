import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import {
  cursorBefore,
  type FeedCursor,
  STORE_CLOCK_SPREAD_MILLISECONDS,
  WATERMARK_LAG_MILLISECONDS,
} from '../../shared/domain/notification/feed.ts';
import { moneyEventsOf } from '../../shared/domain/notification/outgoing.ts';
import { InvalidCursor } from '../../shared/domain/paging.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import { cursorCodec } from '../../shared/runtime/cursor.ts';
import { eventHash } from '../../shared/usecases/hashing.ts';
import { listEvents } from '../../shared/usecases/list-events.ts';
import { readFeed, settleInFeed } from '../../shared/usecases/read-feed.ts';
import { aTown, LAND, LAND_OWNER, NOW, POLICE, paymentOf, type Town } from '../dsl/notifying.ts';
import { callerOf, client } from '../dsl/world.ts';

const HOUR = 3_600_000;

/** A reader who has read for some time, and remembers what it was given. */
function aReader(town: Town, limit = 7) {
  let cursor: FeedCursor = cursorBefore(NOW - HOUR, 0);
  const given: JournalEntry[] = [];
  return {
    given,
    async read(pages = 1): Promise<void> {
      for (let page = 0; page < pages; page += 1) {
        const { items, cursor: next } = await readFeed({ agencyCode: LAND, cursor, limit }, town.dependencies);
        given.push(...items.map(({ entry }) => entry));
        cursor = next;
      }
    },
    async readAll(): Promise<void> {
      for (let more = true; more; ) {
        const {
          items,
          cursor: next,
          caughtUp,
        } = await readFeed({ agencyCode: LAND, cursor, limit }, town.dependencies);
        given.push(...items.map(({ entry }) => entry));
        cursor = next;
        more = !caughtUp;
      }
    },
  };
}

const movements = (entries: readonly JournalEntry[]) => entries.map(({ movementId }) => movementId);

describe('the feed', () => {
  it('gives what moved money in the order of commits, each once', async () => {
    const town = aTown([]);
    for (const place of [3, 1, 2, 5, 4, 9, 8]) await town.publish(paymentOf(place));
    town.clock.at += HOUR;
    const reader = aReader(town, 2);
    await reader.readAll();
    expect(reader.given).toEqual([1, 2, 3, 4, 5, 8, 9].map((place) => paymentOf(place)));
  });

  it('ends at the watermark: what is newer waits', async () => {
    const town = aTown([]);
    await town.publish(paymentOf(0));
    const reader = aReader(town);
    await reader.readAll();
    expect(reader.given).toEqual([]);
    town.clock.at += WATERMARK_LAG_MILLISECONDS + 1_000;
    await reader.readAll();
    expect(movements(reader.given)).toEqual(movements([paymentOf(0)]));
  });

  it('gives what came thirty hours late, behind the cursor, to whoever has gone past it (scenario 40)', async () => {
    const town = aTown([]);
    const reader = aReader(town);
    const lost = [1, 2, 3].map((place) => paymentOf(place));
    await town.publish(paymentOf(10));
    town.clock.at += 30 * HOUR;
    await reader.readAll();
    expect(movements(reader.given)).toEqual(movements([paymentOf(10)]));
    for (const entry of lost) await town.publish(entry);
    await reader.readAll();
    expect(movements(reader.given.slice(1))).toEqual(movements(lost));
    // Who comes later finds them in their place, and once.
    const later = aReader(town);
    await later.readAll();
    expect(movements(later.given)).toEqual(movements([...lost, paymentOf(10)]));
  });

  it('misses nothing, whatever the order of appending, settling and reading, and whatever the clocks say', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('append' as const),
        at: fc.integer({ min: -4_000, max: 4_000 }).map((fifth) => 5 * fifth),
      }),
      fc.record({ kind: fc.constant('settle' as const), which: fc.nat(20) }),
      fc.record({ kind: fc.constant('read' as const), pages: fc.integer({ min: 1, max: 3 }) }),
      fc.record({
        kind: fc.constant('clock' as const),
        by: fc.oneof(
          { weight: 30, arbitrary: fc.integer({ min: -9_000, max: 12_000 }) },
          { weight: 1, arbitrary: fc.constantFrom(-600_000, 600_000) },
        ),
      }),
      fc.record({ kind: fc.constant('time' as const), by: fc.integer({ min: 0, max: 6_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, tells) => {
        const town = aTown([]);
        // The store's own clock goes on and on, whatever ours do, and is told in whole seconds.
        let time = NOW;
        if (tells) town.feed.time = () => Math.floor(time / 1000) * 1000;
        const reader = aReader(town, 3);
        const all: JournalEntry[] = [];
        let unsettled: JournalEntry[] = [];
        const settle = async (entry: JournalEntry | undefined) => {
          if (!entry) return;
          await settleInFeed([entry], town.dependencies);
          unsettled = unsettled.filter((one) => one !== entry);
        };
        for (const one of steps) {
          if (one.kind === 'append') {
            // Near the present, so that readers are about to pass it.
            const entry = paymentOf(all.length, {
              committedAt: (tells ? time - 4_000 : NOW) + (tells ? one.at / 5 : one.at),
            });
            await town.journal.append(entry);
            all.push(entry);
            unsettled.push(entry);
          } else if (one.kind === 'settle') await settle(unsettled[one.which % Math.max(unsettled.length, 1)]);
          else if (one.kind === 'read') await reader.read(one.pages);
          else if (one.kind === 'time') time += one.by;
          else town.clock.at += one.by;
        }
        for (const entry of [...unsettled]) await settle(entry);
        town.clock.at = NOW + 24 * HOUR;
        time = town.clock.at;
        await reader.readAll();
        expect(new Set(movements(reader.given))).toEqual(new Set(movements(all)));
      }),
      { numRuns: 1_500 },
    );
  });

  it('costs no read where the store’s own clock says that no watermark can have passed it', async () => {
    const town = aTown([]);
    let reads = 0;
    const watermark = {
      clock: NOW,
      read: async () => {
        reads += 1;
        return 0;
      },
      advance: async () => undefined,
    };
    const settle = (age: number) =>
      settleInFeed([paymentOf(1, { committedAt: NOW - age })], { ...town.dependencies, watermark });
    const young = WATERMARK_LAG_MILLISECONDS - STORE_CLOCK_SPREAD_MILLISECONDS;
    await settle(young - 1);
    expect(reads).toBe(0);
    await settle(young);
    expect(reads).toBe(1);
  });

  it('goes over days on which nothing was, and over the change of days', async () => {
    const town = aTown([]);
    const days = [0, 1, 40].map((day) => paymentOf(day, { committedAt: NOW + day * 24 * HOUR }));
    for (const entry of days) await town.publish(entry);
    town.clock.at += 41 * 24 * HOUR;
    const reader = aReader(town, 1);
    await reader.readAll();
    expect(reader.given).toEqual(days);
  });
});

describe('the feed over the interface', () => {
  const cursors = cursorCodec('k'.repeat(32));
  const agency = callerOf(client('land', { kind: 'agency', agencies: [LAND] }));
  const both = callerOf(client('both', { kind: 'agency', agencies: [LAND, POLICE] }));
  const portal = callerOf(client('portal', { kind: 'portal', agencies: [LAND] }));
  const other = callerOf(client('other', { kind: 'portal', agencies: [LAND] }));
  const feedOf = (town: Town) => ({ ...town.dependencies, cursors });

  async function paidTown() {
    const town = aTown([]);
    for (const place of [1, 2]) await town.publish(paymentOf(place));
    await town.publish(paymentOf(3, { madeBy: 'other' }));
    town.clock.at += HOUR;
    return town;
  }

  it('tells the same ids and contents as the webhooks do', async () => {
    const town = await paidTown();
    const { events } = await listEvents({ agencyCode: LAND, limit: 50 }, agency, feedOf(town));
    const told = [1, 2].flatMap((place) => moneyEventsOf(paymentOf(place), eventHash));
    expect(events.slice(0, told.length)).toEqual(told);
  });

  it('shows a portal the invoices that it made, and no others', async () => {
    const town = await paidTown();
    const seen = async (caller: typeof portal) =>
      (await listEvents({ agencyCode: LAND, limit: 50 }, caller, feedOf(town))).events.map(({ subject }) => subject);
    expect(new Set(await seen(portal))).toEqual(new Set(['inv_480000000001', 'inv_480000000002']));
    expect(new Set(await seen(other))).toEqual(new Set(['inv_480000000003']));
  });

  it('is not there for another agency (scenario 64)', async () => {
    const town = await paidTown();
    await expect(listEvents({ agencyCode: POLICE, limit: 50 }, agency, feedOf(town))).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('takes no cursor that is tampered with, or of another caller or agency (scenario 63)', async () => {
    const town = await paidTown();
    const { nextCursor } = await listEvents({ agencyCode: LAND, limit: 1 }, both, feedOf(town));
    const tries: [string, string, typeof both][] = [
      [`${nextCursor.slice(0, -2)}AA`, LAND, both],
      ['AAAA', LAND, both],
      [nextCursor, POLICE, both],
      [nextCursor, LAND, agency],
    ];
    for (const [after, agencyCode, caller] of tries)
      await expect(listEvents({ agencyCode, after, limit: 1 }, caller, feedOf(town))).rejects.toThrow(InvalidCursor);
    await expect(
      listEvents({ agencyCode: LAND, after: nextCursor, limit: 1 }, both, feedOf(town)),
    ).resolves.toBeDefined();
  });

  it('begins no farther back than a year and a day', async () => {
    const town = await paidTown();
    const from = NOW - 400 * 24 * HOUR;
    await expect(listEvents({ agencyCode: LAND, from, limit: 1 }, agency, feedOf(town))).rejects.toThrow(Refusal);
    expect(LAND_OWNER).toBe(`agency:${LAND}`);
  });
});
