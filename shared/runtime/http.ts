import middy, { type MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import { IdempotencyKey } from '../api/common.ts';
import type { Endpoint, Scope } from '../api/endpoint.ts';
import { InvalidCursor } from '../domain/paging.ts';
import { Refusal, type WrongPlace } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { describeError, log } from './log.ts';
import { keep } from './logbook.ts';
import { inLogbook } from './logged-calls.ts';
import { isProblemCode, placesOf, problemAnswer } from './problem.ts';
import { contextOf, isJson, languageOf, requestIdOf } from './request-context.ts';
import { MalformedJson, readStrictJson } from './strict-json.ts';
import { isTransient } from './transient.ts';

/** Largest body of an API call, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;

type Parsed<S> = S extends z.ZodType ? z.infer<S> : undefined;

export type Request<E extends Endpoint> = {
  params: Parsed<E['params']>;
  query: Parsed<E['query']>;
  body: Parsed<E['body']>;
  /** Who holds the token that the route asks for; nobody where it asks for none. */
  caller: E extends { scope: Scope } ? Caller : undefined;
  idempotencyKey: string;
  language: 'vi' | 'en';
  accept: string;
  /** What `If-Match` names, without its quotes; absent for `*`. */
  ifMatch: string | undefined;
};

type StatusOf<E extends Endpoint> = keyof E['answers'] & number;

/** Brands are for us, callers see plain JSON: either side of the schema will do. */
type BodyOf<S> = S extends z.ZodType ? z.input<S> : string;

export type Answer<E extends Endpoint> = {
  /** One of the contract's; checked when it is sent. */
  status: number;
  /** Text or bytes, where `contentType` names another media type than JSON: one of those that the contract has. */
  body: BodyOf<E['answers'][StatusOf<E>]> | string | Uint8Array;
  /** The call was answered before; nothing happened now. */
  replayed?: boolean;
  contentType?: string;
  headers?: Record<string, string>;
};

export type Route = { endpoint: Endpoint; answer: (request: never) => Promise<unknown> };

/** Binds an endpoint of the contract to the code that answers it; the types follow from the contract. */
export function answering<E extends Endpoint>(endpoint: E, answer: (request: Request<E>) => Promise<Answer<E>>): Route {
  return { endpoint, answer };
}

type Claims = { authorizer?: { jwt?: { claims?: unknown } } };

/**
 * The handler of an HTTP function: finds the route that the gateway chose, reads the call strictly, answers, and turns
 * every failure into a problem document. `caller` says who calls, from the claims that the gateway's authorizer verified.
 */
export function httpFunction(
  routes: readonly Route[],
  caller: (claims: unknown, endpoint: Endpoint) => Promise<Caller>,
) {
  const byKey = new Map(routes.map((route) => [`${route.endpoint.method} ${route.endpoint.path}`, route]));

  const handler = async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const route = byKey.get(event.routeKey);
    if (!route) throw new Refusal('not_found');
    const { endpoint } = route;
    const params = readParams(endpoint, event);
    const query = readQuery(endpoint, event);
    const idempotencyKey = readIdempotencyKey(endpoint, event);
    const body = readBody(endpoint, event);
    const claims = (event.requestContext as Claims).authorizer?.jwt?.claims;
    const request = {
      params,
      query,
      body,
      idempotencyKey,
      caller: endpoint.scope === undefined ? undefined : await caller(claims, endpoint),
      language: languageOf(event),
      accept: event.headers['accept'] ?? '',
      ifMatch: readIfMatch(event),
    };
    const answer = await inLogbook(
      endpoint,
      request,
      keep,
      () => route.answer(request as never) as Promise<Answer<Endpoint>>,
    );
    if (!(answer.status in endpoint.answers)) throw new Error(`${event.routeKey} may not answer ${answer.status}`);
    const otherType = answer.contentType?.split(';', 1)[0];
    if (otherType !== undefined && !endpoint.alsoAs?.includes(otherType))
      throw new Error(`${event.routeKey} may not answer ${otherType}`);
    return {
      statusCode: answer.status,
      headers: {
        'content-type': answer.contentType ?? 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        ...(answer.replayed && { 'idempotent-replayed': 'true' }),
        ...answer.headers,
      },
      ...(answer.body instanceof Uint8Array
        ? { body: Buffer.from(answer.body).toString('base64'), isBase64Encoded: true }
        : { body: answer.contentType ? String(answer.body) : JSON.stringify(answer.body) }),
    };
  };

  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(handler)
    .use(requestIds())
    .use(problemsForErrors());
}

function requestIds(): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return {
    after: ({ event, response }) => {
      if (response) response.headers = { ...response.headers, 'x-request-id': requestIdOf(event) };
    },
  };
}

