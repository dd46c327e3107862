import { describe, expect, it } from 'vitest';
import type { Act } from '../../shared/domain/audit/audit.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import type { Exception, ExceptionCategory } from '../../shared/domain/reconciliation/exception.ts';
import { DAY_MILLISECONDS } from '../../shared/domain/time.ts';
import { unansweredItem } from '../../shared/usecases/ask-provider.ts';
import { planRepair } from '../../shared/usecases/plan-repair.ts';
import { proveMovements } from '../../shared/usecases/prove-books.ts';
import { OwedWork, proveWorkList, wrongItems } from '../../shared/usecases/prove-work.ts';
import { proveWorkPiece } from '../../shared/usecases/repair.ts';
import { settleExceptions, type Work } from '../../shared/usecases/settle-exceptions.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { aRefundWorld, LAN, MINH, paidInvoice, RefundingBank } from '../dsl/refunding.ts';
import { invoiceOf, LAND, NOW, POLICE, TOTAL, type World } from '../dsl/world.ts';
import { MemoryAudit } from '../fakes/memory-audit.ts';
import { MemoryDecisions } from '../fakes/memory-decisions.ts';
import { financeWorld } from './finance-world.ts';
import { repairAll, repairing, unpublished, whole } from './repair-world.ts';

/** A work list, and what a hand in its table leaves. */

/** Surplus on an invoice, money of nobody, and a word that cannot be read. */
async function listed(): Promise<World> {
  const world = await unpublished();
  await world.publish();
  return world;
}

/** What `npm run ledger -- verify` finds first. */
async function verified(world: Pick<World, 'invoices' | 'work' | 'journal' | 'now'>, audit = new MemoryAudit()) {
  const { book } = repairing(world as World).dependencies;
  const owed = new OwedWork({ work: world.work.pages, book }, world.now());
  const movements = await proveMovements({ book, journal: world.journal, work: owed, now: world.now });
  if (movements.breach) return movements.breach;
  const { breach } = await proveWorkList(world.work.pages, {
    ...{ invoices: world.invoices, log: audit, now: world.now, ofNoInvoice: owed },
    registry: { agencyCodes: async () => [LAND, POLICE] },
  });
  return breach;
}

/** What a look at some work items reads beside them, with a logbook that knows nothing. */
const about = ({ invoices, now }: Pick<World, 'invoices' | 'now'>) => ({ invoices, log: new MemoryAudit(), now });

const all = (world: Pick<World, 'work'>) => world.work.contents().exceptions;
function one(world: Pick<World, 'work'>, category: ExceptionCategory): Exception {
  const found = all(world).find((exception) => exception.category === category);
  if (!found) throw new Error(`no ${category} among ${all(world).map((exception) => exception.category)}`);
  return found;
}

/** The nightly run: what it says, and what became of the list. */
async function nightly(world: World, audit = new MemoryAudit()) {
  const { dependencies, findings } = repairing(world);
  await repairAll({ ...whole, from: world.now(), to: world.now() }, dependencies);
  for (const agencyCode of [LAND, POLICE, 'unassigned'])
    await proveWorkPiece(
      { kind: 'work', agencyCode },
      { ...dependencies, invoices: world.invoices, log: audit, decisions: new MemoryDecisions() },
    );
  return findings.map(({ kind }) => kind);
}

