import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { httpApi, tokenOf, workshop } from './fixture.ts';

const shop = workshop();
let stack: LocalStack;

const SCOPED = { target: 'Echo', scopes: ['thuphi/invoices:read', 'thuphi/catalogue:read'] };
/** The origin that the API lets in. */
const PORTAL = 'https://portal.example';
/** Milliseconds; the limit of an integration in this file: longer than a process needs to start on a busy machine. */
const INTEGRATION_LIMIT = 8_000;

beforeAll(async () => {
  shop.writeAssembly({
    Service: {
      Resources: {
        Echo: shop.lambda('echo', 'exports.handler = async (event) => event;'),
        Answer: shop.lambda('answer', 'exports.handler = async (event) => JSON.parse(event.body);'),
        Broken: shop.lambda('broken', "exports.handler = async () => { throw new Error('no'); };"),
        Unloadable: shop.lambda('unloadable', "require('./absent.js');"),
        Crash: shop.lambda('crash', 'exports.handler = async () => process.exit(3);'),
        Slow: shop.lambda('slow', 'exports.handler = () => new Promise(() => setInterval(() => {}, 1000));'),
        Wide: shop.lambda('wide', "exports.handler = async () => ({ statusCode: 200, body: 'x'.repeat(7e6) });"),
        ...httpApi(
          {
            'GET /v1/invoices': { target: 'Echo' },
            'GET /v1/invoices/{invoiceId}': { target: 'Echo' },
            'GET /v1/invoices/new': { target: 'Echo' },
            'ANY /files/{path+}': { target: 'Echo' },
            'POST /echo': { target: 'Echo' },
            'POST /answer': { target: 'Answer' },
            'GET /scoped': SCOPED,
            'GET /broken': { target: 'Broken' },
            'GET /unloadable': { target: 'Unloadable' },
            'GET /crash': { target: 'Crash' },
            'GET /slow': { target: 'Slow' },
            'GET /wide': { target: 'Wide' },
            'GET /throttled': { target: 'Echo' },
          },
          {
            CorsConfiguration: {
              AllowOrigins: [PORTAL],
              AllowMethods: ['GET', 'POST'],
              AllowHeaders: ['authorization'],
              MaxAge: 60,
            },
          },
          { RouteSettings: { 'GET /throttled': { ThrottlingBurstLimit: 2, ThrottlingRateLimit: 0.001 } } },
        ),
      },
    },
  });
  stack = await shop.start({ limits: { integrationMilliseconds: INTEGRATION_LIMIT } });
});

afterAll(async () => {
  await stack?.stop();
  shop.remove();
});

type Event = {
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  queryStringParameters?: Record<string, string>;
  pathParameters?: Record<string, string>;
  cookies?: string[];
  headers: Record<string, string>;
  requestContext: {
    http: Record<string, string>;
    stage: string;
    authorizer?: { jwt: { claims: object; scopes: unknown } };
  };
  body?: string;
  isBase64Encoded: boolean;
};

/** Path and headers go out exactly as they are given. */
function send(method: string, path: string, options: { headers?: string[]; body?: Buffer | string } = {}) {
  const { hostname, port } = new URL(stack.url);
  return new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: Buffer }>(
    (resolve, reject) => {
      const headers = ['host', `${hostname}:${port}`, ...(options.headers ?? [])];
      if (options.body !== undefined) headers.push('content-length', String(Buffer.byteLength(options.body)));
      const request = httpRequest({ hostname, port, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      });
      request.on('error', reject);
      request.end(options.body);
    },
  );
}

async function eventOf(...call: Parameters<typeof send>): Promise<Event> {
  const { status, body } = await send(...call);
  expect(status).toBe(200);
  return JSON.parse(body.toString('utf8')) as Event;
}

const refusal = async (...call: Parameters<typeof send>) => {
  const { status, body } = await send(...call);
  return { status, message: (JSON.parse(body.toString('utf8')) as { message: string }).message };
};

const JSON_BODY = ['content-type', 'application/json'];
const answerWith = (result: unknown) => send('POST', '/answer', { headers: JSON_BODY, body: JSON.stringify(result) });

