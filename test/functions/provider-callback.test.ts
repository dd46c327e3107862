import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpEvent } from './http-events.ts';

describe('a callback of a provider that there is not', () => {
  const before = { ...process.env };
  let handler: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

  beforeAll(async () => {
    Object.assign(process.env, {
      STAGE: 'production',
      INVOICES_TABLE: 'Invoices',
      REGISTRY_TABLE: 'Registry',
      INBOX_QUEUE_URL: 'http://127.0.0.1:1/inbox',
      SECRET_PREFIX: 'thuphi/test/',
      AWS_REGION: 'ap-southeast-1',
      LOG_LEVEL: 'SILENT',
    });
    ({ handler } = await import('../../functions/provider-callback/handler.ts'));
  });

  afterAll(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });

  const call = (provider: string, headers: Record<string, string> = {}) =>
    handler(httpEvent('POST /callbacks/{provider}', { path: `/callbacks/${provider}`, params: { provider }, headers }));

  it.each([
    [{}, 'vi', 'Không tìm thấy', 'gateway-1'],
    [{ 'accept-language': 'fr, en;q=0.5', 'x-request-id': 'my-own-id-1' }, 'en', 'Not found', 'my-own-id-1'],
    [{ 'accept-language': 'en;q=0', 'x-request-id': 'with a space' }, 'vi', 'Không tìm thấy', 'gateway-1'],
  ])('with %j is answered in %s', async (headers, language, title, requestId) => {
    const answer = await call('no body', headers);
    expect(answer).toMatchObject({
      statusCode: 404,
      headers: {
        'content-type': 'application/problem+json; charset=utf-8',
        'content-language': language,
        'x-request-id': requestId,
        'x-content-type-options': 'nosniff',
      },
    });
    expect(JSON.parse(answer.body ?? '')).toMatchObject({
      code: 'not_found',
      title,
      requestId,
      instance: '/callbacks/no%20body',
    });
  });

  it.each(['constructor', '__proto__', 'sandbox-bank'])('%s is none in production', async (provider) => {
    expect((await call(provider)).statusCode).toBe(404);
  });
});
