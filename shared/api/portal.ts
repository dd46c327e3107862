import * as z from 'zod';
import { CitizenNumberText } from '../domain/identity/citizen-number.ts';
import { AgencyCode, Channel, DossierCode, ProcedureCode } from '../domain/identity/codes.ts';
import { TaxCodeText } from '../domain/identity/tax-code.ts';
import { BasketId, BasketState, MAX_BASKET_INVOICES } from '../domain/invoice/basket.ts';
import { InvoiceId } from '../domain/invoice/number.ts';
import { Slip } from '../domain/invoice/slip.ts';
import { InvoiceState } from '../domain/invoice/states.ts';
import { lazy } from '../domain/lazy.ts';
import { AttemptState } from '../domain/payment/advance.ts';
import { Availability } from '../domain/payment/availability.ts';
import { Language, ProviderId } from '../domain/payment/provider.ts';
import {
  Bilingual,
  Cursor,
  DayText,
  InstantInput,
  InstantText,
  Limit,
  MoneyBody,
  OutageBody,
  page,
  writtenText,
} from './common.ts';
import { endpoint } from './endpoint.ts';
import {
  MAX_QUOTE_LENGTH,
  PricedLine,
  ProcedureBody,
  ProcedureSummary,
  QuoteFacts,
  Relief,
  VerifiedQuote,
} from './fees.ts';

/** What portals call. */

const MAX_METADATA = 10;
const MAX_METADATA_BYTES = 256;
const MAX_NAME = 200;

/** A signed text; its form is ours alone, callers keep it as it is. */
const QuoteText = lazy(() =>
  z
    .string()
    .min(1)
    .max(MAX_QUOTE_LENGTH)
    .meta({ examples: ['eyJ2IjoxfQ.c2lnbmF0dXJl'] }),
);
const NamedProvider = lazy(() => ProviderId.meta({ examples: ['vnpay'] }));

export const listProcedures = endpoint({
  method: 'GET',
  path: '/v1/procedures',
  summary: 'Find procedures by code or words, with or without diacritics, in the law of now or of an instant',
  scope: 'catalogue:read',
  unlogged: 'nobodys',
  query: lazy(() =>
    z.strictObject({
      search: z.string().min(1).max(100).optional(),
      /** The law in force then; of now unless given. */
      at: InstantInput.optional(),
      cursor: Cursor.optional(),
      limit: Limit,
    }),
  ),
  /** All pages are of one version of the catalogue, whatever comes into force meanwhile. */
  answers: { 200: lazy(() => page(ProcedureSummary).extend({ catalogueVersion: z.int() })) },
  problems: ['invalid_cursor'],
});

export const getProcedure = endpoint({
  method: 'GET',
  path: '/v1/procedures/{code}',
  summary: 'A procedure with its fee items, tariffs and their legal basis, in the law of now or of an instant',
  scope: 'catalogue:read',
  unlogged: 'nobodys',
  params: lazy(() => z.strictObject({ code: ProcedureCode })),
  /** With `at`: in the version in force then, and only the tariffs in force then. Without: every row there is. */
  query: lazy(() => z.strictObject({ at: InstantInput.optional() })),
  answers: { 200: ProcedureBody },
});

export const createQuote = endpoint({
  method: 'POST',
  path: '/v1/quotes',
  summary: 'Price a dossier by the law in force when it was handed in',
  scope: 'quotes:write',
  unlogged: 'nobodys',
  body: lazy(() =>
    z.strictObject({
      procedureCode: ProcedureCode,
      agencyCode: AgencyCode,
      /** If given, the invoice must be for this dossier. */
      dossierCode: DossierCode.optional(),
      channel: Channel,
      submittedAt: InstantInput,
      facts: QuoteFacts.default({}),
    }),
  ),
  answers: {
    201: lazy(() =>
      z.strictObject({
        quote: z.string(),
        expiresAt: InstantText,
        total: MoneyBody,
        lines: z.array(PricedLine),
        reliefs: z.array(Relief),
        unverified: z.array(z.string()),
        hash: z.string(),
        /** Which version of the catalogue it was priced by. */
        catalogueVersion: z.int(),
      }),
    ),
  },
  problems: ['not_found', 'facts_missing', 'not_priceable', 'unknown_agency', 'unprocessable'],
});

