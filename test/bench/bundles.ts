import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { steps } from '../../infra/bundle.ts';
import { providersOf } from '../../shared/providers/index.ts';
import { counted, type Row } from './rows.ts';

const KB = 1000;
const LIMITS: Record<string, number> = { 'provider-callback': 380 * KB, 'portal-api': 420 * KB };
const PROVIDERS = providersOf('sandbox', '').size;
const PER_PROVIDER = 8 * KB;
/** Must not be in any bundle: they cost start-up time and nobody reaches them. */
const FORBIDDEN =
  /zod\/v4\/locales\/|powertools\/(?:tracer|parser)|credential-provider-(?:sso|ini|imds|node)|client-sso/;

const Metafile = z.object({
  outputs: z.record(z.string(), z.object({ inputs: z.record(z.string(), z.unknown()) })),
});

/** Bytes of all that a function may ever run: its bundle and what it loads late. Data and compiled code are no part. */
async function programs(folder: string): Promise<number> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(path.join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** G3: sizes of the bundles in `folder`, and what must not be in them. */
export async function bundles(folder: string): Promise<Row[]> {
  const { outputs } = Metafile.parse(JSON.parse(await readFile(path.join(folder, 'metafile.json'), 'utf8')));
  const rows: Row[] = [];
  for (const name of await steps(path.resolve(import.meta.dirname, '../../functions'))) {
    const size = await programs(path.join(folder, name));
    const limit = LIMITS[name] ?? Number.POSITIVE_INFINITY;
    const providers = name === 'provider-callback' ? PROVIDERS * PER_PROVIDER : 0;
    rows.push(counted('G3', `bundle of ${name}`, size, limit + providers, 'B'));
    const [, output] = Object.entries(outputs).find(([file]) => file.endsWith(`${name}/index.js`)) ?? [];
    const inputs = Object.keys(output?.inputs ?? {});
    const clients = new Set(inputs.flatMap((file) => /@aws-sdk\/(client-[a-z0-9-]+)\//.exec(file)?.[1] ?? []));
    rows.push(counted('G3', `AWS clients in ${name}`, clients.size, 2));
    rows.push(counted('G3', `unwanted modules in ${name}`, inputs.filter((file) => FORBIDDEN.test(file)).length, 0));
  }
  return rows;
}
