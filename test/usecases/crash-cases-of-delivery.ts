import { ATTEMPTS_BEFORE_BLOCKED } from '../../shared/domain/notification/blocked.ts';
import { cursorBefore, type FeedCursor, WATERMARK_LAG_MILLISECONDS } from '../../shared/domain/notification/feed.ts';
import { catchUpDue } from '../../shared/usecases/catch-up.ts';
import { deliverOrHold } from '../../shared/usecases/deliver-or-hold.ts';
import { readFeed } from '../../shared/usecases/read-feed.ts';
import { replayEvent, replayInvoice, replayRange } from '../../shared/usecases/replay-events.ts';
import { runReplays } from '../../shared/usecases/run-replays.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { NUMBER } from '../dsl/given.ts';
import { aTown, blockedEndpoint, LAND, LAND_OWNER, paymentOf, type Town } from '../dsl/notifying.ts';
import { callerOf, client, LAND as WORLD_LAND, NOW as WORLD_NOW } from '../dsl/world.ts';
import { paidWorld } from './replay-world.ts';

/** Cases of the crash matrix: endpoints that do not answer, the feed, and events that are told again. */

const MINUTE = 60_000;
/** Longer than any lease and every gap between two probes of these stories. */
const MOST_MINUTES = 60;

const CREATED = {
  id: 'evt_480000000009_created',
  type: 'invoice.created.v1',
  time: '2026-11-20T12:00:01+07:00',
};

const portsOf = ({ dependencies }: Town, around: Around) => ({
  ...dependencies,
  journal: through(dependencies.journal, around),
  watermark: through(dependencies.watermark, around),
  late: through(dependencies.late, around),
  blocked: through(dependencies.blocked, around),
  missed: through(dependencies.missed, around),
  exceptions: through(dependencies.exceptions, around),
  directory: through(dependencies.directory, around),
  secrets: through(dependencies.secrets, around),
  sender: through(dependencies.sender, around),
  tellings: through(dependencies.tellings, around),
  replays: through(dependencies.replays, around),
  deliveries: through(dependencies.deliveries, around),
});

const wait = ({ clock }: { clock: { at: number } }, milliseconds: number): void => {
  clock.at += milliseconds;
};

/** Of what is told, only what was heard counts: an endpoint applies an event once, by its id. */
const heardBy = (town: Town) => [...new Set(town.idsOf(LAND_OWNER))].sort();

/** What an endpoint is blocked with; by which write, and when it is asked next, is the run's own. */
const blockedIn = async (town: Town) =>
  (await town.endpoints.all()).map(({ version: _, nextProbeAt: __, failingSince: ___, ...item }) => item);

/** The world, and what was seen of it when the call had ended: reading it takes a promise. */
type Seen<W> = W & { seen?: unknown };

/** Two payments and an event that the feed does not tell, for an endpoint that did not answer and does now. */
async function missedTown(): Promise<Town> {
  const town = aTown([LAND_OWNER]);
  await town.endpoints.block(blockedEndpoint(LAND_OWNER, town.clock.at));
  for (const place of [1, 2]) await town.deliverAll(await town.publish(paymentOf(place)));
  await town.deliver({ owner: LAND_OWNER, event: CREATED });
  return town;
}

/** The clock comes every minute, until every endpoint stands open. */
async function everyMinute(town: Town, around: Around): Promise<void> {
  for (let minutes = 0; minutes < MOST_MINUTES; minutes += 1) {
    town.clock.at += MINUTE;
    await catchUpDue(portsOf(town, around), () => undefined);
    if ((await town.endpoints.all()).every(({ state }) => state === 'disabled')) return;
  }
}

const catchingUp: CrashCase<Seen<Town>> = {
  useCase: 'catch-up',
  story: 'an endpoint answers again',
  world: missedTown,
  call: async (town, around) => {
    await everyMinute(town, around);
    town.seen = [await blockedIn(town), await town.endpoints.first(LAND_OWNER, 9)];
  },
  state: (town) => ({ heard: heardBy(town), seen: town.seen }),
  wait,
};

const givingUp: CrashCase<Seen<Town>> = {
  useCase: 'catch-up',
  story: 'an endpoint has been silent for too long',
  world: async () => {
    const town = aTown([LAND_OWNER]);
    await town.deliverAll(await town.publish(paymentOf(1)));
    town.down.add(LAND_OWNER);
    const since = town.clock.at;
    town.clock.at += 6 * 24 * 60 * MINUTE;
    await town.endpoints.block({ ...blockedEndpoint(LAND_OWNER, since), nextProbeAt: town.clock.at });
    return town;
  },
  call: async (town, around) => {
    await everyMinute(town, around);
    const exceptions = town.exceptions.contents().exceptions.map(({ openedAt: _, ...exception }) => exception);
    town.seen = [(await town.endpoints.all()).map(({ state }) => state), exceptions];
  },
  state: (town) => town.seen,
  wait,
};

/** One message that the queue brings, for the last time before its endpoint is blocked. */
const holding = (
  story: string,
  message: (town: Town) => Promise<Parameters<typeof deliverOrHold>[0]>,
  town: () => Promise<Town> | Town,
): CrashCase<Seen<Town>> => ({
  useCase: 'deliver-or-hold',
  story,
  world: town,
  call: async (there, around) => {
    const delivery = await message(there);
    const held = await deliverOrHold(delivery, ATTEMPTS_BEFORE_BLOCKED, portsOf(there, around));
    there.seen = [held.kind, await blockedIn(there), await there.endpoints.first(LAND_OWNER, 9)];
  },
  state: (there) => ({ heard: heardBy(there), seen: there.seen }),
  wait,
});

