import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { endpoint } from '../../shared/api/endpoint.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import { type Answer, answering, httpFunction, MAX_BODY_BYTES } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import { instanceOf, MAX_INSTANCE_LENGTH } from '../../shared/runtime/request-context.ts';
import { type AskedFor, httpEvent } from '../functions/http-events.ts';
import { everyone } from '../usecases/finance-world.ts';

const tell = endpoint({
  method: 'POST',
  path: '/v1/words',
  summary: 'Say a word',
  scope: 'quotes:write',
  body: z.strictObject({ word: z.string() }),
  answers: { 201: z.strictObject({ word: z.string() }) },
  alsoAs: ['text/csv'],
});
const forget = endpoint({
  method: 'POST',
  path: '/v1/words/forget',
  summary: 'Forget all words',
  scope: 'quotes:write',
  idempotent: true,
  answers: { 200: z.strictObject({}) },
});

beforeAll(() => void vi.spyOn(log, 'error').mockReturnValue());

/** Both calls; `say` answers the first. */
function given(say: (word: string) => Promise<Answer<typeof tell>>) {
  const handler = httpFunction(
    [
      answering(tell, async ({ body }) => say(body.word)),
      answering(forget, async () => ({ status: 200, body: {}, replayed: true })),
    ],
    async () => everyone,
  );
  return async (routeKey: string, asked: AskedFor): Promise<APIGatewayProxyStructuredResultV2> =>
    handler(httpEvent(routeKey, asked), {} as never);
}

const echoing = given(async (word) => ({ status: 201, body: { word } }));
const JSON_TYPE = { 'content-type': 'application/json' };
const say = (headers: Record<string, string>, body = '{"word":"một"}', path?: string) =>
  echoing('POST /v1/words', { headers, body, ...(path !== undefined && { path }) });
const problemOf = ({ body }: APIGatewayProxyStructuredResultV2) => JSON.parse(body ?? '');

describe('the type of a body', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json;charset="utf-8"',
    'application/json ; charset="UTF-8" ',
  ])('%s is taken', async (type) => {
    expect((await say({ 'content-type': type })).statusCode).toBe(201);
  });

  it.each([
    '',
    'text/plain',
    'application/problem+json',
    'application/jsonx',
    'application/json; charset=utf-16',
    'application/json; charset="utf-8',
    'application/json; charset=utf-8; charset=utf-16',
  ])('%j is refused', async (type) => {
    expect(problemOf(await say({ 'content-type': type }))).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
  });
});

describe('a body', () => {
  it('is refused over its limit', async () => {
    const long = JSON.stringify({ word: 'x'.repeat(MAX_BODY_BYTES) });
    expect(problemOf(await say(JSON_TYPE, long))).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  it.each(['{"word":"x"}', 'x'.repeat(MAX_BODY_BYTES + 1)])(
    'is refused as malformed where a call has none, however long',
    async (body) => {
      const answer = await echoing('POST /v1/words/forget', { headers: { 'idempotency-key': 'key-00001' }, body });
      expect(problemOf(answer)).toMatchObject({ status: 400, code: 'malformed_request' });
    },
  );
});

describe('every answer', () => {
  it('forbids guessing at its type and keeping it, and bears the request’s id', async () => {
    const answers = [
      await say(JSON_TYPE),
      await say(JSON_TYPE, '{'),
      await echoing('POST /v1/words/forget', { headers: { 'idempotency-key': 'key-00001' } }),
      await echoing('GET /v1/nothing', {}),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 400, 200, 404]);
    for (const { headers } of answers)
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'x-request-id': 'gateway-1',
      });
    expect(answers[2]?.headers).toMatchObject({ 'idempotent-replayed': 'true' });
  });

  it('is of a media type that the contract has', async () => {
    const other = (contentType: string) => given(async () => ({ status: 201, body: 'a,b', contentType }));
    const sent = { headers: JSON_TYPE, body: '{"word":"một"}' };
    const csv = await other('text/csv; charset=utf-8')('POST /v1/words', sent);
    expect([csv.statusCode, csv.body]).toEqual([201, 'a,b']);
    expect((await other('text/html')('POST /v1/words', sent)).statusCode).toBe(500);
  });

  it('says when to come again if it is 503', async () => {
    const busy = given(async () => {
      throw new Refusal('unavailable');
    });
    const answer = await busy('POST /v1/words', { headers: JSON_TYPE, body: '{"word":"một"}' });
    expect([answer.statusCode, answer.headers?.['retry-after']]).toEqual([503, '2']);
  });
});

