import { describe, expect, it } from 'vitest';
import type { BookItem } from '../../shared/domain/invoice/book.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { ImplausibleItem } from '../../shared/domain/ledger/plausible.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { vietnamDay } from '../../shared/domain/time.ts';
import { publishChange } from '../../shared/usecases/publish-change.ts';
import { PAGES_A_PIECE, proveDay, repairPiece } from '../../shared/usecases/repair.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { aWorld, invoiceOf, LAND, NOW, TOTAL, type World } from '../dsl/world.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { MemoryRemittances } from '../fakes/memory-remittances.ts';
import { MemoryWork } from '../fakes/memory-work.ts';
import { HOUR, repairAll, repairing, unpublished, whole } from './repair-world.ts';

describe('the repair scan', () => {
  it('enters after thirty hours without the stream what the stream would have, with the same ids (scenario 40)', async () => {
    const world = await unpublished();
    const { dependencies, findings } = repairing(world);
    await repairAll(whole, dependencies);
    expect(findings.map(({ kind, movementId }) => [kind, movementId]).sort()).toEqual([
      ...['T1', 'T2', 'T3'].map((id) => ['missing', `mov_bank-one_${id}`]),
      ['noWorkItem', undefined],
    ]);
    const repaired = { journal: world.journal.entries(), work: world.work.contents(), told: world.told.slice() };
    expect(repaired.journal).toHaveLength(3);

    const usual = await unpublished();
    usual.clock.at -= 30 * HOUR;
    await usual.publish();
    const withoutSequence = (entries: typeof repaired.journal) =>
      entries
        .map(({ sequence: _, ...entry }) => entry)
        .sort((one, other) => (one.movementId < other.movementId ? -1 : 1));
    expect(withoutSequence(repaired.journal)).toEqual(withoutSequence(usual.journal.entries()));
    expect(repaired.work).toEqual(usual.work.contents());
    const money = (told: World['told']) => told.map(({ owner, event }) => `${owner} ${event.id}`).sort();
    expect(money(repaired.told)).toEqual(money(usual.told));
  });

  it('finds nothing where nothing is missing, and changes nothing when it is run again', async () => {
    const world = await unpublished();
    await repairAll(whole, repairing(world).dependencies);
    const before = [world.journal.entries(), world.work.contents(), world.told.length];
    const { dependencies, findings } = repairing(world);
    await repairAll(whole, dependencies);
    expect(findings).toEqual([]);
    expect([world.journal.entries(), world.work.contents(), world.told.length]).toEqual(before);
  });

  it('enters one movement that lacks beside one that is there', async () => {
    const world = await unpublished();
    const [first] = world.invoices.changes.filter(({ after }) => after.kind === 'invoice');
    if (!first) throw new Error('nothing was paid');
    await publishChange({ ...first, at: NOW }, repairing(world).dependencies);
    world.told.length = 0;
    const { dependencies, findings } = repairing(world);
    await repairAll(whole, dependencies);
    const missing = findings.filter(({ kind }) => kind === 'missing');
    expect(missing.map(({ movementId }) => movementId).sort()).toEqual(['mov_bank-one_T2', 'mov_bank-one_T3']);
    expect(world.told.every(({ event }) => !event.id.endsWith('_paid'))).toBe(true);
  });

  it('opens the work item that nobody opened of what is in the journal, and says so', async () => {
    const world = await unpublished();
    await world.publish();
    const work = new MemoryWork();
    const { dependencies, findings } = repairing(world);
    await repairAll(whole, { ...dependencies, exceptions: work, work: work.pages });
    expect(findings.map(({ kind, movementId }) => [kind, movementId]).sort()).toEqual([
      ['noWorkItem', undefined],
      ['noWorkItem', 'mov_bank-one_T2'],
      ['noWorkItem', 'mov_bank-one_T3'],
    ]);
    expect(work.contents().exceptions).toEqual(world.work.contents().exceptions);
  });

  it('asked to, tells again what is in the journal, word for word, and has what waits asked about', async () => {
    const world = await unpublished();
    world.invoices.place(
      invoiceOf('480213567891', { version: 2, attempts: [anAttempt('pending', { createdAt: NOW })] }),
    );
    await world.publish();
    const money = (told: World['told']) =>
      told.filter(({ event }) => event.type !== 'invoice.created.v1').map((one) => JSON.stringify(one));
    const first = money(world.told.splice(0));
    const { dependencies, findings } = repairing(world);
    await repairAll({ ...whole, again: true }, dependencies);
    expect(findings).toEqual([]);
    expect(money(world.told).sort()).toEqual(first.sort());
    expect(dependencies.watches.contents()).toEqual([
      {
        providerId: 'bank-one',
        reference: paymentReference(InvoiceNumber.parse('480213567891'), 1),
        dueAt: world.now(),
      },
    ]);
  });

  it('leaves alone what was committed outside its time', async () => {
    const world = await unpublished();
    const { dependencies, findings } = repairing(world);
    await repairPiece({ ...whole, to: NOW - 1 }, dependencies);
    expect(findings).toEqual([]);
    await repairPiece({ ...whole, from: NOW + 1 }, dependencies);
    expect(world.journal.entries()).toEqual([]);
    // But for what somebody must decide, which is looked for however old it is.
    expect(findings.map(({ kind }) => kind)).toEqual(Array(3).fill('noWorkItem'));
  });

  it('hands on where it stands, and is not lost when it is done twice', async () => {
    const world = await unpublished();
    const { dependencies, findings } = repairing(world);
    let pages = 0;
    const book = {
      ...dependencies.book,
      page: async (query: { after?: string | undefined }) => {
        pages += 1;
        return pages <= PAGES_A_PIECE ? { items: [], after: '0' } : dependencies.book.page(query);
      },
    };
    const { next } = await repairPiece(whole, { ...dependencies, book });
    expect(next).toEqual({ ...whole, after: '0' });
    if (!next) throw new Error('nothing is left');
    await Promise.all([repairAll(next, dependencies), repairAll(next, dependencies)]);
    const missing = findings.filter(({ kind }) => kind === 'missing');
    expect(new Set(missing.map(({ movementId }) => movementId)).size).toBe(3);
    expect(world.journal.entries()).toHaveLength(3);
  });
});

