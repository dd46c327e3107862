import { describe, expect, it } from 'vitest';
import {
  ATTEMPTS_BEFORE_BLOCKED,
  CATCH_UP_EVENTS_A_RUN,
  DISABLED_AFTER_DAYS,
  PROBE_GAPS_SECONDS,
} from '../../shared/domain/notification/blocked.ts';
import { moneyEventsOf } from '../../shared/domain/notification/outgoing.ts';
import { catchUp, catchUpDue } from '../../shared/usecases/catch-up.ts';
import { deliverOrHold } from '../../shared/usecases/deliver-or-hold.ts';
import { eventHash } from '../../shared/usecases/hashing.ts';
import {
  aTown,
  blockedEndpoint,
  LAND,
  LAND_OWNER,
  POLICE,
  POLICE_OWNER,
  PORTAL_OWNER,
  paymentOf,
  type Town,
} from '../dsl/notifying.ts';

const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;

const idsOf = (...places: number[]) =>
  places.flatMap((place) => moneyEventsOf(paymentOf(place), eventHash).map(({ id }) => id));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, place) => from + place);
const unique = (ids: readonly string[]) => [...new Set(ids)];

/** Publishes payments and delivers what follows. */
async function pay(town: Town, ...places: number[]): Promise<void> {
  for (const place of places) await town.deliverAll(await town.publish(paymentOf(place)));
}