export const verifyQuote = endpoint({
  method: 'POST',
  path: '/v1/quotes/verify',
  summary: 'Price a quote’s facts again by the catalogue of now: equal by hash, or how it differs',
  scope: 'quotes:write',
  unlogged: 'nobodys',
  body: lazy(() => z.strictObject({ quote: QuoteText })),
  answers: {
    200: VerifiedQuote,
  },
  problems: ['quote_invalid'],
});

/** A person or body: its name as it writes it, its identity number and tax code if they are known. */
const Party = lazy(() =>
  z.strictObject({
    name: writtenText(MAX_NAME, 'Nguyễn Thị Ví Dụ'),
    idNumber: CitizenNumberText.optional(),
    taxCode: TaxCodeText.optional(),
  }),
);

/** Masked: enough to recognise, too little to copy. */
const MaskedParty = lazy(() =>
  z.strictObject({
    name: z.string(),
    idNumber: z.string().optional(),
    taxCode: z.string().optional(),
  }),
);

const MAX_NOTICE_NUMBER = 50;
/** The notice, decision or declaration that sets what is due. */
const Notice = lazy(() =>
  z.strictObject({
    number: writtenText(MAX_NOTICE_NUMBER),
    date: DayText.optional(),
    /** Identifier of the obligation at the tax office (ID khoản phải nộp). */
    obligationId: z
      .string()
      .regex(/^[A-Za-z0-9.-]{1,40}$/)
      .optional(),
  }),
);

const Metadata = lazy(() =>
  z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,31}$/), z.string().max(MAX_METADATA_BYTES))
    .refine((entries) => Object.keys(entries).length <= MAX_METADATA, { message: `at most ${MAX_METADATA} keys` })
    .refine(
      (entries) => new TextEncoder().encode(Object.entries(entries).flat().join('')).length <= MAX_METADATA_BYTES,
      {
        message: `at most ${MAX_METADATA_BYTES} bytes in all`,
      },
    ),
);

const InvoiceLineBody = lazy(() =>
  z.strictObject({
    feeItem: z.string(),
    kind: z.string(),
    name: Bilingual,
    quantity: z.int(),
    amount: z.int(),
    beneficiary: z.string(),
  }),
);

export const InvoiceBody = lazy(() =>
  z.strictObject({
    invoiceId: InvoiceId,
    printedNumber: z.string(),
    state: InvoiceState,
    total: MoneyBody,
    /** What is still to be paid. */
    due: MoneyBody,
    paid: MoneyBody,
    /** Real money beyond what was due. */
    surplus: MoneyBody,
    /** Real money that fits nothing, a wrong amount for instance. */
    unmatched: MoneyBody,
    refunded: MoneyBody,
    /** Money that came and went back to its payer; it counts in none of the others. */
    reversed: MoneyBody,
    procedureCode: ProcedureCode,
    lines: z.array(InvoiceLineBody),
    dossierCode: DossierCode,
    agencyCode: AgencyCode,
    payer: MaskedParty,
    /** Whose dossier it is and whose obligation, where that is not the payer. */
    owner: MaskedParty.optional(),
    debtor: MaskedParty.optional(),
    notice: Notice.optional(),
    createdAt: InstantText,
    expiresAt: InstantText,
    paidAt: InstantText.optional(),
    replaces: InvoiceId.optional(),
    metadata: z.record(z.string(), z.string()).optional(),
    payments: z.array(z.strictObject({ paymentId: z.string(), providerId: z.string(), state: AttemptState })),
    version: z.int(),
  }),
);

const InvoiceParams = lazy(() => z.strictObject({ invoiceId: InvoiceId.meta({ examples: ['inv_480213567890'] }) }));

