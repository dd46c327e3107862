import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { Dong } from '../money/dong.ts';
import type { Instant } from '../time.ts';
import type { AskingRule } from './asking.ts';
import type { PaymentReference } from './reference.ts';

/** The port between Thuphi and one bank or payment intermediary. Each provider is a folder in `shared/providers/`. */

export const PROVIDER_ID_PATTERN = /^[a-z][a-z0-9-]{1,23}$/;
export const ProviderId = lazy(() => z.string().regex(PROVIDER_ID_PATTERN));
export type ProviderId = z.infer<typeof ProviderId>;

export const Language = lazy(() => z.enum(['vi', 'en']));
export type Language = z.infer<typeof Language>;

/** Plain data about a provider: what a portal shows, and the limits that hold before money moves. */
export type ProviderManifest = {
  id: ProviderId;
  name: { vi: string; en: string };
  /** How a citizen is sent there. Empty for one that only tells of bank credits and takes no payments itself. */
  kinds: readonly ('redirect' | 'qr' | 'deeplink' | 'form')[];
  currencies: readonly ['VND'];
  /** Least and most that one payment may be, in dong. */
  limits: { least: number; most: number };
  /** How long an attempt stays payable at the provider, in milliseconds. */
  attemptLifetimeMilliseconds: number;
  /** Stages that offer it. A provider that moves no real money is never offered in production. */
  stages: readonly ('sandbox' | 'production')[];
  /** What stands in the secret of a merchant account, in words, for the person who enters it. */
  secret: string;
  /** What it lets us do beside taking payments. */
  capabilities: { query: boolean; refund: boolean };
  /** How often it calls back when we do not take a callback in, in its own documents' words; `unpublished` where none says. */
  retry: string;
  /** When its accounting day ends, `HH:mm` in Vietnam time; `24:00` where no document says otherwise. */
  cutOff: string;
  /**
   * What the adapter assumes and no public document confirms, one line each. A provider with any is not offered unless a
   * stage's configuration names it: see {@link UncertainProviders}.
   */
  uncertain: readonly string[];
  /** When a silent payment is asked about, where the provider wants it otherwise than usual. */
  asking?: Partial<AskingRule>;
  /**
   * How long its answers are waited for, in milliseconds, where its documents want more than is usual: when it is told of an
   * order a citizen waits, and the gateway waits for 28 seconds in all.
   */
  patience?: { told: number; asked: number };
};

/** The providers with unconfirmed assumptions that a stage offers nevertheless, once their contract has settled them. */
export type UncertainProviders = readonly ProviderId[];

/** The account at the provider into which an attempt pays. The secret is added by whoever may read it. */
export type PayableAccount = { merchantAccountId: string; terminal: string; secret: string };

/** What is being paid, for a provider that makes out the receipt. Personal data: in a body over TLS alone. Amounts in dong. */
export type Bill = {
  agencyCode: string;
  dossierCode: string;
  procedureCode: string;
  lines: readonly { feeItem: string; kind: string; amount: Dong }[];
  payer: { name: string; idNumber?: string | undefined };
};

/** What a provider needs to know to take a payment. Amount in dong, instants in milliseconds. */
export type PaymentOrder = {
  reference: PaymentReference;
  amount: Dong;
  createdAt: Instant;
  expiresAt: Instant;
  returnUrl: string;
  language: Language;
  payerIp: string;
  /** Plain ASCII, no personal data. */
  description: string;
  bill: Bill;
};

/** Where the citizen goes next. */
export const NextStep = lazy(() =>
  z.discriminatedUnion('kind', [
    /** A page of the provider. `deeplink` opens its app on a telephone that has it. */
    lazy(() => z.strictObject({ kind: z.literal('redirect'), url: z.string(), deeplink: z.string().optional() })),
    /** The text of a QR code that every bank's app reads. */
    z.strictObject({ kind: z.literal('qr'), payload: z.string() }),
    /** Fields that the citizen's browser posts, form-encoded. */
    lazy(() => z.strictObject({ kind: z.literal('form'), url: z.string(), fields: z.record(z.string(), z.string()) })),
  ]),
);
export type NextStep = z.infer<typeof NextStep>;

/** A callback as it came in: nothing decoded, nothing normalised. Header names are lower case. */
export type RawCallback = {
  method: 'GET' | 'POST';
  /** The query exactly as sent, without `?`. */
  rawQuery: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: Uint8Array;
};

