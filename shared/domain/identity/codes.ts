import * as z from 'zod';
import { lazy } from '../lazy.ts';

/**
 * Electronic identifier of an agency (mã định danh điện tử): dotted groups of digits and capitals, at most 35 characters,
 * level 1 last in the old style. Source: QĐ 20/2020/QĐ-TTg.
 */
export const AgencyCode = lazy(() =>
  z
    .string()
    .regex(/^(?=.{3,35}$)[0-9A-Z]+(?:\.[0-9A-Z]+)*$/)
    .meta({ examples: ['H29.12'] }),
);
export type AgencyCode = z.infer<typeof AgencyCode>;

/** Code of an administrative procedure, `N.NNNNNN`. Source: the national database of procedures. */
export const ProcedureCode = lazy(() =>
  z
    .string()
    .regex(/^[0-9]\.[0-9]{6}$/)
    .meta({ examples: ['3.000347'] }),
);
export type ProcedureCode = z.infer<typeof ProcedureCode>;

/**
 * Code of a dossier. The rule (TT 03/2025/TT-VPCP) is not settled between systems, so it is an opaque key: visible ASCII
 * without anything that a URL, a CSV file or a key would read as structure.
 */
export const DossierCode = lazy(() =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{2,63}$/)
    .meta({ examples: ['H29.12-261122-0001'] }),
);
export type DossierCode = z.infer<typeof DossierCode>;

/** Where the dossier was handed in: online, at the counter, or by public post. */
export const Channel = lazy(() => z.enum(['online', 'counter', 'post']));
export type Channel = z.infer<typeof Channel>;
