import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { QuoteFacts } from '../domain/fees/facts.ts';
import { price } from '../domain/fees/price.ts';
import {
  canonicalPrice,
  type FactNeeded,
  MAX_QUOTE_LENGTH,
  type Priced,
  type PricedLine,
  type Refused,
} from '../domain/fees/priced.ts';
import type { Procedure } from '../domain/fees/procedure.ts';
import { AgencyCode, Channel, DossierCode, ProcedureCode } from '../domain/identity/codes.ts';
import { InvoiceLine, MAX_LINES } from '../domain/invoice/invoice.ts';
import { lazy } from '../domain/lazy.ts';
import { Dong } from '../domain/money/dong.ts';
import { notFound, Refusal, type WrongPlace } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { type Agency, mayActFor } from '../domain/registry/registry.ts';
import type { Instant } from '../domain/time.ts';
import { sha256 } from './hashing.ts';

/** How long a price stands before an invoice must be made from it, in milliseconds. */
export const QUOTE_LIFETIME_MILLISECONDS = 30 * 60_000;

/** How far ahead of now a dossier's submission may lie (clocks differ), in milliseconds. */
const SUBMISSION_AHEAD_MILLISECONDS = 24 * 60 * 60_000;

/** What a quote token carries: the priced lines themselves, so that a later catalogue cannot change them. */
const QuoteClaims = lazy(() =>
  z.strictObject({
    v: z.literal(1),
    clientId: z.string(),
    agencyCode: AgencyCode,
    dossierCode: DossierCode.optional(),
    procedureCode: ProcedureCode,
    channel: Channel,
    submittedAt: z.int(),
    facts: QuoteFacts,
    lines: z.array(InvoiceLine).min(1).max(MAX_LINES),
    total: Dong,
    hash: z.string(),
    expiresAt: z.int(),
    /** Which version of the catalogue it was priced by. */
    catalogueVersion: z.int().optional(),
  }),
);
export type QuoteClaims = z.infer<typeof QuoteClaims>;

export type QuoteRequest = {
  procedureCode: string;
  agencyCode: string;
  dossierCode?: string | undefined;
  channel: Channel;
  submittedAt: Instant;
  facts: QuoteFacts;
};

export type QuoteDependencies = {
  procedure: (code: string) => Procedure | undefined;
  /** The version that `procedure` is of; a quote that is not handed out need not name it. */
  catalogueVersion?: number;
  registry: Pick<RegistryReader, 'agency'>;
  /** Key under which quotes are signed. */
  quoteKey: string;
  now: () => Instant;
};

export type Quoted = { quote: string; expiresAt: Instant; priced: Priced; hash: string };

/**
 * Prices a dossier and signs the price. Writes nothing.
 * Refusals: not_found, unknown_agency, facts_missing, not_priceable, unprocessable.
 */
export async function createQuote(
  request: QuoteRequest,
  caller: Caller,
  { procedure, catalogueVersion, registry, quoteKey, now }: QuoteDependencies,
): Promise<Quoted> {
  await requireAgency(request.agencyCode, caller, registry);
  const at = now();
  if (request.submittedAt > at + SUBMISSION_AHEAD_MILLISECONDS)
    throw new Refusal('unprocessable', undefined, [{ pointer: '/body/submittedAt', message: 'lies in the future' }]);
  const found = procedure(request.procedureCode);
  if (!found)
    throw new Refusal('unprocessable', undefined, [{ pointer: '/body/procedureCode', message: 'no such procedure' }]);
  const priced = price(found, request);
  if (priced.kind === 'refused') throw refusalOf(priced);
  const hash = sha256(canonicalPrice(priced));
  const claims = QuoteClaims.parse({
    v: 1,
    clientId: caller.clientId,
    ...request,
    lines: priced.lines.map(invoiceLine),
    total: priced.total,
    hash,
    expiresAt: at + QUOTE_LIFETIME_MILLISECONDS,
    ...(catalogueVersion !== undefined && { catalogueVersion }),
  });
  const quote = sign(claims, quoteKey);
  if (quote.length > MAX_QUOTE_LENGTH)
    throw new Refusal('unprocessable', undefined, [{ pointer: '/body/facts', message: 'too much for one quote' }]);
  return { quote, expiresAt: claims.expiresAt, priced, hash };
}

