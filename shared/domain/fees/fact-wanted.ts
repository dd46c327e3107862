import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { Words } from './words.ts';

/** Facts that a tariff reads of a dossier, described for whoever must supply them. */

const named = { fact: z.string(), name: Words };
const bounds = { minimum: z.int(), maximum: z.int() };
const Allowed = lazy(() => z.array(lazy(() => z.strictObject({ value: z.union([z.string(), z.int()]), name: Words }))));

const Member = lazy(() =>
  z.strictObject({
    member: z.string(),
    type: z.enum(['integer', 'text', 'day']),
    name: Words,
    required: z.boolean(),
  }),
);

/** One fact that is needed: its name in the request, its type, its meaning in both languages, the values it may have. */
export const FactWanted = lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('integer'), ...named, ...bounds }),
    z.strictObject({ type: z.literal('one_of'), ...named, allowed: Allowed }),
    z.strictObject({ type: z.literal('boolean'), ...named }),
    z.strictObject({ type: z.literal('object'), ...named, members: z.array(Member) }),
  ]),
);
export type FactWanted = z.infer<typeof FactWanted>;

/** A fact as it went into a price. */
export const Input = lazy(() => z.strictObject({ ...named, value: z.union([z.string(), z.int(), z.boolean()]) }));
export type Input = z.infer<typeof Input>;
