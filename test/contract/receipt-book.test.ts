import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { MAX_ADDED, type ReceiptBook } from '../../shared/domain/receipt/book.ts';
import { type Receipt, receiptId } from '../../shared/domain/receipt/receipt.ts';
import { ReceiptStore } from '../../shared/store/receipt-store.ts';
import { aCorrection, aReceipt, RUN } from '../dsl/receipts.ts';
import { MemoryReceipts } from '../fakes/memory-receipts.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

const NUMBER = InvoiceNumber.parse('480213567890');
const OTHER = InvoiceNumber.parse('480213567891');
const one = (number: number, place = number, more: Partial<Receipt> = {}): Receipt =>
  aReceipt({ number, receiptId: receiptId(NUMBER, place), ...more });

/** What every book of receipts does, whatever it is made of. */
function receiptBookContract(name: string, make: () => Promise<ReceiptBook>): void {
  describe(name, () => {
    it('keeps receipts as they were given, by their ids, invoices and numbers', async () => {
      const book = await make();
      expect(await book.lastNumber(RUN)).toBe(0);
      expect(await book.add(RUN, [one(1), one(2)])).toBe('added');
      const elsewhere = aReceipt({ paidThrough: 'Nộp tại quầy', number: 3, receiptId: receiptId(OTHER, 1) });
      expect(await book.add(RUN, [elsewhere])).toBe('added');
      expect(await book.lastNumber(RUN)).toBe(3);
      expect(await book.ofInvoice(NUMBER)).toEqual([one(1), one(2)]);
      const both = await book.ofInvoices([NUMBER, OTHER, InvoiceNumber.parse('480213567892')]);
      expect([...both].filter(([, kept]) => kept.length > 0)).toEqual([
        [NUMBER, [one(1), one(2)]],
        [OTHER, [elsewhere]],
      ]);
      expect(await book.find(one(2).receiptId)).toEqual(one(2));
      expect(await book.find(receiptId(OTHER, 2))).toBeUndefined();
      expect(await book.inRun(RUN, 1, 5)).toEqual([one(2), elsewhere]);
      expect(await book.inRun(RUN, 0, 1)).toEqual([one(1)]);
    });

    it('gives no number twice, none before the one before it, and all or none', async () => {
      const book = await make();
      expect(await book.add(RUN, [one(2)])).toBe('lost');
      expect(await book.add(RUN, [one(1)])).toBe('added');
      expect(await book.add(RUN, [one(1, 2)])).toBe('lost');
      expect(await book.add(RUN, [one(3, 2)])).toBe('lost');
      expect(await book.add(RUN, [one(2, 2), one(3, 1)])).toBe('lost');
      expect(await book.ofInvoice(NUMBER)).toEqual([one(1)]);
      expect(await book.lastNumber(RUN)).toBe(1);
    });

    it('takes corrections of a signed receipt that stands, one after the other, decided by somebody else', async () => {
      const book = await make();
      const [none, id] = [{ count: 0 }, one(1).receiptId];
      await book.add(RUN, [one(1)]);
      expect(await book.proposeCorrection(id, aCorrection(), none)).toBe(false);
      await book.keepSigned(id, '<x/>');
      expect(await book.proposeCorrection(id, aCorrection(), none)).toBe(true);
      expect(await book.proposeCorrection(id, aCorrection(), none)).toBe(false);
      const approval = (decidedBy: string) => ({ to: 'approved', decidedBy, decidedAt: 9 }) as const;
      expect(await book.decideCorrection(id, 1, approval('clerk-lan'))).toBe(false);
      expect(await book.decideCorrection(id, 2, approval('clerk-minh'))).toBe(false);
      const refusal = { to: 'rejected', decidedBy: 'clerk-lan', decidedAt: 9, refusal: 'đúng rồi' } as const;
      expect(await book.decideCorrection(id, 1, refusal)).toBe(true);
      expect(await book.decideCorrection(id, 1, approval('clerk-minh'))).toBe(false);
      expect(await book.proposeCorrection(id, aCorrection(), { count: 1, last: 'proposed' })).toBe(false);
      expect(await book.proposeCorrection(id, aCorrection(), { count: 1, last: 'rejected' })).toBe(true);
      await book.keepNotice(id, 2, 'too early');
      expect(await book.decideCorrection(id, 2, approval('clerk-minh'))).toBe(true);
      for (const xml of ['<notice/>', '<another/>']) await book.keepNotice(id, 2, xml);
      const { refusal: why, ...rejected } = { ...refusal };
      const { to: _, ...decided } = rejected;
      expect((await book.find(id))?.corrections).toEqual([
        { ...aCorrection(), ...decided, state: 'rejected', refusal: why },
        { ...aCorrection(), state: 'approved', decidedBy: 'clerk-minh', decidedAt: 9, notice: '<notice/>' },
      ]);
    });

    it('replaces a receipt as its corrections were seen, and takes none of a replaced one', async () => {
      const book = await make();
      const id = one(1).receiptId;
      await book.add(RUN, [one(1)]);
      await book.keepSigned(id, '<x/>');
      await book.proposeCorrection(id, aCorrection(), { count: 0 });
      const replaces = { receiptId: id, symbol: '26TAA', number: 1, reason: 'WRONG_DETAILS' } as const;
      const other = one(2, 2, { replaces });
      const seen = (last: 'proposed' | 'approved') => new Map([[id, { count: 1, last }]]);
      expect(await book.add(RUN, [other])).toBe('lost');
      expect(await book.add(RUN, [other], seen('approved'))).toBe('lost');
      expect(await book.add(RUN, [other], seen('proposed'))).toBe('added');
      expect(await book.decideCorrection(id, 1, { to: 'approved', decidedBy: 'x', decidedAt: 1 })).toBe(false);
      expect(await book.proposeCorrection(id, aCorrection(), { count: 1, last: 'proposed' })).toBe(false);
    });

    it('counts each run by itself', async () => {
      const book = await make();
      const next = { ...RUN, symbol: '27TAA' };
      const foreign = { ...RUN, taxCode: '0100112437' };
      await book.add(RUN, [one(1)]);
      expect(await book.add(next, [one(1, 2, { symbol: '27TAA' })])).toBe('added');
      expect(await book.add(foreign, [one(1, 3)])).toBe('added');
      expect(await book.lastNumber(next)).toBe(1);
      expect(await book.lastNumber(RUN)).toBe(1);
    });

    it('lets one of twenty at once have a number', async () => {
      const book = await make();
      const added = await Promise.all(Array.from({ length: 20 }, (_, index) => book.add(RUN, [one(1, index + 1)])));
      expect(added.filter((outcome) => outcome === 'added')).toHaveLength(1);
      expect(await book.ofInvoice(NUMBER)).toHaveLength(1);
    });

    it('adds as many at once as it says, each of which replaces another', async () => {
      const book = await make();
      const numbers = Array.from({ length: MAX_ADDED }, (_, index) => index + 1);
      expect(
        await book.add(
          RUN,
          numbers.map((number) => one(number)),
        ),
      ).toBe('added');
      const replacing = numbers.map((number) => {
        const replaces = {
          receiptId: one(number).receiptId,
          symbol: '26TAA',
          number,
          reason: 'WRONG_DETAILS' as const,
        };
        return one(MAX_ADDED + number, MAX_ADDED + number, { replaces });
      });
      expect(await book.add(RUN, replacing)).toBe('added');
      expect(await book.lastNumber(RUN)).toBe(2 * MAX_ADDED);
    });

    it('replaces a receipt once, and keeps it', async () => {
      const book = await make();
      await book.add(RUN, [one(1)]);
      const replaces = { receiptId: one(1).receiptId, symbol: '26TAA', number: 1, reason: 'WRONG_DETAILS' as const };
      expect(await book.add(RUN, [one(2, 2, { replaces })])).toBe('added');
      expect(await book.find(one(1).receiptId)).toEqual({ ...one(1), replacedBy: receiptId(NUMBER, 2) });
      expect(await book.add(RUN, [one(3, 3, { replaces })])).toBe('lost');
      const absent = { ...replaces, receiptId: receiptId(NUMBER, 9) };
      expect(await book.add(RUN, [one(3, 3, { replaces: absent })])).toBe('lost');
    });

    it('keeps the first signed document of a receipt, and makes none of a receipt that is not there', async () => {
      const book = await make();
      await book.add(RUN, [one(1)]);
      await book.keepSigned(one(1).receiptId, '<a></a>');
      await book.keepSigned(one(1).receiptId, '<b></b>');
      await book.keepSigned(one(2).receiptId, '<c></c>');
      expect(await book.ofInvoice(NUMBER)).toEqual([{ ...one(1), xml: '<a></a>' }]);
    });
  });
}

describe('a book of receipts', () => receiptBookContract('in memory', async () => new MemoryReceipts()));

describe.skipIf(!dynoxideIsThere)('a book of receipts on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  receiptBookContract('DynamoDB', async () => {
    tables += 1;
    const table = await createTable(dynoxide.db, `Receipts${tables}`, { partition: 'p', sort: 's' });
    return new ReceiptStore(dynoxide.db, table);
  });
});