/** How a line of a quote differs from what the catalogue of now says. */
export type QuoteDifference = {
  feeItem: string;
  what: 'amount' | 'quantity' | 'kind' | 'beneficiary' | 'no_longer_due' | 'newly_due';
  quoted: string | number | null;
  recomputed: string | number | null;
};

export type Verified = {
  equal: boolean;
  expired: boolean;
  hash: string;
  /** Empty where the catalogue of now cannot price the facts; `refused` says why. */
  recomputedHash: string;
  /** Lines that differ. None, and yet not equal: the same money by other texts of law. */
  differences: QuoteDifference[];
  refused: { code: string; detail: { vi: string; en: string } } | null;
  /** The same by the version that the quote names: the proof that it was priced by that law. Null where it names none. */
  asQuoted: { catalogueVersion: number; equal: boolean } | null;
};

/**
 * Prices a quote's own facts again by the catalogue of now, and says whether it comes to the same money by the same law, or
 * how it differs; and again by the version that it was priced by. An invoice made from the quote keeps its price either way.
 * Refusals: quote_invalid.
 */
export function verifyQuote(
  token: string,
  caller: Caller,
  {
    procedure,
    procedureAsQuoted,
    quoteKey,
    now,
  }: Pick<QuoteDependencies, 'procedure' | 'quoteKey' | 'now'> & { procedureAsQuoted: QuoteDependencies['procedure'] },
): Verified {
  const claims = openQuote(token, quoteKey);
  if (claims.clientId !== caller.clientId) throw new Refusal('quote_invalid');
  const { procedureCode, catalogueVersion } = claims;
  const [priced, own] = [procedure, procedureAsQuoted].map((law) => priceBy(law(procedureCode), claims));
  const recomputedHash = hashOf(priced);
  return {
    equal: recomputedHash === claims.hash,
    expired: now() > claims.expiresAt,
    hash: claims.hash,
    recomputedHash,
    differences: priced?.kind === 'priced' ? differencesOf(claims.lines, priced.lines.map(invoiceLine)) : [],
    refused: priced === undefined ? UNKNOWN_PROCEDURE : priced.kind === 'refused' ? refusedShortly(priced) : null,
    asQuoted: catalogueVersion === undefined ? null : { catalogueVersion, equal: hashOf(own) === claims.hash },
  };
}

const priceBy = (law: Procedure | undefined, claims: QuoteClaims): Priced | Refused | undefined =>
  law && price(law, claims);
/** Empty where nothing was priced. */
const hashOf = (priced: Priced | Refused | undefined): string =>
  priced?.kind === 'priced' ? sha256(canonicalPrice(priced)) : '';

const UNKNOWN_PROCEDURE = {
  code: 'unknown_procedure',
  detail: { vi: 'Danh mục hiện hành không có thủ tục này.', en: 'The present catalogue has no such procedure.' },
};
const refusedShortly = ({ code, detail }: Refused) => ({ code, detail });

/** What of a priced line stands on an invoice. */
const invoiceLine = ({ feeItem, kind, quantity, amount, beneficiary }: PricedLine): InvoiceLine => ({
  feeItem,
  kind,
  quantity,
  amount,
  beneficiary,
});

