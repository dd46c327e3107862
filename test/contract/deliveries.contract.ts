import { describe, expect, it } from 'vitest';
import type { DeliveryBook, OpenDelivery } from '../../shared/domain/reconciliation/deliveries.ts';

const BOOK = 'account:970415:1234567890';
const OTHER = 'account:970415:12345678901';

const delivery = (day: string, digit: string, book = BOOK): OpenDelivery => ({
  book,
  day,
  place: { agencyCode: 'H29.12', businessDate: day, exceptionId: `exc_${digit.repeat(24)}` },
});

/** What every book of deliveries keeps. */
export function deliveriesContract(name: string, make: () => Promise<DeliveryBook>): void {
  describe(`a book of deliveries (${name})`, () => {
    it('remembers from which day on each partner is looked at', async () => {
      const book = await make();
      expect(await book.expected()).toEqual([]);
      await book.lookFrom({ book: BOOK, next: '2026-11-20' });
      await book.lookFrom({ book: 'provider:vnpay', next: '2026-11-19' });
      await book.lookFrom({ book: BOOK, next: '2026-11-21' });
      expect(await book.expected()).toEqual([
        { book: BOOK, next: '2026-11-21' },
        { book: 'provider:vnpay', next: '2026-11-19' },
      ]);
    });

    it('keeps what is open, once, until it is ended', async () => {
      const book = await make();
      await book.begin(delivery('2026-11-20', '1'));
      await book.begin(delivery('2026-11-20', '1'));
      await book.begin(delivery('2026-11-20', '2'));
      expect(await book.open()).toEqual([delivery('2026-11-20', '1'), delivery('2026-11-20', '2')]);
      await book.end(delivery('2026-11-20', '1'));
      await book.end(delivery('2026-11-20', '1'));
      expect(await book.open()).toEqual([delivery('2026-11-20', '2')]);
    });

    it('finds what is open of one book for its days, and of no book whose name begins alike', async () => {
      const book = await make();
      const all = ['2026-11-19', '2026-11-20', '2026-11-21', '2026-11-22'].map((day) => delivery(day, 'f'));
      for (const one of [...all, delivery('2026-11-20', '1', OTHER)]) await book.begin(one);
      expect(await book.openOf(BOOK, '2026-11-20', '2026-11-21')).toEqual(all.slice(1, 3));
    });
  });
}
