import * as z from 'zod';
import { lazy } from '../../shared/domain/lazy.ts';
import { Terminal } from '../../shared/domain/registry/registry.ts';

/** Most that the page takes, in dong: more than the manifest allows, so that limits can be tried too. */
const MAX_AMOUNT = 999_999_999_999_999;
const MAX_URL = 2_048;
export const MAX_COPIES = 10;

const Amount = lazy(() => z.int().min(1).max(MAX_AMOUNT));

/** Where the citizen goes afterwards: http or https only, never `javascript:` and its like. */
const ReturnUrl = lazy(() =>
  z
    .string()
    .max(MAX_URL)
    .regex(/^https?:\/\/[!-~]+$/)
    .refine((text) => URL.canParse(text), { message: 'no URL' }),
);

const order = {
  terminal: Terminal,
  /** Any reference, also one that Thuphi never gave out: that, too, can be tried. */
  ref: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  amount: Amount,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('VND'),
  returnUrl: ReturnUrl.optional(),
  language: z.enum(['vi', 'en']).default('vi'),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
};

/** What the page is asked to take a payment for. */
export const Order = lazy(() => z.strictObject(order));
export type Order = z.infer<typeof Order>;

/** What the bank then does. Each is a thing that real banks do. */
export const Outcome = lazy(() => z.enum(['pay', 'decline', 'pay_twice', 'wrong_amount', 'silent']));
export type Outcome = z.infer<typeof Outcome>;

export const Decision = lazy(() =>
  z
    .strictObject({
      ...order,
      outcome: Outcome,
      /** How often the very same callback is sent, all at once. */
      copies: z.int().min(1).max(MAX_COPIES).default(1),
      /** With `wrong_amount`: what is added to the amount, in dong. */
      difference: z.int().default(-1),
    })
    .refine(
      ({ outcome, amount, difference }) =>
        outcome !== 'wrong_amount' || (difference !== 0 && Amount.safeParse(amount + difference).success),
      { path: ['difference'], message: 'leaves no wrong amount' },
    ),
);
export type Decision = z.infer<typeof Decision>;

/** Fields whose text is a number in a form or a query. */
const numeric = new Set(['amount', 'copies', 'difference']);

/** A whole number in a form: its sign and at most 15 digits, a safe integer. */
const NUMBER = /^-?[0-9]{1,15}$/;

export type ReadFields = { ok: true; fields: Record<string, unknown> } | { ok: false; twice: string };

/** A form or a query as plain values: empty fields are absent. A field that stands twice is named instead. */
export function fieldsOf(encoded: string): ReadFields {
  const seen = new Set<string>();
  const fields = new Map<string, unknown>();
  for (const [name, value] of new URLSearchParams(encoded)) {
    if (seen.has(name)) return { ok: false, twice: name };
    seen.add(name);
    if (value !== '') fields.set(name, numeric.has(name) && NUMBER.test(value) ? Number(value) : value);
  }
  return { ok: true, fields: Object.fromEntries(fields) };
}
