import * as z from 'zod';
import { lazy } from '../lazy.ts';

export const InvoiceState = lazy(() =>
  z.enum(['open', 'paid', 'partially_refunded', 'refunded', 'expired', 'cancelled']),
);
export type InvoiceState = z.infer<typeof InvoiceState>;

export const InvoiceEvent = lazy(() =>
  z.enum(['Paid', 'PartlyRefunded', 'Refunded', 'DeadlinePassed', 'Cancelled', 'Reversed']),
);
export type InvoiceEvent = z.infer<typeof InvoiceEvent>;

/** Every legal move of an invoice. A missing cell is a refused move; the store's condition is the state moved from. */
const moves: Record<InvoiceState, Partial<Record<InvoiceEvent, InvoiceState>>> = {
  // A part that went back leaves the invoice open: more is due again.
  open: { Paid: 'paid', DeadlinePassed: 'expired', Cancelled: 'cancelled', Reversed: 'open' },
  // The payment went back, so the invoice is payable again; its deadline may have passed meanwhile.
  paid: { PartlyRefunded: 'partially_refunded', Refunded: 'refunded', Reversed: 'open' },
  partially_refunded: { PartlyRefunded: 'partially_refunded', Refunded: 'refunded' },
  refunded: {},
  // Money that was paid after these two is kept as surplus; the invoice itself does not come back to life.
  // Paid before the deadline by the bank's clock, though we heard of it after: the citizen was in time.
  expired: { Paid: 'paid', Reversed: 'expired' },
  cancelled: { Reversed: 'cancelled' },
};

/** A move that the table does not know. */
export class IllegalMove extends Error {
  constructor(from: string, event: string) {
    super(`${event} is no move from ${from}`);
    this.name = 'IllegalMove';
  }
}

/** The state after an event. Throws {@link IllegalMove} for a missing cell. */
export function moveInvoice(from: InvoiceState, event: InvoiceEvent): InvoiceState {
  const to = moves[from][event];
  if (!to) throw new IllegalMove(from, event);
  return to;
}
