import type { QuoteFacts } from '../domain/fees/facts.ts';
import { type InvoiceBook, MAX_DOSSIER_INVOICES } from '../domain/invoice/book.ts';
import { attemptStateAt, begunBy, begunFor, type Invoice, type Payer, stateAt } from '../domain/invoice/invoice.ts';
import { type InvoiceNumber, invoiceId, readPrintedNumber } from '../domain/invoice/number.ts';
import type { AttemptState } from '../domain/payment/advance.ts';
import type { NextStep, ProviderId } from '../domain/payment/provider.ts';
import type { ReceiptBook } from '../domain/receipt/book.ts';
import { COLLECTED, paymentOf } from '../domain/receipt/receipt.ts';
import { notFound, Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import {
  type DialectConnection,
  type DialectOrderName,
  dialectMetadata,
  dialectOrderName,
} from '../domain/registry/dialect.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import type { Instant } from '../domain/time.ts';
import { requireOpen } from './cancel-invoice.ts';
import { type CreateInvoiceDependencies, createPricedInvoice, invoiceOfCall } from './create-invoice.ts';
import { createQuote, openQuote, type QuoteClaims, type QuoteDependencies } from './quote.ts';
import { listInvoices, MAX_DOSSIER_AGENCIES, ownInvoice } from './read-invoices.ts';
import { standingReceipts } from './read-receipts.ts';
import { receiptLink } from './receipt-link.ts';
import { nextStepOf, type StartPaymentDependencies, startPayment } from './start-payment.ts';

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
  /** What the price depends on, where the procedure's fee depends on more than place and day; see quotes. */
  facts: QuoteFacts;
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
 * with the same page, or with a new one once the payment behind it has ended or its bank took the money back. The price is that of the catalogue; the
 * portal's amount and account are compared with ours and never taken. A reference that is printed on an invoice pays that
 * invoice, whoever made it. Refusals: those of a quote, an invoice and a payment, unprocessable.
 */
export async function placeDialectOrder(
  order: DialectOrder,
  { providerId, returnUrl }: Pick<DialectConnection, 'providerId' | 'returnUrl'>,
  caller: Caller,
  dependencies: DialectDependencies,
): Promise<{ invoice: Invoice; url: string }> {
  const { now } = dependencies;
  const standing = readPrintedNumber(order.reference);
  const ordered = standing
    ? await standingInvoice(standing, order, providerId, caller, dependencies)
    : await orderedInvoice(order, providerId, caller, dependencies);
  const { amount, payerIp } = order;
  const sum =
    ordered.state === 'open' ? ordered.due : ((standing && begunBy(ordered, caller.clientId)) ?? ordered.total);
  if (sum !== amount) throw otherSum(amount, sum);
  const here = ordered.attempts.filter((attempt) => attempt.providerId === providerId);
  // Once it is paid, the same order again still has its page.
  const last = here.findLast((attempt) => !standing || begunFor(attempt).includes(caller.clientId));
  if (last && COLLECTED.includes(ordered.state))
    return pageOf(await nextStepOf(ordered, ordered.attempts.indexOf(last), dependencies));
  requireOpen(ordered, now());
  const ended = here.filter((attempt) => !WAITING.includes(attemptStateAt(attempt, now()))).length;
  const started = await startPayment(
    {
      ...{ invoiceId: invoiceId(ordered.number), providerId, returnUrl, language: 'vi', payerIp },
      ...(standing && { confirmTo: caller.clientId }),
    },
    caller,
    // Under a printed number each citizen who comes is another call, and so is what is left once a part was paid.
    `${keyOf(order.reference)}:${providerId}:${standing ? `${amount}:${payerIp}:` : ''}${ended}`,
    dependencies,
  );
  return pageOf(started);
}

/** States of an attempt whose page can be paid on. */
const WAITING: readonly AttemptState[] = ['created', 'pending'];

function pageOf({ invoice, next }: { invoice: Invoice; next: NextStep }): { invoice: Invoice; url: string } {
  if (next.kind !== 'redirect') throw new Refusal('provider_unavailable');
  return { invoice, url: next.url };
}

/** The invoice that an order makes, or has made. */
async function orderedInvoice(
  order: DialectOrder,
  providerId: ProviderId,
  caller: Caller,
  dependencies: DialectDependencies,
): Promise<Invoice> {
  const { agencyCode, dossierCode, payer, message } = order;
  const price = () => agreedPrice(order, providerId, caller, dependencies);
  const { invoice } = await createPricedInvoice(
    { order: { agencyCode, dossierCode, payer, metadata: dialectMetadata(order) }, body: message, price },
    caller,
    keyOf(order.reference),
    dependencies,
  );
  return invoice;
}

/** An invoice that stands already, if the portal says the same of it as we do. */
async function standingInvoice(
  number: InvoiceNumber,
  order: DialectOrder,
  providerId: ProviderId,
  caller: Caller,
  { invoices, registry }: Pick<DialectDependencies, 'invoices' | 'registry'>,
): Promise<Invoice> {
  const invoice = await ownInvoice(invoiceId(number), caller, invoices);
  const same =
    invoice.agencyCode === order.agencyCode &&
    invoice.dossierCode === order.dossierCode &&
    invoice.procedureCode === order.procedureCode;
  if (!same) throw notFound();
  await requireAccount(order, providerId, invoice.lines, registry);
  return invoice;
}

const otherSum = (said: number, ours: number): Refusal =>
  new Refusal('unprocessable', {
    vi: `SoTien ${said} khác mức thu ${ours} đồng.`,
    en: `SoTien ${said} is not the fee of ${ours} dong.`,
  });

/** Refuses an order that believes the money goes to another account than ours. */
async function requireAccount(
  { agencyCode, accountNumber }: DialectOrder,
  providerId: ProviderId,
  lines: readonly { beneficiary: string; amount: number }[],
  registry: DialectDependencies['registry'],
): Promise<void> {
  for (const { beneficiary } of lines.filter((line) => line.amount > 0)) {
    const account = await registry.payeeAccount(providerId, agencyCode, beneficiary);
    if (account?.accountNumber !== accountNumber)
      throw new Refusal('unprocessable', {
        vi: 'TKThuHuong không phải tài khoản đã đăng ký của cơ quan.',
        en: 'TKThuHuong is not the registered account of the agency.',
      });
  }
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
    { procedureCode, agencyCode, dossierCode, channel: 'online', submittedAt: order.placedAt, facts: order.facts },
    caller,
    dependencies,
  );
  const claims = openQuote(quote, quoteKey);
  if (claims.total !== order.amount) throw otherSum(order.amount, claims.total);
  await requireAccount(order, providerId, claims.lines, registry);
  return claims;
}

