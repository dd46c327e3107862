import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { writeAtomically } from '../data-directory.ts';
import { simulators } from './players.ts';
import type { Merchant } from './speech.ts';

/** Keys that the simulated providers hand out: random, made once a data directory, for its owner's eyes only. */

/** In the data directory: the keys of the simulated providers, and where they are. `npm run provider -- probe` reads both. */
export const MERCHANTS_FILE = 'simulators.json';
export const PLAYED_FILE = 'played-providers.json';
const Merchants = z.record(
  z.string(),
  z.object({ terminal: z.string(), secret: z.string(), own: z.string().optional() }),
);

/** By provider. The keys are written down before anybody registers them. */
export function merchantsIn(dataDirectory: string): ReadonlyMap<string, Merchant> {
  const file = path.join(dataDirectory, MERCHANTS_FILE);
  const before = existsSync(file) ? Merchants.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  const all = new Map([...simulators].map(([id, one]) => [id, before[id] ?? one.hireMerchant(digits)]));
  writeAtomically(file, JSON.stringify(Object.fromEntries(all), undefined, 2));
  return all;
}

const digits = (bytes: number): string => randomBytes(bytes).toString('hex');
