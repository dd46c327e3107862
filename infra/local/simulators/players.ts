import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Simulator } from './speech.ts';

/** Who plays the providers: all that the files of `players/` export, so that a further one is one more file. */

const FOLDER = path.join(import.meta.dirname, 'players');
const isSimulator = (exported: unknown): exported is Simulator =>
  typeof exported === 'object' && exported !== null && 'hireMerchant' in exported;

const modules = await Promise.all(
  readdirSync(FOLDER).map((file) => import(path.join(FOLDER, file)) as Promise<Record<string, unknown>>),
);

/** By the provider's id. */
export const simulators: ReadonlyMap<string, Simulator> = new Map(
  modules
    .flatMap((exports) => Object.values(exports))
    .filter(isSimulator)
    .map((one) => [one.id, one]),
);
