import type { InvoiceBook } from '../domain/invoice/book.ts';
import { attemptStateAt, type Invoice, type Payer, stateAt } from '../domain/invoice/invoice.ts';
import { invoiceId } from '../domain/invoice/number.ts';
import { Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import {
  type DialectConnection,
  type DialectOrderName,
  dialectMetadata,
  dialectOrderName,
} from '../domain/registry/dialect.ts';
import type { Instant } from '../domain/time.ts';
import { type CreateInvoiceDependencies, createPricedInvoice, invoiceOfCall } from './create-invoice.ts';
import { createQuote, openQuote, type QuoteClaims, type QuoteDependencies } from './quote.ts';
import { type StartPaymentDependencies, startPayment } from './start-payment.ts';

/** How far the time of a new order may be from now, either way, in milliseconds: it decides which law prices it. */
export const ORDER_WINDOW_MILLISECONDS = 15 * 60_000;

/** An order as a portal states it. Amount in dong. `message`: its whole words, by which a repeat is told from misuse. */
export type DialectOrder = DialectOrderName & {
  placedAt: Instant;
  amount: number;
  agencyCode: string;
  dossierCode: string;
  procedureCode: string;
  /** The account that the portal believes is paid into. */
  accountNumber: string;
  payer: Payer;
  payerIp: string;
  message: unknown;
};

export type DialectDependencies = Omit<CreateInvoiceDependencies, 'registry'> &
  Pick<StartPaymentDependencies, 'providers' | 'states' | 'secrets' | 'caller' | 'circuit' | 'hashKeys'> & {
    invoices: InvoiceBook;
    registry: Pick<RegistryReader, 'agency' | 'payeeAccount'>;
    procedure: QuoteDependencies['procedure'];
  };

const keyOf = (reference: string): string => `dvcqg:${reference}`;

/**
 * Makes the invoice of a portal's order and begins to pay it, once for the portal's own reference: again, it is answered
 * with the same page, or with a new one once the payment behind it has ended. The price is that of the catalogue; the
 * portal's amount and account are compared with ours and never taken. Refusals: those of a quote, an invoice and a payment,
 * unprocessable.
 */
export async function placeDialectOrder(
  order: DialectOrder,
  { providerId, returnUrl }: Pick<DialectConnection, 'providerId' | 'returnUrl'>,
  caller: Caller,
  dependencies: DialectDependencies,
): Promise<{ invoice: Invoice; url: string }> {
  const { now } = dependencies;
  const { agencyCode, dossierCode, payer, message } = order;
  const price = () => agreedPrice(order, providerId, caller, dependencies);
  const made = await createPricedInvoice(
    { order: { agencyCode, dossierCode, payer, metadata: dialectMetadata(order) }, body: message, price },
    caller,
    keyOf(order.reference),
    dependencies,
  );
  const ended = made.invoice.attempts.filter((one) =>
    ['failed', 'expired'].includes(attemptStateAt(one, now())),
  ).length;
  const { invoice, next } = await startPayment(
    { invoiceId: invoiceId(made.invoice.number), providerId, returnUrl, language: 'vi', payerIp: order.payerIp },
    caller,
    `${keyOf(order.reference)}:${ended}`,
    dependencies,
  );
  if (next.kind !== 'redirect') throw new Refusal('provider_unavailable');
  return { invoice, url: next.url };
}

/** By the catalogue, and only if the portal says the same: the sum, and whose account it is. */
async function agreedPrice(
  order: DialectOrder,
  providerId: DialectConnection['providerId'],
  caller: Caller,
  dependencies: DialectDependencies,
): Promise<QuoteClaims> {
  const { now, registry, quoteKey } = dependencies;
  if (Math.abs(now() - order.placedAt) > ORDER_WINDOW_MILLISECONDS)
    throw new Refusal('unprocessable', {
      vi: 'ThoiGianGD cách hiện tại quá 15 phút.',
      en: 'ThoiGianGD is more than 15 minutes from now.',
    });
  const { agencyCode, dossierCode, procedureCode } = order;
  const { quote } = await createQuote(
    { procedureCode, agencyCode, dossierCode, channel: 'online', submittedAt: order.placedAt, facts: {} },
    caller,
    dependencies,
  );
  const claims = openQuote(quote, quoteKey);
  if (claims.total !== order.amount)
    throw new Refusal('unprocessable', {
      vi: `SoTien ${order.amount} khác mức thu ${claims.total} đồng.`,
      en: `SoTien ${order.amount} is not the fee of ${claims.total} dong.`,
    });
  for (const { beneficiary } of claims.lines.filter((line) => line.amount > 0)) {
    const account = await registry.payeeAccount(providerId, agencyCode, beneficiary);
    if (account?.accountNumber !== order.accountNumber)
      throw new Refusal('unprocessable', {
        vi: 'TKThuHuong không phải tài khoản đã đăng ký của cơ quan.',
        en: 'TKThuHuong is not the registered account of the agency.',
      });
  }
  return claims;
}

/** What became of a portal's order: as the platform names it, 1 paid, 3 pending, 4 over without being paid. */
export type DialectOrderState = { invoice: Invoice; state: '1' | '3' | '4' };

/** The order of this name, if this client placed it; its time must be that of its INIT. */
export async function findDialectOrder(
  name: DialectOrderName,
  caller: Caller,
  { invoices, numberKeys, now }: Pick<DialectDependencies, 'invoices' | 'numberKeys' | 'now'>,
): Promise<DialectOrderState | undefined> {
  const invoice = await invoiceOfCall(caller, keyOf(name.reference), numberKeys, invoices);
  if (!invoice || dialectOrderName(invoice.metadata)?.time !== name.time) return undefined;
  const state = stateAt(invoice, now());
  return { invoice, state: state === 'open' ? '3' : state === 'paid' ? '1' : '4' };
}
