import type {
  Acknowledgement,
  NextStep,
  NoticeSource,
  PayableAccount,
  PaymentOrder,
  PaymentProvider,
  ProviderNotice,
  ProviderRequest,
  ProviderResponse,
  RawCallback,
  RefundAnswer,
} from '../../../shared/domain/payment/provider.ts';
import { formatInstant, type Instant } from '../../../shared/domain/time.ts';

/** A provider as its documents describe it: what it says, how it signs, what it expects to hear. Written anew for the tests. */

/** What a callback tells. Amount in dong. `paidAt` where the provider tells it. */
export type Said = {
  reference: string;
  amount: number;
  transactionId: string;
  code: string;
  terminal: string;
  paidAt: Instant;
  /** When our attempt was made: some name an order by its day. */
  createdAt: Instant;
  /** Any text that the provider passes through. */
  text: string;
};

export type Bent = {
  /** The whole secret of an account, as it is registered. */
  secret?: string;
  /** What becomes of the signature on its way; `undefined` takes it away. */
  signature?: (signature: string) => string | undefined;
  /** Signed over the same members in another order. */
  reordered?: boolean;
  /** The amount stands there a second time, in another height. */
  doubled?: boolean;
  /** A member of which no document knows, signed where the rule signs all. */
  unknownMember?: boolean;
  /** The amount as it is written on the wire, whatever it should be. */
  wireAmount?: string;
};

/** Outcomes by the result codes that are documented for a callback. */
export type Codes = Partial<Record<Exclude<ProviderNotice['outcome'], 'ignored'>, readonly string[]>>;

/** Where the order shows on the wire: in the request that tells of it, or in the step that the citizen takes. */
export type Sent = { request?: ProviderRequest; step: NextStep };

export type Party = {
  provider: NoticeSource | PaymentProvider;
  account: PayableAccount;
  otherSecret: string;
  /** Texts that are no secret here. */
  noSecrets: readonly string[];
  /** Parts of a dong on the wire. */
  unit: 1 | 100;
  /** Whether the bytes of a callback are signed, so that the same members in another order are none. */
  signsBytes?: boolean;
  /** Whether a callback tells when the payer's bank debited. */
  tellsTime: boolean;
  /** Absent where nobody calls back under this name. */
  callbacks?: {
    write(said: Said, bent?: Bent): RawCallback;
    codes: Codes;
    /** A code that is in no table; absent where a callback carries none. */
    unknownCode?: string;
    answers: Record<Acknowledgement, { status: number; body: unknown }>;
    /** Whether a member that counts lies outside what is signed. */
    unsignedStatus?: boolean;
    /** Under which provider and terminal citizens pay, where another tells of it. */
    paidAt?: { providerId: string };
  };
  /** Absent for who only tells of credits. */
  payments?: {
    /** The provider's answer to being told of an order. */
    prepared?(order: PaymentOrder): ProviderResponse;
    /** An answer that refuses for good; absent where none is documented. */
    refused?: ProviderResponse;
    amount(sent: Sent): string;
    reference(sent: Sent): string;
    /** Free text on the wire; absent where there is none. */
    description?(sent: Sent): string;
    mostDescription?: number;
    /** The signature on the wire and what it should be, by the provider's rule. */
    signed?(sent: Sent): [given: string, expected: string];
  };
  query?: {
    answer(said: Said, bent?: Bent): ProviderResponse;
    codes: Codes;
    unknownCode: string;
    /** Whether its answers are signed. */
    signed: boolean;
    request(request: ProviderRequest, said: Said): void;
    /** How an order is withdrawn, where it can be. */
    withdrawal?(request: ProviderRequest, said: Said): void;
  };
  refund?: {
    answer(code: string): ProviderResponse;
    codes: Record<string, RefundAnswer['outcome']>;
    request(request: ProviderRequest): void;
    told?: { answer(code: string): ProviderResponse; codes: Record<string, RefundAnswer['outcome']> };
  };
};

export const post = (
  body: string,
  contentType: string,
  more: { headers?: Record<string, string>; rawQuery?: string } = {},
): RawCallback => ({
  method: 'POST',
  rawQuery: more.rawQuery ?? '',
  headers: { 'content-type': contentType, ...more.headers },
  body: Buffer.from(body),
});

export const get = (rawQuery: string): RawCallback => ({
  method: 'GET',
  rawQuery,
  headers: {},
  body: new Uint8Array(),
});

export const answered = (body: unknown, status = 200): ProviderResponse => ({
  status,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

/** Takes the members in another order. */
export const inOrder = <T>(list: readonly T[], bent: Bent): T[] => (bent.reordered ? [...list].reverse() : [...list]);

/** A JSON text in which one member stands twice. */
export const doubledMember = (json: string, name: string, raw: string): string =>
  `${json.slice(0, -1)},"${name}":${raw}}`;

export const bodyOf = ({ request }: Sent): Record<string, unknown> =>
  JSON.parse(request?.body ?? '{}') as Record<string, unknown>;

export function queryOf({ step }: Sent): URLSearchParams {
  if (step.kind !== 'redirect') throw new Error(`no page but ${step.kind}`);
  return new URL(step.url).searchParams;
}

export function fieldsOf({ step }: Sent): Record<string, string> {
  if (step.kind !== 'form') throw new Error(`no form but ${step.kind}`);
  return step.fields;
}

/** `yyyy-MM-dd HH:mm:ss` in Vietnam, as several write it. */
export const spaced = (at: Instant): string => formatInstant(at).slice(0, 19).replace('T', ' ');
export const compact = (at: Instant): string => spaced(at).replace(/[-: ]/g, '');
