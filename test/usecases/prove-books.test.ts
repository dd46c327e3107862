import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { addDays, type Day, vietnamDay } from '../../shared/domain/time.ts';
import { projectBalances } from '../../shared/usecases/project-balances.ts';
import { ON_ITS_WAY_MILLISECONDS, proveDays, proveMovements } from '../../shared/usecases/prove-books.ts';
import { proveReceipts } from '../../shared/usecases/prove-receipts.ts';
import { entriesOfChange } from '../../shared/usecases/publish-change.ts';
import { entryName } from '../../shared/usecases/verify-ledger.ts';
import { NUMBER } from '../dsl/given.ts';
import { aReceiptWorld, paidInvoice as paidWithReceipts } from '../dsl/receipts.ts';
import { aRefundWorld, type paidInvoice } from '../dsl/refunding.ts';
import { LAND, NOW, type World } from '../dsl/world.ts';
import { MemoryBalances } from '../fakes/memory-balances.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { MemoryRemittances } from '../fakes/memory-remittances.ts';
import { repairing, unpublished } from './repair-world.ts';

/** Books of a small country, and what a hand in each of their tables leaves. */

async function books(): Promise<World> {
  const world = await unpublished();
  await world.publish();
  return world;
}

const movementsOf = (world: World, journal = world.journal) =>
  proveMovements({ book: repairing(world).dependencies.book, journal, now: world.now });

const first: Day = addDays(vietnamDay(NOW), -1);

function daysOf(
  world: World,
  { ofNoInvoice = new Set<string>() as ReadonlySet<string>, balances = new MemoryBalances(), journal = world.journal },
) {
  const registry = { agencyCodes: async () => [LAND] };
  const upTo = world.now();
  return proveDays(
    { first, ofNoInvoice, upTo },
    { journal, invoices: world.invoices, remittances: new MemoryRemittances(), balances, registry },
  );
}

/** The same entries, but for what a hand did to one of them. */
async function touched(world: World, touch: (entry: JournalEntry) => JournalEntry | undefined): Promise<MemoryJournal> {
  const journal = new MemoryJournal();
  for (const entry of world.journal.entries()) {
    const after = touch(entry);
    if (after) await journal.append(after);
  }
  return journal;
}

const ofInvoice = ({ invoiceNumber }: JournalEntry) => invoiceNumber !== undefined;

