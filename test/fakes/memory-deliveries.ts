import type { BookId } from '../../shared/domain/reconciliation/book-day.ts';
import type { DeliveryBook, ExpectedBook, OpenDelivery } from '../../shared/domain/reconciliation/deliveries.ts';
import type { Day } from '../../shared/domain/time.ts';

/** Files that partners are to deliver, in memory. */
export class MemoryDeliveries implements DeliveryBook {
  readonly #expected = new Map<BookId, Day>();
  readonly #open = new Map<string, OpenDelivery>();

  async expected() {
    return [...this.#expected].map(([book, next]) => ({ book, next }));
  }

  async lookFrom({ book, next }: ExpectedBook) {
    this.#expected.set(book, next);
  }

  async open() {
    return structuredClone([...this.#open.values()]);
  }

  async openOf(book: BookId, from: Day, to: Day) {
    return (await this.open()).filter((one) => one.book === book && one.day >= from && one.day <= to);
  }

  async begin(delivery: OpenDelivery) {
    this.#open.set(nameOf(delivery), structuredClone(delivery));
  }

  async end(delivery: OpenDelivery) {
    this.#open.delete(nameOf(delivery));
  }

  /** What it holds. */
  contents() {
    return { expected: Object.fromEntries(this.#expected), open: [...this.#open.values()] };
  }
}

const nameOf = ({ book, day, place }: OpenDelivery): string => JSON.stringify([book, day, place.exceptionId]);