/**
 * What became of a portal's order: as the platform names it, 1 paid (refunded since, too), 3 pending, 4 over without being
 * paid. `amount`: the sum that was ordered, in dong. `transactionId`: of the money by which it is paid.
 */
export type DialectOrderState = {
  invoice: Invoice;
  state: '1' | '3' | '4';
  amount: number;
  transactionId: string | undefined;
};

/**
 * The order of this name, if this client placed it; its time must be that of its INIT. Of an invoice under its printed number,
 * if the client has begun to pay it: until its INIT has come in there is no order to tell of. An order whose client went on
 * under the printed number is over once the invoice is paid: the money is told of under that name, and under one alone.
 */
export async function findDialectOrder(
  name: DialectOrderName,
  caller: Caller,
  { invoices, numberKeys, now }: Pick<DialectDependencies, 'invoices' | 'numberKeys' | 'now'>,
): Promise<DialectOrderState | undefined> {
  const standing = readPrintedNumber(name.reference);
  const invoice = standing
    ? await invoices.find(standing, { consistent: true })
    : await invoiceOfCall(caller, keyOf(name.reference), numberKeys, invoices);
  if (!invoice || !mayActFor(caller.client, invoice.agencyCode)) return undefined;
  if (!standing && dialectOrderName(invoice.metadata)?.time !== name.time) return undefined;
  const amount = standing ? begunBy(invoice, caller.clientId) : invoice.total;
  if (amount === undefined) return undefined;
  const wentOn = !standing && begunBy(invoice, caller.clientId) !== undefined;
  const payment = wentOn ? undefined : paymentOf(invoice);
  return {
    invoice,
    state: COLLECTED.includes(invoice.state) ? (wentOn ? '4' : '1') : stateAt(invoice, now()) === 'open' ? '3' : '4',
    amount,
    transactionId: payment && invoice.movements[payment.movementId]?.transactionId,
  };
}

export type DialectReceiptsDependencies = {
  receipts: Pick<ReceiptBook, 'ofInvoice'>;
  /** What links to prints are signed with. */
  linkKey(): Promise<string>;
  publicUrl: string;
  now: () => Instant;
};

/** Where the receipts of an order can be opened for a while; `undefined` while none is signed. */
export async function dialectReceipts(
  { number }: Invoice,
  { receipts, linkKey, publicUrl, now }: DialectReceiptsDependencies,
): Promise<string | undefined> {
  const standing = await standingReceipts(number, receipts);
  return standing.length > 0 ? `${publicUrl}/receipts/${receiptLink(number, now(), await linkKey())}` : undefined;
}

/** A bill that is to be paid, and the account into which. */
export type DialectBill = { invoice: Invoice; account: string; bank: string };

/**
 * What is due for a dossier, of the invoices that a client may see, the oldest first; `unknown` where there is none at all.
 * Refusals: as of the list of invoices.
 */
export async function lookUpDossier(
  dossierCode: string,
  { providerId }: Pick<DialectConnection, 'providerId'>,
  caller: Caller,
  { invoices, dossiers, registry, now }: Pick<DialectDependencies, 'invoices' | 'dossiers' | 'registry' | 'now'>,
): Promise<'unknown' | 'nothingDue' | DialectBill> {
  const filter = { dossierCode, agencyCode: agencyToAsk(dossierCode, caller), limit: MAX_DOSSIER_INVOICES };
  const { invoices: found } = await listInvoices(filter, undefined, caller, { invoices, dossiers, now });
  if (found.length === 0) return 'unknown';
  const [oldest] = found
    .filter((one) => stateAt(one, now()) === 'open' && one.due > 0)
    .sort((one, other) => one.createdAt - other.createdAt);
  if (!oldest) return 'nothingDue';
  const { beneficiary = '' } = oldest.lines.find((line) => line.amount > 0) ?? {};
  const payee = await registry.payeeAccount(providerId, oldest.agencyCode, beneficiary);
  return { invoice: oldest, account: payee?.accountNumber ?? '', bank: payee?.bankBin ?? '' };
}

/** A client of very many agencies is asked for the one that the dossier's own code begins with. */
function agencyToAsk(dossierCode: string, { client }: Caller): string | undefined {
  const few = client.agencies !== '*' && client.agencies.length <= MAX_DOSSIER_AGENCIES;
  return few ? undefined : dossierCode.split('-', 1)[0];
}
