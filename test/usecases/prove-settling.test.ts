import { describe, expect, it } from 'vitest';
import { dong } from '../../shared/domain/money/dong.ts';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import type { Exception } from '../../shared/domain/reconciliation/exception.ts';
import { paymentOrderOf } from '../../shared/domain/refund/payment-order.ts';
import { addDays, DAY_MILLISECONDS, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { proveDays } from '../../shared/usecases/prove-books.ts';
import { proveDeliveries, SettledWork } from '../../shared/usecases/prove-settling.ts';
import { type Finding, proveDay, proveWorkPiece } from '../../shared/usecases/repair.ts';
import { settleExceptions, type Work } from '../../shared/usecases/settle-exceptions.ts';
import { DAY, NOON, POLICE } from '../domain/reconciliation/samples.ts';
import { MemoryAudit } from '../fakes/memory-audit.ts';
import { MemoryBalances } from '../fakes/memory-balances.ts';
import { MemoryDeliveries } from '../fakes/memory-deliveries.ts';
import { MemoryRemittances } from '../fakes/memory-remittances.ts';
import { MemoryWork } from '../fakes/memory-work.ts';
import { ACCOUNT, BANK_BIN, everyone, type FinanceWorld, financeWorld } from './finance-world.ts';
import { statementOf, transferOf } from './paper-statement.ts';
import { remittanceWorld } from './remittance-world.ts';

const BOOK = accountBook(BANK_BIN, ACCOUNT);
const checker = { ...everyone, subject: 'clerk-8' };

/** One credit that is 500 dong too much, and its exception; an hour later. */
async function tooMuch() {
  const world = financeWorld();
  world.closes('land-shared');
  await world.record(transferOf('FT1', { paidAt: NOON, committedAt: NOON + 1000, accountingDate: DAY }));
  await world.takeIn(
    statementOf([{ reference: 'FT1', amount: 135_500, day: DAY, text: '' }], { day: DAY }),
    'key-00001',
  );
  world.clock.at += 3_600_000;
  return world;
}

let keys = 0;
async function does(world: FinanceWorld, ...works: Work[]) {
  for (const work of works) {
    const who = work.action === 'approve' ? checker : everyone;
    await settleExceptions([item(world)], work, who, `key-${1_000_000 + keys++}`, world.dependencies);
  }
  await world.rematch();
  world.clock.at += 3_600_000;
}
const writeOff: Work = { action: 'propose', resolution: { kind: 'write-off' }, reason: 'bank_error' };
const undo: Work = { action: 'propose', resolution: { kind: 'undo' }, reason: 'decided_wrongly' };
const close: Work = { action: 'propose', resolution: { kind: 'close' }, reason: 'bank_error' };
const approve: Work = { action: 'approve' };

function item(world: Pick<FinanceWorld, 'work'>): Exception {
  const [only, ...others] = world.work.contents().exceptions;
  if (!only || others.length > 0) throw new Error(`${others.length + 1} work items`);
  return only;
}

type Proved = Pick<FinanceWorld, 'work' | 'days' | 'decisions' | 'files' | 'journal'> & {
  dependencies: Pick<FinanceWorld['dependencies'], 'now' | 'registry' | 'remittances'> & {
    invoices: Parameters<typeof proveDays>[1]['invoices'];
  };
};

/** What the verifier finds first. */
async function proved(world: Proved) {
  const settled = new SettledWork();
  for (const exception of world.work.contents().exceptions) settled.add(exception);
  const { days, decisions, files: runs } = world;
  const { now, registry, invoices, remittances } = world.dependencies;
  const journal = {
    ofDay: world.journal.ofDay.bind(world.journal),
    allAt: (places: Parameters<typeof world.journal.allAt>[0]) => world.journal.allAt(places),
  };
  const wrong =
    (await settled.corrections(journal)) ?? (await settled.accounts(world.work.pages, { days, decisions, runs, now }));
  if (wrong) return wrong;
  // Payments of these tales have no invoice: only corrections are looked at.
  const names = world.journal.entries().filter(({ kind }) => kind !== 'correction');
  const ofNoInvoice = new Set(names.map((one) => `${one.agencyCode} ${one.committedAt} ${one.movementId}`));
  const first = vietnamDay(now() - 3 * DAY_MILLISECONDS);
  const only = {
    ofDay: async function* (query: { agencyCode: string; day: string }) {
      for await (const entry of journal.ofDay(query)) if (entry.kind === 'correction') yield entry;
    },
  };
  const books = { journal: only, invoices, remittances, balances: new MemoryBalances(), registry };
  return (await proveDays({ first, ofNoInvoice, upTo: now(), versions: settled.versions }, books)).breach;
}

describe('what people settled and what accounts leave open', () => {
  it('is as it should be, open, written off, closed, taken back, decided anew', async () => {
    const world = await tooMuch();
    expect(await proved(world)).toBeUndefined();
    for (const works of [[writeOff], [approve], [undo], [approve], [close, approve]]) {
      await does(world, ...works);
      expect(await proved(world), `${item(world).state} after ${works.map(({ action }) => action)}`).toBeUndefined();
    }
  });

  it('has an item for each difference of an account’s last run, as the run found it', async () => {
    const hands: [string, (world: FinanceWorld, there: Exception) => void][] = [
      ['work_missing', (world, there) => world.work.remove(there)],
      ['work_altered', (world, there) => world.work.place({ ...there, theirs: dong(1) })],
      ['work_altered', (world, there) => world.work.place({ ...there, category: 'ROUNDING' })],
      ['work_altered', (world, there) => world.work.place({ ...there, state: 'AUTO_CLEARED' })],
      ['work_of_nothing', (world, there) => world.work.place({ ...there, exceptionId: `exc_${'0'.repeat(24)}` })],
    ];
    for (const [kind, hand] of hands) {
      const world = await tooMuch();
      const there = item(world);
      hand(world, there);
      expect(await proved(world), kind).toMatchObject({ kind });
    }
  });

  it('believes an item that was opened before items had a direction, and no other direction than its run’s', async () => {
    const world = await remittanceWorld();
    const { number, amount } = await world.paid([{ kind: 'phi', amount: 100_000 }], { by: 'transfer' });
    const next = addDays(DAY, 3);
    world.clock.at = startOfDay(next) + 10 * 3_600_000;
    await world.givenBack(number, { how: 'transferred', byHand: 'PROVIDER_CANNOT' });
    const [refund] = Object.values(world.invoice(number).refunding?.refunds ?? {});
    if (!refund) throw new Error('nothing was given back');
    const { content } = paymentOrderOf(world.invoice(number), refund, undefined);
    const [paid] = world.journal.entries();
    await world.stated(DAY, [{ reference: paid?.transactionId ?? '', amount }]);
    await world.stated(next, [{ reference: 'OUT1', amount: -amount - 500, text: content }], { close: false });
    world.clock.at += 3_600_000;
    const { direction, ...former } = item(world);
    expect(direction).toBe('out');
    expect(await proved(world)).toBeUndefined();
    world.work.place(former);
    expect(await proved(world)).toBeUndefined();
    const inwards = await tooMuch();
    inwards.work.place({ ...item(inwards), direction: 'out' });
    expect(await proved(inwards)).toMatchObject({ kind: 'work_altered' });
  });

  it('names a run whose object was touched', async () => {
    const world = await tooMuch();
    const key = (await world.days.find(BOOK, DAY))?.run?.key ?? '';
    const lines: string[] = [];
    for await (const line of world.files.lines(key)) lines.push(line.replace('135500', '135501'));
    const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
    await world.files.writeLines(key, bytes.length, [bytes]);
    expect(await proved(world)).toMatchObject({ kind: 'run_altered', key });
  });

  it('has each decision by its work item, and the reverse', async () => {
    const world = await tooMuch();
    const decision = { decisionId: `exc_${'0'.repeat(24)}`, kind: 'match' as const, ours: ['a'], theirs: ['b'] };
    await world.decisions.decide(BOOK, decision);
    expect(await proved(world)).toMatchObject({ kind: 'decision_of_nothing' });
    await world.decisions.withdraw(BOOK, decision);
    await does(world, writeOff, approve);
    const [stands] = await world.decisions.of(BOOK);
    if (!stands) throw new Error('nothing was decided');
    await world.decisions.withdraw(BOOK, stands);
    expect(await proved(world)).toMatchObject({ kind: 'decision_missing' });
  });

  it('is looked at again where people settled while the list was read', async () => {
    const world = await tooMuch();
    const { days, decisions, files: runs, work } = world;
    const { now } = world.dependencies;
    for (const works of [
      [writeOff, approve],
      [undo, approve],
    ]) {
      const settled = new SettledWork();
      settled.add(item(world));
      await does(world, ...works);
      expect(await settled.accounts(work.pages, { days, decisions, runs, now }), item(world).state).toBeUndefined();
    }
  });

  it('has each correction by its work item, and the reverse, before any seal', async () => {
    const world = await tooMuch();
    await does(world, writeOff, approve);
    const posted = item(world);
    const [entry] = world.journal.entries().filter(({ kind }) => kind === 'correction');
    if (!entry) throw new Error('nothing was posted');
    world.work.place({ ...posted, theirs: dong(135_600) });
    expect((await proved(world))?.kind).toBe('movement_differs');
    world.work.place({
      ...posted,
      proposal: { ...posted.proposal, approvedAs: 1 } as NonNullable<Exception['proposal']>,
    });
    expect((await proved(world))?.kind).toBe('movement_unentered');
    world.work.place(posted);
    await world.journal.append({ ...entry, movementId: `mov_correction_${posted.exceptionId}.9` });
    expect(await proved(world)).toMatchObject({ kind: 'entry_of_no_movement' });
  });
});

describe('the night', () => {
  /** What the nightly pieces say of an agency's list and of its corrections; who acted is another proof's matter. */
  async function nightly(world: FinanceWorld, { agencyCode } = item(world)): Promise<string[]> {
    const found: Finding[] = [];
    const { work, journal: entries, decisions } = world;
    const { now, invoices } = world.dependencies;
    const dependencies = {
      ...{ work: work.pages, invoices, decisions, now, log: new MemoryAudit(), remittances: new MemoryRemittances() },
      ...{ exceptions: new MemoryWork(), found: (finding: Finding) => void found.push(finding) },
      journal: {
        ofDay: entries.ofDay.bind(entries),
        allAt: (places: Parameters<typeof entries.allAt>[0]) => entries.allAt(places),
      },
    };
    await proveWorkPiece({ kind: 'work', agencyCode }, dependencies);
    for (const day of new Set(entries.entries().map(({ committedAt }) => vietnamDay(committedAt))))
      await proveDay({ kind: 'proof', agencyCode, day }, dependencies);
    // Payments of these tales have no invoice.
    const isOurs = ({ kind, movementId = 'mov_correction' }: Finding) =>
      kind !== 'work_undecided' && movementId.startsWith('mov_correction');
    return found.filter(isOurs).map(({ kind }) => kind);
  }

  it('says nothing of what was settled, taken back and settled anew', async () => {
    const world = await tooMuch();
    for (const works of [[writeOff], [approve], [undo], [approve]]) {
      await does(world, ...works);
      expect(await nightly(world), `${item(world).state}`).toEqual([]);
    }
  });

  it('names a decision or a correction that was taken out or put in', async () => {
    const world = await tooMuch();
    await does(world, writeOff, approve);
    const [stands] = await world.decisions.of(BOOK);
    const [entry] = world.journal.entries().filter(({ kind }) => kind === 'correction');
    if (!stands || !entry) throw new Error('nothing was settled');
    await world.decisions.withdraw(BOOK, stands);
    expect(await nightly(world)).toEqual(['decision_missing']);
    await world.decisions.decide(BOOK, { ...stands, theirs: [...stands.theirs, 'another'] });
    expect(await nightly(world)).toEqual(['decision_of_nothing']);
    await world.decisions.withdraw(BOOK, { ...stands, theirs: [...stands.theirs, 'another'] });
    await world.decisions.decide(BOOK, stands);
    const posted = item(world);
    world.work.place({ ...posted, theirs: dong(135_600) });
    expect(await nightly(world)).toEqual(['movement_differs']);
    world.work.place(posted);
    await world.decisions.withdraw(BOOK, stands);
    world.work.place({ ...posted, exceptionId: `exc_${'0'.repeat(24)}` });
    const others = world.work.contents().exceptions.filter(({ exceptionId }) => exceptionId !== posted.exceptionId);
    expect(others).toHaveLength(1);
    expect(await nightly(world, posted)).toEqual(['movement_unentered', 'decision_missing']);
    for (const other of others) world.work.remove(other);
    await world.decisions.decide(BOOK, stands);
    await world.journal.append({ ...entry, movementId: `mov_correction_${posted.exceptionId}.9` });
    expect(await nightly(world)).toEqual(['onNoInvoice']);
  });
});

describe('a file that did not come', () => {
  it('has its work item, which has not cleared', async () => {
    const [work, deliveries] = [new MemoryWork(), new MemoryDeliveries()];
    const exception: Exception = {
      ...{ exceptionId: `exc_${'1'.repeat(24)}`, category: 'FILE_MISSING', state: 'OPEN', source: 'reconciliation' },
      ...{ agencyCode: POLICE, providerId: 'bank', transactionId: '', businessDate: DAY, openedAt: NOON },
      ...{ ours: null, theirs: null, book: BOOK },
    };
    await deliveries.begin({ book: BOOK, day: DAY, place: exception });
    expect(await proveDeliveries(deliveries, work.pages)).toMatchObject({ kind: 'work_missing' });
    await work.open(exception);
    expect(await proveDeliveries(deliveries, work.pages)).toBeUndefined();
    await work.clear(exception);
    expect(await proveDeliveries(deliveries, work.pages)).toMatchObject({ kind: 'work_altered' });
  });
});
