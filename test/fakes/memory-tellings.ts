import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { invoiceOfEvent, type Telling, type TellingBook } from '../../shared/domain/notification/telling.ts';

/** What became of telling events, in memory. */
export class MemoryTellings implements TellingBook {
  readonly #tellings = new Map<string, Telling>();

  async note(...[{ id: eventId, type }, owner, told, at]: Parameters<TellingBook['note']>): Promise<void> {
    if (!invoiceOfEvent(eventId)) return;
    const key = `${eventId}#${owner}`;
    const there = this.#tellings.get(key) ?? { eventId, type, owner };
    const first = `${told.kind}At` as const;
    this.#tellings.set(key, {
      ...there,
      [first]: there[first] ?? at,
      ...(told.kind === 'failed' && { why: told.why }),
    });
  }

  async ofInvoice(number: InvoiceNumber): Promise<Telling[]> {
    return [...this.#tellings]
      .filter(([, { eventId }]) => invoiceOfEvent(eventId) === number)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, telling]) => structuredClone(telling));
  }
}