export const createInvoice = endpoint({
  method: 'POST',
  path: '/v1/invoices',
  summary: 'Make an invoice from a quote; the price stays even if the law changes meanwhile',
  scope: 'invoices:write',
  unlogged: 'kept',
  body: lazy(() =>
    z.strictObject({
      quote: QuoteText,
      dossierCode: DossierCode,
      agencyCode: AgencyCode,
      payer: Party,
      owner: Party.optional(),
      debtor: Party.optional(),
      notice: Notice.optional(),
      dueAt: InstantInput.optional(),
      additional: z.boolean().optional(),
      /** The expired or cancelled invoice that this one stands for. */
      replaces: InvoiceId.optional(),
      metadata: Metadata.optional(),
    }),
  ),
  idempotent: true,
  answers: { 201: InvoiceBody },
  problems: [
    'not_found',
    'quote_invalid',
    'quote_expired',
    'invoice_already_open',
    'invoice_already_paid',
    'invoice_not_replaceable',
    'too_many_invoices',
    'unknown_agency',
    'unprocessable',
  ],
});

export const getInvoice = endpoint({
  method: 'GET',
  path: '/v1/invoices/{invoiceId}',
  summary: 'Read an invoice, with what its slips into the budget must say (forms C1-02/NS and C1-03/NS)',
  scope: 'invoices:read',
  params: InvoiceParams,
  answers: { 200: lazy(() => InvoiceBody.extend({ slips: z.array(Slip) })) },
  headers: ['ETag'],
});

export const listInvoices = endpoint({
  method: 'GET',
  path: '/v1/invoices',
  summary: 'List invoices of a dossier, or of an agency by day of creation; short pages are allowed',
  scope: 'invoices:read',
  query: lazy(() =>
    z.strictObject({
      dossierCode: DossierCode.optional(),
      agencyCode: AgencyCode.optional(),
      state: InvoiceState.optional(),
      from: DayText.optional(),
      to: DayText.optional(),
      cursor: Cursor.optional(),
      limit: Limit,
    }),
  ),
  answers: { 200: lazy(() => page(InvoiceBody)) },
  problems: ['invalid_cursor', 'not_found', 'unprocessable'],
});

export const cancelInvoice = endpoint({
  method: 'POST',
  path: '/v1/invoices/{invoiceId}/cancel',
  summary: 'Cancel an open invoice',
  scope: 'invoices:write',
  params: InvoiceParams,
  idempotent: true,
  answers: { 200: InvoiceBody },
  problems: ['invoice_not_open', 'invoice_partly_paid'],
});

const BasketBody = lazy(() =>
  z.strictObject({
    basketId: BasketId,
    dossierCode: DossierCode,
    state: BasketState,
    total: MoneyBody,
    paid: MoneyBody,
    due: MoneyBody,
    /** Each as the one that stands for it now, where it was issued again. */
    invoices: z.array(InvoiceBody),
    createdAt: InstantText,
  }),
);

export const createBasket = endpoint({
  method: 'POST',
  path: '/v1/baskets',
  summary: 'Group the invoices of a dossier that has several agencies, payers or notices; each is paid by itself',
  scope: 'invoices:write',
  unlogged: 'kept',
  body: lazy(() =>
    z.strictObject({
      dossierCode: DossierCode,
      invoices: z
        .array(InvoiceId.meta({ examples: ['inv_480213567890'] }))
        .min(1)
        .max(MAX_BASKET_INVOICES)
        .refine((ids) => new Set(ids).size === ids.length, { message: 'names an invoice twice' }),
    }),
  ),
  idempotent: true,
  answers: { 201: BasketBody },
  problems: ['unprocessable'],
});

export const getBasket = endpoint({
  method: 'GET',
  path: '/v1/baskets/{basketId}',
  summary: 'Read a basket: its invoices as they are now, what is paid and what is due',
  scope: 'invoices:read',
  params: lazy(() => z.strictObject({ basketId: BasketId.meta({ examples: ['bsk_5f0c2a91d4e87b3610c9a2f4'] }) })),
  answers: { 200: BasketBody },
});

