import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

/**
 * `npm run queue -- list | show NAME [--limit N] | redrive NAME [--count N] | blocked | repair [--from INSTANT] [--to INSTANT] [--again]`
 *
 * What was put aside, through the API. Speaks to the local stack as its operator, or to the service at `--url` (or
 * `THUPHI_URL`) with the token in `THUPHI_TOKEN`.
 */

const USAGE =
  'npm run queue -- list | show NAME [--limit N] | redrive NAME [--count N] | blocked | repair [--from INSTANT] [--to INSTANT] [--again]   [--url URL]';
const local = (name: string): unknown =>
  JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../.thuphi', name), 'utf8'));

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      limit: { type: 'string' },
      count: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      again: { type: 'boolean' },
    },
  });
  const [what = '', name = ''] = positionals;
  const queue = `/v1/operations/queues/${encodeURIComponent(name)}`;
  const { limit = '20', count, from, to, again } = values;
  const calls: Record<string, [string, string, unknown?]> = {
    list: ['GET', '/v1/operations/queues'],
    blocked: ['GET', '/v1/operations/blocked-endpoints'],
    ...(name && {
      show: ['GET', `${queue}/dead-letters?limit=${encodeURIComponent(limit)}`],
      redrive: ['POST', `${queue}/redrive`, count === undefined ? {} : { count: Number(count) }],
    }),
    repair: ['POST', '/v1/operations/repairs', { ...(from && { from }), ...(to && { to }), ...(again && { again }) }],
  };
  const call = calls[what];
  if (!call) throw new Error(USAGE);
  const { url, token } = await serviceAt(values.url ?? process.env['THUPHI_URL']);
  const [method, at, body] = call;
  const answer = await fetch(url + at, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'accept-language': 'en',
      ...(body !== undefined && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const told: unknown = await answer.json();
  if (!answer.ok) throw new Error(`${answer.status}: ${JSON.stringify(told)}`);
  const rows = (told as { data?: unknown[] }).data;
  if (rows) console.table(rows.map(flat));
  else console.log(JSON.stringify(told, null, 2));
}

/** Members of members side by side, so that a table shows them. */
const flat = (row: unknown): object =>
  Object.fromEntries(
    Object.entries(row as object).map(([key, value]) => [
      key,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : value,
    ]),
  );

async function serviceAt(url: string | undefined): Promise<{ url: string; token: string }> {
  const token = process.env['THUPHI_TOKEN'];
  if (token) {
    if (!url) throw new Error('THUPHI_TOKEN is for a service: say which with --url or THUPHI_URL');
    return { url: url.replace(/\/$/, ''), token };
  }
  const clients = local('clients.json') as { id: string; kind: string; secret: string }[];
  const operator = clients.find(({ kind }) => kind === 'operator');
  if (!operator) throw new Error('the local stack has no operator');
  const { issuer } = local('ports.json') as { issuer: number };
  const answer = await fetch(`http://127.0.0.1:${issuer}/oauth2/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${operator.id}:${operator.secret}`).toString('base64')}`,
    },
    body: 'grant_type=client_credentials',
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return { url: url ?? `http://localhost:${process.env['PORT'] ?? '4000'}`, token: access_token };
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
