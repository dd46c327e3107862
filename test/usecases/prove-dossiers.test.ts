import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeleteCommand, PutCommand } from '../../shared/aws/dynamodb.ts';
import type { BookItem } from '../../shared/domain/invoice/book.ts';
import { DossierScan } from '../../shared/store/dossier-pages.ts';
import { DossierStore } from '../../shared/store/dossier-store.ts';
import { firstUnclaimed, proveDossiers } from '../../shared/usecases/prove-dossiers.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from '../contract/dynoxide.ts';
import { NUMBER } from '../dsl/given.ts';
import { invoiceOf } from '../dsl/world.ts';

/** A dossier with its invoice, and what a hand in either table leaves. */

const OTHER = '480213567891';

describe.skipIf(!dynoxideIsThere)('dossiers and invoices', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  async function claimed() {
    const table = await createTable(dynoxide.db, `Dossiers${tables++}`, { partition: 'k' });
    const invoice = invoiceOf(NUMBER);
    const book = new Map<string, BookItem>([[NUMBER, { kind: 'invoice', invoice }]]);
    await new DossierStore(dynoxide.db, table).claim({ ...invoice, additional: false });
    const k = `${invoice.agencyCode}#${invoice.dossierCode}`;
    const place = `p:${invoice.procedureCode}`;
    const dossiers = new DossierScan(dynoxide.db, table);
    const at = async (keys: readonly string[]) =>
      keys.flatMap((key) => (book.has(key) ? [{ key, item: book.get(key) }] : []));
    return {
      ...{ book, k },
      put: (item: Record<string, unknown>) =>
        dynoxide.db.send(new PutCommand({ TableName: table, Item: { k, n: [NUMBER], [place]: NUMBER, ...item } })),
      withoutPlace: () => dynoxide.db.send(new PutCommand({ TableName: table, Item: { k, n: [NUMBER] } })),
      remove: () => dynoxide.db.send(new DeleteCommand({ TableName: table, Key: { k } })),
      verify: async () =>
        (await firstUnclaimed(
          [...book.values()].map((item) => ({ item })),
          dossiers,
        )) ?? (await proveDossiers({ dossiers, book: { at } })).breach,
    };
  }

  it('hold each other where nobody touched them', async () => {
    const { verify } = await claimed();
    expect(await verify()).toBeUndefined();
  });

  it('differ where the claim was taken out, emptied, or lost its place: a second invoice could be made', async () => {
    const { verify, put, remove, withoutPlace, k } = await claimed();
    for (const hand of [remove, withoutPlace, () => put({ n: [] }), () => put({ n: [OTHER] })]) {
      await hand();
      expect(await verify()).toMatchObject({ kind: 'dossier_unclaimed', key: k });
    }
    await put({ n: 'none' });
    expect((await verify())?.kind).toBe('dossier_unclaimed');
  });

  it('differ where an invoice was taken out, put in, or is another dossier’s', async () => {
    const { verify, put, book, k } = await claimed();
    await put({ n: [NUMBER, OTHER] });
    expect(await verify()).toMatchObject({ kind: 'invoice_missing', key: k });
    book.set(OTHER, { kind: 'void' });
    expect(await verify()).toBeUndefined();
    book.set(OTHER, { kind: 'invoice', invoice: invoiceOf(OTHER, { dossierCode: 'H29.14-261120-0002' }) });
    expect(await verify()).toMatchObject({ kind: 'dossier_unclaimed', key: 'H29.14#H29.14-261120-0002' });
    book.delete(NUMBER);
    book.delete(OTHER);
    expect(await verify()).toMatchObject({ kind: 'invoice_missing', key: k });
  });

  it('belong together where the invoice is made a moment after its dossier was taken', async () => {
    const { verify, put, book } = await claimed();
    await put({ n: [NUMBER, OTHER] });
    const has = book.has.bind(book);
    book.has = (key) => {
      const there = has(key);
      if (key === OTHER) book.set(OTHER, { kind: 'invoice', invoice: invoiceOf(OTHER) });
      return there;
    };
    expect(await verify()).toBeUndefined();
  });

  it('that nobody can read are named', async () => {
    const { verify, put, book, k } = await claimed();
    book.clear();
    await put({ n: ['none'] });
    expect(await verify()).toMatchObject({ kind: 'dossier_unreadable', key: k });
  });
});
