import type { InvoiceNumber } from '../invoice/number.ts';
import type { Correction, CorrectionDecision, CorrectionsSeen } from './correction.ts';
import type { KeptReceipt, Receipt, ReceiptId, ReceiptRun } from './receipt.ts';

/** Most receipts that are added at once: with what each replaces, and the number before, a transaction of a hundred. */
export const MAX_ADDED = 33;

/** Port: receipts as they are kept. Nothing is ever taken out, and nothing of a receipt changes but by the calls here. */
export interface ReceiptBook {
  /** All receipts of an invoice in the order of their places. Sees every write that was acknowledged before. */
  ofInvoice(number: InvoiceNumber): Promise<KeptReceipt[]>;
  /** As `ofInvoice`, of several invoices at once; those without receipts may be absent. */
  ofInvoices(numbers: readonly InvoiceNumber[]): Promise<ReadonlyMap<InvoiceNumber, readonly KeptReceipt[]>>;
  find(id: ReceiptId): Promise<KeptReceipt | undefined>;

  /** The last number that was given in a run; 0 before the first. Sees every write that was acknowledged before. */
  lastNumber(run: ReceiptRun): Promise<number>;

  /**
   * Adds receipts of one run that bear consecutive numbers, {@link MAX_ADDED} at most, all or none. `lost`: one of their numbers or places is taken,
   * the number before the first is not, or what one replaces is replaced already. A number that was given is never free
   * again, and none is given before the one before it. `seen`: the corrections of what is replaced, as this was decided;
   * others by now lose it.
   */
  add(
    run: ReceiptRun,
    receipts: readonly Receipt[],
    seen?: ReadonlyMap<ReceiptId, CorrectionsSeen>,
  ): Promise<'added' | 'lost'>;

  /** Keeps the signed document, once: a second one changes nothing. */
  keepSigned(id: ReceiptId, xml: string): Promise<void>;

  /** Adds a correction to a signed receipt that stands. False: its corrections are not as they were seen, or it does not. */
  proposeCorrection(id: ReceiptId, correction: Correction, seen: CorrectionsSeen): Promise<boolean>;

  /** Decides an open correction of a receipt that stands; an approval by somebody else alone. False: it is none. */
  decideCorrection(id: ReceiptId, place: number, decision: CorrectionDecision): Promise<boolean>;

  /** Keeps the signed notice of an approved correction, once: a second one changes nothing. */
  keepNotice(id: ReceiptId, place: number, xml: string): Promise<void>;

  /** Receipts of a run in the order of their numbers, from after a number on, `limit` at most. */
  inRun(run: ReceiptRun, after: number, limit: number): Promise<KeptReceipt[]>;
}

/** Whatever stands among the receipts: receipts, and the numbers of their runs, each of which names one. */
export type ReceiptItem =
  | { kind: 'receipt'; receipt: KeptReceipt }
  | { kind: 'number'; run: ReceiptRun; number: number; receiptId: ReceiptId };

/** Port: all that stands among the receipts, page by page, in no order. An item that cannot be read is named by its key. */
export interface ReceiptPages {
  page(after?: string): Promise<{ items: { key: string; item: ReceiptItem | undefined }[]; after: string | undefined }>;
}

/** Port: the collector's key. The private half never leaves it. */
export interface ReceiptSigner {
  /** SubjectPublicKeyInfo, DER. */
  publicKey(): Promise<Uint8Array>;
  /** Signs a SHA-256 digest by RSASSA-PKCS1-v1_5: the same digest always has the same signature. */
  sign(digest: Uint8Array): Promise<Uint8Array>;
}

/** That the receipts of an invoice are to be brought up to what its money is. */
export type ReceiptOrder = { invoiceNumber: InvoiceNumber };