/** Line by line, the n-th line of a fee item with the n-th. */
function differencesOf(quoted: readonly InvoiceLine[], recomputed: readonly InvoiceLine[]): QuoteDifference[] {
  const ids = [...new Set([...quoted, ...recomputed].map((line) => line.feeItem))].sort();
  return ids.flatMap((feeItem) => {
    const [old, now] = [quoted, recomputed].map((lines) => lines.filter((line) => line.feeItem === feeItem));
    const pairs = Array.from({ length: Math.max(old?.length ?? 0, now?.length ?? 0) }, (_, at) => [
      old?.[at],
      now?.[at],
    ]);
    return pairs.flatMap(([was, is]): QuoteDifference[] => {
      if (!was) return [{ feeItem, what: 'newly_due', quoted: null, recomputed: is?.amount ?? null }];
      if (!is) return [{ feeItem, what: 'no_longer_due', quoted: was.amount, recomputed: null }];
      return (['amount', 'quantity', 'kind', 'beneficiary'] as const)
        .filter((member) => was[member] !== is[member])
        .map((what) => ({ feeItem, what, quoted: was[what], recomputed: is[what] }));
    });
  });
}

/** Reads a token that this service signed. Throws the refusal quote_invalid for any other text. */
export function openQuote(token: string, quoteKey: string): QuoteClaims {
  const [payload = '', signature = '', ...more] = token.split('.');
  const given = Buffer.from(signature, 'base64url');
  const expected = createHmac('sha256', quoteKey).update(payload).digest();
  const genuine = more.length === 0 && given.length === expected.length && timingSafeEqual(given, expected);
  if (!genuine) throw new Refusal('quote_invalid');
  const claims = QuoteClaims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  // Signed by an older or newer version of this service: the caller prices again.
  if (!claims.success) throw new Refusal('quote_invalid');
  return claims.data;
}

function sign(claims: QuoteClaims, quoteKey: string): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${payload}.${createHmac('sha256', quoteKey).update(payload).digest('base64url')}`;
}

/** Another agency's code is answered as if it did not exist; an own one must be registered and active, and is returned. */
export async function requireAgency(
  agencyCode: string,
  caller: Caller,
  registry: Pick<RegistryReader, 'agency'>,
): Promise<Agency> {
  if (!mayActFor(caller.client, agencyCode)) throw notFound();
  const agency = await registry.agency(agencyCode);
  if (!agency?.active) throw new Refusal('unknown_agency');
  return agency;
}

function refusalOf(refused: Refused): Refusal {
  const at = (pointer: string, message: string): WrongPlace => ({ pointer: `/body${pointer}`, message });
  switch (refused.code) {
    case 'facts_needed': {
      const factsNeeded = refused.factsNeeded.map((need) => ({ ...need, pointer: `/body${need.pointer}` }));
      const errors = refused.factsNeeded.map((need) => at(need.pointer, wanted(need)));
      return new Refusal('facts_missing', refused.detail, errors, { factsNeeded });
    }
    case 'unknown_fee_item':
      return new Refusal('unprocessable', refused.detail, [at('/facts/items', 'unknown fee item')]);
    case 'fact_not_applicable':
      return new Refusal('unprocessable', refused.detail, [at(refused.pointer, refused.detail.en)]);
    case 'no_tariff':
    case 'conditional_tariff_only':
    case 'ambiguous_tariff':
      return new Refusal('not_priceable', refused.detail, [], {
        reason: refused.code,
        tariffs: refused.tariffs.slice(0, MAX_TARIFFS_TOLD),
      });
    default:
      return new Refusal('not_priceable', refused.detail, [], { reason: refused.code });
  }
}

/** Most tariffs that one problem lists. */
const MAX_TARIFFS_TOLD = 100;

/** One fact that is needed, in a line. */
function wanted(need: FactNeeded): string {
  switch (need.type) {
    case 'choice':
      return `${need.choose}: ${need.options.map((option) => option.feeItem).join(', ')}`;
    case 'integer':
      return `${need.feeItem}: a whole number from ${need.minimum} to ${need.maximum}`;
    case 'one_of':
      return `${need.feeItem}: one of ${need.allowed.map((one) => one.value).join(', ')}`;
    case 'boolean':
      return `${need.feeItem}: true or false`;
    case 'object':
      return `${need.feeItem}: an object with ${need.members.map(({ member, required }) => `${member}${required ? '' : '?'}`).join(', ')}`;
  }
}