/** https always; http only for loopback hosts, which a registry outside development never holds. */
const ReturnUrl = lazy(() =>
  z
    .string()
    .min(10)
    .max(255)
    .regex(/^https?:\/\/[!-~]+$/)
    .meta({ examples: ['https://portal.example.gov.vn/ket-qua'] }),
);

export const PaymentBody = lazy(() =>
  z.strictObject({
    paymentId: z.string(),
    invoiceId: InvoiceId,
    providerId: ProviderId,
    state: AttemptState,
    amount: MoneyBody,
    createdAt: InstantText,
    expiresAt: InstantText,
    paidAt: InstantText.optional(),
    providerTransactionId: z.string().optional(),
    /** When its money went back to the payer. */
    reversedAt: InstantText.optional(),
    /** When the provider’s settlement file listed it; absent until then. */
    reportedAt: InstantText.optional(),
  }),
);

/** Where the citizen goes next. */
export const NextStepBody = lazy(() =>
  z.discriminatedUnion('kind', [
    /** A page of the provider. `deeplink` opens the provider’s app on a telephone that has it. */
    z.strictObject({ kind: z.literal('redirect'), url: z.string(), deeplink: z.string().optional() }),
    /** A code that every bank’s app reads: its text, and the same as a picture, SVG text and PNG as a data URL. */
    z.strictObject({ kind: z.literal('qr'), payload: z.string(), svg: z.string(), png: z.string() }),
    /** Fields that the citizen’s browser posts to the address, form-encoded. */
    z.strictObject({ kind: z.literal('form'), url: z.string(), fields: z.record(z.string(), z.string()) }),
  ]),
);

export const startPayment = endpoint({
  method: 'POST',
  path: '/v1/invoices/{invoiceId}/payments',
  summary: 'Start one attempt to pay; the answer tells where to send the citizen',
  scope: 'payments:write',
  unlogged: 'kept',
  params: InvoiceParams,
  body: lazy(() =>
    z.strictObject({
      providerId: NamedProvider,
      returnUrl: ReturnUrl,
      language: Language.default('vi'),
      payerIp: z.union([z.ipv4(), z.ipv6()]).optional(),
    }),
  ),
  idempotent: true,
  answers: { 201: lazy(() => PaymentBody.extend({ next: NextStepBody })) },
  problems: [
    'invoice_not_open',
    'unknown_provider',
    'provider_out_of_service',
    'provider_unavailable',
    'provider_refused',
    'provider_unreachable',
    'attempt_ended',
    'amount_outside_limits',
    'return_url_refused',
    'too_many_attempts',
  ],
});

export const getPayment = endpoint({
  method: 'GET',
  path: '/v1/payments/{paymentId}',
  summary: 'Read a payment',
  scope: 'payments:read',
  params: lazy(() =>
    z.strictObject({
      paymentId: z
        .string()
        .regex(/^pay_[1-9][0-9]{14}$/)
        .meta({ examples: ['pay_480213567890012'] }),
    }),
  ),
  answers: { 200: PaymentBody },
});

export const listProviders = endpoint({
  method: 'GET',
  path: '/v1/providers',
  summary: 'Banks and intermediaries that can be paid through: all, or those at which an agency has an account',
  scope: 'catalogue:read',
  unlogged: 'nobodys',
  query: lazy(() => z.strictObject({ agencyCode: AgencyCode.optional() })),
  answers: {
    200: lazy(() =>
      z.strictObject({
        data: z.array(
          z.strictObject({
            providerId: ProviderId,
            name: Bilingual,
            kinds: z.array(z.string()),
            currencies: z.array(z.string()),
            limits: z.strictObject({ least: z.int(), most: z.int() }),
            /** Whether a payment is begun there now. */
            available: z.boolean(),
            availability: Availability,
            /** Announced, perhaps for later; with words for citizens. */
            outage: OutageBody.optional(),
          }),
        ),
      }),
    ),
  },
});

export const portalApi = [
  listProcedures,
  getProcedure,
  createQuote,
  verifyQuote,
  createInvoice,
  getInvoice,
  listInvoices,
  cancelInvoice,
  createBasket,
  getBasket,
  startPayment,
  getPayment,
  listProviders,
] as const;
