import * as z from 'zod';
import { QuoteFacts } from '../domain/fees/facts.ts';
import { PricedLine, Relief } from '../domain/fees/priced.ts';
import { ProcedureCode } from '../domain/identity/codes.ts';
import { Bilingual } from './common.ts';

/** Wire shapes of procedures and prices. */

export const ProcedureSummary = z.strictObject({
  code: ProcedureCode,
  name: Bilingual,
  levels: z.array(z.string()),
  /** Whether its fees can be computed; if not, the procedure itself says why. */
  priceable: z.boolean(),
});

/** The catalogue’s own record of a procedure: items, tariffs, conditions and their legal basis. */
export const ProcedureBody = ProcedureSummary.extend({
  items: z.array(z.looseObject({ id: z.string(), name: Bilingual })),
}).loose();

export { PricedLine, QuoteFacts, Relief };
