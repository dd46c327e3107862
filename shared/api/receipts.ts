import * as z from 'zod';
import { AgencyCode } from '../domain/identity/codes.ts';
import { TaxCodeText } from '../domain/identity/tax-code.ts';
import { InvoiceId } from '../domain/invoice/number.ts';
import { lazy } from '../domain/lazy.ts';
import { CorrectionKind, RightPayer } from '../domain/receipt/correction.ts';
import {
  Collector,
  MAX_RECEIPT_NUMBER,
  ReceiptId,
  ReceiptKind,
  ReceiptSymbol,
  ReplacementReason,
} from '../domain/receipt/receipt.ts';
import { Bilingual, DayText, InstantText, Limit, MoneyBody, writtenText } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Electronic receipts of collectors: read by portals and agencies, checked by anybody who holds one. */

const ReceiptParams = lazy(() => z.strictObject({ receiptId: ReceiptId.meta({ examples: ['rct_48021356789001'] }) }));

const CorrectionBody = lazy(() =>
  z.strictObject({
    /** Its place among the corrections of the receipt, from 1. */
    place: z.int(),
    state: z.enum(['proposed', 'approved', 'rejected', 'done']),
    /** `notice`: the receipt stands, and a notice of errors explains it. `replacement`: another one takes its place. */
    kind: CorrectionKind,
    /** The payer as it ought to stand there; what is absent was right. */
    payer: RightPayer,
    why: z.string(),
    /** Persons, by the `sub` of their tokens. */
    proposedBy: z.string(),
    proposedAt: InstantText,
    decidedBy: z.string().optional(),
    decidedAt: InstantText.optional(),
    /** Why another person rejected it. */
    refusal: z.string().optional(),
  }),
);

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
    /** What persons found wrong on it, in the order in which they said so. */
    corrections: z.array(CorrectionBody),
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

/** Longest that a person may say what was wrong, or why it was not. */
const MAX_WHY = 300;
const MAX_PAYER_NAME = 200;

export const proposeCorrection = endpoint({
  method: 'POST',
  path: '/v1/receipts/{receiptId}/corrections',
  summary:
    'Say what a receipt ought to say of its payer: a wrong name takes a notice of errors, a wrong tax code another receipt',
  scope: 'receipts:write',
  params: ReceiptParams,
  body: lazy(() =>
    z.strictObject({
      payer: z.strictObject({
        name: writtenText(MAX_PAYER_NAME, 'Nguyễn Thị Mẫu').optional(),
        /** Null: the payer has none. */
        taxCode: TaxCodeText.nullable().optional(),
      }),
      why: writtenText(MAX_WHY, 'Ghi sai mã số thuế của người nộp'),
    }),
  ),
  idempotent: true,
  answers: { 201: ReceiptBody },
  headers: ['Location'],
  problems: [
    'receipt_not_signed',
    'receipt_replaced',
    'correction_pending',
    'too_many_corrections',
    'unprocessable',
    'version_conflict',
  ],
});

const CorrectionParams = lazy(() =>
  z.strictObject({
    receiptId: ReceiptId.meta({ examples: ['rct_48021356789001'] }),
    place: z.string().regex(/^[1-9]$/),
  }),
);

export const approveCorrection = endpoint({
  method: 'POST',
  path: '/v1/receipts/{receiptId}/corrections/{place}/approval',
  summary: 'Approve what another person found wrong: the notice, or the other receipt, follows within seconds',
  scope: 'receipts:approve',
  params: CorrectionParams,
  idempotent: true,
  answers: { 200: ReceiptBody },
  problems: ['own_approval', 'correction_not_pending'],
});

export const rejectCorrection = endpoint({
  method: 'POST',
  path: '/v1/receipts/{receiptId}/corrections/{place}/rejection',
  summary: 'Reject what was found wrong, or let it fall: the receipt stays as it is',
  scope: 'receipts:approve',
  params: CorrectionParams,
  body: lazy(() => z.strictObject({ why: writtenText(MAX_WHY, 'Tên trên biên lai đúng với giấy tờ') })),
  idempotent: true,
  answers: { 200: ReceiptBody },
  problems: ['correction_not_pending'],
});

const NoticeBody = lazy(() =>
  z.strictObject({
    form: z.string(),
    /** The receipt's id and the correction's place. */
    number: z.string(),
    day: DayText,
    collector: Collector,
    receipt: z.strictObject({
      receiptId: ReceiptId,
      form: z.string(),
      symbol: z.string(),
      number: z.int(),
      day: DayText,
    }),
    wrong: z.strictObject({ name: z.string() }),
    right: z.strictObject({ name: z.string() }),
    why: z.string(),
  }),
);

export const readNotice = endpoint({
  method: 'GET',
  path: '/v1/receipts/{receiptId}/corrections/{place}/notice',
  summary: 'The notice of errors on a receipt (form 04/SS-CTĐT); with `Accept: application/xml` the signed document',
  scope: 'invoices:read',
  params: CorrectionParams,
  answers: { 200: NoticeBody },
  alsoAs: ['application/xml'],
  problems: ['receipt_not_signed'],
});

/** Under a link that was handed out for a quarter of an hour: whoever holds it holds no token of ours. */
export const printReceipts = endpoint({
  method: 'GET',
  path: '/receipts/{link}',
  summary: 'A print of the receipts of an invoice, under a link that GET_BILL has handed out; it ends after 15 minutes',
  params: lazy(() =>
    z.strictObject({
      link: z
        .string()
        .max(64)
        .meta({ examples: ['480213567890-1795150800-Wm9uZUF0VGhlRGVza09uZQ'] }),
    }),
  ),
  answers: {
    200: { mediaType: 'application/pdf' },
    404: { mediaType: 'application/problem+json', description: '`not_found`: no such link, or it is over.' },
  },
  alsoAs: ['application/pdf'],
});

export const receiptsApi = [
  listInvoiceReceipts,
  readReceipt,
  listReceipts,
  printReceipts,
  proposeCorrection,
  approveCorrection,
  rejectCorrection,
  readNotice,
] as const;

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