describe('movements and the journal', () => {
  it('say the same where nobody touched them', async () => {
    const world = await books();
    const { breach, movements, ofNoInvoice } = await movementsOf(world);
    expect([breach, movements, ofNoInvoice.size]).toEqual([undefined, 3, 1]);
    expect((await daysOf(world, { ofNoInvoice })).breach).toBeUndefined();
  });

  it('differ where a movement was edited, removed or added, and the item is named', async () => {
    const hands: ((invoice: ReturnType<typeof paidInvoice>) => unknown)[] = [
      ({ movements }) => Object.assign(Object.values(movements)[0] ?? {}, { amount: dong(1) }),
      ({ movements }) => delete movements['mov_bank-one_T1'],
      (invoice) => Object.assign(invoice, { state: 'open' }),
      (invoice) => Object.assign(invoice, { total: dong(1) }),
      ({ movements }) => Object.assign(movements, { 'mov_bank-one_T9': movements['mov_bank-one_T1'] }),
    ];
    for (const hand of hands) {
      const world = await books();
      const item = world.invoices.at(NUMBER);
      if (item?.kind !== 'invoice') throw new Error('no invoice');
      hand(item.invoice);
      world.invoices.place(item.invoice);
      const { breach } = await movementsOf(world);
      expect(breach?.kind, hand.toString()).toMatch(/^(item_implausible|movement_differs)$/);
      expect(breach?.key).toContain(NUMBER);
    }
  });

  it('differ where an entry was edited or removed, unless it is still on its way', async () => {
    const world = await books();
    const edited = await touched(world, (entry) => (ofInvoice(entry) ? { ...entry, terminal: 'X' } : entry));
    expect((await movementsOf(world, edited)).breach).toMatchObject({ kind: 'movement_differs' });
    const removed = await touched(world, (entry) => (ofInvoice(entry) ? undefined : entry));
    expect((await movementsOf(world, removed)).breach).toMatchObject({ kind: 'movement_unentered' });
    world.clock.at = NOW + ON_ITS_WAY_MILLISECONDS - 1;
    expect(await movementsOf(world, removed)).toMatchObject({ onTheirWay: 2, movements: 1 });
  });

  it('differ where who acted was edited', async () => {
    const world = await books();
    const act = { step: 'counter-api' as const, persons: ['somebody'] };
    expect((await movementsOf(world, await touched(world, (entry) => ({ ...entry, act })))).breach).toMatchObject({
      kind: 'movement_differs',
    });
  });

  it('differ where an entry was put that no movement is behind', async () => {
    const world = await books();
    const { ofNoInvoice } = await movementsOf(world);
    for (const wanted of [true, false]) {
      const one = world.journal.entries().find((entry) => ofInvoice(entry) === wanted);
      if (!one) throw new Error('no such entry');
      const journal = await touched(world, (entry) => entry);
      await journal.append({ ...one, movementId: `${one.movementId}9` });
      expect((await daysOf(world, { ofNoInvoice, journal })).breach, String(wanted)).toMatchObject({
        kind: 'entry_of_no_movement',
        key: expect.stringContaining(`${one.movementId}9`),
      });
    }
  });

  it('that came while the proof was made is no breach', async () => {
    const world = await books();
    const { ofNoInvoice } = await movementsOf(world);
    const one = world.journal.entries().find((entry) => !ofInvoice(entry));
    if (!one) throw new Error('no such entry');
    const journal = await touched(world, (entry) => entry);
    await journal.append({ ...one, movementId: 'mov_bank-one_T8', committedAt: world.now() + 1 });
    expect((await daysOf(world, { ofNoInvoice, journal })).breach).toBeUndefined();
  });
});

describe('balances', () => {
  it('are what the journal comes to, or the day is named', async () => {
    const world = await books();
    const { ofNoInvoice } = await movementsOf(world);
    const balances = new MemoryBalances();
    const registry = { agencyCodes: async () => [LAND] };
    const day = vietnamDay(NOW);
    await projectBalances({ from: first, to: day, first }, { journal: world.journal, balances, registry });
    const proved = await daysOf(world, { ofNoInvoice, balances });
    expect([proved.breach, proved.balances]).toEqual([undefined, 1]);
    const key = `${LAND} ${day}`;
    const there = balances.days.get(key);
    if (!there) throw new Error('no balance');
    balances.days.set(key, { ...there, entries: there.entries + 1 });
    expect((await daysOf(world, { ofNoInvoice, balances })).breach).toMatchObject({ kind: 'balance_differs', key });
    balances.days.delete(key);
    expect((await daysOf(world, { ofNoInvoice, balances })).breach).toMatchObject({ kind: 'balance_differs', key });
  });
});

describe('an entry that came late', () => {
  it('is lacked by the balances until the night, and by no other than those', async () => {
    const world = await books();
    const { ofNoInvoice } = await movementsOf(world);
    const registry = { agencyCodes: async () => [LAND] };
    const [day, upTo] = [vietnamDay(NOW), NOW + 2 * 86_400_000];
    const lateOne = world.journal.entries().find((entry) => entry.transactionId === 'T2');
    if (!lateOne) throw new Error('no such entry');
    const nameOfLate = entryName(LAND, lateOne.committedAt, lateOne.movementId);
    const balances = new MemoryBalances();
    const before = await touched(world, (entry) => (entry.movementId === lateOne.movementId ? undefined : entry));
    await projectBalances({ from: first, to: addDays(day, 1), first }, { journal: before, balances, registry });
    const proved = (sealedAt: number, journal = world.journal) =>
      proveDays(
        { first, ofNoInvoice, upTo, late: new Map([[nameOfLate, sealedAt]]) },
        { journal, invoices: world.invoices, remittances: new MemoryRemittances(), balances, registry },
      );
    expect(await proved(upTo - 1)).toMatchObject({ balances: 2, waiting: 2 });
    expect((await proved(upTo - 1)).breach).toBeUndefined();
    // So long ago it should be in them.
    expect((await proved(upTo - 3 * 86_400_000)).breach).toMatchObject({ kind: 'balance_differs' });
    // Beside it, an edit is an edit.
    const key = `${LAND} ${day}`;
    const there = balances.days.get(key);
    if (!there) throw new Error('no balance');
    balances.days.set(key, { ...there, entries: there.entries + 1 });
    expect((await proved(upTo - 1)).breach).toMatchObject({ kind: 'balance_differs', key });
    balances.days.set(key, there);
    await projectBalances({ from: first, to: addDays(day, 1), first }, { journal: world.journal, balances, registry });
    expect(await proved(upTo - 1)).toMatchObject({ balances: 2, waiting: 0 });
  });
});

