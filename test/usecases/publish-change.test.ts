import { describe, expect, it } from 'vitest';
import { ThuphiEvent } from '../../events/index.ts';
import type { BookItem } from '../../shared/domain/invoice/book.ts';
import { moneyOf } from '../../shared/domain/invoice/invoice.ts';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { factsOf } from '../../shared/domain/payment/facts.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { sha256 } from '../../shared/usecases/hashing.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { JournalContradiction, mattersOf, publishChange } from '../../shared/usecases/publish-change.ts';
import { paidNotice } from '../contract/invoice-book.contract.ts';
import {
  anInvoice,
  bankConfirms,
  bankDeclines,
  bankSays,
  given,
  NUMBER,
  noInvoice,
  theInvoiceIsCancelled,
} from '../dsl/given.ts';
import { crashAt, everyCall } from '../dsl/invoicing.ts';
import { aWorld, LAND, NOW, TOTAL, type World } from '../dsl/world.ts';

describe('what follows from a change', () => {
  it('a journal entry with agency, invoice, dossier and a hash of the evidence, never the evidence', () =>
    given(anInvoice('open'))
      .when(bankConfirms())
      .thenSees(({ entries, world }) => {
        const item = world.invoices.at(NUMBER);
        const movement = item?.kind === 'invoice' ? item.invoice.movements['mov_bank-one_T1'] : undefined;
        expect(entries).toEqual([
          {
            movementId: 'mov_bank-one_T1',
            kind: 'payment',
            amount: TOTAL,
            providerId: 'bank-one',
            merchantAccountId: 'land-one',
            terminal: 'ONE-LAND',
            transactionId: 'T1',
            attempt: 1,
            paidAt: NOW - 1000,
            committedAt: NOW,
            lines: movement?.lines,
            agencyCode: LAND,
            act: { step: 'post-payment', persons: [] },
            invoiceNumber: NUMBER,
            dossierCode: `${LAND}-261120-0001`,
            evidenceHash: sha256(movement?.evidence ?? ''),
            accountingDate: '2026-11-20',
            madeBy: 'portal',
            total: TOTAL,
            attemptWas: 'live',
            sequence: (item?.kind === 'invoice' ? item.invoice.version : 0) * 8,
          },
        ]);
      }));

  it.each([
    ['two days before', -2, '2026-11-18'],
    ['three days before: it counts when we commit it, as late items do', -3, '2026-11-20'],
    ['ten days before', -10, '2026-11-20'],
  ])('an accounting date that a report will read: paid %s', (_, days, date) =>
    given(anInvoice('open'))
      .when(bankConfirms({ paidAt: NOW + days * 86_400_000 }))
      .thenSees(({ entries }) => expect(entries.map((entry) => entry.accountingDate)).toEqual([date])),
  );

  it('nothing for a void', async () => {
    const world = aWorld();
    await world.invoices.void(NUMBER);
    await world.publish();
    expect(world.told).toEqual([]);
    expect(world.journal.entries()).toEqual([]);
  });

  it('events to those who asked for their type: the agency for all, the portal for what moves money', () =>
    given(anInvoice('open'))
      .when(bankDeclines(), bankConfirms())
      .thenSees(({ world }) => {
        const told = world.told.map(({ owner, event }) => `${owner} ${event.type}`);
        expect(told).toEqual([
          'agency:H29.14 payment.failed.v1',
          'client:portal payment.failed.v1',
          'agency:H29.14 payment.succeeded_late.v1',
          'client:portal payment.succeeded_late.v1',
          'agency:H29.14 invoice.paid.v1',
          'client:portal invoice.paid.v1',
        ]);
      }));

  it('events as their contract has them', async () => {
    const stories = [
      given(anInvoice('open')).when(bankConfirms(), bankConfirms({ transactionId: 'T2' })),
      given(anInvoice('open')).when(theInvoiceIsCancelled, bankConfirms()),
      given(anInvoice('open')).when(bankDeclines(), bankConfirms({ amount: null }), bankSays('review')),
      given(noInvoice).when(bankConfirms()),
    ];
    for (const story of stories)
      await story.thenSees(({ world }) => {
        expect(world.told.length).toBeGreaterThan(0);
        for (const { event } of world.told) expect(ThuphiEvent.safeParse(event).error?.issues).toBeUndefined();
      });
  });

  it('events with one id each, in the order of their sequence', () =>
    given(anInvoice('open'))
      .when(
        bankDeclines(),
        bankConfirms(),
        bankConfirms({ transactionId: 'T2' }),
        bankConfirms({ transactionId: 'T3' }),
      )
      .thenSees(({ world }) => {
        const events = world.told.filter(({ owner }) => owner.startsWith('agency')).map(({ event }) => event);
        expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
        const sequence = events.map((event) => Number(event['sequence']));
        expect(sequence).toEqual(sequence.toSorted((one, other) => one - other));
        expect(new Set(sequence).size).toBe(sequence.length);
      }));
});

