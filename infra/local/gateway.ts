import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen } from './addresses.ts';
import type { Authorizer } from './authorizer.ts';
import type { FunctionPool } from './functions.ts';
import { functionAnswer, gatewayAnswer, type HttpAnswer } from './http-answer.ts';
import { httpEvent } from './http-event.ts';
import { LOCAL_ACCOUNT } from './intrinsics.ts';
import type { Limits } from './limits.ts';
import { type Match, matchRoute, type Route } from './routes.ts';
import { closeServer } from './secrets.ts';
import type { Declared } from './system.ts';

/** What the gateway serves, once everything behind it is ready. */
export type HttpApi = {
  apiId: string;
  routes: readonly Route[];
  stage: Declared<'AWS::ApiGatewayV2::Stage'>['properties'] | undefined;
  cors: Declared<'AWS::ApiGatewayV2::Api'>['properties']['CorsConfiguration'];
  authorize: Authorizer;
  functionAt(arn: string): FunctionPool | undefined;
};

export type Gateway = { port: number; open(api: HttpApi): void; stop(): Promise<void> };

/** Beyond what is refused with 431 anyway, so that the refusal is ours and counts as API Gateway counts. */
const PARSER_HEAD_BYTES = 65_536;
/** Bytes of a refused body that are read and dropped, so that the caller hears the refusal before the connection ends. */
const DISCARDED_BYTES = 33_554_432;
/** A sender who sends nothing for so long waits for the answer. */
const SILENCE_MILLISECONDS = 250;
const KEEP_ALIVE_MILLISECONDS = 65_000;

const TOO_LARGE = () => gatewayAnswer(413, 'Request Entity Too Large');
const NOT_FOUND = () => gatewayAnswer(404, 'Not Found');
const UNAVAILABLE = () => gatewayAnswer(503, 'Service Unavailable');
const FAILED = () => gatewayAnswer(500, 'Internal Server Error');
const HEAD_TOO_LARGE = () => gatewayAnswer(431, 'Request Header Fields Too Large');

/**
 * Takes the port, and answers 503 until it is opened. Throws `PortTaken`. From then on it is an HTTP API of API Gateway:
 * its own answers included, for which the documentation of the service names the causes.
 */
export async function startGateway(port: number, limits: Limits): Promise<Gateway> {
  let api: HttpApi | undefined;
  const buckets = new Map<string, TokenBucket>();
  const server = createServer({ maxHeaderSize: PARSER_HEAD_BYTES, keepAliveTimeout: KEEP_ALIVE_MILLISECONDS });
  server.on('request', (request, response) => {
    void serve(request, response, api, limits, buckets);
  });
  server.on('clientError', refuseUnreadable);
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    open(opened) {
      api = opened;
    },
    stop: () => closeServer(server as Server),
  };
}

