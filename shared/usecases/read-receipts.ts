import { timingSafeEqual } from 'node:crypto';
import type { InvoiceBook } from '../domain/invoice/book.ts';
import { type InvoiceId, type InvoiceNumber, numberOf } from '../domain/invoice/number.ts';
import type { ReceiptBook } from '../domain/receipt/book.ts';
import type { KeptReceipt, ReceiptId } from '../domain/receipt/receipt.ts';
import { readCheckCode } from '../domain/receipt/receipt.ts';
import { notFound } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import { ownInvoice } from './read-invoices.ts';

export type ReceiptsDependencies = {
  invoices: Pick<InvoiceBook, 'find'>;
  receipts: Pick<ReceiptBook, 'ofInvoice' | 'find' | 'inRun'>;
  registry: Pick<RegistryReader, 'agency'>;
};

/** The receipts of an invoice that the caller may see. Refusal: not_found. */
export async function receiptsOfInvoice(
  id: InvoiceId,
  caller: Caller,
  { invoices, receipts }: Pick<ReceiptsDependencies, 'invoices' | 'receipts'>,
): Promise<KeptReceipt[]> {
  await ownInvoice(id, caller, invoices, { consistent: false });
  return receipts.ofInvoice(numberOf(id));
}

/** Those of an invoice's receipts that are signed and that none has replaced. */
export async function standingReceipts(
  number: InvoiceNumber,
  receipts: Pick<ReceiptBook, 'ofInvoice'>,
): Promise<KeptReceipt[]> {
  return (await receipts.ofInvoice(number)).filter(({ xml, replacedBy }) => xml !== undefined && !replacedBy);
}

/** A receipt that the caller may see. Refusal: not_found. */
export async function ownReceipt(
  id: ReceiptId,
  caller: Caller,
  { receipts }: { receipts: Pick<ReceiptBook, 'find'> },
): Promise<KeptReceipt> {
  const receipt = await receipts.find(id);
  if (!receipt || !mayActFor(caller.client, receipt.agencyCode)) throw notFound();
  return receipt;
}

/**
 * A page of what an agency gave under a symbol. Where its collector is another agency's too, numbers of the other are
 * passed over. Refusal: not_found.
 */
export async function receiptsUnderSymbol(
  { agencyCode, symbol, after, limit }: { agencyCode: string; symbol: string; after: number; limit: number },
  caller: Caller,
  { receipts, registry }: Pick<ReceiptsDependencies, 'receipts' | 'registry'>,
): Promise<{ receipts: KeptReceipt[]; nextAfter: number | null }> {
  if (!mayActFor(caller.client, agencyCode)) throw notFound();
  const taxCode = (await registry.agency(agencyCode))?.receipts?.collector.taxCode;
  if (taxCode === undefined) return { receipts: [], nextAfter: null };
  const page = await receipts.inRun({ taxCode, symbol }, after, limit);
  return {
    receipts: page.filter((receipt) => receipt.agencyCode === agencyCode),
    nextAfter: page.length < limit ? null : (page.at(-1)?.number ?? null),
  };
}

export type Validity = 'valid' | 'replaced' | 'unknown';

/** What anybody may know of a receipt by the code that is printed on it: whether it stands. */
export async function checkReceipt(code: string, receipts: Pick<ReceiptBook, 'find'>): Promise<Validity> {
  const asked = readCheckCode(code);
  if (!asked) return 'unknown';
  const receipt = await receipts.find(asked.receiptId);
  // Numbered but not signed yet is no receipt yet.
  if (!receipt?.xml || !timingSafeEqual(Buffer.from(receipt.secret), Buffer.from(asked.secret))) return 'unknown';
  return receipt.replacedBy ? 'replaced' : 'valid';
}
