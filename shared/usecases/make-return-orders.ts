import type { InvoiceBook } from '../domain/invoice/book.ts';
import { decideMove } from '../domain/refund/decide.ts';
import type { PaymentOrder } from '../domain/refund/payment-order.ts';
import type { OrderMade } from '../domain/refund/refund.ts';
import { keyReused } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { inParallel } from './in-parallel.ts';
import {
  type OneRefund,
  orderOf,
  type ReturnsDependencies,
  type ReturnsFilter,
  refundsInDays,
} from './read-refunds.ts';
import { originOf } from './register.ts';
import { MAX_REFUND_TRIES } from './request-refund.ts';

/** Orders that one call makes out at most: each is a write. */
export const MAX_ORDERS = 200;
const AT_ONCE = 8;

/**
 * Makes out the payment orders of an agency's returns by hand whose account is known: each refund is marked by a write whose
 * condition is that nobody has made its order out, so that no two exports hold the same. The same call again answers those
 * that it marked, whatever has become of them, and goes on where it was ended: with refunds that were decided before its
 * first order, and none that came since. `more`: there are further ones for another call.
 *
 * Refusals: not_found, forbidden, unprocessable, idempotency_key_reused.
 */
export async function makeReturnOrders(
  filter: ReturnsFilter,
  caller: Caller,
  idempotencyKey: string,
  dependencies: ReturnsDependencies & { invoices: Pick<InvoiceBook, 'findMany' | 'writeRefund'> },
): Promise<{ batch: string; orders: PaymentOrder[]; more: boolean }> {
  const { keyHash: batch, bodyHash } = originOf(caller, idempotencyKey, 'orders of manual returns', filter);
  const order: OrderMade = { batch, by: caller.subject, at: dependencies.now(), bodyHash };
  const all = (await refundsInDays(filter, caller, dependencies)).filter(({ refund }) => refund.account);
  const ours = all.filter(({ refund }) => isOf(refund.order, order));
  const begun = Math.min(...ours.map(({ refund }) => refund.order?.at ?? order.at));
  const free = all.filter(
    ({ refund }) => refund.state === 'manual' && !refund.order && (refund.decidedAt ?? begun) <= begun,
  );
  const wanted = free.slice(0, Math.max(0, MAX_ORDERS - ours.length));
  const made: OneRefund[] = [];
  await inParallel(wanted, AT_ONCE, async (one) => {
    const marked = await mark(one, order, dependencies);
    if (marked) made.push(marked);
  });
  const orders = [...ours, ...made].sort((one, other) => (one.refund.refundId < other.refund.refundId ? -1 : 1));
  return {
    batch,
    orders: await Promise.all(orders.map((one) => orderOf(one, dependencies))),
    more: free.length > wanted.length,
  };
}

/** Whether an order was made out by this very call. Throws for another body. */
function isOf(there: OrderMade | undefined, { batch, bodyHash }: OrderMade): boolean {
  if (there?.batch !== batch) return false;
  if (there.bodyHash !== bodyHash) throw keyReused();
  return true;
}

/** The refund with its order made out, or nothing where another call was first or it is to be returned no more. */
async function mark(
  one: OneRefund,
  order: OrderMade,
  { invoices }: { invoices: Pick<InvoiceBook, 'writeRefund'> },
): Promise<OneRefund | undefined> {
  let { invoice } = one;
  const { refundId } = one.refund;
  for (let tries = 0; tries < MAX_REFUND_TRIES; tries += 1) {
    const refund = invoice.refunding?.refunds[refundId];
    if (refund && isOf(refund.order, order)) return { invoice, refund };
    const decided = refund?.order
      ? undefined
      : decideMove(invoice, refundId, 'OrderedOut', { order }, { whileUnordered: true });
    if (!decided) return undefined;
    const written = await invoices.writeRefund(decided);
    if (written.kind === 'unknownInvoice') return undefined;
    if (written.kind === 'written') return { invoice: written.invoice, refund: decided.after };
    invoice = written.current;
  }
  return undefined;
}