describe('the work list', () => {
  it('follows from what stands among the invoices where nobody touched it', async () => {
    const world = await listed();
    expect(
      all(world)
        .map(({ category }) => category)
        .sort(),
    ).toEqual(['DUPLICATE_PAYMENT', 'UNKNOWN_REFERENCE', 'WRONG_CURRENCY']);
    expect(await verified(world)).toBeUndefined();
    expect(await nightly(world)).toEqual([]);
  });

  it('that somebody took an item out of is named, and mended at night, however old it is', async () => {
    for (const category of ['DUPLICATE_PAYMENT', 'UNKNOWN_REFERENCE', 'WRONG_CURRENCY'] as const) {
      const world = await listed();
      const before = all(world);
      const gone = one(world, category);
      world.work.remove(gone);
      world.clock.at += 400 * DAY_MILLISECONDS;
      expect(await verified(world), category).toMatchObject({
        kind: 'work_missing',
        key: expect.stringContaining(gone.exceptionId),
      });
      expect(await nightly(world)).toEqual(['noWorkItem']);
      expect(all(world)).toEqual(before);
      expect(await verified(world)).toBeUndefined();
    }
  });

  it.each<[string, Partial<Exception>]>([
    ['the amount', { ours: dong(1) }],
    ['what the partner says', { theirs: dong(1) }],
    ['the category', { category: 'ROUNDING' }],
    ['the transaction', { transactionId: 'T9' }],
    ['the provider', { providerId: 'bank-two' }],
    ['the instant', { openedAt: NOW - 1 }],
    ['the source', { source: 'delivery' }],
    ['that it cleared by itself', { state: 'AUTO_CLEARED' }],
    ['that it is settled', { state: 'POSTED' }],
    ['that it is settled, and by whom', { state: 'POSTED', version: 3, calls: [{ keyHash: 'k', bodyHash: 'b' }] }],
    ['that it is somebody’s', { state: 'ASSIGNED', owner: 'clerk-1' }],
  ])('with %s of an item edited is named, by its place', async (_, edit) => {
    for (const category of ['DUPLICATE_PAYMENT', 'UNKNOWN_REFERENCE', 'WRONG_CURRENCY'] as const) {
      const world = await listed();
      const there = one(world, category);
      world.work.place({ ...there, ...edit });
      expect(await verified(world), category).toMatchObject({
        kind: 'work_altered',
        key: expect.stringContaining(there.exceptionId),
      });
      const said = await nightly(world);
      expect(said.length, category).toBeGreaterThan(0);
      // What had cleared is open again; anything else stays as it is, for whoever looks.
      if (edit.state === 'AUTO_CLEARED') expect(one(world, category).state).toBe('OPEN');
      else expect(one(world, 'BOOKS_ALTERED')).toMatchObject({ agencyCode: there.agencyCode });
    }
  });

  it('with the invoice of an item edited, or two swapped, is named', async () => {
    const world = await listed();
    const surplus = one(world, 'DUPLICATE_PAYMENT');
    world.work.place({ ...surplus, invoiceId: 'inv_480213567899' });
    expect(await verified(world)).toMatchObject({ kind: 'work_altered' });
    const other = await listed();
    const [first, second] = [one(other, 'DUPLICATE_PAYMENT'), one(other, 'UNKNOWN_REFERENCE')];
    const place = ({ agencyCode, businessDate, exceptionId }: Exception) => ({ agencyCode, businessDate, exceptionId });
    other.work.place({ ...second, ...place(first) });
    other.work.place({ ...first, ...place(second) });
    expect(await verified(other)).toMatchObject({ kind: 'work_altered' });
  });

  it('with an item added is named: on an invoice, or of money that no invoice bears', async () => {
    for (const category of ['DUPLICATE_PAYMENT', 'UNKNOWN_REFERENCE'] as const) {
      const world = await listed();
      const made = { ...one(world, category), exceptionId: `exc_${'0'.repeat(24)}` };
      world.work.place(made);
      expect(await verified(world), category).toMatchObject({
        kind: 'work_of_nothing',
        key: expect.stringContaining(made.exceptionId),
      });
    }
  });

  it('may lack what is younger than the stream needs', async () => {
    const world = await listed();
    world.clock.at = NOW + 60_000;
    world.work.remove(one(world, 'DUPLICATE_PAYMENT'));
    expect(await verified(world)).toBeUndefined();
  });

  it('has an item for each refund that a person gives back, and for each that is late', async () => {
    const byHand = new RefundingBank();
    byHand.moods = ['refused'];
    const late = new RefundingBank(true);
    late.moods = ['pending', 'unknown'];
    for (const [bank, category] of [
      [byHand, 'RETURN_BY_HAND'],
      [late, 'REFUND_OVERDUE'],
    ] as const) {
      const world = aRefundWorld(paidInvoice(), bank);
      await world.refundOf({ amount: dong(30_000) });
      await world.publish();
      world.clock.at += 5 * DAY_MILLISECONDS;
      await world.takeUp();
      const there = one(world, category);
      const refunds = async (later = () => world.invoice()) => {
        const item = { kind: 'invoice' as const, invoice: world.invoice() };
        const book = { at: async () => [{ key: NUMBER, item: { ...item, invoice: later() } }] };
        const owed = new OwedWork({ work: world.work.pages, book }, world.now());
        const breach = await owed.prove([{ key: NUMBER, item }]);
        return breach ?? (await wrongItems((await world.work.pages.page({ agencyCode: LAND })).items, about(world)))[0];
      };
      expect(await refunds(), category).toBeUndefined();
      world.work.place({ ...there, ours: dong(1) });
      expect(await refunds()).toMatchObject({ kind: 'work_altered', detail: expect.stringContaining('ours') });
      world.work.place({ ...there, state: 'AUTO_CLEARED' });
      expect(await refunds()).toMatchObject({ kind: 'work_altered', detail: expect.stringContaining('cleared') });
      // Its money went back, and it cleared, between the two looks.
      const settled = structuredClone(world.invoice());
      for (const refund of Object.values(settled.refunding?.refunds ?? {})) refund.state = 'done';
      expect(await refunds(() => settled)).toBeUndefined();
      world.work.remove(there);
      expect(await refunds()).toMatchObject({ kind: 'work_missing' });
    }
  });

  it('holds what nobody answered by the attempt that it is of', async () => {
    const world = await listed();
    const silent = invoiceOf('480213567891', { version: 2, attempts: [anAttempt('pending', { createdAt: NOW })] });
    world.invoices.place(silent);
    const attempt = silent.attempts[0] as Invoice['attempts'][number];
    const item = unansweredItem(paymentReference(silent.number, 1), silent, attempt, NOW + 1);
    await world.work.open(item);
    expect(await verified(world)).toBeUndefined();
    world.work.place({ ...item, ours: dong(TOTAL - 1) });
    expect(await verified(world)).toMatchObject({ kind: 'work_altered', detail: expect.stringContaining('ours') });
  });
});

