import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { NOT_PLAYED } from '../shared/providers/index.ts';
import { providerCaller } from '../shared/runtime/provider-caller.ts';
import { probeProvider } from '../shared/runtime/provider-probe.ts';
import { MERCHANTS_FILE, PLAYED_FILE } from './local/simulators/merchants.ts';
import { addProvider } from './provider-scaffold.ts';

/**
 * `npm run provider -- add NAME | probe NAME [--account FILE] [--public-url URL] [--local FOLDER]`
 *
 * `add` writes the files of a further provider and the lines that name it: a small invented protocol that keeps the contract. `probe` sends a signed test order to a provider's
 * sandbox with the account in FILE (`{ "terminal", "secret" }`); without FILE to the simulated one of the running local
 * stack, whose data directory is FOLDER (`.thuphi`). Nothing that it prints holds a key or a signature.
 */

const USAGE = 'npm run provider -- add NAME | probe NAME [--account FILE] [--public-url URL] [--local FOLDER]';
const ROOT = path.resolve(import.meta.dirname, '..');

type Account = { terminal: string; secret: string };
const readJson = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

/** The keys and the address of the simulated providers of the local stack whose data directory this is. */
function simulated(name: string, folder: string): { account: Account; played: string } {
  const local = <T>(file: string) => readJson<T>(path.join(folder, file));
  const account = local<Record<string, Account>>(MERCHANTS_FILE)[name];
  if (!account) throw new Error(`no simulator plays ${name}: give the account of its sandbox with --account FILE`);
  return { account, played: local<{ url: string }>(PLAYED_FILE).url };
}

async function probe(name: string, file: string | undefined, publicUrl: string, folder: string): Promise<boolean> {
  const { account, played } =
    file === undefined ? simulated(name, folder) : { account: readJson<Account>(file), played: NOT_PLAYED };
  const caller = providerCaller({ allowLocal: played !== NOT_PLAYED });
  const { passed, lines } = await probeProvider(name, account, { played, publicUrl, caller, now: Date.now });
  for (const line of lines) console.log(line);
  return passed;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      account: { type: 'string' },
      'public-url': { type: 'string', default: 'https://example.invalid' },
      local: { type: 'string', default: path.join(ROOT, '.thuphi') },
    },
  });
  const [what, name] = positionals;
  if (name === undefined || (what !== 'add' && what !== 'probe')) throw new Error(USAGE);
  if (what === 'add') {
    const { made, changed } = addProvider(ROOT, name);
    for (const file of made) console.log(`made     ${file}`);
    for (const file of changed) console.log(`changed  ${file}`);
    console.log(
      '\nAn invented protocol stands there; the provider’s own takes its place, first in the party, then in the adapter:',
    );
    console.log('npx vitest run --config test/vitest.config.ts test/providers');
  } else if (!(await probe(name, values.account, values['public-url'], values.local))) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
