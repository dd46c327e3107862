import * as z from 'zod';
import { AgencyCode } from '../domain/identity/codes.ts';
import { InvoiceId } from '../domain/invoice/number.ts';
import { lazy } from '../domain/lazy.ts';
import {
  Collector,
  MAX_RECEIPT_NUMBER,
  ReceiptId,
  ReceiptKind,
  ReceiptSymbol,
  ReplacementReason,
} from '../domain/receipt/receipt.ts';
import { Bilingual, InstantText, Limit, MoneyBody } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Electronic receipts of collectors: read by portals and agencies, checked by anybody who holds one. */

const ReceiptParams = lazy(() => z.strictObject({ receiptId: ReceiptId.meta({ examples: ['rct_48021356789001'] }) }));

export const ReceiptBody = lazy(() =>
  z.strictObject({
    receiptId: ReceiptId,
    invoiceId: InvoiceId,
    /** `numbered`: its signature is a moment away. `replaced`: another stands for it. */
    state: z.enum(['numbered', 'issued', 'replaced']),
    title: Bilingual,
    kind: ReceiptKind,
    form: z.string(),
    symbol: z.string(),
    number: z.int(),
    issuedAt: InstantText,
    agencyCode: AgencyCode,
    collector: Collector,
    /** A citizen's number is masked. */
    payer: z.strictObject({ name: z.string(), idNumber: z.string().optional(), taxCode: z.string().optional() }),
    lines: z.array(
      z.strictObject({ feeItem: z.string(), name: z.string(), quantity: z.int(), amount: z.int().min(0) }),
    ),
    total: MoneyBody,
    totalInWords: Bilingual,
    payment: z.strictObject({ movementId: z.string(), provider: z.string(), paidAt: InstantText }),
    dossierCode: z.string(),
    procedureCode: z.string(),
    /** Whose place it takes, and why. */
    replaces: z
      .strictObject({
        receiptId: ReceiptId,
        symbol: z.string(),
        number: z.int(),
        reason: ReplacementReason,
        words: Bilingual,
      })
      .nullable(),
    replacedBy: ReceiptId.nullable(),
    /** What anybody may ask about it, and where: the address in its QR code. */
    check: z.strictObject({ code: z.string(), url: z.string() }),
  }),
);

export const listInvoiceReceipts = endpoint({
  method: 'GET',
  path: '/v1/invoices/{invoiceId}/receipts',
  summary: 'List the electronic receipts of an invoice, replaced ones among them; empty until a moment after payment',
  scope: 'invoices:read',
  params: lazy(() => z.strictObject({ invoiceId: InvoiceId.meta({ examples: ['inv_480213567890'] }) })),
  answers: { 200: lazy(() => z.strictObject({ data: z.array(ReceiptBody) })) },
});

export const readReceipt = endpoint({
  method: 'GET',
  path: '/v1/receipts/{receiptId}',
  summary:
    'Read a receipt; with `Accept: application/xml` the signed document itself, with `application/pdf` a print of it',
  scope: 'invoices:read',
  params: ReceiptParams,
  answers: { 200: ReceiptBody },
  alsoAs: ['application/xml', 'application/pdf'],
  problems: ['receipt_not_signed'],
});

export const listReceipts = endpoint({
  method: 'GET',
  path: '/v1/receipts',
  summary: 'List the receipts that an agency gave under a symbol, in the order of their numbers',
  scope: 'invoices:read',
  query: lazy(() =>
    z.strictObject({
      agencyCode: AgencyCode,
      symbol: ReceiptSymbol,
      /** Numbers after this one. */
      after: z
        .string()
        .regex(/^[0-9]{1,8}$/)
        .transform(Number)
        .pipe(z.int().min(0).max(MAX_RECEIPT_NUMBER))
        .default(0),
      limit: Limit,
    }),
  ),
  answers: {
    200: lazy(() =>
      z.strictObject({
        data: z.array(ReceiptBody),
        /** What to send as `after` for the rest; null at the end. */
        nextAfter: z.int().nullable(),
      }),
    ),
  },
});

export const receiptsApi = [listInvoiceReceipts, readReceipt, listReceipts] as const;

export const checkReceipt = endpoint({
  method: 'GET',
  path: '/check/{code}',
  summary: 'Whether a receipt is genuine: its code and its validity, as a page or as JSON, and nothing else of it',
  params: lazy(() =>
    z.strictObject({ code: z.string().meta({ examples: ['48021356789001-Wm9uZUF0VGhlRGVza09uZQ'] }) }),
  ),
  answers: {
    200: {
      mediaType: ['text/html', 'application/json'],
      description: '`{"code":…,"validity":…}`: the code, null where it is none, and valid, replaced or unknown.',
    },
  },
});

export const checkReceiptApi = [checkReceipt] as const;