/** Every failure becomes a problem document in the caller's language; what is our own fault is logged, never told. */
function problemsForErrors(): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return {
    onError: (run) => {
      const { event, error } = run;
      const context = contextOf(event);
      const { code, detail, errors, members, expected } = refusalFor(error);
      const known = isProblemCode(code) ? code : 'internal';
      if (!expected || known === 'internal')
        log.error('call failed', { ...describeError(error), route: event.routeKey, requestId: context.requestId });
      run.response = problemAnswer(known, context, detail, errors, members);
    },
  };
}

function refusalFor(error: unknown): Pick<Refusal, 'code' | 'detail' | 'errors' | 'members'> & { expected: boolean } {
  const none = { detail: undefined, errors: [], members: {} };
  if (error instanceof Refusal) {
    const { code, detail, errors, members } = error;
    return { code, detail, errors, members, expected: true };
  }
  if (error instanceof InvalidCursor) return { code: 'invalid_cursor', ...none, expected: true };
  if (isTransient(error)) return { code: 'unavailable', ...none, expected: false };
  return { code: 'internal', ...none, expected: false };
}

const malformed = (errors: readonly WrongPlace[]) => new Refusal('malformed_request', undefined, errors);

function parse(schema: z.ZodType | undefined, value: unknown, root: string): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw malformed(placesOf(parsed.error, root));
  return parsed.data;
}

function readParams(endpoint: Endpoint, event: APIGatewayProxyEventV2): unknown {
  if (!endpoint.params) return undefined;
  const parsed = endpoint.params.safeParse(event.pathParameters ?? {});
  // A path that names no possible thing names nothing.
  if (!parsed.success) throw new Refusal('not_found');
  return parsed.data;
}

/** Read from the raw query: the gateway joins repeated parameters with commas, and then nobody can tell. */
function readQuery(endpoint: Endpoint, event: APIGatewayProxyEventV2): unknown {
  const members: [string, string][] = [];
  const seen = new Set<string>();
  for (const pair of (event.rawQueryString ?? '').split('&').filter(Boolean)) {
    const [name, value] = [
      pair.split('=', 1)[0] ?? '',
      pair.includes('=') ? pair.slice(pair.indexOf('=') + 1) : '',
    ].map(decodeQuery) as [string, string];
    if (seen.has(name)) throw malformed([{ pointer: `/query/${name.slice(0, 64)}`, message: 'appears twice' }]);
    seen.add(name);
    members.push([name, value]);
  }
  if (!endpoint.query) {
    if (members.length > 0)
      throw malformed(members.map(([name]) => ({ pointer: `/query/${name.slice(0, 64)}`, message: 'unknown member' })));
    return undefined;
  }
  return parse(endpoint.query, Object.fromEntries(members), '/query');
}

function decodeQuery(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformed([{ pointer: '/query', message: 'not UTF-8 in percent escapes' }]);
  }
}

function readIdempotencyKey(endpoint: Endpoint, event: APIGatewayProxyEventV2): string {
  if (!endpoint.idempotent) return '';
  const given = event.headers['idempotency-key'];
  if (given === undefined || given === '') throw new Refusal('idempotency_key_missing');
  const parsed = IdempotencyKey.safeParse(given);
  if (!parsed.success)
    throw malformed([{ pointer: '/header/Idempotency-Key', message: '8 to 64 visible ASCII characters' }]);
  return parsed.data;
}

/** One entity tag (RFC 9110, section 13.1.1); weak ones and lists name no record here. */
function readIfMatch({ headers }: APIGatewayProxyEventV2): string | undefined {
  const given = headers['if-match']?.trim();
  if (given === undefined || given === '' || given === '*') return undefined;
  const tag = /^"([!#-~]{1,64})"$/.exec(given)?.[1];
  if (tag === undefined) throw malformed([{ pointer: '/header/If-Match', message: 'one ETag in quotes' }]);
  return tag;
}

function readBody(endpoint: Endpoint, event: APIGatewayProxyEventV2): unknown {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (!endpoint.body) {
    // Some clients send an empty object where there is nothing to say.
    if (!['', '{}'].includes(bytes.toString().trim()))
      throw malformed([{ pointer: '/body', message: 'this call has no body' }]);
    return undefined;
  }
  if (bytes.length > MAX_BODY_BYTES) throw new Refusal('payload_too_large');
  if (!isJson(event)) throw new Refusal('unsupported_media_type');
  try {
    return parse(endpoint.body, readStrictJson(bytes), '/body');
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
    throw malformed([{ pointer: `/body${error.pointer}`, message: error.message }]);
  }
}
