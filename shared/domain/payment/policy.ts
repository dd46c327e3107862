import type { InvoiceEvent, InvoiceState } from '../invoice/states.ts';
import type { WebhookEventType } from '../notification/webhook.ts';
import type { ExceptionCategory } from '../reconciliation/exception.ts';
import type { AttemptEvent } from './advance.ts';
import { type Choice, type choices, chosen, type PolicyChoices } from './choices.ts';
import type { MovementKind } from './movement.ts';

/**
 * What happens to a bank's authentic word: one row for what arrived, one column for what the invoice was when the payer's
 * bank debited. Money is never "failed": whatever is no plain payment lands in the ledger, or before a person. A missing
 * cell cannot arrive. The decision, the store's condition, work items, events and `docs/policy.md` follow from here.
 */

export type Column =
  | InvoiceState
  /** Open or expired, but another invoice stands for it. */
  | 'replaced'
  /** The reference leads to no invoice. */
  | 'none';

export const columns = [
  'open',
  'paid',
  'partially_refunded',
  'refunded',
  'expired',
  'cancelled',
  'replaced',
  'none',
] as const satisfies readonly Column[];
const ofInvoices = columns.filter((column) => column !== 'none');

export const arrivals = [
  /** What is due, at the account that the attempt named. */
  'exact',
  'less',
  'more',
  /** A hundred times what is due, or a hundredth: a mistaken unit, never a part. */
  'hundredfold',
  'hundredth',
  'otherCurrency',
  /** Signed by the key of another terminal than the attempt's. */
  'otherTerminal',
  /** The reference names an attempt that was never made, or no invoice. */
  'unknownAttempt',
  /** Money of which the bank had said before that it went back. */
  'reversedBefore',
  /** Would pay, but the invoice bears as many movements as it may. */
  'noRoom',
  /** A movement that was entered already. */
  'again',
  /** A transaction that was entered already, in other words. */
  'contradiction',
  /** A payment, or part of one, went back to the payer's bank. */
  'paymentReversed',
  /** Money that did not pay went back to the payer's bank. */
  'otherReversed',
  /** Money went back to the payer's bank of which a refund is gone, or perhaps on its way. */
  'reversedAndRefunded',
  /** The reversal came before its money. */
  'reversedFirst',
  /** A payment at the desk is taken back: one person proposed it, another approved. */
  'deskReversed',
  'declined',
  /** A decline at another terminal, or of an attempt that was never made. */
  'declinedElsewhere',
  /** Debited at the payer's bank, not successful at the intermediary: on its way to us, or back. */
  'inLimbo',
  /** Signed, but not in words that we know. */
  'unreadable',
  /** No final answer yet. */
  'notFinal',
] as const;
export type Arrival = (typeof arrivals)[number];

export type Cell = {
  /** The kind of movement that is entered; or the reversal waits for its money, a person looks, nothing happens. */
  enters: Exclude<MovementKind, 'refund'> | 'parked' | 'review' | 'nothing';
  /** The work item that is opened. */
  category?: ExceptionCategory;
  /** How the invoice moves. */
  invoice?: InvoiceEvent;
  /** How the attempt moves, where its own table knows the move. */
  attempt?: AttemptEvent;
  /** Key of the words in `told.ts`. */
  told: string;
};

/** A cell in which agencies choose. */
type Chosen = { [C in Choice]: { choice: C; by: Record<(typeof choices)[C][number], Cell> } }[Choice];
type Row = Partial<Record<Column, Cell | Chosen>>;

const surplus = (category: ExceptionCategory, told: string): Cell => ({ enters: 'surplus', category, told });
const unmatched = (category: ExceptionCategory, told: string): Cell => ({ enters: 'unmatched', category, told });
const review = (category: ExceptionCategory, told: string): Cell => ({ enters: 'review', category, told });
const nothing = (told: string): Cell => ({ enters: 'nothing', told });
const confirmed = (cell: Cell): Cell => ({ ...cell, attempt: 'ProviderConfirmed' });
const over = (keys: readonly Column[], cell: Cell | Chosen): Row => Object.fromEntries(keys.map((key) => [key, cell]));

const paid: Cell = confirmed({ enters: 'payment', invoice: 'Paid', told: 'paid' });
const late = confirmed(surplus('LATE_AFTER_EXPIRY', 'late'));
const duplicate = confirmed(surplus('DUPLICATE_PAYMENT', 'duplicate'));
const wrongAmount = (category: 'AMOUNT_UNDER' | 'AMOUNT_OVER') => unmatched(category, 'wrongAmount');