/** The provider's signed word about one payment, in our terms. */
export const ProviderNotice = lazy(() =>
  z.object({
    providerId: ProviderId,
    /** The terminal (merchant code) that the callback names and whose key signed it. */
    terminal: z.string().min(1).max(64),
    /** The order reference as the provider echoes it: ours if it reads as a {@link PaymentReference}. */
    reference: z.string().max(128),
    /**
     * `pending` covers every code that is not a final answer: unknown is not failed. `reversed`: money of this transaction,
     * which the provider had, went back to the payer. `limbo`: the payer's bank debited, the provider never had it; nothing
     * of it can have been entered, and it goes back or comes. `ignored` is genuine and tells of no money that came to us (a
     * debit, a test of the address): it is acknowledged and goes no further.
     */
    outcome: z.enum(['paid', 'declined', 'pending', 'reversed', 'limbo', 'review', 'ignored']),
    /** In dong; null when the signed text holds no whole number of dong. */
    amount: Dong.nullable(),
    currency: z.string().max(8),
    /** The provider's own id of the transaction (of a reversal: the one reversed); with the provider's id it names the movement. */
    transactionId: z.string().max(64),
    /** When the payer's bank debited (or had its money back), by the provider's word; null when it says nothing readable. */
    paidAt: z.int().nullable(),
    /** The provider's result codes, for the record. */
    resultCode: z.string().max(64),
    /**
     * The credit on a bank account behind it, where the provider names it: the account and the bank's own reference, by which
     * every other notifier and the bank's statement name the same money.
     */
    bankCredit: z.object({ account: z.string().min(1).max(19), reference: z.string().min(1).max(40) }).optional(),
    /** The signed text itself, as received. */
    evidence: z.string().max(8192),
    /** Where one text tells of several credits: which of them this is, from 1. Two may be alike in all else. */
    place: z.int().positive().optional(),
  }),
);
export type ProviderNotice = z.infer<typeof ProviderNotice>;

/**
 * A call that an adapter wants made at its provider. Adapters stay pure: the runtime makes the call, over TLS, with a time
 * limit and a limit of size, without following redirects, and hands the answer back to the adapter.
 */
export type ProviderRequest = {
  method: 'GET' | 'POST';
  /** Absolute; `https:` outside development. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Empty for a GET. */
  body: string;
};

/** The provider's answer over HTTP, nothing decoded. */
export type ProviderResponse = { status: number; body: Uint8Array };

/**
 * What became of a payment that the provider had to be told of first. `prepared` is a text that is kept with the attempt
 * and from which `begin` makes the next step. `unknown`: not failed, tell it again.
 */
export const Prepared = lazy(() =>
  z.discriminatedUnion('kind', [
    lazy(() => z.object({ kind: z.literal('prepared'), prepared: z.string().max(2048) })),
    z.object({ kind: z.literal('refused'), resultCode: z.string() }),
    z.object({ kind: z.literal('unknown'), resultCode: z.string() }),
  ]),
);
export type Prepared = z.infer<typeof Prepared>;

/** What we ask about one silent attempt. Amount in dong, instants in milliseconds. */
export type PaymentQuestion = {
  reference: PaymentReference;
  amount: Dong;
  /** When the attempt was made: some providers name a payment by reference and time. */
  createdAt: Instant;
  /** When we ask. A provider's own request id is derived from reference and this instant. */
  askedAt: Instant;
  /** Documentation address where ours is unknown. */
  payerIp: string;
};

/** Money to give back. Amounts in dong, instants in milliseconds. */
export type RefundOrder = {
  /** Ours, the same on every retry: the provider refunds it once. Digits only, at most 20. */
  refundReference: string;
  reference: PaymentReference;
  /** The provider's own id of the payment. */
  transactionId: string;
  /** What was paid, and how much of it goes back. */
  paid: Dong;
  amount: Dong;
  attemptCreatedAt: Instant;
  requestedAt: Instant;
  /** Plain ASCII, no personal data. */
  description: string;
};

/** The provider's word about a refund. `unknown` is neither: ask again under the same reference. */
export type RefundAnswer = {
  outcome: 'refunded' | 'pending' | 'refused' | 'unknown';
  resultCode: string;
  /** The provider's own id of the refund, where it tells one. */
  providerRefundId?: string;
  /**
   * Beside `unknown`: the provider says itself that it has never given this money back under our reference. A silence, what
   * cannot be read, an error and the word about another refund do not say that.
   */
  unheardOf?: true;
};

/** What we tell the provider, each in its own words. */
export type Acknowledgement = 'accepted' | 'duplicate' | 'unknownOrder' | 'wrongAmount' | 'badSignature' | 'tryAgain';

/** An answer over HTTP in the provider's own words. Without a body there is no content type either. */
export type ProviderAnswer = { status: number; contentType: string; body: string };

/** What an answer may have to echo, date or be signed with. Absent where the callback was not the provider's word. */
export type Answered = { notice: ProviderNotice; keys: readonly string[]; at: Instant };