function refuseUnreadable(error: NodeJS.ErrnoException, socket: NodeJS.WritableStream & { writable: boolean }): void {
  if (!socket.writable || error.code === 'ECONNRESET') return;
  const { status, body } = error.code === 'HPE_HEADER_OVERFLOW' ? HEAD_TOO_LARGE() : gatewayAnswer(400, 'Bad Request');
  const reason = status === 431 ? 'Request Header Fields Too Large' : 'Bad Request';
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n` +
      `connection: close\r\n\r\n${body.toString('utf8')}`,
  );
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  api: HttpApi | undefined,
  limits: Limits,
  buckets: Map<string, TokenBucket>,
): Promise<void> {
  // The caller may leave at any time; what was begun for it ends by itself.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const requestId = randomBytes(12).toString('base64url');
  let answer: HttpAnswer;
  try {
    answer = await answerTo(request, requestId, api, limits, buckets);
  } catch {
    answer = FAILED();
  }
  if (api?.cors) answer = withCors(answer, request, api.cors);
  await send(request, response, answer, requestId);
}

/**
 * What nobody will read of a refused body is dropped first: most callers send all of theirs before they listen, and an
 * answer that comes with a closed connection would never be heard.
 */
async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpAnswer,
  requestId: string,
): Promise<void> {
  const whole = request.complete || (await dropRest(request));
  response.writeHead(answer.status, {
    ...answer.headers,
    'content-length': answer.body.length,
    'apigw-requestid': requestId,
    ...(whole ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

/** Whether the body ended, before it grew out of all proportion or its sender fell silent. */
function dropRest(request: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    let dropped = 0;
    const silence = setTimeout(() => end(false), SILENCE_MILLISECONDS);
    const end = (whole: boolean) => {
      clearTimeout(silence);
      resolve(whole);
    };
    request.on('data', (chunk: Buffer) => {
      silence.refresh();
      dropped += chunk.length;
      if (dropped <= DISCARDED_BYTES) return;
      request.pause();
      end(false);
    });
    request.once('end', () => end(true));
    request.once('close', () => end(request.complete));
    request.resume();
  });
}

async function answerTo(
  request: IncomingMessage,
  requestId: string,
  api: HttpApi | undefined,
  limits: Limits,
  buckets: Map<string, TokenBucket>,
): Promise<HttpAnswer> {
  if (headBytes(request) > limits.requestHeadBytes) return HEAD_TOO_LARGE();
  if (!api) return UNAVAILABLE();
  const method = request.method ?? '';
  if (api.cors && method === 'OPTIONS' && !api.routes.some((route) => route.method === 'OPTIONS')) {
    return { status: 204, headers: {}, body: Buffer.alloc(0) };
  }
  const [rawPath = '/', ...queryParts] = (request.url ?? '/').split('?');
  const segments = decodeSegments(rawPath);
  if (!segments) return gatewayAnswer(400, 'Bad Request');
  const match = matchRoute(api.routes, method, segments);
  if (!match) return NOT_FOUND();
  if (isThrottled(match.route, api, buckets)) return gatewayAnswer(429, 'Too Many Requests');

  let caller: Parameters<typeof httpEvent>[1]['caller'];
  if (match.route.authorizer) {
    const authorized = await api.authorize(request.headers.authorization, match.route.scopes);
    if ('status' in authorized) return authorized;
    caller = authorized;
  }
  const body = await readBody(request, limits.requestBodyBytes);
  if (!body) return TOO_LARGE();
  const event = httpEvent(request, {
    apiId: api.apiId,
    accountId: LOCAL_ACCOUNT,
    routeKey: match.route.key,
    path: `/${segments.join('/')}`,
    rawQuery: queryParts.join('?'),
    pathParameters: match.pathParameters,
    requestId,
    at: new Date(),
    body,
    caller,
  });
  return invoke(api, match, event, limits);
}

async function invoke(api: HttpApi, { route }: Match, event: object, limits: Limits): Promise<HttpAnswer> {
  const target = api.functionAt(route.functionArn);
  if (!target) return FAILED();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), Math.min(route.timeoutMilliseconds, limits.integrationMilliseconds));
  });
  const outcome = await Promise.race([target.invoke(event), late]);
  clearTimeout(timer);
  if (outcome === 'late' || outcome.kind === 'throttled') return UNAVAILABLE();
  if (outcome.kind === 'tooLarge') return TOO_LARGE();
  return (outcome.kind === 'answered' && functionAnswer(outcome.payload)) || FAILED();
}

/** Request line and header lines, without the line ends. */
function headBytes({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): number {
  let bytes = `${method} ${url} HTTP/${httpVersion}`.length;
  for (const [at, text] of rawHeaders.entries()) bytes += Buffer.byteLength(text, 'latin1') + (at % 2 === 0 ? 2 : 0);
  return bytes;
}

/** Segments of the path after the first slash; undefined when an escape is not UTF-8. */
function decodeSegments(rawPath: string): string[] | undefined {
  try {
    return rawPath.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** The whole body, or undefined once it is longer than `most`; what comes after that is not kept. */
function readBody(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > most) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const collect = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= most) {
        chunks.push(chunk);
        return;
      }
      request.off('data', collect);
      request.pause();
      chunks.length = 0;
      resolve(undefined);
    };
    request.on('data', collect);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the caller left')));
  });
}

/** Requests a second with a burst, as the stage or the route says; a route without a limit has none here. */
class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(rate: number, burst: number, now: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  take(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1_000) * this.#rate);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

function isThrottled({ key }: Route, { stage }: HttpApi, buckets: Map<string, TokenBucket>): boolean {
  const own = stage?.RouteSettings[key];
  const settings = own ?? stage?.DefaultRouteSettings;
  const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = settings ?? {};
  if (rate === undefined || burst === undefined) return false;
  const now = performance.now();
  const bucket = buckets.get(key) ?? new TokenBucket(rate, burst, now);
  buckets.set(key, bucket);
  return !bucket.take(now);
}

type Cors = NonNullable<HttpApi['cors']>;

/** The API's own CORS headers; those of the function are dropped, as the service does. */
function withCors(answer: HttpAnswer, { headers, method }: IncomingMessage, cors: Cors): HttpAnswer {
  const kept = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
  const { origin } = headers;
  const allowed = origin && cors.AllowOrigins.find((one) => one === '*' || one === origin);
  if (!allowed) return { ...answer, headers: Object.fromEntries(kept) };
  const own: Record<string, string> = { 'access-control-allow-origin': allowed === '*' ? '*' : origin };
  if (cors.AllowCredentials) own['access-control-allow-credentials'] = 'true';
  if (cors.ExposeHeaders.length > 0) own['access-control-expose-headers'] = cors.ExposeHeaders.join(',');
  if (method === 'OPTIONS') {
    own['access-control-allow-methods'] = cors.AllowMethods.join(',');
    own['access-control-allow-headers'] = cors.AllowHeaders.join(',');
    if (cors.MaxAge !== undefined) own['access-control-max-age'] = String(cors.MaxAge);
  }
  return { ...answer, headers: { ...Object.fromEntries(kept), ...own } };
}