/** The invoice is payable again, and somebody must know: what was paid for may have been handed out. */
const takenBack: Cell = {
  enters: 'reversal',
  category: 'REVERSED',
  invoice: 'Reversed',
  attempt: 'ProviderReversed',
  told: 'paymentReversed',
};
const withdrawn: Cell = { enters: 'reversal', invoice: 'Reversed', told: 'deskReversed' };
const alive = ['open', 'paid', 'expired', 'cancelled', 'replaced'] as const;
const refunded = ['partially_refunded', 'refunded'] as const;
/** Refunded and reversed: the money may have gone back twice. */
const twice = over(refunded, review('REVERSED', 'reversedAndRefunded'));

export const policy: Readonly<Record<Arrival, Row>> = {
  exact: {
    open: paid,
    paid: duplicate,
    partially_refunded: duplicate,
    refunded: duplicate,
    expired: { choice: 'late', by: { surplus: late, accept: { ...paid, told: 'paidLate' } } },
    cancelled: confirmed(surplus('PAID_AFTER_CANCELLATION', 'cancelled')),
    replaced: late,
  },
  less: {
    ...over(ofInvoices, wrongAmount('AMOUNT_UNDER')),
    open: {
      choice: 'parts',
      by: { keep: wrongAmount('AMOUNT_UNDER'), accumulate: { enters: 'part', told: 'part' } },
    },
  },
  more: {
    ...over(ofInvoices, wrongAmount('AMOUNT_OVER')),
    // Never split: one transfer stands in one account, whole, until somebody decides.
    open: {
      choice: 'parts',
      by: { keep: wrongAmount('AMOUNT_OVER'), accumulate: surplus('AMOUNT_OVER', 'overfilled') },
    },
  },
  hundredfold: over(ofInvoices, unmatched('AMOUNT_OVER', 'wrongUnit')),
  hundredth: over(ofInvoices, unmatched('AMOUNT_UNDER', 'wrongUnit')),
  otherCurrency: over(columns, review('WRONG_CURRENCY', 'looking')),
  otherTerminal: over(ofInvoices, unmatched('WRONG_ACCOUNT', 'wrongAccount')),
  unknownAttempt: over(columns, unmatched('UNKNOWN_REFERENCE', 'unknownReference')),
  reversedBefore: over(ofInvoices, unmatched('REVERSED', 'reversedBefore')),
  noRoom: over(['open', 'expired'], unmatched('TOO_MANY_MOVEMENTS', 'looking')),
  again: over(ofInvoices, nothing('again')),
  contradiction: over(ofInvoices, review('CONTRADICTION', 'looking')),
  paymentReversed: { ...over(alive, takenBack), ...twice },
  otherReversed: {
    ...over(alive, { enters: 'reversal', category: 'REVERSED', attempt: 'ProviderReversed', told: 'otherReversed' }),
    ...twice,
  },
  reversedAndRefunded: over(ofInvoices, review('REVERSED', 'reversedAndRefunded')),
  reversedFirst: {
    ...over(ofInvoices, { enters: 'parked', category: 'REVERSED', told: 'reversedFirst' }),
    none: review('REVERSED', 'reversedFirst'),
  },
  deskReversed: over(alive, withdrawn),
  declined: over(ofInvoices, { enters: 'nothing', attempt: 'ProviderDeclined', told: 'declined' }),
  declinedElsewhere: over(columns, nothing('again')),
  inLimbo: over(columns, review('DEBITED_NOT_CREDITED', 'inLimbo')),
  unreadable: over(columns, review('UNREADABLE', 'looking')),
  notFinal: over(columns, nothing('notFinal')),
};

/** A word that cannot come about: whoever sorted it is wrong. */
export class NoSuchCell extends Error {
  constructor(arrival: Arrival, column: Column) {
    super(`${arrival} cannot arrive while the invoice is ${column}`);
    this.name = 'NoSuchCell';
  }
}

/** The cell in force under an agency's choices. Throws {@link NoSuchCell} for a missing one. */
export function cellOf(arrival: Arrival, column: Column, made: PolicyChoices | undefined): Cell {
  const cell = policy[arrival][column];
  if (!cell) throw new NoSuchCell(arrival, column);
  if (!('choice' in cell)) return cell;
  const by: Readonly<Record<string, Cell>> = cell.by;
  return by[chosen(cell.choice, made)] as Cell;
}

/** What stands in each account's name: whether the invoice counts it as paid, and the event that tells of it. */
export const kinds: Readonly<Record<MovementKind, { counts: boolean; tells: WebhookEventType }>> = {
  payment: { counts: true, tells: 'invoice.paid.v1' },
  part: { counts: true, tells: 'invoice.part_paid.v1' },
  surplus: { counts: false, tells: 'money.surplus.v1' },
  unmatched: { counts: false, tells: 'money.unmatched.v1' },
  reversal: { counts: false, tells: 'payment.reversed.v1' },
  refund: { counts: false, tells: 'refund.completed.v1' },
};
