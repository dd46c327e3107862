import type { InvoiceBook } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { invoiceId } from '../domain/invoice/number.ts';
import { BY_HAND } from '../domain/payment/movement.ts';
import { MAX_DELAY_SECONDS } from '../domain/payment/silent.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import { OPEN_REFUND_SHARDS, type RefundList, type RefundQueue } from '../domain/refund/open-refunds.ts';
import { invoiceOfRefund, type Refund, type RefundId, refundReference } from '../domain/refund/refund.ts';
import { isSettled } from '../domain/refund/states.ts';
import { type Instant, vietnamDay } from '../domain/time.ts';
import { exceptionId } from './hashing.ts';

/** Refunds that are looked at together: as many invoices as one call reads. */
const PAGE = 100;
/** Most pages of one shard that one run looks at; refunds are rare. */
const MAX_PAGES = 50;

export type TakeUpRefundsDependencies = {
  invoices: Pick<InvoiceBook, 'findMany'>;
  list: Pick<RefundList, 'open' | 'close'>;
  refunds: RefundQueue;
  exceptions: Pick<ExceptionBook, 'open'>;
  now: () => Instant;
};

/**
 * Looks through the refunds that are not settled: those that a provider may have are taken up again, those that are not done
 * by their day open a work item, settled ones are struck out. Safe to run at any time and any number of times.
 */
export async function takeUpRefunds(
  dependencies: TakeUpRefundsDependencies,
): Promise<{ sent: number; overdue: number; closed: number }> {
  const sums = { sent: 0, overdue: 0, closed: 0 };
  for (let shard = 0; shard < OPEN_REFUND_SHARDS; shard += 1) {
    let after: RefundId | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const ids = await dependencies.list.open({ shard, after, limit: PAGE });
      const done = await takeUpPage(ids, dependencies);
      sums.sent += done.sent;
      sums.overdue += done.overdue;
      sums.closed += done.closed;
      after = ids.at(-1);
      if (ids.length < PAGE) break;
    }
  }
  return sums;
}

async function takeUpPage(
  ids: readonly RefundId[],
  { invoices, list, refunds, exceptions, now }: TakeUpRefundsDependencies,
): Promise<{ sent: number; overdue: number; closed: number }> {
  const found = new Map((await invoices.findMany(ids.map(invoiceOfRefund))).map((one) => [one.number, one]));
  const open: { refund: Refund; invoice: Invoice }[] = [];
  const settled: RefundId[] = [];
  for (const id of ids) {
    const invoice = found.get(invoiceOfRefund(id));
    const refund = invoice?.refunding?.refunds[id];
    if (invoice && refund && !isSettled(refund.state)) open.push({ refund, invoice });
    else settled.push(id);
  }
  const waiting = open.filter(({ refund: { state } }) => state === 'approved' || state === 'sent');
  if (waiting.length > 0)
    await refunds.sendLater(
      waiting.map(({ refund: { refundId } }, place) => ({
        message: { v: 1 as const, refundId },
        delaySeconds: Math.floor((place * MAX_DELAY_SECONDS) / PAGE),
      })),
    );
  const at = now();
  const overdue = open.filter(({ refund: { dueBy } }) => dueBy !== undefined && dueBy < at);
  for (const { refund, invoice } of overdue) await exceptions.open(overdueItem(refund, invoice, refund.dueBy ?? at));
  await list.close(settled);
  return { sent: waiting.length, overdue: overdue.length, closed: settled.length };
}

/** Named by the refund, and dated by when it was due: found again, it is opened once. */
export const overdueItem = (
  { refundId, movementId, amount }: Refund,
  { agencyCode, movements, number }: Invoice,
  dueBy: Instant,
): Exception => ({
  exceptionId: exceptionId('refund', refundId, 'REFUND_OVERDUE'),
  category: 'REFUND_OVERDUE',
  state: 'OPEN',
  source: 'posting',
  agencyCode,
  providerId: movements[movementId]?.providerId ?? BY_HAND,
  transactionId: refundReference(refundId),
  businessDate: vietnamDay(dueBy),
  openedAt: dueBy,
  ours: amount,
  theirs: null,
  invoiceId: invoiceId(number),
});