describe('what people did to a work item', () => {
  const clerk = { ...LAN, subject: 'clerk-lan', client: { ...LAN.client, agencies: '*' as const } };
  const other = { ...MINH, client: { ...MINH.client, agencies: '*' as const } };

  /** Closed by two persons, each of whose calls is in the logbook. */
  async function closed() {
    const world = await listed();
    const audit = new MemoryAudit();
    const place = one(world, 'DUPLICATE_PAYMENT');
    const dependencies = { ...financeWorld().dependencies, desk: world.work, now: world.now };
    const does = async (work: Work, who = clerk) => {
      const act = {
        subject: { kind: 'exceptions', id: 'settle' },
        about: [{ kind: 'exceptions', id: place.exceptionId }],
      };
      await audit.append({ act: 'asked', ...act, by: who.subject, clientId: 'desk', at: world.now() - 5 } as Act);
      const [settled] = await settleExceptions([place], work, who, `key-${world.clock.at}`, dependencies);
      expect(settled?.kind).toBe('done');
      world.clock.at += 3_600_000;
    };
    await does({ action: 'comment', text: 'Đã gọi ngân hàng' });
    await does({ action: 'propose', resolution: { kind: 'close' }, reason: 'same_money' });
    await does({ action: 'approve' }, other);
    expect(one(world, 'DUPLICATE_PAYMENT').state).toBe('POSTED');
    return { world, audit };
  }

  it('is in the logbook, act by act', async () => {
    const { world, audit } = await closed();
    expect(await verified(world, audit)).toBeUndefined();
    expect(await nightly(world, audit)).toEqual([]);
  });

  it('and is not there, is named: closed by a hand that made up both persons', async () => {
    const { world, audit } = await closed();
    for (const act of ['clerk-lan', 'clerk-minh']) {
      const without = new MemoryAudit();
      for (const entry of audit.acts) if (entry.by !== act) await without.append(entry);
      expect(await verified(world, without)).toMatchObject({ kind: 'work_undecided' });
      expect(await nightly(world, without)).toEqual(['work_undecided']);
    }
  });

  it('is named where one person stands for both, or the decision lacks a half', async () => {
    const { world, audit } = await closed();
    const there = one(world, 'DUPLICATE_PAYMENT');
    const proposal = there.proposal as NonNullable<Exception['proposal']>;
    const hands: [string, Exception][] = [
      ['one person', { ...there, proposal: { ...proposal, decidedBy: proposal.by } }],
      ['no version', { ...there, proposal: { ...proposal, approvedAs: 99 } }],
      ['remembers no call', { ...there, calls: [] }],
      ['nobody decided', { ...there, state: 'APPROVED', proposal: { ...proposal, decidedBy: undefined } }],
      ['decided already', { ...there, state: 'PROPOSED' }],
      ['nobody proposed', { ...there, proposal: undefined }],
      ['the logbook does not know', { ...there, comments: [{ by: 'nobody', at: NOW, text: 'Đã xong' }] }],
    ];
    for (const [why, hand] of hands) {
      world.work.place(hand);
      expect((await verified(world, audit))?.detail).toContain(why);
    }
  });
});

describe('the night’s plan', () => {
  it('proves every agency’s list', async () => {
    const pieces = await planRepair({}, NOW, { agencyCodes: async () => [LAND, POLICE] });
    expect(pieces.filter(({ kind }) => kind === 'work')).toEqual(
      [POLICE, LAND, 'unassigned'].map((agencyCode) => ({ kind: 'work', agencyCode })),
    );
  });
});
