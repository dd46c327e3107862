import type { InvoiceBook } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { type InvoiceNumber, invoiceId } from '../domain/invoice/number.ts';
import type { Delivery } from '../domain/notification/delivery.ts';
import type { WebhookEndpoint, WebhookOwner } from '../domain/notification/webhook.ts';
import { COUNTER } from '../domain/payment/counter.ts';
import type { ProviderId } from '../domain/payment/provider.ts';
import type { ReceiptBook, ReceiptSigner } from '../domain/receipt/book.ts';
import {
  type KeptReceipt,
  MAX_RECEIPT_NUMBER,
  MAX_RECEIPTS,
  placeOf,
  RECEIPT_FORM,
  RECEIPT_SCHEMA,
  type Receipt,
  type ReceiptDraft,
  type ReceiptRegistration,
  receiptsDue,
  symbolOf,
} from '../domain/receipt/receipt.ts';
import { titleOf } from '../domain/receipt/xml.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { formatInstant, type Instant, vietnamDay } from '../domain/time.ts';
import { signReceipt } from './sign-receipt.ts';

/**
 * How often numbers are taken anew when somebody else had them first. Each time somebody got on, so whoever loses so often
 * stands before more writers than a stage has; the message comes again.
 */
const MAX_TRIES = 30;

/** How money came that was paid at the desk of an agency. */
const AT_THE_DESK = 'Nộp tại quầy';

/** The run of numbers was always taken by others. Passes by itself. */
export class NumbersContended extends Error {
  constructor(number: InvoiceNumber) {
    super(`no receipt number for ${number} in ${MAX_TRIES} tries`);
    this.name = 'NumbersContended';
  }
}

/** A run or an invoice has no place for a further receipt: somebody must look. */
export class ReceiptsExhausted extends Error {
  constructor(what: string) {
    super(`no further receipt for ${what}`);
    this.name = 'ReceiptsExhausted';
  }
}

export type IssueDependencies = {
  invoices: Pick<InvoiceBook, 'find'>;
  registry: Pick<RegistryReader, 'agency'>;
  directory: { endpointOf(owner: WebhookOwner): Promise<WebhookEndpoint | undefined> };
  deliveries: { sendAll(messages: readonly Delivery[]): Promise<void> };
  receipts: Pick<ReceiptBook, 'ofInvoice' | 'lastNumber' | 'add' | 'keepSigned'>;
  signer: ReceiptSigner;
  /** The Vietnamese name of a fee in law as it was when the invoice was made; `undefined` where law has none. */
  feeName: (invoice: Invoice, feeItem: string) => Promise<string | undefined>;
  /** What a provider is called in Vietnamese; `undefined` for one that is not known. */
  providerName: (provider: ProviderId) => string | undefined;
  /** A new check secret. */
  secret: () => string;
  now: () => Instant;
};

/**
 * Brings the receipts of an invoice up to what its money is: numbers what is due, signs what is numbered, and tells of it.
 * Each step is decided from what stands there, so a call that comes again after a kill anywhere goes on where the other
 * ended; numbers are given by one conditional write and so have neither gap nor double. Answers how many were numbered and
 * how many signed. Throws {@link NumbersContended}, {@link ReceiptsExhausted} and what stores and signer throw.
 */
export async function issueReceipts(
  number: InvoiceNumber,
  dependencies: IssueDependencies,
): Promise<{ numbered: number; signed: number }> {
  const { receipts } = dependencies;
  const given = await giveNumbers(number, dependencies);
  if (!given) return { numbered: 0, signed: 0 };
  const { invoice, kept, numbered } = given;
  const unsigned = kept.filter(({ xml }) => xml === undefined);
  for (const receipt of unsigned) {
    const xml = await signReceipt(receipt, dependencies.signer);
    // Told before it is kept as signed: whoever is killed between the two tells it once more, under the same id.
    await tell(receipt, invoice, dependencies);
    await receipts.keepSigned(receipt.receiptId, xml);
  }
  return { numbered, signed: unsigned.length };
}

/**
 * Numbers what is due until nothing is: money may go back between reading an invoice and writing its receipts, and whoever
 * comes for that finds no receipt yet. The invoice is read after its receipts, so that none is made from an older invoice
 * than those before it were; `undefined`: it has none at all.
 */
