import { createServer } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { listen } from './addresses.ts';
import { checkDataDirectory, writeAtomically } from './data-directory.ts';
import { reasonOf } from './failures.ts';
import { localClients } from './local-clients.ts';
import { seed } from './seed.ts';
import { merchantsIn, PLAYED_FILE } from './simulators/merchants.ts';
import { type Simulators, startSimulators } from './simulators/server.ts';
import { type LocalStack, startStack } from './stack.ts';

/** `npm start [-- --fresh]`: synthesizes the app and runs it on this machine until Ctrl-C. */

const DEFAULT_PORT = 4_000;
/** The simulated providers' port follows those of the stack's own engines. */
const SIMULATORS_AFTER = 10;
const root = path.resolve(import.meta.dirname, '../..');
/** Its own, so that no other synthesis takes the bundles away from under a running stack. */
const assemblyDirectory = path.join(root, 'cdk.out.local');
const dataDirectory = path.join(root, '.thuphi');

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } });
  const port = Number(process.env['PORT'] ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`PORT=${process.env['PORT']} is no port`);
  await checkPort(port);
  checkDataDirectory(dataDirectory); // A running stack runs from the assembly that is about to be written.

  const began = performance.now();
  console.log('synthesizing…');
  const { synthesize } = await import('../synth.ts');
  await synthesize({ outdir: assemblyDirectory, stage: 'sandbox', development: true });
  const simulators = await startSimulators(port === 0 ? 0 : port + SIMULATORS_AFTER);
  const stack = await startStack({
    parameters: { PlayedProvidersUrl: simulators.url, FourEyes: 'true' },
    assemblyDirectory,
    dataDirectory,
    port,
    clients: localClients,
    fresh: values.fresh,
    log: (line) => console.log(line),
  });
  endOnSignal(stack, simulators);
  // For `npm run ledger`, which reads what these functions read.
  const auditor = {
    ...stack.environment('portal-api'),
    ...stack.environment('logs-api'),
    ...stack.environment('issue-receipts'),
    ...stack.environment('seal-ledger'),
  };
  writeAtomically(path.join(dataDirectory, 'auditor.json'), JSON.stringify(auditor));
  // For `npm run provider -- probe`, which calls them as the service does.
  writeAtomically(path.join(dataDirectory, PLAYED_FILE), JSON.stringify({ url: simulators.url }));
  const merchants = merchantsIn(dataDirectory);
  for (const [provider, merchant] of merchants) simulators.house.employ(provider, merchant);
  simulators.tellTo(stack.url);
  await seed(stack, merchants);
  console.log(welcome(stack, simulators, (performance.now() - began) / 1_000));
}

/** A taken port is said before anything else is done. */
async function checkPort(port: number): Promise<void> {
  const probe = createServer();
  await listen(probe, port);
  await new Promise((done) => probe.close(done));
}

function endOnSignal(stack: LocalStack, simulators: Simulators): void {
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending) return;
      ending = true;
      void Promise.all([stack.stop(), simulators.stop()]).then(() => process.exit(0));
    });
  }
}

function welcome(stack: LocalStack, simulators: Simulators, seconds: number): string {
  const [portal] = stack.clients;
  return [
    '',
    `Thuphi runs on this machine (ready after ${seconds.toFixed(1)} s). Ctrl-C ends it; its state stays in ${dataDirectory}.`,
    '',
    `  API             ${stack.url}/v1`,
    `  API reference   ${stack.url}/docs`,
    `  sandbox bank    ${stack.url}/sandbox-bank`,
    `  providers       ${simulators.url}  (simulated: pay, decline, faults)`,
    `  tokens          ${stack.tokenEndpoint}`,
    `  clients         ${stack.clientsFile}`,
    `  logs            ${stack.logDirectory}`,
    '',
    `A token for ${portal?.id}:`,
    '',
    `  curl -s -u ${portal?.id}:${portal?.secret} -d grant_type=client_credentials ${stack.tokenEndpoint}`,
    '',
  ].join('\n');
}

try {
  await main();
} catch (error) {
  console.error(reasonOf(error));
  process.exit(1);
}
