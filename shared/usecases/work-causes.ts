import type { BookItem } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import type { MovementId } from '../domain/payment/movement.ts';
import { paymentReference } from '../domain/payment/reference.ts';
import type { Exception, ExceptionPlace } from '../domain/reconciliation/exception.ts';
import type { OpenedWith } from '../domain/reconciliation/plausible-work.ts';
import type { Refund } from '../domain/refund/refund.ts';
import { isSettled } from '../domain/refund/states.ts';
import { addDays, DAY_MILLISECONDS, daysBetween, type Instant, vietnamDay } from '../domain/time.ts';
import { unansweredItem } from './ask-provider.ts';
import {
  exceptionFor,
  mattersOf,
  movementsOf,
  parkedExceptions,
  returnByHand,
  reviewException,
  unfinishedPart,
} from './publish-change.ts';
import { overdueItem } from './take-up-refunds.ts';

/** What stands among the invoices and what it has people do: which work items it must have, and which it may have had. */

/** A work item as its cause tells it. `free`: what the cause does not tell. */
export type Cause = { exception: Exception; free: readonly OpenedWith[] };

/**
 * A work item that must be there. `since`: when it came about; `sure`: from when on it must be there. `places`: where it may
 * lie, one of them; it was dated by the day on which it was opened.
 */
export type Owed = Cause & {
  since: Instant;
  sure: Instant;
  places: readonly ExceptionPlace[];
  movementId?: MovementId;
};

/** When it was opened is not in what caused it. */
const WHEN = ['openedAt'] as const;
const WHICH_DAY = ['openedAt', 'businessDate'] as const;
/** A reversal that came before its money was opened in other words than the one that came behind it. */
const REVERSED = ['openedAt', 'businessDate', 'ours', 'paymentReference'] as const;

/** The clock opens these within an hour; a day, and nobody did. */
const CLOCK_PATIENCE_MILLISECONDS = DAY_MILLISECONDS;

/** How long after its order a refund may have become one that a person gives back, in days. */
const BY_HAND_DAYS = 90;

const freeOf = ({ category }: Exception): readonly OpenedWith[] => (category === 'REVERSED' ? REVERSED : []);

/** All that must be on the work list because of an item. `at`: now. */
export function owedBy(item: BookItem, at: Instant): Owed[] {
  const matters = mattersOf(item, at).map(({ exception, since, movementId, byClock }) => ({
    ...{ exception, since, places: [exception] },
    free: byClock ? WHEN : freeOf(exception),
    sure: since + (byClock ? CLOCK_PATIENCE_MILLISECONDS : 0),
    ...(movementId !== undefined && { movementId }),
  }));
  if (item.kind !== 'invoice') return matters;
  const { invoice } = item;
  return [...matters, ...refundsOf(invoice).flatMap((refund) => owedByRefund(invoice, refund, at))];
}

function owedByRefund(invoice: Invoice, refund: Refund, at: Instant): Owed[] {
  const { state, dueBy, decidedAt } = refund;
  const owed: Owed[] = [];
  if (dueBy !== undefined && dueBy < at && !isSettled(state)) {
    const exception = overdueItem(refund, invoice, dueBy);
    owed.push({ exception, free: [], since: dueBy, sure: dueBy + CLOCK_PATIENCE_MILLISECONDS, places: [exception] });
  }
  if (state === 'manual' && decidedAt !== undefined) {
    const exception = returnByHand(invoice, refund, at);
    const first = vietnamDay(decidedAt);
    const days = daysBetween(first, [vietnamDay(at), addDays(first, BY_HAND_DAYS)].sort()[0] ?? first);
    const places = days.map((day) => ({ ...exception, businessDate: day }));
    // Since when it is by hand is not known; a day is more than the stream needs.
    owed.push({ exception, free: WHICH_DAY, since: decidedAt, sure: decidedAt + CLOCK_PATIENCE_MILLISECONDS, places });
  }
  return owed;
}

/** Every work item that an invoice ever had or may have had, whatever became of it since. */
export function causesIn(invoice: Invoice): Cause[] {
  const item: BookItem = { kind: 'invoice', invoice };
  const dated = [
    ...movementsOf(undefined, item).flatMap((fresh) => [
      ...exceptionFor(fresh),
      // One that had waited for its money, and does no more.
      ...(fresh.movement.kind === 'reversal'
        ? exceptionFor({ ...fresh, movement: { ...fresh.movement, category: 'REVERSED' } })
        : []),
    ]),
    ...parkedExceptions(undefined, item),
  ].map((exception) => ({ exception, free: freeOf(exception) }));
  const parts = Object.values(invoice.movements)
    .filter(({ kind }) => kind === 'part')
    .map((part) => ({ exception: unfinishedPart(invoice, part, 0), free: WHEN }));
  const silent = invoice.attempts.map((attempt, index) => ({
    exception: unansweredItem(paymentReference(invoice.number, index + 1), invoice, attempt, 0),
    free: WHEN,
  }));
  const refunds = refundsOf(invoice).flatMap((refund) => [
    { exception: returnByHand(invoice, refund, 0), free: WHICH_DAY },
    ...(refund.dueBy === undefined ? [] : [{ exception: overdueItem(refund, invoice, refund.dueBy), free: [] }]),
  ]);
  return [...dated, ...parts, ...silent, ...refunds];
}

const refundsOf = ({ refunding }: Invoice): Refund[] => Object.values(refunding?.refunds ?? {});

/** The names of the work items of what no invoice bears: nothing in a work item leads back there. */
export function namesOf(item: BookItem): string[] {
  const own =
    item.kind === 'receipt' ? movementsOf(undefined, item).flatMap(exceptionFor) : reviewException(undefined, item);
  return own.map(({ exceptionId }) => exceptionId);
}
