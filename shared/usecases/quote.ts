import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { QuoteFacts } from '../domain/fees/facts.ts';
import { price } from '../domain/fees/price.ts';
import { canonicalPrice, type Priced, type Refused } from '../domain/fees/priced.ts';
import type { Procedure } from '../domain/fees/procedure.ts';
import { AgencyCode, Channel, DossierCode, ProcedureCode } from '../domain/identity/codes.ts';
import { InvoiceLine, MAX_LINES } from '../domain/invoice/invoice.ts';
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
const QuoteClaims = z.strictObject({
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
});
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
  { procedure, registry, quoteKey, now }: QuoteDependencies,
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
    lines: priced.lines.map(({ feeItem, kind, quantity, amount, beneficiary }) => ({
      feeItem,
      kind,
      quantity,
      amount,
      beneficiary,
    })),
    total: priced.total,
    hash,
    expiresAt: at + QUOTE_LIFETIME_MILLISECONDS,
  });
  return { quote: sign(claims, quoteKey), expiresAt: claims.expiresAt, priced, hash };
}

/** Prices a quote's own facts again by the catalogue of now. Refusals: quote_invalid. */
export function verifyQuote(
  token: string,
  caller: Caller,
  { procedure, quoteKey, now }: QuoteDependencies,
): { equal: boolean; expired: boolean; hash: string; recomputedHash: string } {
  const claims = openQuote(token, quoteKey);
  if (claims.clientId !== caller.clientId) throw new Refusal('quote_invalid');
  const found = procedure(claims.procedureCode);
  const priced = found && price(found, claims);
  const recomputedHash = priced?.kind === 'priced' ? sha256(canonicalPrice(priced)) : '';
  return {
    equal: recomputedHash === claims.hash,
    expired: now() > claims.expiresAt,
    hash: claims.hash,
    recomputedHash,
  };
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
    case 'facts_needed':
      return new Refusal(
        'facts_missing',
        refused.detail,
        refused.factsNeeded.map((need) =>
          at(
            need.pointer,
            need.type === 'integer'
              ? `${need.feeItem}: a whole number from ${need.minimum} to ${need.maximum}`
              : `${need.choose}: ${need.options.map((option) => option.feeItem).join(', ')}`,
          ),
        ),
      );
    case 'unknown_fee_item':
      return new Refusal('unprocessable', refused.detail, [at('/facts/items', 'unknown fee item')]);
    case 'fact_not_applicable':
      return new Refusal('unprocessable', refused.detail, [at(refused.pointer, 'not applicable')]);
    default:
      return new Refusal('not_priceable', refused.detail);
  }
}
