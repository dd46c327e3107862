import * as z from 'zod';
import { lazy } from '../lazy.ts';

/** Shapes of the lists that identifiers are checked against. The lists themselves are data of the catalogue. */

const confidence = lazy(() => z.enum(['high', 'medium-high', 'medium', 'low']));
const day = lazy(() => z.iso.date());

export const Bank = lazy(() =>
  z.strictObject({
    /** Six digits, as NAPAS routes by them. */
    bin: z.string().regex(/^[0-9]{6}$/),
    code: z.string().min(1).max(20),
    shortName: z.string().min(1).max(80),
    name: z.string().min(1).max(200),
    swift: z
      .string()
      .regex(/^[A-Z0-9]{8}(?:[A-Z0-9]{3})?$/)
      .optional(),
    /** Renamed: another row has the name of now. */
    deprecated: z.boolean().default(false),
  }),
);
export type Bank = z.infer<typeof Bank>;

export const SubItem = lazy(() =>
  z.strictObject({
    code: z.string().regex(/^[0-9]{4}$/),
    name: z.string().min(1).max(200),
    group: z.enum(['tax', 'land', 'phi', 'le_phi', 'fine']),
    confidence,
  }),
);
export type SubItem = z.infer<typeof SubItem>;

export const Province = lazy(() =>
  z.strictObject({
    /** `63`: as they were to 30 June 2025, `34`: as they are since. */
    set: z.enum(['63', '34']),
    code: z.string().regex(/^[0-9]{2}$/),
    name: z.string().min(1).max(60),
    unit: z.enum(['thanh_pho', 'tinh']),
    /** Level-1 code of its agencies (Decision 20/2020/QĐ-TTg). */
    agencyCode: z.string().regex(/^H[0-9]{2}$/),
    agencyCodeConfidence: confidence,
    /** Of the 63: the code of the province that it is part of now. */
    nowIn: z
      .string()
      .regex(/^[0-9]{2}$/)
      .optional(),
    effectiveFrom: day,
    effectiveTo: day.optional(),
  }),
);
export type Province = z.infer<typeof Province>;

const list = <S extends z.ZodType>(rows: S) =>
  z.strictObject({ source: z.array(z.string().min(1)).min(1), rows: z.array(rows).min(1) });

export const BankList = lazy(() => list(Bank));
export const SubItemList = lazy(() => list(SubItem));
export const ProvinceList = lazy(() => list(Province));
