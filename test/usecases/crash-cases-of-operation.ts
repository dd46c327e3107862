import type { QueueDesk } from '../../shared/domain/queues.ts';
import { vietnamDay } from '../../shared/domain/time.ts';
import { redriveQueue, startRepair } from '../../shared/usecases/operate.ts';
import { type EnterPiece, enterPiece, proveDay, repairPiece } from '../../shared/usecases/repair.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { callerOf, client, invoiceOf, LAND, NOW, type World } from '../dsl/world.ts';
import { aDesk } from '../fakes/memory-desk.ts';
import { MemoryQueue } from '../fakes/memory-queue.ts';
import { MemoryRemittances } from '../fakes/memory-remittances.ts';
import { MemoryWatches } from '../fakes/memory-watches.ts';
import { repairing, unpublished, whole } from './repair-world.ts';

/** Cases of the crash matrix: what operators put back, and what is repaired. */

const operator = callerOf(client('operator', { kind: 'operator', agencies: '*' }));
const OTHER = '480213567891';
const KEY = 'a-key-of-operators';

type Desk = ReturnType<typeof aDesk> & { clock: { at: number }; letters: string[]; work: Set<string> };
const deskWorld = (): Desk => {
  const letters = ['1', '2', '3'];
  return { ...aDesk(letters), clock: { at: NOW }, letters, work: new Set() };
};
const wait = ({ clock }: { clock: { at: number } }, milliseconds: number): void => {
  clock.at += milliseconds;
};

const deskPort = (desk: QueueDesk, around: Around): QueueDesk => ({ ...through(desk, around), names: desk.names });

/** What a call that came again had found already moved, the one before it had: the numbers of an answer may differ. */
const redriving: CrashCase<Desk> = {
  useCase: 'operate',
  story: 'all that was put aside goes back',
  world: deskWorld,
  call: ({ desk, calls }, around) =>
    redriveQueue('inbox', undefined, operator, KEY, { desk: deskPort(desk, around), calls: through(calls, around) }),
  state: ({ letters, inbox, calls }) => ({ letters, inbox, finished: calls.finished() }),
  wait,
};

const starting: CrashCase<Desk> = {
  useCase: 'operate',
  story: 'a repair of one day',
  world: deskWorld,
  call: ({ calls, work }, around) => {
    const dependencies = {
      calls: through(calls, around),
      registry: through({ agencyCodes: async () => [LAND] }, around),
      work: through(
        {
          sendAll: async (pieces: readonly unknown[]) =>
            pieces.forEach((piece) => void work.add(JSON.stringify(piece))),
        },
        around,
      ),
      now: () => NOW,
    };
    return startRepair({ from: NOW - 86_400_000, to: NOW }, operator, KEY, dependencies);
  },
  state: ({ work, calls }) => ({ work: [...work].sort(), finished: calls.finished() }),
  wait,
};

const contents = (world: World) => ({
  journal: world.journal.entries().sort((one, other) => (one.movementId < other.movementId ? -1 : 1)),
  work: world.work.contents().exceptions.sort((one, other) => (one.exceptionId < other.exceptionId ? -1 : 1)),
  told: [...new Set(world.told.map((one) => JSON.stringify(one)))].sort(),
});

const repairPorts = (world: Repaired, around: Around) => {
  const { dependencies } = repairing(world);
  return {
    ...dependencies,
    journal: through(dependencies.journal, around),
    entries: through(dependencies.entries, around),
    exceptions: through(dependencies.exceptions, around),
    directory: through(dependencies.directory, around),
    deliveries: through(dependencies.deliveries, around),
    receiptOrders: through(dependencies.receiptOrders, around),
    watermark: through(dependencies.watermark, around),
    late: through(dependencies.late, around),
    book: through(dependencies.book, around),
    watches: through(world.watches, around),
    pieces: through(world.pieces, around),
  };
};

/** The queue brings the piece, and each piece that it puts there, until it is done with. */
type Repaired = World & { pieces: MemoryQueue<EnterPiece>; watches: MemoryWatches; begun?: true; left: EnterPiece[] };

const repairingAll = (story: string, again: boolean): CrashCase<Repaired> => ({
  useCase: 'repair',
  story,
  world: async () => {
    const world = await unpublished();
    const waiting = invoiceOf(OTHER, { version: 2, attempts: [anAttempt('pending', { createdAt: NOW })] });
    world.invoices.place(waiting);
    return Object.assign(world, { pieces: new MemoryQueue<EnterPiece>(), watches: new MemoryWatches(), left: [] });
  },
  call: async (world, around) => {
    const ports = repairPorts(world, around);
    if (!world.begun) await repairPiece({ ...whole, again }, ports);
    world.begun = true;
    world.left.push(...world.pieces.take());
    for (let next = world.left[0]; next; next = world.left[0]) {
      await enterPiece(next, ports);
      world.left.shift();
    }
  },
  // Watched twice is asked about twice; the second question finds it answered.
  state: (world) => ({
    ...contents(world),
    watches: [...new Set(world.watches.contents().map(({ reference }) => reference))],
  }),
  wait,
});

const proving: CrashCase<World> = {
  useCase: 'repair',
  story: 'a day of which an entry stands on no invoice',
  world: async () => {
    const world = await unpublished();
    await world.publish();
    const item = world.invoices.at(NUMBER);
    if (item?.kind !== 'invoice') throw new Error('no invoice');
    const { 'mov_bank-one_T2': _, ...movements } = item.invoice.movements;
    world.invoices.place({ ...item.invoice, movements });
    return world;
  },
  call: (world, around) =>
    proveDay(
      { kind: 'proof', agencyCode: LAND, day: vietnamDay(NOW) },
      {
        journal: through(world.journal, around, ['ofDay']),
        invoices: through(world.invoices, around),
        remittances: new MemoryRemittances(),
        work: world.work.pages,
        exceptions: through(world.work, around),
        found: () => undefined,
        now: world.now,
      },
    ),
  state: contents,
  wait,
};

// biome-ignore lint/suspicious/noExplicitAny: each case has a world of its own, and gives and takes no other.
export const operationCases: readonly CrashCase<any>[] = [
  redriving,
  starting,
  repairingAll('thirty hours without the stream', false),
  repairingAll('thirty hours without the stream, told again', true),
  proving,
];
