import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalClient } from '../infra/local/issuer.ts';
import type { Limits } from '../infra/local/limits.ts';
import { localClients } from '../infra/local/local-clients.ts';
import { seed } from '../infra/local/seed.ts';
import { merchantsIn, PLAYED_FILE } from '../infra/local/simulators/merchants.ts';
import { type Simulators, startSimulators } from '../infra/local/simulators/server.ts';
import { type LocalStack, startStack } from '../infra/local/stack.ts';
import { synthesize } from '../infra/synth.ts';
import { DAY_MILLISECONDS, SECOND_MILLISECONDS, startOfDay, vietnamDay } from '../shared/domain/time.ts';

/** The whole service on this machine for tests: synthesized once a process, each stack with state of its own. */

const portal = localClients.find(({ kind }) => kind === 'portal');

/** Ready callers and one more: a portal of another province, which must see nothing of the first. */
export const testClients: readonly LocalClient[] = [
  ...localClients,
  { id: 'local-other-portal', kind: 'portal', scopes: portal?.scopes ?? [] },
];

/** A busy machine starts engines and processes slowly, which is no fault of what is tested. */
export const patientLimits = { engineStartMilliseconds: 120_000, initMilliseconds: 120_000 } satisfies Partial<Limits>;

/** What comes again comes soon: nobody waits for a test. */
export const testLimits: Partial<Limits> = {
  ...patientLimits,
  streamRetryFirstMilliseconds: 20,
  streamRetryLastMilliseconds: 200,
  stopMilliseconds: 500,
};

let synthesizing: Promise<string> | undefined;

/** The assembly of the development sandbox, made once a process. */
export function testAssembly(): Promise<string> {
  synthesizing ??= (async () => {
    const folder = temporaryFolder('assembly');
    await synthesize({ outdir: folder, stage: 'sandbox', development: true });
    return folder;
  })();
  return synthesizing;
}

const folders: string[] = [];

/** Takes away every folder that this process has made; to be called when its stacks are stopped. */
export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  synthesizing = undefined;
}

/** A folder for {@link removeTemporaryFolders}. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `thuphi-${name}-`));
  folders.push(folder);
  return folder;
}

/**
 * Starts a stack on free ports and registers the sample agencies, clients and accounts. `played`: where providers are
 * played; without, none but the sandbox bank can be reached.
 */
export async function startTestStack(
  dataDirectory?: string,
  played?: string,
  merchants?: Parameters<typeof seed>[1],
  parameters?: Readonly<Record<string, string>>,
): Promise<LocalStack> {
  await untilDayLasts();
  const stack = await startStack({
    assemblyDirectory: await testAssembly(),
    dataDirectory: dataDirectory ?? temporaryFolder('data'),
    port: 0,
    clients: testClients,
    limits: testLimits,
    parameters: {
      LedgerBegins: vietnamDay(Date.now() - DAY_MILLISECONDS),
      ...(played !== undefined && { PlayedProvidersUrl: played }),
      ...parameters,
    },
  });
  try {
    await seed(stack, merchants);
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return stack;
}

/** A stack whose providers are simulated, each with a terminal that all sample agencies share. */
export async function startSimulatedStack(): Promise<{
  stack: LocalStack;
  simulators: Simulators;
  localFolder: string;
}> {
  const simulators = await startSimulators(0);
  const dataDirectory = temporaryFolder('data');
  const localFolder = temporaryFolder('keys');
  writeFileSync(path.join(localFolder, PLAYED_FILE), JSON.stringify({ url: simulators.url }));
  const merchants = merchantsIn(localFolder);
  for (const [provider, merchant] of merchants) simulators.house.employ(provider, merchant);
  try {
    const stack = await startTestStack(dataDirectory, simulators.url, merchants);
    simulators.tellTo(stack.url);
    return { stack, simulators, localFolder };
  } catch (error) {
    await simulators.stop();
    throw error;
  }
}

const POLL_MILLISECONDS = 25;
/** Far beyond what anything takes on a slow and busy machine: it only ends what does not come at all. */
const PATIENCE_MILLISECONDS = 180_000;

/** Asks until the answer is there. Fails, naming it, where it does not come at all. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`did not come to pass: ${what}`);
    await delay(POLL_MILLISECONDS);
  }
}

/** What the tests of one stack need at most on a slow and busy machine. */
const STACK_MILLISECONDS = 6 * 60_000;

/** Books, reports and files are of a day in Vietnam: a stack that would not end before midnight is started behind it. */
async function untilDayLasts(): Promise<void> {
  const now = Date.now();
  const left = startOfDay(vietnamDay(now + DAY_MILLISECONDS)) - now;
  if (left < STACK_MILLISECONDS) await delay(left + SECOND_MILLISECONDS);
}

/** All that the processes of a stack have logged, by file. */
export function logsOf({ logDirectory }: Pick<LocalStack, 'logDirectory'>): Map<string, string> {
  if (!existsSync(logDirectory)) return new Map();
  return new Map(
    readdirSync(logDirectory).map((name) => [name, readFileSync(path.join(logDirectory, name), 'utf8')] as const),
  );
}