/** The order that a provider asks about before it debits: what it is to pay and whether it still may. */
export type StandingOrder = { amount: Dong; payable: boolean };

/** The callback is not the provider's word: unsigned, wrongly signed or ambiguous. It changes nothing at all. */
export class InvalidCallback extends Error {
  readonly provider: ProviderId;
  readonly reason: 'signature' | 'ambiguous' | 'malformed' | 'unknownTerminal' | 'stale';
  constructor(provider: ProviderId, reason: InvalidCallback['reason']) {
    super(`callback of ${provider} refused: ${reason}`);
    this.name = 'InvalidCallback';
    this.provider = provider;
    this.reason = reason;
  }
}

/** Whoever calls back: a provider, or a service that tells of credits on a bank account. */
export interface NoticeSource {
  readonly manifest: ProviderManifest;

  /** Whether a text has the form of what stands in a merchant account's secret here. Pure. */
  acceptsSecret(secret: string): boolean;

  /**
   * The terminal that a callback claims to come from: read before the signature only to find the key.
   * Throws {@link InvalidCallback} when it names none, or more than one.
   */
  terminalOf(callback: RawCallback): string;

  /**
   * Verifies the signature over the raw bytes, in constant time, with any of the valid keys, then reads.
   * Throws {@link InvalidCallback}. A signed text that cannot be read is a notice with outcome `review`.
   */
  read(callback: RawCallback, keys: readonly string[], now: Instant): ProviderNotice;

  /**
   * Present where one callback may tell of several credits, or of none; then it is read by this alone. `read` refuses such
   * a callback. All or nothing: throws {@link InvalidCallback} as `read` does.
   */
  readAll?(callback: RawCallback, keys: readonly string[], now: Instant): readonly ProviderNotice[];

  /** The answer in the provider's own words. Pure. */
  acknowledge(acknowledgement: Acknowledgement, answered?: Answered): ProviderAnswer;

  /** Present where the provider asks, before it debits, whether an order stands. Answering changes nothing. */
  readonly confirmation?: {
    /** The order reference that a callback asks about; `undefined` for every other callback. Unverified. */
    asksAbout(callback: RawCallback): string | undefined;
    /**
     * `order` is absent where there is none of ours under the reference. Throws {@link InvalidCallback}: the amount is part
     * of what is signed, so that nothing can be verified before the order has been looked up.
     */
    answer(callback: RawCallback, keys: readonly string[], order: StandingOrder | undefined): ProviderAnswer;
  };
}

export interface PaymentProvider extends NoticeSource {
  /** Present where the provider must be told of a payment before a citizen can be sent to it. */
  readonly prepare?: {
    /** Tells it again under the same reference when repeated. */
    request(order: PaymentOrder, account: PayableAccount): ProviderRequest;
    /** Throws {@link InvalidCallback} where a signed answer is not the provider's. */
    read(response: ProviderResponse, order: PaymentOrder, account: PayableAccount): Prepared;
  };

  /**
   * Pure: the same order, account and preparation give the same next step, so that a repeated call can be answered again.
   * `prepared` is what {@link PaymentProvider.prepare} left with the attempt.
   */
  begin(order: PaymentOrder, account: PayableAccount, prepared?: string): NextStep;

  /** Present where the provider can be asked what became of a payment. */
  readonly query?: {
    /** Present where not every account's secret holds what the provider wants of whoever asks; false: then nobody asks. */
    admits?(account: PayableAccount): boolean;
    request(question: PaymentQuestion, account: PayableAccount): ProviderRequest;
    /**
     * The answer as a notice, as if it had been called back; `unknown` where it says nothing about the payment. Throws
     * {@link InvalidCallback} where the answer is not the provider's word.
     */
    read(
      response: ProviderResponse,
      question: PaymentQuestion,
      account: PayableAccount,
    ): ProviderNotice | { outcome: 'unknown'; resultCode: string };
    /** Present where an order that nobody is to pay any more can be withdrawn; the answer is read as that to a question. */
    withdraw?(question: PaymentQuestion, account: PayableAccount): ProviderRequest;
  };

  /** Present where the provider can give money back. `ask` and `told` follow up a refund that was `pending` or `unknown`. */
  readonly refunds?: {
    request(order: RefundOrder, account: PayableAccount): ProviderRequest;
    /** Throws {@link InvalidCallback} where the answer is not the provider's word. */
    read(response: ProviderResponse, order: RefundOrder, account: PayableAccount): RefundAnswer;
    ask?(order: RefundOrder, account: PayableAccount, askedAt: Instant): ProviderRequest;
    told?(response: ProviderResponse, order: RefundOrder, account: PayableAccount): RefundAnswer;
  };
}
