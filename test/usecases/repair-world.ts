import type { BookItem } from '../../shared/domain/invoice/book.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import {
  type EnterPiece,
  enterPiece,
  type Finding,
  type RepairPiece,
  repairPiece,
} from '../../shared/usecases/repair.ts';
import { anInvoice, NUMBER } from '../dsl/given.ts';
import { aWorld, LAND_AT_ONE, NOW, TOTAL, type World } from '../dsl/world.ts';
import type { MemoryJournal } from '../fakes/memory-journal.ts';
import { MemoryQueue } from '../fakes/memory-queue.ts';
import { MemoryWatches } from '../fakes/memory-watches.ts';

/** Books of which the stream told nobody, and the repair over them. */

export const HOUR = 3_600_000;
const notice = {
  reference: paymentReference(NUMBER, 1) as string,
  outcome: 'paid' as const,
  transactionId: 'T1',
  amount: TOTAL,
  currency: 'VND',
  terminal: LAND_AT_ONE,
  paidAt: NOW - 1000,
  resultCode: '00',
};

/** A paid invoice, money that belongs to none, and a word that cannot be read: the stream told nobody of them. */
export async function unpublished(): Promise<World> {
  const world = aWorld();
  anInvoice('open', { version: 2 })(world);
  await world.callback('bank-one', notice);
  await world.post();
  await world.callback('bank-one', { ...notice, transactionId: 'T2' });
  await world.callback('bank-one', { ...notice, transactionId: 'T3', reference: 'none of ours' });
  await world.callback('bank-one', { ...notice, transactionId: 'T4', currency: 'USD' });
  await world.post();
  world.clock.at += 30 * HOUR;
  return world;
}

/** The use case over a world; pages of two items. */
export function repairing(world: World, entries: MemoryJournal = world.journal) {
  const findings: Finding[] = [];
  const all = () => world.invoices.items().map(keyOf);
  return {
    findings,
    dependencies: {
      journal: world.journal,
      exceptions: world.work,
      work: world.work.pages,
      directory: world.registry,
      watches: new MemoryWatches(),
      deliveries: { sendAll: async (messages: World['told']) => void world.told.push(...messages) },
      receiptOrders: world.receiptOrders,
      watermark: world.feed,
      late: world.feed,
      entries,
      now: world.now,
      found: (finding: Finding) => void findings.push(finding),
      /** The queue of pieces. */
      pieces: new MemoryQueue<EnterPiece>(),
      book: {
        at: async (keys: readonly string[]) =>
          keys.flatMap((key) => {
            const item = world.invoices.at(key);
            return item ? [{ key, item }] : [];
          }),
        page: async ({ after = '0' }: { after?: string | undefined }) => {
          const keys = all();
          const from = Number(after);
          const items = keys.slice(from, from + 2).map((key) => ({ key, item: world.invoices.at(key) }));
          return { items, after: from + 2 < keys.length ? String(from + 2) : undefined };
        },
      },
    },
  };
}

const keyOf = (item: BookItem): string =>
  item.kind === 'invoice' ? item.invoice.number : 'key' in item ? item.key : '';
/** A piece over all of it. */
export const whole = { kind: 'repair' as const, from: 0, to: NOW + HOUR, segment: 0, segments: 1 };

type Repairing = ReturnType<typeof repairing>['dependencies'];

/** A piece, and all that it put into the queue. */
export async function repairAll(piece: RepairPiece, dependencies: Repairing): Promise<void> {
  await repairPiece(piece, dependencies);
  for (const enter of dependencies.pieces.take()) await enterPiece(enter, dependencies);
}
