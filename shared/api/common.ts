import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';

/** Shapes that several calls share. */

/** 8 to 64 visible ASCII characters, chosen by the caller. */
export const IdempotencyKey = lazy(() => z.string().regex(/^[!-~]{8,64}$/));

/** RFC 3339 with `+07:00`, as all instants leave this service. */
export const InstantText = lazy(() =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?\+07:00$/)
    .meta({ format: 'date-time', examples: ['2026-11-22T09:14:03+07:00'] }),
);

/** An instant as callers may send it: RFC 3339 with any offset, always with one; read as milliseconds. */
export const InstantInput = lazy(() =>
  z.iso
    .datetime({ offset: true })
    .refine((text) => !Number.isNaN(Date.parse(text)), { message: 'no such instant' })
    .meta({ examples: ['2026-11-22T09:14:03+07:00'] }),
);

/** A day in Asia/Ho_Chi_Minh, of years in which there can be a payment: days before and after it are reckoned with. */
export const DayText = lazy(() =>
  z.iso
    .date()
    .refine((day) => day >= '2000-01-01' && day <= '2999-12-31', { message: 'a day of the years 2000 to 2999' })
    .meta({ examples: ['2026-11-22'] }),
);

/** Amount in dong where it stands alone. */
export const MoneyBody = lazy(() => z.strictObject({ amount: z.int().min(0), currency: z.literal('VND') }));

export const money = (amount: number) => ({ amount, currency: 'VND' as const });

/** Words in the two languages that citizens and clerks see. */
export const Bilingual = lazy(() => z.strictObject({ vi: z.string(), en: z.string() }));

/** When a provider takes no payments, and what citizens are told of it. */
export const OutageBody = lazy(() => z.strictObject({ from: InstantText, until: InstantText, words: Bilingual }));

const FORBIDDEN =
  // Control characters, bidirectional overrides, zero-width marks, and halves of surrogate pairs: none belongs in a name.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is what this pattern is for.
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Text that a person wrote: 1 to `most` characters, NFC, no control or direction characters, no space at the ends. */
export const writtenText = (most: number, example?: string) =>
  z
    .string()
    // Before NFC and trimming a text may be longer; how long it may be in the end is what callers are told.
    .max(most * 4)
    .refine((text) => !FORBIDDEN.test(text), { message: 'has control, direction or zero-width characters' })
    .meta({ minLength: 1, maxLength: most, ...(example !== undefined && { examples: [example] }) })
    .transform((text) => text.normalize('NFC').trim())
    .pipe(z.string().min(1).max(most));

/** Page size of lists. */
export const MAX_PAGE = 100;
const DEFAULT_PAGE = 50;
/** Query values are text; a number is plain ASCII digits. */
export const Limit = lazy(() =>
  z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(MAX_PAGE))
    .default(DEFAULT_PAGE),
);
export const Cursor = lazy(() => z.string().min(1).max(1024));

export const page = <S extends z.ZodType>(item: S) =>
  z.strictObject({ data: z.array(item), nextCursor: z.string().nullable() });