describe('an endpoint that does not answer (scenario 48)', () => {
  it('is one item, however many events follow; they hold no messages', async () => {
    const town = aTown([LAND_OWNER]);
    town.down.add(LAND_OWNER);
    await pay(town, 1);
    const tried = town.sends();
    expect(tried).toBe(ATTEMPTS_BEFORE_BLOCKED);
    await pay(town, ...range(2, 500));
    expect(town.sends()).toBe(tried);
    expect(await town.endpoints.all()).toHaveLength(1);
    expect(await town.endpoints.first(LAND_OWNER, 9)).toEqual([]);
  });

  it('delays nobody else: others are told at once', async () => {
    const town = aTown();
    town.down.add(LAND_OWNER);
    await pay(town, ...range(1, 20));
    await town.deliverAll(await town.publish(paymentOf(50, { agencyCode: POLICE })));
    expect(town.idsOf(POLICE_OWNER)).toHaveLength(2);
    expect(town.idsOf(PORTAL_OWNER)).toHaveLength(40);
  });

  it('is asked at growing gaps, with the next event that is due', async () => {
    const town = aTown([LAND_OWNER]);
    town.down.add(LAND_OWNER);
    const asked: [number, string][] = [];
    await pay(town, 1, 2);
    const began = town.clock.at;
    town.hooks.beforeSend = async ({ eventId }) => void asked.push([town.clock.at - began, eventId]);
    await town.minutes(4 * HOUR_MINUTES);
    const gaps = asked.map(([at], place) => (at - (asked[place - 1]?.[0] ?? 0)) / 1000);
    expect(gaps.slice(0, PROBE_GAPS_SECONDS.length)).toEqual([...PROBE_GAPS_SECONDS]);
    expect(new Set(gaps.slice(PROBE_GAPS_SECONDS.length))).toEqual(new Set([PROBE_GAPS_SECONDS.at(-1)]));
    expect(new Set(asked.map(([, id]) => id))).toEqual(new Set(idsOf(1).slice(0, 1)));
  });

  it('is told all that it missed in the order of the feed under the same ids, and then stands open', async () => {
    const town = aTown([LAND_OWNER]);
    town.down.add(LAND_OWNER);
    await pay(town, ...range(1, 300));
    town.down.delete(LAND_OWNER);
    await town.minutes(3);
    expect(town.idsOf(LAND_OWNER)).toEqual(idsOf(...range(1, 300)));
    expect(await town.endpoints.all()).toEqual([]);
    await pay(town, 300);
    expect(town.idsOf(LAND_OWNER)).toEqual(idsOf(...range(1, 301)));
  });

  it('is told what the feed cannot tell as well, and so is a portal', async () => {
    const town = aTown([LAND_OWNER, PORTAL_OWNER]);
    for (const owner of [LAND_OWNER, PORTAL_OWNER]) town.down.add(owner);
    await pay(town, 1, 2, 3);
    const event = { id: 'evt_480000000009_created', type: 'invoice.created.v1', time: '2026-11-20T12:00:01+07:00' };
    await town.deliver({ owner: LAND_OWNER, event });
    town.down.clear();
    await town.minutes(5);
    expect(unique(town.idsOf(LAND_OWNER)).sort()).toEqual([...idsOf(1, 2, 3), event.id].sort());
    expect(unique(town.idsOf(PORTAL_OWNER)).sort()).toEqual(idsOf(1, 2, 3).sort());
    expect(await town.endpoints.first(LAND_OWNER, 9)).toEqual([]);
    expect(await town.endpoints.first(PORTAL_OWNER, 9)).toEqual([]);
  });

  it('goes down again in the middle: nothing is left out, what it took is not told again', async () => {
    const town = aTown([LAND_OWNER]);
    town.down.add(LAND_OWNER);
    await pay(town, ...range(1, 50));
    town.down.delete(LAND_OWNER);
    let taken = 0;
    town.hooks.beforeSend = async () => {
      taken += 1;
      if (taken === 31) town.down.add(LAND_OWNER);
    };
    await town.minutes(2);
    expect(town.idsOf(LAND_OWNER)).toEqual(idsOf(...range(1, 50)).slice(0, 30));
    town.down.clear();
    await town.minutes(HOUR_MINUTES);
    expect(unique(town.idsOf(LAND_OWNER))).toEqual(idsOf(...range(1, 50)));
    // Where one movement has two events, the page goes on before the first of them.
    expect(town.idsOf(LAND_OWNER).length).toBeLessThanOrEqual(98 + 1);
  });

  it('loses nothing in the hand-over, whenever a new event comes', async () => {
    // A payment is published and delivered right before the n-th event that the catching up tells, for every n.
    for (let nth = 1; nth <= 12; nth += 1) {
      const town = aTown([LAND_OWNER]);
      town.down.add(LAND_OWNER);
      await pay(town, 1, 2, 3);
      town.down.delete(LAND_OWNER);
      town.clock.at += 60_000;
      let sends = 0;
      town.hooks.beforeSend = async () => {
        sends += 1;
        if (sends !== nth) return;
        const place = 60_000 + nth;
        await town.deliverAll(await town.publish(paymentOf(place)));
      };
      await town.minutes(5);
      const expected = sends >= nth ? [1, 2, 3, 60_000 + nth] : [1, 2, 3];
      expect([nth, unique(town.idsOf(LAND_OWNER)).sort()]).toEqual([nth, idsOf(...expected).sort()]);
      expect(await town.endpoints.all()).toEqual([]);
    }
  });

  it('loses nothing when a delivery looked just before, or just after, deliveries were let through again', async () => {
    for (const between of ['save', 'open', 'first', 'find'] as const)
      for (const when of ['before', 'after'] as const)
        for (let nth = 1; nth <= 6; nth += 1) {
          const town = aTown([LAND_OWNER]);
          town.down.add(LAND_OWNER);
          await pay(town, 1, 2);
          town.down.delete(LAND_OWNER);
          town.clock.at += 120_000;
          const intruder = async () => {
            await town.deliverAll(await town.publish(paymentOf(119_000)));
            const event = {
              id: 'evt_480000000009_created',
              type: 'invoice.created.v1',
              time: '2026-11-20T12:00:01+07:00',
            };
            await town.deliverAll([{ owner: LAND_OWNER, event }]);
          };
          let calls = 0;
          const blocked = new Proxy(town.endpoints, {
            get(target, name) {
              const value = Reflect.get(target, name) as unknown;
              if (typeof value !== 'function') return value;
              const call = value.bind(target) as (...words: unknown[]) => Promise<unknown>;
              return async (...words: unknown[]) => {
                calls += name === between ? 1 : 0;
                const now = name === between && calls === nth;
                if (now && when === 'before') await intruder();
                const answer = await call(...words);
                if (now && when === 'after') await intruder();
                return answer;
              };
            },
          });
          await catchUpDue({ ...town.dependencies, blocked, missed: blocked }, () => undefined);
          await town.minutes(5);
          const came = calls >= nth ? [...idsOf(119_000), 'evt_480000000009_created'] : [];
          expect([between, when, nth, unique(town.idsOf(LAND_OWNER)).sort()]).toEqual([
            between,
            when,
            nth,
            [...idsOf(1, 2), ...came].sort(),
          ]);
        }
  });

  it('loses nothing when it opens between a delivery’s look and its writing down what is missed', async () => {
    const town = aTown([LAND_OWNER]);
    town.down.add(LAND_OWNER);
    await pay(town, 1);
    const event = { id: 'evt_480000000009_created', type: 'invoice.created.v1', time: '2026-11-20T12:00:01+07:00' };
    const missed = {
      keep: async (...words: Parameters<typeof town.endpoints.keep>) => {
        town.down.clear();
        await town.minutes(5);
        expect(await town.endpoints.all()).toEqual([]);
        return town.endpoints.keep(...words);
      },
      forget: town.endpoints.forget.bind(town.endpoints),
    };
    await deliverOrHold({ owner: LAND_OWNER, event }, 1, { ...town.dependencies, missed });
    expect(town.idsOf(LAND_OWNER)).toContain(event.id);
    expect(await town.endpoints.first(LAND_OWNER, 9)).toEqual([]);
  });

  it('writes down as missed what stands before the cursor, and only that', async () => {
    const town = aTown([LAND_OWNER]);
    const messages = [...(await town.publish(paymentOf(1))), ...(await town.publish(paymentOf(3)))];
    const at = paymentOf(2).committedAt;
    await town.endpoints.block(blockedEndpoint(LAND_OWNER, at));
    await town.deliverAll(messages);
    expect((await town.endpoints.first(LAND_OWNER, 9)).map(({ id }) => id).sort()).toEqual(idsOf(1).sort());
    await town.minutes(3);
    expect(unique(town.idsOf(LAND_OWNER)).sort()).toEqual(idsOf(1, 3).sort());
  });

  it('is taken in hand by one run at a time', async () => {
    const town = aTown([LAND_OWNER]);
    town.down.add(LAND_OWNER);
    await pay(town, 1);
    town.down.clear();
    const [item] = await town.endpoints.all();
    if (!item) throw new Error('not blocked');
    const runs = await Promise.all([catchUp(item, town.dependencies), catchUp(item, town.dependencies)]);
    expect(runs.map(({ outcome }) => outcome).sort()).toContain('busy');
    expect(unique(town.idsOf(LAND_OWNER))).toEqual(town.idsOf(LAND_OWNER));
  });

  it('that cannot be caught up with holds up no other', async () => {
    const town = aTown([LAND_OWNER, POLICE_OWNER]);
    for (const owner of [LAND_OWNER, POLICE_OWNER]) town.down.add(owner);
    await pay(town, 1);
    await town.deliverAll(await town.publish(paymentOf(2, { agencyCode: POLICE })));
    town.down.clear();
    town.clock.at += 60_000;
    const journal = {
      at: town.journal.at.bind(town.journal),
      ofDayAfter: async (query: Parameters<typeof town.journal.ofDayAfter>[0]) => {
        if (query.agencyCode === LAND) throw new Error('throttled');
        return town.journal.ofDayAfter(query);
      },
    };
    await expect(catchUpDue({ ...town.dependencies, journal }, () => undefined)).rejects.toThrow('throttled');
    expect(town.idsOf(POLICE_OWNER)).toHaveLength(2);
  });

  it('is disabled after days of silence, with a notice; a replay has it asked again', async () => {
    const town = aTown([LAND_OWNER]);
    town.down.add(LAND_OWNER);
    await pay(town, 1);
    await town.minutes(DISABLED_AFTER_DAYS * DAY_MINUTES - HOUR_MINUTES);
    expect(await town.endpoints.all()).toMatchObject([{ state: 'blocked' }]);
    await town.minutes(2 * HOUR_MINUTES);
    expect(await town.endpoints.all()).toMatchObject([{ state: 'disabled' }]);
    expect(town.exceptions.contents().exceptions).toMatchObject([
      { category: 'ENDPOINT_DISABLED', agencyCode: LAND, transactionId: LAND_OWNER },
    ]);
    const asked = town.sends();
    await town.minutes(DAY_MINUTES);
    await pay(town, 2);
    expect(town.sends()).toBe(asked);
  });
});