describe('a bank credit that lay unmatched and is moved to its invoice', () => {
  const credit = { bankCredit: { account: '0123', reference: 'FT1' } };
  const owner = { merchantAccountId: 'land-one', agencyCode: LAND };
  const owed = (entries: readonly JournalEntry[], name: string) =>
    entries
      .flatMap(({ lines }) => lines)
      .filter(({ account }) => account === name)
      .reduce((sum, { side, amount }) => sum + (side === 'credit' ? amount : -amount), 0);

  it.each([
    ['having come without its code', { reference: '' }],
    ['having been told of at another account', { providerId: 'notifier', terminal: '0123' }],
  ])('%s: stands in the journal under two names, came in once, and nobody need look any more', async (_, odd) => {
    const world = aWorld();
    anInvoice('open')(world);
    for (const more of [odd, {}]) {
      const item = world.invoices.at(NUMBER);
      const notice = paidNotice('FT1', { ...credit, ...more });
      const facts = item?.kind === 'invoice' && notice.reference ? { facts: factsOf(item.invoice) } : {};
      await postPayment({ v: 1, notice, ...facts, owner }, { invoices: world.invoices, now: () => NOW });
      await world.publish();
      const open = world.work.contents().exceptions.map(({ state }) => state);
      expect(open).toEqual([more === odd ? 'OPEN' : 'AUTO_CLEARED']);
    }
    const entries = world.journal.entries();
    expect(entries.map(({ movementId, kind }) => [movementId, kind])).toEqual([
      ['mov_bank_0123_FT1', 'unmatched'],
      ['mov_bank_=0123_FT1', 'payment'],
    ]);
    expect(owed(entries, 'clearing:land-one')).toBe(-TOTAL);
    expect([`unmatched:${LAND}`, `payable:${LAND}:main`].map((name) => owed(entries, name))).toEqual([0, TOTAL]);
    const told = world.told.filter(({ owner: whose }) => whose.startsWith('agency')).map(({ event }) => event);
    expect(told.map(({ type }) => type)).toEqual(['money.unmatched.v1', 'payment.succeeded.v1', 'invoice.paid.v1']);
    for (const event of told) expect(ThuphiEvent.safeParse(event).error?.issues).toBeUndefined();
    const item = world.invoices.at(NUMBER);
    expect(item?.kind === 'invoice' && moneyOf(item.invoice)).toMatchObject({ paid: TOTAL, unmatched: 0, surplus: 0 });
    // Under its own name stands where the credit is; nothing is told or entered of that. A repair opens nothing again.
    expect(world.invoices.items().map(({ kind }) => kind)).toHaveLength(2);
    expect(world.invoices.items().flatMap((one) => mattersOf(one, NOW))).toEqual([]);
  });
});

describe('a change that is published again', () => {
  const publishing = (world: World) => ({
    journal: world.journal,
    exceptions: world.work,
    directory: world.registry,
    deliveries: { sendAll: async () => undefined },
    receiptOrders: world.receiptOrders,
    watermark: world.feed,
    late: world.feed,
  });

  it('adds nothing and tells the same ids (scenarios 38, 40)', async () => {
    const world = aWorld();
    anInvoice('cancelled')(world);
    await world.callback('bank-one', paid());
    await world.post();
    await world.publish();
    const told: string[] = [];
    const deliveries = {
      sendAll: async (messages: readonly { event: { id: string } }[]) =>
        void told.push(...messages.map((one) => one.event.id)),
    };
    for (const change of world.invoices.changes) {
      await publishChange({ ...change, at: NOW + 86_400_000 }, { ...publishing(world), deliveries });
    }
    expect(told).toEqual(world.told.map(({ event }) => event.id));
    expect(world.journal.entries()).toHaveLength(1);
    expect(world.work.contents().exceptions).toHaveLength(1);
  });

  it('with other content under the same key alarms and changes nothing', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    await world.callback('bank-one', paid());
    await world.post();
    await world.publish();
    const before = world.journal.entries();
    const [change] = structuredClone(world.invoices.changes);
    const after = change?.after as Extract<BookItem, { kind: 'invoice' }>;
    const movement = after.invoice.movements['mov_bank-one_T1'];
    if (!movement) throw new Error('no movement');
    movement.terminal = 'ANOTHER';
    await expect(publishChange({ before: change?.before, after, at: NOW }, publishing(world))).rejects.toThrow(
      JournalContradiction,
    );
    expect(world.journal.entries()).toEqual(before);
  });

  it.each(['before', 'after'] as const)(
    'after dying %s any of its calls ends the same (scenarios 33, 38)',
    async (when) => {
      for (let at = 0; ; at += 1) {
        const world = aWorld();
        anInvoice('cancelled')(world);
        await world.callback('bank-one', paid());
        await world.post();
        const crash = crashAt(at, when);
        const ports = {
          journal: everyCall(world.journal, crash.around),
          exceptions: everyCall(world.work, crash.around),
          directory: everyCall(world.registry, crash.around),
          deliveries: everyCall({ sendAll: async () => undefined }, crash.around),
          receiptOrders: everyCall(world.receiptOrders, crash.around),
          watermark: everyCall(world.feed, crash.around),
          late: everyCall(world.feed, crash.around),
        };
        const [change] = world.invoices.changes;
        if (!change) throw new Error('nothing has changed');
        const done = await publishChange({ ...change, at: NOW }, ports).then(
          () => true,
          () => false,
        );
        await publishChange({ ...change, at: NOW }, publishing(world));
        expect(world.journal.entries()).toHaveLength(1);
        expect(world.work.contents().exceptions).toHaveLength(1);
        if (done) break;
      }
    },
  );
});

function paid() {
  return {
    terminal: 'ONE-LAND',
    reference: paymentReference(NUMBER, 1),
    outcome: 'paid' as const,
    amount: TOTAL,
    currency: 'VND',
    transactionId: 'T1',
    paidAt: NOW,
    resultCode: '00',
  };
}
