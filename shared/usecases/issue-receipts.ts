import type { InvoiceBook } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { type InvoiceNumber, invoiceId } from '../domain/invoice/number.ts';
import type { Delivery } from '../domain/notification/delivery.ts';
import type { WebhookEndpoint, WebhookOwner } from '../domain/notification/webhook.ts';
import { COUNTER } from '../domain/payment/counter.ts';
import type { ProviderId } from '../domain/payment/provider.ts';
import { MAX_ADDED, type ReceiptBook, type ReceiptSigner } from '../domain/receipt/book.ts';
import { correctionsSeen } from '../domain/receipt/correction.ts';
import {
  type KeptReceipt,
  MAX_RECEIPT_NUMBER,
  MAX_RECEIPTS,
  placeOf,
  RECEIPT_FORM,
  RECEIPT_SCHEMA,
  type Receipt,
  type ReceiptDraft,
  type ReceiptId,
  type ReceiptRegistration,
  receiptsDue,
  symbolOf,
} from '../domain/receipt/receipt.ts';
import { noticeDocument, noticeOf, titleOf, type UnsignedDocument } from '../domain/receipt/xml.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { formatInstant, type Instant, vietnamDay } from '../domain/time.ts';
import { inParallel } from './in-parallel.ts';
import { signDocument, signReceipt } from './sign-receipt.ts';

/**
 * How often numbers are taken anew when somebody else had them first. Each time somebody got on, so whoever loses so often
 * stands before more writers than a stage has; the message comes again.
 */
const MAX_TRIES = 30;

/** Receipts that are signed at the same time. */
const SIGNED_AT_ONCE = 10;

/** How money came that was paid at the desk of an agency. */
const AT_THE_DESK = 'Nộp tại quầy';

