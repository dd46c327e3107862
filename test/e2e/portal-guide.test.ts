import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { batchApi } from '../../shared/api/batches.ts';
import { portalApi } from '../../shared/api/portal.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { newDossier, tokenOf, World } from './world.ts';

/**
 * Every message of docs/guides/portal.md, sent and answered in its order. `<word>` in an answer is kept, and stands for what
 * was kept in what is sent later. All else in an answer is as it says, but instants, which only look like it; `…` stands for
 * members that are not shown.
 */

const guide = readFileSync(path.resolve(import.meta.dirname, '../../docs/guides/portal.md'), 'utf8');
const EXAMPLE = /```http\n([^`]+)```\n+```(?:http|json)\n(?:HTTP )?(\d{3})\n([^`]*)```/g;
const INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+\+07:00$/;
const MORE = '…';

type Example = { request: string; status: number; body: string };
const examples: Example[] = [...guide.matchAll(EXAMPLE)].map(([, request = '', status, body = '']) => ({
  request,
  status: Number(status),
  body,
}));

let stack: LocalStack;
let world: World;
const known = new Map<string, string>();

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  const portal = stack.clients.find(({ id }) => id === 'local-portal');
  const basic = Buffer.from(`local-portal:${portal?.secret}`).toString('base64');
  const dossiers = ['dossier', 'second-dossier', 'third-dossier'].map((name) => [name, newDossier()] as const);
  for (const [name, value] of [
    ['token-endpoint', stack.tokenEndpoint],
    ['client:secret in base64', basic],
    ['now', new Date().toISOString()],
    ...dossiers,
  ] as const)
    known.set(name, value);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const filled = (text: string): string =>
  text.replace(/<([^<>\n]+)>/g, (whole, name: string) => known.get(name) ?? whole);

async function send(request: string): Promise<{ status: number; body: unknown }> {
  const [head = '', body] = filled(request).split('\n\n');
  const [line = '', ...lines] = head.trim().split('\n');
  const [method = '', place = ''] = line.split(' ');
  const headers = Object.fromEntries(lines.map((text) => text.split(': ') as [string, string]));
  const url = place.startsWith('http') ? place : stack.url + place;
  const answer = await fetch(url, {
    method,
    headers: {
      ...(!place.startsWith('http') && { authorization: `Bearer ${await tokenOf(stack, 'local-portal')}` }),
      ...(body !== undefined && !headers['content-type'] && { 'content-type': 'application/json' }),
      ...headers,
      ...(headers['idempotency-key'] === '…' && { 'idempotency-key': randomUUID() }),
    },
    ...(body !== undefined && { body: body.trim() }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** Keeps what a `<word>` stands for, and answers what was got in the words of the example. */
function inWordsOf(example: unknown, got: unknown): unknown {
  if (typeof example === 'string' && typeof got === 'string') {
    const [, name] = /^<([^<>]+)>$/.exec(example) ?? [];
    if (name !== undefined && !known.has(name)) known.set(name, got);
    if (name !== undefined) return known.get(name) === got ? example : got;
    return INSTANT.test(example) && INSTANT.test(got) ? example : got;
  }
  if (Array.isArray(example) && Array.isArray(got)) {
    const shown = example.at(-1) === MORE ? got.slice(0, example.length - 1) : got;
    const words = shown.map((one, place) => inWordsOf(example[place], one));
    return example.at(-1) === MORE ? [...words, MORE] : words;
  }
  if (!isObject(example) || !isObject(got)) return got;
  const names = MORE in example ? Object.keys(got).filter((name) => name in example) : Object.keys(got);
  const members = names.map((name) => [name, inWordsOf(example[name], got[name])]);
  return { ...Object.fromEntries(members), ...(MORE in example && { [MORE]: MORE }) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What happens outside of the portal between two of its calls. */
async function meanwhile(after: string): Promise<void> {
  if (!after.startsWith('POST /v1/invoices/<invoiceId>/payments')) return;
  const url = known.get('page') ?? '';
  await world.decide(url, 'pay');
  await world.untilState(known.get('invoiceId') ?? '', 'paid');
  const payment = known.get('paymentId') ?? '';
  await eventually(
    'the payment',
    async () => (await world.read(known.get('invoiceId') ?? '')).payments[0]?.paymentId === payment,
  );
}

describe('the guide for portals', () => {
  it('has an example of every call that a portal makes', () => {
    expect(guide.match(/```http/g)?.length).toBe(examples.length);
    const shown = examples.map(({ request }) => request.split(/[\n?]/)[0] ?? '');
    // A batch's report tells of rows, which only a file brings.
    const calls = [...portalApi, ...batchApi].filter(({ path: place }) => !place.endsWith('/report'));
    for (const { method, path: place } of calls) {
      const form = new RegExp(`^${method} ${place.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      expect(
        shown.some((line) => form.test(line)),
        `${method} ${place}`,
      ).toBe(true);
    }
  });

  it.each(examples.map((one) => [one.request.split('\n')[0], one] as const))(
    '%s',
    async (_, { request, status, body }) => {
      const got = await send(request);
      const wanted: unknown = body.trim() === '' ? undefined : JSON.parse(body);
      expect({ status: got.status, body: inWordsOf(wanted, got.body) }).toEqual({ status, body: wanted });
      if (status === 201) await meanwhile(request);
    },
  );
});
