import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import type { NumberKey } from './create-invoice.ts';

const LEAST_KEY_CHARACTERS = 32;
const Version = lazy(() => z.object({ version: z.int().min(1), key: z.string().min(LEAST_KEY_CHARACTERS) }));
const Versions = lazy(() => z.array(Version).min(1));

/**
 * The keys of invoice numbers from their secret: plain text is version 1; a JSON array `[{ version, key }]`, newest first,
 * holds several. Throws when the secret is neither.
 */
export function numberKeysFrom(secret: string): [NumberKey, ...NumberKey[]] {
  if (!secret.startsWith('[')) return [Version.parse({ version: 1, key: secret })];
  const [newest, ...older] = Versions.parse(JSON.parse(secret));
  if (!newest) throw new Error('no key of invoice numbers');
  return [newest, ...older];
}
