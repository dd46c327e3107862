import type { InvoiceBook } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { type InvoiceId, invoiceId } from '../domain/invoice/number.ts';
import type { RefundList } from '../domain/refund/open-refunds.ts';
import { type PaymentOrder, paymentOrderOf } from '../domain/refund/payment-order.ts';
import { invoiceOfRefund, type Refund, type RefundId } from '../domain/refund/refund.ts';
import type { RefundState } from '../domain/refund/states.ts';
import { notFound, Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import type { Day, Instant } from '../domain/time.ts';
import { listedDays, needsAgency, ownInvoice } from './read-invoices.ts';

export type OneRefund = { invoice: Invoice; refund: Refund };

/** Refusals: not_found. */
export async function readRefund(
  refundId: RefundId,
  caller: Caller,
  { invoices }: { invoices: Pick<InvoiceBook, 'find'> },
): Promise<OneRefund> {
  const invoice = await ownInvoice(invoiceId(invoiceOfRefund(refundId)), caller, invoices);
  const refund = invoice.refunding?.refunds[refundId];
  if (!refund) throw notFound();
  return { invoice, refund };
}

/** The refunds of an invoice, in the order in which they were asked for. Refusals: not_found. */
export async function refundsOfInvoice(
  id: InvoiceId,
  caller: Caller,
  { invoices }: { invoices: Pick<InvoiceBook, 'find'> },
): Promise<OneRefund[]> {
  const invoice = await ownInvoice(id, caller, invoices);
  return Object.values(invoice.refunding?.refunds ?? {})
    .sort((one, other) => one.requestedAt - other.requestedAt || (one.refundId < other.refundId ? -1 : 1))
    .map((refund) => ({ invoice, refund }));
}

export type RefundFilter = {
  agencyCode?: string | undefined;
  state?: RefundState | undefined;
  from?: Day | undefined;
  to?: Day | undefined;
  limit: number;
};

/** Where a page ended: a day, and a place in it. */
export type RefundPosition = { day: Day; after?: string | undefined };

export type ListRefundsDependencies = {
  invoices: Pick<InvoiceBook, 'findMany'>;
  list: Pick<RefundList, 'ofAgencyDay'>;
  now: () => Instant;
};

/**
 * One page of an agency's refunds by the day on which they were asked for. Pages may be short, even empty, with more to
 * come. Refusals: not_found (another agency), unprocessable (no one agency, too many days).
 */
export async function listRefunds(
  filter: RefundFilter,
  position: RefundPosition | undefined,
  caller: Caller,
  { invoices, list, now }: ListRefundsDependencies,
): Promise<{ refunds: OneRefund[]; next: RefundPosition | undefined }> {
  const agencyCode = oneAgency(filter.agencyCode, caller);
  const days = listedDays(filter, now());
  const ids: RefundId[] = [];
  let next: RefundPosition | undefined = position ?? { day: days[0] ?? '' };
  while (next && ids.length < filter.limit) {
    const { day, after }: RefundPosition = next;
    const { found, more } = await list.ofAgencyDay({ agencyCode, day, after, limit: filter.limit - ids.length });
    ids.push(...found.map(({ refundId }) => refundId));
    const following = days[days.indexOf(day) + 1];
    next = more ? { day, after: found.at(-1)?.position } : following === undefined ? undefined : { day: following };
  }
  const numbers = [...new Set(ids.map(invoiceOfRefund))];
  const known = new Map((await invoices.findMany(numbers)).map((invoice) => [invoice.number, invoice]));
  const refunds = ids.flatMap((id) => {
    const invoice = known.get(invoiceOfRefund(id));
    const refund = invoice?.refunding?.refunds[id];
    return invoice && refund && mayActFor(caller.client, invoice.agencyCode) ? [{ invoice, refund }] : [];
  });
  return { refunds: refunds.filter(({ refund }) => !filter.state || refund.state === filter.state), next };
}

/** Most refunds that one export looks at, and as many at a time as one call reads invoices. */
const MAX_EXPORTED = 1_000;
const EXPORT_PAGE = 100;

export type ReturnsFilter = Pick<RefundFilter, 'agencyCode' | 'from' | 'to'>;

export type ReturnsDependencies = ListRefundsDependencies & { registry: Pick<RegistryReader, 'merchantAccount'> };

/**
 * The payment orders of an agency's returns by hand that are still to be made, of refunds asked for on these days, whether
 * they were made out or not. Refusals: not_found, forbidden (portals pay nothing out), unprocessable (no one agency, too
 * many days, too many refunds).
 */
export async function returnsToMake(
  filter: ReturnsFilter,
  caller: Caller,
  dependencies: ReturnsDependencies,
): Promise<PaymentOrder[]> {
  return Promise.all((await waitingReturns(filter, caller, dependencies)).map((one) => orderOf(one, dependencies)));
}

/** The payment order of a refund. */
export async function orderOf(
  { invoice, refund }: OneRefund,
  { registry }: Pick<ReturnsDependencies, 'registry'>,
): Promise<PaymentOrder> {
  const money = invoice.movements[refund.movementId];
  return paymentOrderOf(invoice, refund, money && (await registry.merchantAccount(money.merchantAccountId)));
}

/** An agency's returns by hand that are still to be made. Refusals: those of {@link returnsToMake}. */
const waitingReturns = async (...asked: Parameters<typeof refundsInDays>): Promise<OneRefund[]> =>
  (await refundsInDays(...asked)).filter(({ refund }) => refund.state === 'manual');

/** An agency's refunds, in whatever state. Refusals: those of {@link returnsToMake}. */
export async function refundsInDays(
  filter: ReturnsFilter,
  caller: Caller,
  dependencies: ListRefundsDependencies,
): Promise<OneRefund[]> {
  if (caller.client.kind !== 'agency' && caller.client.kind !== 'finance') throw new Refusal('forbidden');
  const found: OneRefund[] = [];
  let position: RefundPosition | undefined;
  let looked = 0;
  do {
    if (looked >= MAX_EXPORTED)
      throw new Refusal('unprocessable', undefined, [
        { pointer: '/query/from', message: 'too many refunds: ask for fewer days' },
      ]);
    const page = await listRefunds({ ...filter, limit: EXPORT_PAGE }, position, caller, dependencies);
    found.push(...page.refunds);
    looked += EXPORT_PAGE;
    position = page.next;
  } while (position);
  return found;
}

function oneAgency(wanted: string | undefined, { client }: Caller): string {
  const { agencies } = client;
  const agencyCode = wanted ?? (agencies !== '*' && agencies.length === 1 ? agencies[0] : undefined);
  if (!agencyCode) throw needsAgency();
  if (!mayActFor(client, agencyCode)) throw notFound();
  return agencyCode;
}
