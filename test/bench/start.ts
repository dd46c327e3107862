import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { COMPILE_CACHE, plausibleEnvironment } from '../../infra/bundle.ts';
import { selfSigned } from '../runtime/self-signed.ts';
import { httpEvent, signedIpn } from './events.ts';
import { counted, median, ROUNDS, type Row, timed } from './rows.ts';

/** G1 and G2: what a function's start costs, beside a client of thirty lines that does the same first call. */

const RUN = path.join(import.meta.dirname, 'start-run.cjs');
const BARE = path.join(import.meta.dirname, 'bare-client.cjs');
/** Times the bare client's. */
const MOST_TIMES = 2;
const MILLION = 1_000_000;

type Started = { name: string; event: object; mostInstructions: number };

/** One call of each function that answers over HTTP and speaks to AWS. */
const STARTED: readonly Started[] = [
  {
    name: 'provider-callback',
    event: httpEvent(
      'GET /callbacks/{provider}',
      { provider: 'vnpay' },
      undefined,
      signedIpn('100000000000018', 50_000, '14000001'),
    ),
    mostInstructions: 400 * MILLION,
  },
  {
    name: 'portal-api',
    event: httpEvent('GET /v1/invoices/{invoiceId}', { invoiceId: 'inv_100000000001' }, undefined),
    mostInstructions: 450 * MILLION,
  },
  {
    name: 'finance-api',
    event: httpEvent('GET /v1/statements/{statementId}', { statementId: `stm_${'0'.repeat(24)}` }, undefined),
    mostInstructions: 450 * MILLION,
  },
  {
    name: 'registry-api',
    event: httpEvent('GET /v1/agencies/{code}', { code: 'H29.12' }, undefined),
    mostInstructions: 450 * MILLION,
  },
];

/** A service of AWS on this machine: answers every call at once, and nothing stands in it. */
async function service(folder: string) {
  const { key, cert } = selfSigned(['localhost']);
  const trusted = path.join(folder, 'trusted.pem');
  await writeFile(trusted, cert);
  const server = createServer({ key, cert }, (incoming, outgoing) => {
    incoming.resume().on('end', () => {
      const isSecret = String(incoming.headers['x-amz-target']).startsWith('secretsmanager');
      const body = JSON.stringify(isSecret ? { SecretString: '0'.repeat(64) } : {});
      outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  return { server, environment: environmentFor(url, trusted) };
}

const environmentFor = (url: string, trusted: string): Record<string, string> => ({
  ...plausibleEnvironment(),
  PATH: process.env['PATH'] ?? '',
  NODE_EXTRA_CA_CERTS: trusted,
  AWS_REGION: 'ap-southeast-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL: url,
  AWS_ENDPOINT_URL_DYNAMODB: url,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
  STAGE: 'sandbox',
  INVOICES_TABLE: 'Invoices',
  DOSSIERS_TABLE: 'Dossiers',
  REGISTRY_TABLE: 'Registry',
  JOURNAL_TABLE: 'Journal',
  WORK_TABLE: 'Work',
  FILES_BUCKET: 'files',
  INBOX_QUEUE_URL: `${url}/000000000000/inbox`,
  DELIVERIES_QUEUE_URL: `${url}/000000000000/deliveries`,
  SECRET_PREFIX: 'bench/',
  PUBLIC_URL: 'http://localhost',
  ALLOW_LOCAL_WEBHOOKS: 'false',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
});

export async function starts(folder: string): Promise<Row[]> {
  const { server, environment } = await service(folder);
  try {
    const started = await Promise.all(
      STARTED.map(async ({ name, event, mostInstructions }) => {
        const file = path.join(folder, `${name}.json`);
        await writeFile(file, JSON.stringify(event));
        return { name, bundle: path.join(folder, name, 'index.js'), event: file, mostInstructions };
      }),
    );
    const [{ event = '' } = {}] = started;
    const bare = { bundle: BARE, event };

    const milliseconds = async ({ bundle, event }: typeof bare): Promise<number> => {
      const cache = bundle === BARE ? {} : { NODE_COMPILE_CACHE: path.join(path.dirname(bundle), COMPILE_CACHE) };
      const env = { ...environment, ...cache, NODE_COMPILE_CACHE_PORTABLE: '1' };
      const { stdout } = await promisify(execFile)(process.execPath, [RUN, bundle, event], { env });
      return Number(stdout);
    };
    const took = new Map<string, number[]>([bare, ...started].map(({ bundle }) => [bundle, []]));
    for (let round = 0; round < ROUNDS; round += 1)
      for (const one of [bare, ...started]) took.get(one.bundle)?.push(await milliseconds(one));
    const bareTook = median(took.get(BARE) ?? []);
    const ratios = started.map(({ name, bundle }) =>
      timed(
        'G1',
        `start of ${name}, beside a bare client (${bareTook.toFixed(0)} ms)`,
        median(took.get(bundle) ?? []) / bareTook,
        MOST_TIMES,
      ),
    );
    return [...ratios, ...(await instructions(environment, bare, started))];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** G2, where valgrind is at hand. It repeats to 0.3 %; the same start without any function is taken off. */
async function instructions(
  environment: Record<string, string>,
  bare: { bundle: string; event: string },
  started: readonly { name: string; bundle: string; event: string; mostInstructions: number }[],
): Promise<Row[]> {
  if (spawnSync('valgrind', ['--version']).status !== 0) {
    console.log('G2 skipped: instructions are counted with valgrind, which is not here');
    return [];
  }
  const count = async (bundle: string, event: string): Promise<number> => {
    const command = ['--tool=callgrind', '--callgrind-out-file=/dev/null', process.execPath];
    const { stderr } = await promisify(execFile)(
      'valgrind',
      [...command, '--jitless', '--predictable', '--single-threaded', RUN, bundle, event],
      { env: environment },
    );
    return Number(/Collected : (\d+)/.exec(stderr)?.[1]);
  };
  const nothing = await count('', bare.event);
  const rows: Row[] = [];
  const bareCount = (await count(bare.bundle, bare.event)) - nothing;
  for (const { name, bundle, event, mostInstructions } of started) {
    const above = (await count(bundle, event)) - nothing;
    const what = `instructions of ${name}’s start (bare: ${(bareCount / MILLION).toFixed(0)} M)`;
    rows.push(counted('G2', what, Math.round(above / MILLION), mostInstructions / MILLION, 'M'));
  }
  return rows;
}