describe('books that were altered by hand', () => {
  /** The paid invoice, published, and then changed. */
  async function altered(change: (invoice: Extract<BookItem, { kind: 'invoice' }>['invoice']) => void) {
    const world = await unpublished();
    await world.publish();
    world.told.length = 0;
    const item = world.invoices.at(NUMBER);
    if (item?.kind !== 'invoice') throw new Error('no invoice');
    const before = structuredClone(item);
    change(item.invoice);
    world.invoices.place(item.invoice);
    return { world, before, after: item };
  }
  const changeAmount = (invoice: Extract<BookItem, { kind: 'invoice' }>['invoice'], amount: number) => {
    const movement = invoice.movements['mov_bank-one_T1'];
    if (!movement) throw new Error('not paid');
    movement.amount = dong(amount);
    movement.lines = movement.lines.map((line) => ({ ...line, amount: dong(amount) }));
  };
  const added = (invoice: Extract<BookItem, { kind: 'invoice' }>['invoice']) => {
    const movement = invoice.movements['mov_bank-one_T1'];
    if (!movement) throw new Error('not paid');
    invoice.movements['mov_bank-one_T9'] = { ...movement, movementId: 'mov_bank-one_T9', transactionId: 'T9' };
  };

  async function repaired(world: World, entries?: MemoryJournal) {
    const journal = world.journal.entries();
    const { dependencies, findings } = repairing(world, entries);
    await repairAll(whole, dependencies);
    expect(world.journal.entries()).toEqual(journal);
    expect(world.told).toEqual([]);
    return findings;
  }

  it('an amount on the invoice, its total with it: the journal keeps its own, and a work item opens', async () => {
    const { world } = await altered((invoice) => {
      invoice.total = dong(TOTAL + 1);
      const movement = invoice.movements['mov_bank-one_T1'];
      if (!movement) return;
      movement.amount = dong(TOTAL + 1);
      movement.lines = movement.lines.map((line) => ({ ...line, amount: dong(TOTAL + 1) }));
    });
    // The total stands in the entry of each.
    expect(await repaired(world)).toEqual(
      ['T1', 'T2'].map((id) => ({ kind: 'differs', key: NUMBER, movementId: `mov_bank-one_${id}` })),
    );
    expect(world.work.contents().exceptions).toContainEqual(
      expect.objectContaining({ category: 'BOOKS_ALTERED', invoiceId: `inv_${NUMBER}`, transactionId: 'T1' }),
    );
  });

  it('a movement added to the invoice: neither published nor repaired, and a work item opens', async () => {
    const { world, before, after } = await altered(added);
    await expect(publishChange({ before, after, at: NOW }, repairing(world).dependencies)).rejects.toThrow(
      ImplausibleItem,
    );
    expect(await repaired(world)).toEqual([{ kind: 'implausible', key: NUMBER }]);
    expect(world.work.contents().exceptions).toContainEqual(expect.objectContaining({ category: 'BOOKS_ALTERED' }));
  });

  it('a movement added to an invoice that was written to often: the change is not published', async () => {
    const { world, before, after } = await altered(added);
    before.invoice.version += 9;
    after.invoice.version += 9;
    await expect(publishChange({ before, after, at: NOW }, repairing(world).dependencies)).rejects.toThrow(
      ImplausibleItem,
    );
  });

  it('a movement that does not balance: neither published nor repaired', async () => {
    const { world, before, after } = await altered((invoice) => {
      added(invoice);
      invoice.version += 1;
      const movement = invoice.movements['mov_bank-one_T9'];
      if (movement) movement.lines = movement.lines.map((line, place) => (place ? line : { ...line, amount: dong(1) }));
    });
    await expect(publishChange({ before, after, at: NOW }, repairing(world).dependencies)).rejects.toThrow(
      ImplausibleItem,
    );
    expect(await repaired(world)).toEqual([{ kind: 'implausible', key: NUMBER }]);
  });

  it('an entry taken out of the journal: entered again, and said loudly', async () => {
    const { world } = await altered(() => undefined);
    const entries = new MemoryJournal();
    const { dependencies, findings } = repairing(world, entries);
    await repairAll(whole, { ...dependencies, journal: entries });
    expect(findings.filter(({ key }) => key === NUMBER).map(({ kind }) => kind)).toEqual(['missing', 'missing']);
  });

  it('an entry put into the journal, or one whose movement was taken away: found from the journal', async () => {
    const { world } = await altered((invoice) => {
      delete invoice.movements['mov_bank-one_T2'];
    });
    const [real] = world.journal.entries();
    if (!real) throw new Error('no entry');
    await world.journal.append({ ...real, movementId: 'mov_bank-one_T8', transactionId: 'T8' });
    const { dependencies, findings } = repairing(world);
    const proof = { kind: 'proof' as const, agencyCode: LAND, day: vietnamDay(NOW) };
    const { proved } = await proveDay(proof, {
      ...{ ...dependencies, journal: world.journal, invoices: world.invoices },
      remittances: new MemoryRemittances(),
    });
    expect(proved).toBe(3);
    expect(findings.map(({ kind, movementId }) => [kind, movementId])).toEqual([
      ['onNoInvoice', 'mov_bank-one_T2'],
      ['onNoInvoice', 'mov_bank-one_T8'],
    ]);
    const about = world.work.contents().exceptions.filter(({ category }) => category === 'BOOKS_ALTERED');
    expect(about.map(({ transactionId }) => transactionId).sort()).toEqual(['T2', 'T8']);
  });

  it.each<[string, (invoice: Extract<BookItem, { kind: 'invoice' }>['invoice']) => void]>([
    ['the state set back', (invoice) => Object.assign(invoice, { state: 'open', due: invoice.total })],
    ['only the state set back', (invoice) => Object.assign(invoice, { state: 'open' })],
    ['what is due made less', (invoice) => Object.assign(invoice, { due: invoice.due - 1 })],
    ['an amount made more', (invoice) => changeAmount(invoice, TOTAL + 1)],
    ['the total made less', (invoice) => Object.assign(invoice, { total: invoice.total - 1 })],
    ['an unpaid one set to paid', (invoice) => Object.assign(invoice, { movements: {}, state: 'paid', due: 0 })],
  ])('%s: neither published nor repaired, and a work item opens', async (_, change) => {
    const { world, before, after } = await altered(change);
    await expect(publishChange({ before, after, at: NOW }, repairing(world).dependencies)).rejects.toThrow(
      ImplausibleItem,
    );
    expect(await repaired(world)).toEqual([{ kind: 'implausible', key: NUMBER }]);
    expect(world.work.contents().exceptions).toContainEqual(
      expect.objectContaining({ category: 'BOOKS_ALTERED', invoiceId: `inv_${NUMBER}` }),
    );
  });

  it.each<[string, Partial<Invoice>]>([
    ['payer', { payer: { name: 'Trần Thị Khác' } }],
    ['dossierCode', { dossierCode: 'H29.12-261128-000001' }],
    ['expiresAt', { expiresAt: NOW + 9_999 }],
    ['createdAt', { createdAt: NOW - 9_999 }],
    ['origin', { origin: { clientId: 'another', keyHash: 'k', bodyHash: 'b' } }],
    ['choices', { choices: { late: 'accept' } }],
    ['metadata', { metadata: { desk: '1' } }],
  ])('%s of an unpaid invoice: the stream says so, and publishes nothing', async (name, change) => {
    const before = { ...invoiceOf(NUMBER), metadata: { floor: '2' } };
    const world = aWorld();
    const changed = publishChange(
      {
        before: { kind: 'invoice', invoice: before },
        after: { kind: 'invoice', invoice: { ...before, ...change, version: 2 } },
        at: NOW,
      },
      repairing(world).dependencies,
    );
    await expect(changed).rejects.toThrow(new ImplausibleItem(`its ${name} was changed after it was made`));
  });

  it.each<[string, BookItem, BookItem | undefined]>([
    ['a void number becomes an invoice', { kind: 'invoice', invoice: invoiceOf(NUMBER) }, { kind: 'void' }],
    ['an invoice comes with attempts', { kind: 'invoice', invoice: { ...invoiceOf(NUMBER), version: 2 } }, undefined],
    [
      'the name of a bank credit leads elsewhere',
      { kind: 'credit', key: 'mov_bank-credit_1', number: NUMBER, amount: TOTAL },
      { kind: 'credit', key: 'mov_bank-credit_1', number: NUMBER, amount: dong(TOTAL - 1) },
    ],
  ])('%s: not published', async (_, after, before) => {
    const published = publishChange({ before, after, at: NOW }, repairing(aWorld()).dependencies);
    await expect(published).rejects.toThrow(ImplausibleItem);
  });

  it('an item that cannot be read is named, and is one work item however often it is met', async () => {
    const world = await unpublished();
    const { dependencies, findings } = repairing(world);
    const page = async () => ({ items: [{ key: '480213567890', item: undefined }], after: undefined });
    const book = { ...dependencies.book, page };
    await repairPiece(whole, { ...dependencies, book });
    world.clock.at += 24 * HOUR;
    await repairPiece(whole, { ...dependencies, book });
    expect(findings).toEqual(Array(2).fill({ kind: 'unreadable', key: '480213567890' }));
    const items = world.work.contents().exceptions.filter(({ category }) => category === 'BOOKS_ALTERED');
    expect(items.map(({ transactionId }) => transactionId)).toEqual(['480213567890']);
  });
});
