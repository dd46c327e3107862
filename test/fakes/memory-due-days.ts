import type { DueDays } from '../../shared/domain/invoice/book.ts';
import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { type Day, type Instant, vietnamDay } from '../../shared/domain/time.ts';

/** Unusual deadlines in memory. */
export class MemoryDueDays implements DueDays {
  readonly #days = new Map<Day, Set<InvoiceNumber>>();
  readonly #swept = new Set<Day>();

  async remember({ expiresAt, number }: { expiresAt: Instant; number: InvoiceNumber }): Promise<void> {
    const day = vietnamDay(expiresAt);
    this.#days.set(day, (this.#days.get(day) ?? new Set()).add(number));
  }

  async onDay(day: Day): Promise<InvoiceNumber[]> {
    return [...(this.#days.get(day) ?? [])];
  }

  async forget(day: Day, numbers: readonly InvoiceNumber[]): Promise<void> {
    for (const number of numbers) this.#days.get(day)?.delete(number);
  }

  async isSwept(day: Day): Promise<boolean> {
    return this.#swept.has(day);
  }

  async markSwept(day: Day): Promise<void> {
    this.#swept.add(day);
  }
}
