import type { InvoiceState } from '../invoice/states.ts';
import type { ExceptionCategory } from '../reconciliation/exception.ts';
import type { Movement } from './movement.ts';

/**
 * What happens to authentic money: one row for what arrived, one column for the state that the invoice had when the
 * payer's bank debited. Money is never "failed": whatever is not a plain payment lands in the ledger and opens a work item.
 */

export type Arrival =
  /** The amount due, at the account that the attempt named. */
  | 'exact'
  | 'less'
  | 'more'
  /** Signed by the key of another terminal than the attempt's. */
  | 'otherTerminal'
  /** The reference names an attempt that was never made. */
  | 'unknownAttempt';

export type Outcome = {
  kind: Movement['kind'];
  /** Absent for a plain payment: nobody needs to decide anything. */
  category?: ExceptionCategory;
  /** Whether the invoice becomes paid by it. */
  pays: boolean;
};

const paid: Outcome = { kind: 'payment', pays: true };
const surplus = (category: ExceptionCategory): Outcome => ({ kind: 'surplus', category, pays: false });
const unmatched = (category: ExceptionCategory): Outcome => ({ kind: 'unmatched', category, pays: false });

const everywhere = (outcome: Outcome): Record<InvoiceState, Outcome> => ({
  open: outcome,
  paid: outcome,
  partially_refunded: outcome,
  refunded: outcome,
  expired: outcome,
  cancelled: outcome,
});

export const policy: Record<Arrival, Record<InvoiceState, Outcome>> = {
  exact: {
    open: paid,
    paid: surplus('DUPLICATE_PAYMENT'),
    partially_refunded: surplus('DUPLICATE_PAYMENT'),
    refunded: surplus('DUPLICATE_PAYMENT'),
    expired: surplus('LATE_AFTER_EXPIRY'),
    cancelled: surplus('PAID_AFTER_CANCELLATION'),
  },
  less: everywhere(unmatched('AMOUNT_UNDER')),
  more: everywhere(unmatched('AMOUNT_OVER')),
  otherTerminal: everywhere(unmatched('WRONG_ACCOUNT')),
  unknownAttempt: everywhere(unmatched('UNKNOWN_REFERENCE')),
};
