import * as z from 'zod';
import { QuoteFacts } from '../domain/fees/facts.ts';
import { FactNeeded, KnownTariff, MAX_QUOTE_LENGTH, PricedLine, Relief } from '../domain/fees/priced.ts';
import { ProcedureCode } from '../domain/identity/codes.ts';
import { lazy } from '../domain/lazy.ts';
import { Bilingual } from './common.ts';

/** Wire shapes of procedures and prices. */

export const ProcedureSummary = lazy(() =>
  z.strictObject({
    code: ProcedureCode,
    name: Bilingual,
    levels: z.array(z.string()),
    /** Whether its fees can be computed; if not, the procedure itself says why. */
    priceable: z.boolean(),
  }),
);

/** The catalogue’s own record of a procedure: items, tariffs, conditions and their legal basis. */
export const ProcedureBody = lazy(() =>
  ProcedureSummary.extend({
    /** Which version of the catalogue says so. */
    catalogueVersion: z.int(),
    items: z.array(z.looseObject({ id: z.string(), name: Bilingual })),
  }).loose(),
);

const Told = lazy(() => z.union([z.string(), z.int()]).nullable());

/** Whether the catalogue of now prices a quote's facts as the quote did. */
export const VerifiedQuote = lazy(() =>
  z.strictObject({
    equal: z.boolean(),
    expired: z.boolean(),
    hash: z.string(),
    /** Empty where the facts cannot be priced now. */
    recomputedHash: z.string(),
    /** Lines that differ. None, and yet not equal: the same money by other texts of law. */
    differences: z.array(
      z.strictObject({
        feeItem: z.string(),
        what: z.enum(['amount', 'quantity', 'kind', 'beneficiary', 'no_longer_due', 'newly_due']),
        quoted: Told,
        recomputed: Told,
      }),
    ),
    refused: z.strictObject({ code: z.string(), detail: Bilingual }).nullable(),
    /** Whether the version that priced it prices it so again. Null for a quote that names none. */
    asQuoted: z.strictObject({ catalogueVersion: z.int(), equal: z.boolean() }).nullable(),
    /** The version of now, by which `equal` is judged. */
    catalogueVersion: z.int(),
  }),
);

/** What problems about prices carry beside their text. */
export const pricingMembers = {
  factsNeeded: lazy(() => z.array(FactNeeded)),
  tariffs: lazy(() => z.array(KnownTariff)),
  reason: z.string(),
};

export { MAX_QUOTE_LENGTH, PricedLine, QuoteFacts, Relief };