async function giveNumbers(
  number: InvoiceNumber,
  dependencies: IssueDependencies,
): Promise<{ invoice: Invoice; kept: KeptReceipt[]; numbered: number } | undefined> {
  const { invoices, registry, receipts, now } = dependencies;
  let numbered = 0;
  for (let lost = 0; lost < MAX_TRIES; ) {
    const kept = await receipts.ofInvoice(number);
    const invoice = await invoices.find(number, { consistent: true });
    const registration = invoice && (await registry.agency(invoice.agencyCode))?.receipts;
    if (!invoice || !registration) return undefined;
    const drafts = receiptsDue(invoice, kept);
    if (drafts.length === 0) return { invoice, kept, numbered };
    if (kept.length + drafts.length > MAX_RECEIPTS) throw new ReceiptsExhausted(number);
    const issuedAt = now();
    const run = {
      taxCode: registration.collector.taxCode,
      symbol: symbolOf(registration.series, vietnamDay(issuedAt)),
    };
    const last = await receipts.lastNumber(run);
    if (last + drafts.length > MAX_RECEIPT_NUMBER) throw new ReceiptsExhausted(`${run.taxCode} ${run.symbol}`);
    const added = await Promise.all(
      drafts.map((draft, index) =>
        complete(draft, invoice, {
          ...{ registration, issuedAt, dependencies },
          ...{ symbol: run.symbol, number: last + index + 1 },
        }),
      ),
    );
    if ((await receipts.add(run, added)) === 'added') numbered += added.length;
    else lost += 1;
  }
  throw new NumbersContended(number);
}

async function complete(
  draft: ReceiptDraft,
  invoice: Invoice,
  given: {
    registration: ReceiptRegistration;
    symbol: string;
    number: number;
    issuedAt: Instant;
    dependencies: Pick<IssueDependencies, 'feeName' | 'providerName' | 'secret'>;
  },
): Promise<Receipt> {
  const { registration, symbol, number, issuedAt, dependencies } = given;
  const { feeName, providerName, secret } = dependencies;
  const paidThrough = draft.payment.provider === COUNTER ? AT_THE_DESK : providerName(draft.payment.provider);
  const lines = await Promise.all(
    draft.lines.map(async (line) => ({
      ...line,
      name: (await feeName(invoice, line.feeItem)) ?? `${titleOf[draft.kind].vi} (${line.feeItem})`,
    })),
  );
  return {
    ...draft,
    lines,
    ...(paidThrough !== undefined && { paidThrough }),
    ...{ schema: RECEIPT_SCHEMA, form: RECEIPT_FORM, symbol, number, issuedAt },
    agencyCode: invoice.agencyCode,
    collector: registration.collector,
    dossierCode: invoice.dossierCode,
    procedureCode: invoice.procedureCode,
    secret: secret(),
  };
}

async function tell(
  receipt: Receipt,
  { total, origin }: Invoice,
  { directory, deliveries }: Pick<IssueDependencies, 'directory' | 'deliveries'>,
): Promise<void> {
  const { receiptId: id, agencyCode, dossierCode, symbol, number, replaces } = receipt;
  const { invoice, place } = placeOf(id);
  const event: Delivery['event'] = {
    id: `evt_${invoice}_receipt_${place}`,
    type: 'receipt.issued.v1',
    time: formatInstant(receipt.issuedAt),
    source: 'thuphi',
    subject: id,
    sequence: 1,
    data: {
      ...{ invoiceId: invoiceId(invoice), dossierCode, agencyCode, total: { amount: total, currency: 'VND' } },
      ...{ receiptId: id, kind: receipt.kind, form: receipt.form, symbol, number },
      amount: { amount: receipt.total, currency: 'VND' },
      ...(replaces && { replaces: replaces.receiptId, reason: replaces.reason }),
    },
  };
  const owners: WebhookOwner[] = [`agency:${agencyCode}`, `client:${origin.clientId}`];
  const asked = await Promise.all(
    owners.map(async (owner) => ({ owner, endpoint: await directory.endpointOf(owner) })),
  );
  const told = asked.flatMap(({ owner, endpoint }) =>
    endpoint?.events.includes('receipt.issued.v1') ? [{ owner, event }] : [],
  );
  if (told.length > 0) await deliveries.sendAll(told);
}