describe('what failed inside (scenario 73)', () => {
  const secret = 'sk_live_4f6e2a';
  const words = `Requested resource not found: thuphi-production-Invoices {"k":"480213567890"} ${secret}`;
  const failed = (more: object) => Object.assign(new Error(words), more);
  it.each([
    ['of the database', failed({ name: 'ResourceNotFoundException', $metadata: { requestId: secret } }), 500],
    ['of the database, that passes', failed({ name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }), 503],
    ['of a library that would have it told', failed({ statusCode: 418, expose: true }), 500],
    ['of our own, under an unknown code', failed({ code: secret, detail: { vi: words, en: words } }), 500],
    ['that is no error', words, 500],
  ])('is told to nobody: an error %s', async (_, error, status) => {
    const failing = given(async () => {
      throw error;
    });
    const answer = await failing('POST /v1/words', { headers: JSON_TYPE, body: '{"word":"một"}' });
    expect(answer.statusCode).toBe(status);
    expect(problemOf(answer)).toMatchObject({ status, code: status === 500 ? 'internal' : 'unavailable' });
    expect(JSON.stringify(answer)).not.toMatch(/Invoices|480213567890|sk_live|Exception|\.ts\b|node_modules|\bat /);
  });
});

describe('a problem', () => {
  it.each([
    [{}, 'vi', 'Yêu cầu không đúng định dạng'],
    [{ 'accept-language': 'en;q=0, vi' }, 'vi', 'Yêu cầu không đúng định dạng'],
    [{ 'accept-language': 'fr, en;q=0.5' }, 'en', 'Malformed request'],
  ])('to a caller with %j is told in %s', async (headers, language, title) => {
    const answer = await say({ ...JSON_TYPE, ...headers }, '{');
    expect(answer.headers).toMatchObject({ 'content-language': language });
    expect(problemOf(answer).title).toBe(title);
  });

  it('carries further members for programs, and none of them takes the place of its own', async () => {
    const refusing = given(async () => {
      throw new Refusal('facts_missing', undefined, [], { factsNeeded: [{ fact: 'pages' }], status: 200, code: 'x' });
    });
    const answer = await refusing('POST /v1/words', { headers: JSON_TYPE, body: '{"word":"một"}' });
    expect(problemOf(answer)).toMatchObject({ factsNeeded: [{ fact: 'pages' }], status: 422, code: 'facts_missing' });
  });

  it('names the path as a URI reference', async () => {
    const answer = await say(JSON_TYPE, '{', '/v1/a b\nc?d#e/đ');
    expect(problemOf(answer).instance).toBe('/v1/a%20b%0Ac%3Fd%23e/%C4%91');
  });

  it.each([509, 510, 511, 512, 513])('is cut at its limit, and no escape in two, where one begins at %i', (at) => {
    const instance = instanceOf(`/${'a'.repeat(at - 1)}đ${'b'.repeat(1_000)}`);
    expect(instance.length).toBeLessThanOrEqual(MAX_INSTANCE_LENGTH);
    expect(instance.length).toBeGreaterThan(MAX_INSTANCE_LENGTH - 3);
    expect(instance).toMatch(/^\/a+(?:%[0-9A-F]{2})*$/);
  });

  it('names no path that is longer than its limit, no half of an escape, no other host', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 150 }), (text) => {
        const instance = instanceOf(`/${text}`);
        expect(instance.length).toBeLessThanOrEqual(MAX_INSTANCE_LENGTH);
        expect(instance).toMatch(/^\/(?!\/)(?:[A-Za-z0-9;,/:@&=+$\-_.!~*'()]|%[0-9A-F]{2})*$/);
      }),
    );
    expect(instanceOf('/\ud800')).toBe('/%EF%BF%BD');
    expect(instanceOf('//evil.example')).toBe('/evil.example');
  });
});
