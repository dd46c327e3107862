import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { ProviderId } from '../payment/provider.ts';
import type { RotatedSecretReader, SecretReader } from '../secrets.ts';
import { DAY_MILLISECONDS, type Instant } from '../time.ts';
import { terminalSecretName } from './registry.ts';

/**
 * The secret of a terminal as the secret store holds it. Until it is first replaced with an overlap it is the provider's own
 * text; then it says until when the one before it counts, which stays where the store keeps a replaced value. So whoever
 * registers a secret never has to read one.
 */

/** Longest time for which a replaced secret may still count. Milliseconds. */
export const MAX_OVERLAP_MILLISECONDS = 30 * DAY_MILLISECONDS;

const Rotated = lazy(() =>
  z.strictObject({ thuphi: z.literal('rotated'), secret: z.string(), previousUntil: z.int() }),
);

/** `previousUntil`: the instant from which the replaced secret counts no longer. */
export const writeRotated = (secret: string, previousUntil: Instant): string =>
  JSON.stringify({ thuphi: 'rotated', secret, previousUntil } satisfies z.infer<typeof Rotated>);

/** A provider's own text is never mistaken for a rotated one: no manifest has a member of this name. */
function read(text: string): { secret: string; previousUntil: Instant } {
  // Most keys are no JSON at all, and every callback reads one: finding that out by a throw costs more than its signature.
  if (!text.startsWith('{')) return { secret: text, previousUntil: 0 };
  try {
    const rotated = Rotated.safeParse(JSON.parse(text));
    if (rotated.success) return rotated.data;
  } catch {
    // No JSON: a key of one part.
  }
  return { secret: text, previousUntil: 0 };
}

/** The newest key, which signs; `undefined` where the terminal has no secret. Throws when the store cannot be reached. */
export async function signingKey(
  secrets: SecretReader,
  providerId: ProviderId,
  terminal: string,
): Promise<string | undefined> {
  const text = await secrets.read(terminalSecretName(providerId, terminal));
  return text === undefined ? undefined : read(text).secret;
}

/**
 * The keys that count at this instant, the newest first: it signs; all of them verify. None where the terminal has no
 * secret. Throws when the store cannot be reached.
 */
export async function terminalKeys(
  secrets: RotatedSecretReader,
  providerId: ProviderId,
  terminal: string,
  at: Instant,
): Promise<readonly string[]> {
  const name = terminalSecretName(providerId, terminal);
  const text = await secrets.read(name);
  if (text === undefined) return [];
  const { secret, previousUntil } = read(text);
  if (previousUntil <= at) return [secret];
  const before = await secrets.previous(name);
  return before === undefined ? [secret] : [secret, read(before).secret];
}
