import { beforeEach, describe, expect, it } from 'vitest';
import type { DueDays } from '../../shared/domain/invoice/book.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { endOfDay, startOfDay } from '../../shared/domain/time.ts';

const DAY = '2026-11-25';
const numberOf = (index: number) => InvoiceNumber.parse(String(100_000_000_000 + index));

/** What every memory of deadlines does, whatever it is made of. */
export function dueDaysContract(name: string, make: () => Promise<DueDays>): void {
  describe(`unusual deadlines: ${name}`, () => {
    let days: DueDays;
    beforeEach(async () => {
      days = await make();
    });

    it('are remembered by the Vietnamese day on which they pass, once', async () => {
      await days.remember({ expiresAt: startOfDay(DAY), number: numberOf(1) });
      await days.remember({ expiresAt: endOfDay(DAY), number: numberOf(1) });
      await days.remember({ expiresAt: endOfDay(DAY), number: numberOf(2) });
      await days.remember({ expiresAt: endOfDay(DAY) + 1, number: numberOf(3) });
      expect((await days.onDay(DAY)).sort()).toEqual([numberOf(1), numberOf(2)]);
      expect(await days.onDay('2026-11-26')).toEqual([numberOf(3)]);
      expect(await days.onDay('2026-11-27')).toEqual([]);
    });

    it('are forgotten by name, very many at a time', async () => {
      const numbers = Array.from({ length: 60 }, (_, index) => numberOf(index));
      await Promise.all(numbers.map((number) => days.remember({ expiresAt: startOfDay(DAY), number })));
      expect(await days.onDay(DAY)).toHaveLength(60);
      await days.forget(DAY, numbers.slice(0, 55));
      expect((await days.onDay(DAY)).sort()).toEqual(numbers.slice(55));
      await days.forget(DAY, []);
      await days.forget(DAY, numbers);
      expect(await days.onDay(DAY)).toEqual([]);
    });

    it('of a day are marked as looked at, and of that day alone', async () => {
      expect(await days.isSwept(DAY)).toBe(false);
      await days.markSwept(DAY);
      await days.markSwept(DAY);
      expect(await days.isSwept(DAY)).toBe(true);
      expect(await days.isSwept('2026-11-26')).toBe(false);
      expect(await days.onDay(DAY), 'the mark is no deadline').toEqual([]);
    });
  });
}
