import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { COMPILE_CACHE, plausibleEnvironment } from '../../infra/bundle.ts';
import { type HttpFunctionName, httpApi } from '../../shared/api/index.ts';
import { inParallel } from '../../shared/usecases/in-parallel.ts';
import { selfSigned } from '../runtime/self-signed.ts';
import { AGENCY, httpEvent, signedIpn } from './events.ts';
import { counted, median, ROUNDS, type Row, timed } from './rows.ts';

/** G1 and G2: what a function's start costs, beside a client of thirty lines that does the same first call. */

const RUN = path.join(import.meta.dirname, 'start-run.cjs');
const BARE = path.join(import.meta.dirname, 'bare-client.cjs');
/** Times the bare client's. */
const MOST_TIMES = 2;
const MILLION = 1_000_000;

/** Of one function, and of any other that answers HTTP. */
const MOST_INSTRUCTIONS: Partial<Record<HttpFunctionName, number>> = { 'provider-callback': 400 * MILLION };
const MOST_INSTRUCTIONS_OF_ANY = 450 * MILLION;
/** Counts under way at once. */
const AT_ONCE = 2;
/** How often a count is taken that does not hold: on a busy machine a connection may open late, which only ever adds to it. */
const MOST_COUNTS = 3;

type Started = { name: HttpFunctionName; bundle: string; event: string; mostInstructions: number };

/** A call that leads to AWS: a provider's word for the function of callbacks, else the function's first read, as its examples show it. */
function callOf(name: HttpFunctionName): object {
  if (name === 'provider-callback')
    return httpEvent(
      'GET /callbacks/{provider}',
      { provider: 'vnpay' },
      undefined,
      signedIpn('480213567890012', 50_000, '14000001'),
    );
  // Its page wants a whole order, which no contract describes.
  if (name === 'sandbox-bank') return httpEvent('GET /sandbox-bank/key', {}, undefined);
  const [first] = httpApi[name];
  const endpoint = httpApi[name].find(({ method }) => method === 'GET') ?? first;
  if (!endpoint) throw new Error(`${name} answers no call`);
  const query = new URLSearchParams(examplesOf(endpoint.query)).toString();
  return httpEvent(`${endpoint.method} ${endpoint.path}`, examplesOf(endpoint.params), undefined, query);
}

const Parameters = z.object({
  properties: z.record(z.string(), z.looseObject({ examples: z.array(z.string()).optional() })).default({}),
  required: z.array(z.string()).default([]),
});
/** What stands where a shape has no example. */
const KNOWN: Readonly<Record<string, string>> = { code: AGENCY, agencyCode: AGENCY, message: 'query' };

/** Each parameter that must be there. */
function examplesOf(shape: z.ZodType | undefined): Record<string, string> {
  if (!shape) return {};
  const { properties, required } = Parameters.parse(z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }));
  return Object.fromEntries(
    required.map((name) => {
      const example = properties[name]?.examples?.[0] ?? KNOWN[name];
      if (example === undefined) throw new Error(`no example of ${name}`);
      return [name, example];
    }),
  );
}

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
  LOG_LEVEL: 'SILENT',
});

type Prepared = { environment: Record<string, string>; bare: { bundle: string; event: string }; started: Started[] };

/** Runs `measure` beside a service that answers, with a first call for every function whose bundle is in `folder`. */
async function withCalls(folder: string, measure: (prepared: Prepared) => Promise<Row[]>): Promise<Row[]> {
  const { server, environment } = await service(folder);
  try {
    const started = await Promise.all(
      (Object.keys(httpApi) as HttpFunctionName[]).map(async (name): Promise<Started> => {
        const event = path.join(folder, `${name}.json`);
        await writeFile(event, JSON.stringify(callOf(name)));
        const mostInstructions = MOST_INSTRUCTIONS[name] ?? MOST_INSTRUCTIONS_OF_ANY;
        return { name, bundle: path.join(folder, name, 'index.js'), event, mostInstructions };
      }),
    );
    return await measure({ environment, bare: { bundle: BARE, event: started[0]?.event ?? '' }, started });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** G1, of every function that answers HTTP. */
export const starts = (folder: string): Promise<Row[]> =>
  withCalls(folder, async ({ environment, bare, started }) => {
    const milliseconds = async ({ bundle, event }: typeof bare): Promise<number> => {
      const cache = bundle === BARE ? {} : { NODE_COMPILE_CACHE: path.join(path.dirname(bundle), COMPILE_CACHE) };
      const env = { ...environment, ...cache, NODE_COMPILE_CACHE_PORTABLE: '1' };
      const { stdout } = await promisify(execFile)(process.execPath, [RUN, bundle, event], { env });
      return measuredIn(stdout, bundle);
    };
    const took = new Map<string, number[]>([bare, ...started].map(({ bundle }) => [bundle, []]));
    for (let round = 0; round < ROUNDS; round += 1)
      for (const one of [bare, ...started]) took.get(one.bundle)?.push(await milliseconds(one));
    const bareTook = median(took.get(BARE) ?? []);
    return started.map(({ name, bundle }) =>
      timed(
        'G1',
        `start of ${name}, beside a bare client (${bareTook.toFixed(0)} ms)`,
        median(took.get(bundle) ?? []) / bareTook,
        MOST_TIMES,
      ),
    );
  });

/** What `start-run.cjs` printed. Throws where the call was refused: then nothing was measured. */
function measuredIn(printed: string, of: string): number {
  if (!/^[0-9.]+\n$/.test(printed)) throw new Error(`${of}: ${printed}`);
  return Number(printed);
}

/** G2, where valgrind is at hand. It repeats to 0.3 %; the same start without any function is taken off. */
export async function startCounts(folder: string): Promise<Row[]> {
  if (spawnSync('valgrind', ['--version']).status !== 0) {
    console.log('G2 skipped: instructions are counted with valgrind, which is not here');
    return [];
  }
  return withCalls(folder, async ({ environment, bare, started }) => {
    const count = async (bundle: string, event: string): Promise<number> => {
      const command = ['--tool=callgrind', '--callgrind-out-file=/dev/null', process.execPath];
      const { stdout, stderr } = await promisify(execFile)(
        'valgrind',
        [...command, '--jitless', '--predictable', '--single-threaded', RUN, bundle, event],
        { env: environment },
      );
      if (bundle) measuredIn(stdout, bundle);
      return Number(/Collected : (\d+)/.exec(stderr)?.[1]);
    };
    const nothing = await count('', bare.event);
    const bareCount = (await count(bare.bundle, bare.event)) - nothing;
    const rows = new Map<string, Row>();
    await inParallel(started, AT_ONCE, async ({ name, bundle, event, mostInstructions }) => {
      let above = Number.POSITIVE_INFINITY;
      for (let times = 0; times < MOST_COUNTS && above > mostInstructions; times += 1)
        above = Math.min(above, (await count(bundle, event)) - nothing);
      const what = `instructions of ${name}’s start (bare: ${(bareCount / MILLION).toFixed(0)} M)`;
      rows.set(name, counted('G2', what, Math.round(above / MILLION), mostInstructions / MILLION, 'M'));
    });
    return started.flatMap(({ name }) => rows.get(name) ?? []);
  });
}