describe('routes of the template', () => {
  it('prefers plain text to a parameter', async () => {
    expect((await eventOf('GET', '/v1/invoices/new')).routeKey).toBe('GET /v1/invoices/new');
  });

  it('decodes a path parameter', async () => {
    const event = await eventOf('GET', '/v1/invoices/s%E1%BB%91%201');
    expect(event).toMatchObject({
      routeKey: 'GET /v1/invoices/{invoiceId}',
      rawPath: '/v1/invoices/số 1',
      pathParameters: { invoiceId: 'số 1' },
    });
  });

  it('gives a greedy parameter the rest of the path, for any method', async () => {
    const event = await eventOf('PATCH', '/files/a/b/c');
    expect(event).toMatchObject({ routeKey: 'ANY /files/{path+}', pathParameters: { path: 'a/b/c' } });
  });

  it.each([
    ['GET', '/nowhere'],
    ['POST', '/v1/invoices'],
    ['GET', '/v1/invoices/'],
    ['GET', '/files/'],
    ['HEAD', '/v1/invoices'],
  ])('answers 404 to %s %s', async (method, path) => {
    const { status, body } = await send(method, path);
    expect(status).toBe(404);
    if (method !== 'HEAD') expect(body.toString('utf8')).toBe('{"message":"Not Found"}');
  });

  it('answers 400 to a path that is no UTF-8', async () => {
    expect((await send('GET', '/v1/invoices/%ff')).status).toBe(400);
  });
});