const payment = async (town: Town) => {
  const [message] = await town.publish(paymentOf(1));
  if (!message) throw new Error('nobody is told');
  return message;
};
const created = async () => ({ owner: LAND_OWNER, event: CREATED });
const silent = () => {
  const town = aTown([LAND_OWNER]);
  town.down.add(LAND_OWNER);
  return town;
};
const blocked = async () => {
  const town = silent();
  await town.endpoints.block(blockedEndpoint(LAND_OWNER, town.clock.at));
  return town;
};

/** Reads on from where it stood, page by page; what it was given of a page it keeps with the cursor, or not at all. */
type Reader = { town: Town; cursor: FeedCursor; given: Set<string> };
const reading: CrashCase<Reader> = {
  useCase: 'read-feed',
  story: 'to the end, beside what came late',
  world: async () => {
    const town = aTown([]);
    for (const place of [2, 4, 6]) await town.publish(paymentOf(place));
    town.clock.at += 2 * WATERMARK_LAG_MILLISECONDS;
    const cursor = cursorBefore(town.clock.at - MINUTE, 0);
    const first = await readFeed({ agencyCode: LAND, cursor, limit: 2 }, town.dependencies);
    for (const place of [1, 3]) await town.publish(paymentOf(place));
    town.clock.at += 2 * WATERMARK_LAG_MILLISECONDS;
    return { town, cursor: first.cursor, given: new Set(first.items.map(({ entry }) => entry.movementId)) };
  },
  call: async (reader, around) => {
    for (let more = true; more; ) {
      const query = { agencyCode: LAND, cursor: reader.cursor, limit: 2 };
      const { items, cursor, caughtUp } = await readFeed(query, portsOf(reader.town, around));
      for (const { entry } of items) reader.given.add(entry.movementId);
      reader.cursor = cursor;
      more = !caughtUp;
    }
  },
  state: ({ given }) => [...given].sort(),
  wait: ({ town }, milliseconds) => wait(town, milliseconds),
};

const agency = callerOf(client('land', { kind: 'agency', agencies: [WORLD_LAND] }));

type Asked = Awaited<ReturnType<typeof paidWorld>> & { endpoints?: unknown };

/** A paid invoice that is told again, to an endpoint that nobody asks any more. */
async function paid(): Promise<Asked> {
  const there = await paidWorld();
  const { blocked } = there.dependencies;
  await blocked.block({ ...blockedEndpoint(`agency:${WORLD_LAND}`, WORLD_NOW), state: 'disabled' });
  return there;
}

const asking = (
  story: string,
  ask: (ports: Asked['dependencies'], told: Asked['told']) => Promise<unknown>,
): CrashCase<Asked> => ({
  useCase: 'replay-events',
  story,
  world: paid,
  call: async (asked, around) => {
    const { dependencies, told } = asked;
    const ports = {
      ...dependencies,
      journal: through(dependencies.journal, around),
      late: through(dependencies.late, around),
      invoices: through(dependencies.invoices, around),
      directory: through(dependencies.directory, around),
      deliveries: through(dependencies.deliveries, around),
      blocked: through(dependencies.blocked, around),
      replays: through(dependencies.replays, around),
    };
    await ask(ports, told);
    asked.endpoints = (await dependencies.blocked.all()).map(({ state }) => state);
  },
  state: ({ world, dependencies, endpoints }) => ({
    told: [...new Set(world.deliveries.look())].sort(),
    replays: dependencies.replays.contents().map(({ version: _, ...replay }) => replay),
    endpoints,
  }),
  wait: ({ world }, milliseconds) => wait(world, milliseconds),
});

const goingOn: CrashCase<Town> = {
  useCase: 'run-replays',
  story: 'a range that is longer than a page',
  world: async () => {
    const town = aTown([LAND_OWNER]);
    for (let place = 0; place < 120; place += 1) await town.publish(paymentOf(place));
    town.clock.at += 60 * MINUTE;
    const range = { agencyCode: LAND, from: town.clock.at - 61 * MINUTE, to: town.clock.at - 59 * MINUTE };
    const land = callerOf(client('land', { kind: 'agency', agencies: [LAND] }));
    const invoices = { findMany: async () => [] };
    await replayRange(range, land, 'a-range-of-time', { ...town.dependencies, invoices });
    return town;
  },
  call: (town, around) => runReplays(portsOf(town, around)),
  state: (town) => ({
    told: [...new Set(town.deliveries.look())].sort(),
    replays: town.replays.contents().map(({ version: _, cursor: __, ...replay }) => replay),
  }),
  wait,
};

const KEY = 'a-key-of-land';

// biome-ignore lint/suspicious/noExplicitAny: each case has a world of its own, and gives and takes no other.
export const deliveryCases: readonly CrashCase<any>[] = [
  catchingUp,
  givingUp,
  holding('an endpoint answers', payment, () => aTown([LAND_OWNER])),
  holding('an endpoint has failed often enough, and the feed has it', payment, silent),
  holding('an endpoint has failed often enough, and the feed does not tell it', created, silent),
  holding('an endpoint is blocked, and the feed does not tell it', created, blocked),
  reading,
  asking('an invoice', (ports) => replayInvoice(NUMBER, agency, KEY, ports)),
  asking('one event', (ports, [first]) => replayEvent(first?.event.id ?? '', agency, KEY, ports)),
  asking('a range of time', (ports) => {
    const range = { agencyCode: WORLD_LAND, from: WORLD_NOW - 60 * MINUTE, to: WORLD_NOW };
    return replayRange(range, agency, KEY, ports);
  }),
  goingOn,
];