describe('an agency that is down for three days at 200,000 events (scenario 48)', () => {
  const EVENTS = 200_000;
  const MOVEMENTS = EVENTS / 2;
  const THREE_DAYS = 3 * 24 * 3_600_000;

  it('holds no message, one item and no list; runs are bounded; all is told once, in order', async () => {
    const town = aTown([LAND_OWNER, POLICE_OWNER]);
    town.down.add(LAND_OWNER);
    const began = town.clock.at;
    let most = 0;
    for (let place = 0; place < MOVEMENTS; place += 1) {
      const at = began + Math.floor((place * THREE_DAYS) / MOVEMENTS);
      town.clock.at = Math.max(town.clock.at, at);
      const messages = await town.publish(paymentOf(place, { committedAt: at }));
      await town.deliverAll(messages);
      if (place % 10_000 === 0) {
        await town.minutes(1);
        most = Math.max(most, (await town.endpoints.first(LAND_OWNER, 100)).length);
      }
    }
    expect(await town.endpoints.all()).toHaveLength(1);
    expect(most).toBe(0);
    await town.deliverAll(await town.publish(paymentOf(MOVEMENTS, { agencyCode: POLICE, committedAt: town.clock.at })));
    expect(town.idsOf(POLICE_OWNER)).toHaveLength(2);

    town.down.clear();
    const { runs, most: mostTold } = await town.minutes(120);
    expect(mostTold).toBeLessThanOrEqual(CATCH_UP_EVENTS_A_RUN + 200);
    expect(runs).toBeGreaterThanOrEqual(EVENTS / (CATCH_UP_EVENTS_A_RUN + 200));
    const heard = town.idsOf(LAND_OWNER);
    expect(heard).toHaveLength(EVENTS);
    expect(heard.every((id, place) => id.startsWith(`evt_${480_000_000_000 + Math.floor(place / 2)}_`))).toBe(true);
    expect(await town.endpoints.all()).toEqual([]);
  });
});
