import type { BusinessCalendar } from '../calendar.ts';
import { account, balanced, type LedgerLine, opposite } from '../ledger/ledger.ts';
import { type Dong, dong } from '../money/dong.ts';
import { orderOfItem } from '../remittance/remittance.ts';
import { daysBetween, type Instant, vietnamDay } from '../time.ts';
import {
  type Exception,
  type ExceptionCategory,
  type ExceptionState,
  MAX_ITEMS,
  type Resolution,
} from './exception.ts';

/** How people settle a difference: who may do what to it when, how old it grows, and what is posted in the end. */

export type ExceptionAction = 'assign' | 'comment' | 'propose' | 'approve' | 'reject' | 'undo' | 'keep';

/** Every legal move; what is absent is refused. */
const moves: Readonly<Record<ExceptionState, Partial<Record<ExceptionAction, ExceptionState>>>> = {
  OPEN: { assign: 'ASSIGNED', comment: 'OPEN', propose: 'PROPOSED' },
  ASSIGNED: { assign: 'ASSIGNED', comment: 'ASSIGNED', propose: 'PROPOSED' },
  // To reject an undoing is to keep what was posted.
  PROPOSED: { comment: 'PROPOSED', approve: 'APPROVED', reject: 'REJECTED', keep: 'POSTED' },
  // Approved, and perhaps posted already: whoever approves again carries it on, and nothing else is possible.
  APPROVED: { approve: 'APPROVED' },
  // Only what was posted can be taken back, and by the same two pairs of eyes.
  POSTED: { comment: 'POSTED', undo: 'PROPOSED' },
  REJECTED: { assign: 'ASSIGNED', comment: 'REJECTED', propose: 'PROPOSED' },
  AUTO_CLEARED: { comment: 'AUTO_CLEARED' },
};

/** The state after an action, or `undefined` where it is refused. */
export const stateAfter = (state: ExceptionState, action: ExceptionAction): ExceptionState | undefined =>
  moves[state][action];

/** Money that went back, or is to go: it is posted where it goes, never written off. */
const goesBack: ReadonlySet<ExceptionCategory> = new Set([
  'REVERSED',
  'REFUND_UNMATCHED',
  'REFUND_OVERDUE',
  'RETURN_BY_HAND',
]);

/**
 * Whether a resolution suits a difference. A match needs items of a bank account on both sides. So does a posting, on one
 * side at least: what posting or a settlement file found may be in the books already, and no run would tell. What left by our
 * books alone is not written off, for it is still there; but an order to pay on may be given up.
 */
export function suits(exception: Exception, resolution: Resolution): boolean {
  const { book, source, category, state, direction, theirs } = exception;
  switch (resolution.kind) {
    case 'match':
      return (
        book !== undefined && resolution.ours.length > 0 && resolution.theirs.length > 0 && canBeDecided(resolution)
      );
    case 'write-off':
      return (
        book !== undefined &&
        source === 'reconciliation' &&
        !goesBack.has(category) &&
        (direction !== 'out' || theirs !== null || isOfOrder(exception)) &&
        differenceOf(exception) !== 0 &&
        canBeDecided(itemsOf(exception, resolution))
      );
    case 'close':
      return true;
    case 'undo':
      return state === 'POSTED';
  }
}

/**
 * Whether a difference is about an order to pay on. Its batch enters what the bank debited once that is settled, and pays the
 * rest again: nothing is posted besides.
 */
export const isOfOrder = ({ items }: Pick<Exception, 'items'>): boolean =>
  items !== undefined && items.ours.length > 0 && items.ours.every((key) => orderOfItem(key) !== undefined);

type Items = NonNullable<Exception['items']>;

/** The items of both sides that a resolution settles: those that a match names, or those that differ. */
export const itemsOf = ({ items }: Pick<Exception, 'items'>, resolution: Resolution): Items =>
  resolution.kind === 'match' ? resolution : (items ?? { ours: [], theirs: [] });

/** Each of them once, and no more than one decision holds. */
function canBeDecided({ ours, theirs }: Items): boolean {
  const all = [...ours, ...theirs];
  return all.length > 0 && all.length <= MAX_ITEMS && new Set(all).size === all.length;
}

/** What the partner has more than our books, in dong; less is negative. What it paid out above our books it has less. */
export const differenceOf = ({ ours, theirs, direction }: Pick<Exception, 'ours' | 'theirs' | 'direction'>): number =>
  (direction === 'out' ? -1 : 1) * ((theirs ?? 0) - (ours ?? 0));

/** Where a difference goes that is written off: fees and rounding each to their own account, the rest by its direction. */
function writtenOffTo(category: ExceptionCategory, difference: number, agencyCode: string): string {
  if (category === 'FEE_DIFFERENCE') return account.charges(agencyCode);
  if (category === 'ROUNDING') return account.rounding(agencyCode);
  return difference > 0 ? account.unmatched(agencyCode) : account.shortfall(agencyCode);
}

/**
 * The correcting journal of a difference: our books come to what the partner says, against an account that shows why.
 * `clearing`: the account at which the money is. Balanced, or it throws.
 */
export function correctingLines(
  exception: Pick<Exception, 'category' | 'ours' | 'theirs' | 'direction' | 'agencyCode'>,
  clearing: string,
): { amount: Dong; lines: LedgerLine[] } {
  const difference = differenceOf(exception);
  const amount = dong(Math.abs(difference));
  const against = writtenOffTo(exception.category, difference, exception.agencyCode);
  const more: LedgerLine[] = [
    { side: 'debit', account: clearing, amount },
    { side: 'credit', account: against, amount },
  ];
  return { amount, lines: [...balanced(difference > 0 ? more : opposite(more))] };
}

/** Working days within which a difference is to be settled: money in the wrong place first. */
const SLA_WORKING_DAYS: Partial<Record<ExceptionCategory, number>> = {
  MISSING_AT_BANK: 1,
  MISSING_AT_US: 1,
  DUPLICATE_PAYMENT: 1,
  WRONG_ACCOUNT: 1,
  BOOKS_ALTERED: 1,
  BALANCE_BREAK: 1,
  FILE_INVALID: 1,
  FILE_MISSING: 1,
};
const USUAL_SLA_WORKING_DAYS = 3;

/** Until when a difference is to be settled. Source: TT 89/2026 article 37 asks for an answer the same or next working day. */
export const dueAt = ({ category, openedAt }: Exception, calendar: Pick<BusinessCalendar, 'deadline'>): Instant =>
  calendar.deadline(openedAt, SLA_WORKING_DAYS[category] ?? USUAL_SLA_WORKING_DAYS);

export const ageBands = ['0-1', '2-3', '4-7', '8-30', '>30'] as const;
export type AgeBand = (typeof ageBands)[number];

/** How old a difference is, in days of the calendar. */
export function ageBand({ openedAt }: Pick<Exception, 'openedAt'>, now: Instant): AgeBand {
  const days = daysBetween(vietnamDay(openedAt), vietnamDay(now)).length - 1;
  if (days <= 1) return '0-1';
  if (days <= 3) return '2-3';
  if (days <= 7) return '4-7';
  return days <= 30 ? '8-30' : '>30';
}
