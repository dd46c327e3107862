import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { TellingBook } from '../../shared/domain/notification/telling.ts';
import { TellingStore } from '../../shared/store/telling-store.ts';
import { MemoryTellings } from '../fakes/memory-tellings.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

const NUMBER = InvoiceNumber.parse('480213567890');
const paid = { id: `evt_${NUMBER}_paid`, type: 'invoice.paid.v1' };
const AGENCY = 'agency:H29.12' as const;

/** What every book of tellings does, whatever it is made of. */
function tellingsContract(name: string, make: () => Promise<TellingBook>): void {
  describe(`tellings in ${name}`, () => {
    it('keep of each event and endpoint the first instant of what became of it', async () => {
      const book = await make();
      await book.note(paid, AGENCY, { kind: 'failed', why: 'timeout' }, 1);
      await book.note(paid, AGENCY, { kind: 'failed', why: 'refused' }, 2);
      await book.note(paid, AGENCY, { kind: 'held' }, 3);
      await book.note(paid, AGENCY, { kind: 'told' }, 4);
      await book.note(paid, AGENCY, { kind: 'told' }, 5);
      await book.note(paid, 'client:portal', { kind: 'told' }, 6);
      const about = { eventId: paid.id, type: paid.type };
      expect(await book.ofInvoice(NUMBER)).toEqual([
        { ...about, owner: AGENCY, failedAt: 1, why: 'refused', heldAt: 3, toldAt: 4 },
        { ...about, owner: 'client:portal', toldAt: 6 },
      ]);
    });

    it('are of their own invoice, and of none for money that no invoice bears', async () => {
      const book = await make();
      await book.note({ id: 'evt_480213567891_paid', type: 'invoice.paid.v1' }, AGENCY, { kind: 'told' }, 1);
      await book.note({ id: 'evt_mov_abc_unmatched', type: 'money.unmatched.v1' }, AGENCY, { kind: 'told' }, 1);
      expect(await book.ofInvoice(NUMBER)).toEqual([]);
    });
  });
}

tellingsContract('memory', async () => new MemoryTellings());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  tellingsContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new TellingStore(dynoxide.db, table);
  });
});