describe('the event of payload format 2.0', () => {
  it('keeps the query string as it was sent and joins what is repeated', async () => {
    const raw = 'b=2&a=%C3%A1&a=x+y&empty=&flag&b=1%2C5';
    const event = await eventOf('GET', `/v1/invoices?${raw}`);
    expect(event.rawQueryString).toBe(raw);
    expect(event.queryStringParameters).toEqual({ b: '2,1,5', a: 'á,x y', empty: '', flag: '' });
  });

  it('leaves out what is not there', async () => {
    const event = await eventOf('GET', '/v1/invoices');
    expect(event.rawQueryString).toBe('');
    for (const key of ['queryStringParameters', 'pathParameters', 'cookies', 'body'])
      expect(event).not.toHaveProperty(key);
  });

  it('lowers the names of headers and joins what is repeated', async () => {
    const event = await eventOf('GET', '/v1/invoices', {
      headers: ['X-Tag', 'a', 'x-tag', 'b', 'Accept', 'text/plain'],
    });
    expect(event.headers).toMatchObject({ 'x-tag': 'a,b', accept: 'text/plain' });
  });

  it('takes cookies out of the headers', async () => {
    const event = await eventOf('GET', '/v1/invoices', { headers: ['Cookie', 'a=1; b=2'] });
    expect(event.cookies).toEqual(['a=1', 'b=2']);
    expect(event.headers).not.toHaveProperty('cookie');
  });

  it('says who called, how and when', async () => {
    const event = await eventOf('GET', '/v1/invoices', { headers: ['User-Agent', 'test/1'] });
    expect(event.requestContext).toMatchObject({
      stage: '$default',
      routeKey: 'GET /v1/invoices',
      http: { method: 'GET', path: '/v1/invoices', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test/1' },
      time: expect.stringMatching(/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/),
    });
  });

  it.each([
    ['application/json', '{"tên":1}'],
    ['application/json; charset=utf-8', '{}'],
    ['text/csv', 'a,b'],
    ['application/xml', '<a/>'],
  ])('sends %s as text', async (type, body) => {
    expect(await eventOf('POST', '/echo', { headers: ['content-type', type], body })).toMatchObject({
      body,
      isBase64Encoded: false,
    });
  });

  it.each([
    ['a form', ['content-type', 'application/x-www-form-urlencoded'], Buffer.from('a=1&b=2')],
    ['binary', ['content-type', 'application/octet-stream'], Buffer.from([0, 255])],
    ['a body without a type', [], Buffer.from('text')],
    ['JSON that is no UTF-8', JSON_BODY, Buffer.from([0x22, 0xff, 0x22])],
  ])('sends %s as base64, byte for byte', async (_, headers, body) => {
    const event = await eventOf('POST', '/echo', { headers, body });
    expect(event.isBase64Encoded).toBe(true);
    expect(Buffer.from(event.body ?? '', 'base64')).toEqual(body);
  });
});

describe('the answer of payload format 2.0', () => {
  it('keeps status, headers, cookies and text', async () => {
    const { status, headers, body } = await answerWith({
      statusCode: 201,
      headers: { 'X-One': 'one', 'x-number': 7 },
      cookies: ['a=1; Path=/', 'b=2'],
      body: 'xin chào',
    });
    expect({ status, body: body.toString('utf8') }).toEqual({ status: 201, body: 'xin chào' });
    expect(headers).toMatchObject({
      'x-one': 'one',
      'x-number': '7',
      'set-cookie': ['a=1; Path=/', 'b=2'],
      'content-type': 'text/plain;charset=UTF-8',
    });
  });

  it('decodes a base64 body', async () => {
    const bytes = Buffer.from([0, 1, 254, 255]);
    const { body } = await answerWith({ statusCode: 200, isBase64Encoded: true, body: bytes.toString('base64') });
    expect(body).toEqual(bytes);
  });

  it('takes a result without a status for the body of a 200', async () => {
    const { status, headers, body } = await answerWith({ paid: true });
    expect({ status, type: headers['content-type'], body: body.toString('utf8') }).toEqual({
      status: 200,
      type: 'application/json',
      body: '{"paid":true}',
    });
  });

  it.each([
    ['a status beyond HTTP', { statusCode: 42 }],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
    ['a list as header', { statusCode: 200, headers: { a: ['1', '2'] } }],
    ['a header that would end its line', { statusCode: 200, headers: { a: '1\r\nb: 2' } }],
  ])('answers 500 to %s', async (_, result) => {
    const { status, body } = await answerWith(result);
    expect({ status, body: body.toString('utf8') }).toEqual({
      status: 500,
      body: '{"message":"Internal Server Error"}',
    });
  });
});

describe('what the API itself is set to', () => {
  it('answers the preflight of a browser, for the origin that it knows', async () => {
    const preflight = async (origin: string) => send('OPTIONS', '/anything', { headers: ['origin', origin] });
    const { status, headers } = await preflight(PORTAL);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': PORTAL,
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization',
      'access-control-max-age': '60',
    });
    expect((await preflight('https://other.example')).headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('answers 429 beyond the burst of a route', async () => {
    const statuses = [];
    for (let turn = 0; turn < 3; turn += 1) statuses.push((await send('GET', '/throttled')).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('the authorizer', () => {
  const bearer = (token: string) => ({ headers: ['authorization', `Bearer ${token}`] });

  it('lets a token through that has one of the scopes, and shows its claims as texts', async () => {
    const event = await eventOf('GET', '/scoped', bearer(await tokenOf(stack, 'portal')));
    expect(event.requestContext.authorizer?.jwt).toMatchObject({
      claims: {
        client_id: 'portal',
        sub: 'portal',
        token_use: 'access',
        iss: stack.issuer,
        exp: expect.stringMatching(/^\d+$/),
        scope: 'thuphi/invoices:read thuphi/invoices:write',
      },
      scopes: ['thuphi/invoices:read', 'thuphi/invoices:write'],
    });
    expect(event.requestContext.authorizer?.jwt.claims).not.toHaveProperty('aud');
  });

  it('answers 403 to a token without any of the scopes', async () => {
    const call = ['GET', '/scoped', bearer(await tokenOf(stack, 'finance'))] as const;
    expect(await refusal(...call)).toEqual({ status: 403, message: 'Forbidden' });
  });

  it('answers 403 to a token that was asked for another scope only', async () => {
    const call = ['GET', '/scoped', bearer(await tokenOf(stack, 'portal', 'thuphi/invoices:write'))] as const;
    expect(await refusal(...call)).toEqual({ status: 403, message: 'Forbidden' });
  });

  it('answers 401 without a token, and challenges', async () => {
    const { status, headers, body } = await send('GET', '/scoped');
    expect({ status, body: body.toString('utf8') }).toEqual({ status: 401, body: '{"message":"Unauthorized"}' });
    expect(headers['www-authenticate']).toBe('Bearer');
  });

  it('answers 401 to a token that was changed, has no signature, or is none', async () => {
    const token = await tokenOf(stack, 'portal');
    const [header, claims, signature] = token.split('.');
    const text = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const parsed = JSON.parse(Buffer.from(claims ?? '', 'base64url').toString('utf8')) as object;
    const forged = [
      `${header}.${text({ ...parsed, client_id: 'operator' })}.${signature}`,
      `${text({ alg: 'none' })}.${claims}.`,
      `${text({ alg: 'HS256' })}.${claims}.${signature}`,
      'nonsense',
    ];
    for (const one of forged) {
      expect(await refusal('GET', '/scoped', bearer(one))).toEqual({ status: 401, message: 'Unauthorized' });
    }
  });
});

describe('the issuer', () => {
  const ask = async (fields: Record<string, string>) => {
    const answer = await fetch(stack.tokenEndpoint, { method: 'POST', body: new URLSearchParams(fields) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const secretOf = (id: string) => stack.clients.find((one) => one.id === id)?.secret ?? '';
  const grant = { grant_type: 'client_credentials', client_id: 'portal' };

  it('gives a token for an hour to a client that knows its secret', async () => {
    const { status, body } = await ask({ ...grant, client_secret: secretOf('portal') });
    expect({ status, ...body }).toMatchObject({ status: 200, token_type: 'Bearer', expires_in: 3600 });
  });

  it.each([
    ['a wrong secret', { client_secret: 'wrong' }, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody', client_secret: 'wrong' }, 'invalid_client'],
    ['no secret', {}, 'invalid_client'],
    ['another grant', { grant_type: 'password', username: 'a', password: 'b' }, 'unsupported_grant_type'],
  ])('refuses %s', async (_, fields, error) => {
    expect(await ask({ ...grant, ...fields })).toEqual({ status: 400, body: { error } });
  });

  it('refuses a scope that the client does not hold', async () => {
    const asked = { ...grant, client_secret: secretOf('portal'), scope: 'thuphi/reports:read' };
    expect(await ask(asked)).toEqual({ status: 400, body: { error: 'invalid_scope' } });
  });
});

describe('limits and failures', () => {
  it('answers 500 when the function throws, and again when it cannot be loaded or ends its process', async () => {
    for (const path of ['/broken', '/unloadable', '/crash']) {
      expect(await refusal('GET', path)).toEqual({ status: 500, message: 'Internal Server Error' });
    }
  });

  it('answers 503 when the function needs longer than the integration may', async () => {
    expect(await refusal('GET', '/slow')).toEqual({ status: 503, message: 'Service Unavailable' });
    stack.killFunction('Slow');
  });

  it('answers 500 when the result is larger than 6 MB', async () => {
    expect(await refusal('GET', '/wide')).toEqual({ status: 500, message: 'Internal Server Error' });
  });

  it('answers 413 to a body above 10 MB, whether or not its length was announced', async () => {
    const large = Buffer.alloc(10_485_761);
    expect(await refusal('POST', '/echo', { body: large })).toEqual({
      status: 413,
      message: 'Request Entity Too Large',
    });
    const chunked = await new Promise<string>((resolve) => {
      const { port } = new URL(stack.url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write('POST /echo HTTP/1.1\r\nhost: local\r\ntransfer-encoding: chunked\r\n\r\n');
      socket.write(`${large.length.toString(16)}\r\n`);
      socket.write(large);
      socket.once('data', (answer) => {
        socket.destroy();
        resolve(answer.toString('utf8'));
      });
      socket.on('error', () => undefined);
    });
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('answers 413 when the event would be above the 6 MB of Lambda', async () => {
    const body = 'x'.repeat(6_291_456);
    expect(await refusal('POST', '/echo', { headers: ['content-type', 'text/plain'], body })).toEqual({
      status: 413,
      message: 'Request Entity Too Large',
    });
  });

  it('answers 431 to request line and headers above 10,240 bytes, however far above', async () => {
    expect((await send('GET', '/v1/invoices', { headers: ['x-long', 'x'.repeat(10_000)] })).status).toBe(200);
    for (const length of [10_240, 100_000]) {
      expect((await send('GET', '/v1/invoices', { headers: ['x-long', 'x'.repeat(length)] })).status).toBe(431);
    }
    expect((await send('GET', `/v1/invoices?${'q'.repeat(10_240)}`)).status).toBe(431);
  });

  it('keeps the connection for the next request', async () => {
    const { port } = new URL(stack.url);
    const socket = connect(Number(port), '127.0.0.1');
    const request = 'GET /nowhere HTTP/1.1\r\nhost: local\r\n\r\n';
    for (let turn = 0; turn < 2; turn += 1) {
      socket.write(request);
      const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
      expect(answer.toString('utf8')).toMatch(/^HTTP\/1\.1 404 /);
    }
    socket.destroy();
  });
});