/** The run of numbers was always taken by others. Passes by itself. */
export class NumbersContended extends Error {
  constructor(numbers: readonly InvoiceNumber[]) {
    super(`no receipt number for ${numbers.join(', ')} in ${MAX_TRIES} tries`);
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
  invoices: Pick<InvoiceBook, 'findMany'>;
  registry: Pick<RegistryReader, 'agency'>;
  directory: { endpointOf(owner: WebhookOwner): Promise<WebhookEndpoint | undefined> };
  deliveries: { sendAll(messages: readonly Delivery[]): Promise<void> };
  receipts: Pick<ReceiptBook, 'ofInvoices' | 'lastNumber' | 'add' | 'keepSigned' | 'keepNotice'>;
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
 * Brings the receipts of invoices up to what their money is: numbers what is due, signs what is numbered, and tells of it.
 * Each step is decided from what stands there, so a call that comes again after a kill anywhere goes on where the other
 * ended; numbers are given by one conditional write and so have neither gap nor double. Invoices at once cost little more
 * than one, and fail together. Answers how many receipts were numbered and how many signed. Throws
 * {@link NumbersContended}, {@link ReceiptsExhausted} and what stores and signer throw.
 *
 * @param numbers at most {@link MAX_FIND_MANY}
 */
export async function issueReceipts(
  numbers: readonly InvoiceNumber[],
  dependencies: IssueDependencies,
): Promise<{ numbered: number; signed: number }> {
  const { given, numbered } = await giveNumbers([...new Set(numbers)], dependencies);
  const unsigned = given.flatMap(({ invoice, kept }) =>
    kept.filter(({ xml }) => xml === undefined).map((receipt) => ({ invoice, receipt })),
  );
  await inParallel(unsigned, SIGNED_AT_ONCE, async ({ invoice, receipt }) => {
    const xml = await signReceipt(receipt, dependencies.signer);
    // Told before it is kept as signed: whoever is killed between the two tells it once more, under the same id.
    await tell(receipt, invoice, dependencies);
    await dependencies.receipts.keepSigned(receipt.receiptId, xml);
  });
  const noticed = given.flatMap(({ kept }) => kept.flatMap(noticesDue));
  await inParallel(noticed, SIGNED_AT_ONCE, async ({ receiptId, place, document }) =>
    dependencies.receipts.keepNotice(receiptId, place, await signDocument(document, dependencies.signer)),
  );
  return { numbered, signed: unsigned.length + noticed.length };
}

/** Notices that two persons decided and nobody signed yet. */
function noticesDue(receipt: KeptReceipt): { receiptId: ReceiptId; place: number; document: UnsignedDocument }[] {
  return (receipt.corrections ?? []).flatMap(({ notice: signed }, index) => {
    const place = index + 1;
    const notice = signed === undefined ? noticeOf(receipt, place) : undefined;
    return notice ? [{ receiptId: receipt.receiptId, place, document: noticeDocument(receipt, notice) }] : [];
  });
}

/** An invoice of an agency that gives receipts, with those that it has. */
type Given = { invoice: Invoice; registration: ReceiptRegistration; kept: readonly KeptReceipt[] };

/**
 * Numbers what is due until nothing is: money may go back between reading an invoice and writing its receipts, and whoever
 * comes for that finds no receipt yet. Invoices are read after their receipts, so that none is made from an older invoice
 * than those before it were. What was added since the receipts were read makes the next writing lose, for it stands at the
 * place that this would take.
 */
async function giveNumbers(
  numbers: readonly InvoiceNumber[],
  dependencies: IssueDependencies,
): Promise<{ given: readonly Given[]; numbered: number }> {
  const { receipts } = dependencies;
  let numbered = 0;
  let kept = await receipts.ofInvoices(numbers);
  for (let lost = 0; lost < MAX_TRIES; ) {
    const given = await withRegistration(numbers, kept, dependencies);
    const [first] = given.filter((one) => draftsOf(one).length > 0);
    if (!first) return { given, numbered };
    const added = await numberNext(first.registration, given, dependencies);
    numbered += added?.length ?? 0;
    if (added) kept = withAdded(kept, added);
    else {
      lost += 1;
      kept = await receipts.ofInvoices(numbers);
    }
  }
  throw new NumbersContended(numbers);
}

async function withRegistration(
  numbers: readonly InvoiceNumber[],
  kept: ReadonlyMap<InvoiceNumber, readonly KeptReceipt[]>,
  { invoices, registry }: Pick<IssueDependencies, 'invoices' | 'registry'>,
): Promise<Given[]> {
  const given = await Promise.all(
    (await invoices.findMany(numbers)).map(async (invoice) => {
      const registration = (await registry.agency(invoice.agencyCode))?.receipts;
      return registration ? [{ invoice, registration, kept: kept.get(invoice.number) ?? [] }] : [];
    }),
  );
  return given.flat();
}

function draftsOf({ invoice, kept }: Given): ReceiptDraft[] {
  const drafts = receiptsDue(invoice, kept);
  if (kept.length + drafts.length > MAX_RECEIPTS) throw new ReceiptsExhausted(invoice.number);
  return drafts;
}

/** The next receipts of the run of a registration, as many as are added at once. `undefined`: others were first. */
async function numberNext(
  { collector: { taxCode }, series }: ReceiptRegistration,
  given: readonly Given[],
  dependencies: IssueDependencies,
): Promise<Receipt[] | undefined> {
  const { receipts, now } = dependencies;
  const issuedAt = now();
  const run = { taxCode, symbol: symbolOf(series, vietnamDay(issuedAt)) };
  const due = given
    .filter(({ registration }) => registration.collector.taxCode === taxCode && registration.series === series)
    .flatMap((one) => draftsOf(one).map((draft) => ({ ...one, draft })))
    .slice(0, MAX_ADDED);
  const last = await receipts.lastNumber(run);
  if (last + due.length > MAX_RECEIPT_NUMBER) throw new ReceiptsExhausted(`${taxCode} ${run.symbol}`);
  const added = await Promise.all(
    due.map(({ draft, invoice, registration }, index) =>
      complete(draft, invoice, {
        ...{ registration, issuedAt, dependencies },
        ...{ symbol: run.symbol, number: last + index + 1 },
      }),
    ),
  );
  const seen = new Map(due.flatMap(({ kept }) => kept.map((one) => [one.receiptId, correctionsSeen(one)] as const)));
  return (await receipts.add(run, added, seen)) === 'added' ? added : undefined;
}

/** Receipts as they stand after some were added. */
function withAdded(
  kept: ReadonlyMap<InvoiceNumber, readonly KeptReceipt[]>,
  added: readonly Receipt[],
): Map<InvoiceNumber, readonly KeptReceipt[]> {
  const replacedBy = new Map(
    added.flatMap(({ receiptId, replaces }) => (replaces ? [[replaces.receiptId, receiptId]] : [])),
  );
  const all = new Map(kept);
  for (const receipt of added) {
    const { invoice } = placeOf(receipt.receiptId);
    all.set(invoice, [...(all.get(invoice) ?? []), receipt]);
  }
  const marked = (one: KeptReceipt): KeptReceipt => ({
    ...one,
    replacedBy: replacedBy.get(one.receiptId) ?? one.replacedBy,
  });
  return new Map([...all].map(([number, receipts]) => [number, receipts.map(marked)]));
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