describe('refunds', () => {
  it('follow from each other, or the invoice is named', async () => {
    const world = aRefundWorld();
    await world.refundOf({ amount: dong(30_000) });
    for (const entry of entriesOfChange(undefined, { kind: 'invoice', invoice: world.invoice() }))
      await world.journal.append(entry);
    const prove = () => movementsOf(world);
    expect((await prove()).breach).toBeUndefined();
    const hands: ((invoice: ReturnType<typeof paidInvoice>) => unknown)[] = [
      ({ refunding: of }) => of && Object.assign(of, { refunded: dong(1) }),
      ({ refunding: of }) => of?.lines.splice(0, 1, dong(1)),
      ({ refunding: of }) => Object.assign(Object.values(of?.money ?? {})[0] ?? {}, { left: dong(1) }),
      ({ refunding: of }) => Object.assign(Object.values(of?.refunds ?? {})[0] ?? {}, { state: 'failed' }),
      ({ refunding: of }) => Object.assign(Object.values(of?.refunds ?? {})[0] ?? {}, { by: 'somebody' }),
      (invoice) => delete invoice.refunding,
      (invoice) => Object.assign(invoice, { state: 'refunded' }),
      (invoice) => Object.assign(invoice, { state: 'paid' }),
    ];
    for (const hand of hands) {
      const before = world.invoice();
      const after = structuredClone(before);
      hand(after);
      world.invoices.place(after);
      expect((await prove()).breach?.key, hand.toString()).toContain(NUMBER);
      world.invoices.place(before);
    }
  });
});

describe('receipts', () => {
  async function issued() {
    const world = aReceiptWorld();
    const invoice = paidWithReceipts();
    world.invoices.place(invoice);
    await world.issue(invoice);
    const prove = () => proveReceipts({ book: world.receipts.pages(), signer: world.signer });
    return { ...world, prove };
  }

  it('are what was signed, in runs without a gap', async () => {
    const { prove } = await issued();
    expect(await prove()).toEqual({ receipts: 2, runs: 1 });
  });

  it('are named where a hand edited, removed or renumbered one', async () => {
    const hands: [string, (world: Awaited<ReturnType<typeof issued>>) => unknown][] = [
      ['receipt_altered', ({ receipts }) => change(receipts, { payer: { name: 'Lê Thị Khác' } })],
      ['receipt_altered', ({ receipts }) => change(receipts, { xml: '<BLai></BLai>' })],
      ['receipt_missing', ({ receipts }) => receipts.kept.delete([...receipts.kept.keys()][0] as never)],
      ['receipt_number_missing', ({ receipts }) => [...receipts.runs.values()][0]?.pop()],
      ['receipt_altered', ({ receipts }) => [...receipts.runs.values()][0]?.reverse()],
      ['receipt_replacement_broken', ({ receipts }) => change(receipts, { replacedBy: 'rct_48021356789002' })],
    ];
    for (const [kind, hand] of hands) {
      const world = await issued();
      hand(world);
      expect((await world.prove()).breach?.kind, hand.toString()).toBe(kind);
    }
  });
});

function change(receipts: ReturnType<typeof aReceiptWorld>['receipts'], more: object): void {
  const [first] = receipts.kept.values();
  if (first) receipts.kept.set(first.receiptId, { ...first, ...more });
}
