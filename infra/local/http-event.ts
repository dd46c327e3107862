import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * A request as API Gateway tells it to a function: HTTP API, payload format 2.0. Where the documentation is silent, this
 * follows what the deployed service was seen to do: the path arrives decoded, the query string as it was sent, and a body
 * is text only for the media types below: a form, or a body without a type, is base64.
 */
export type HttpEvent = {
  version: '2.0';
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  pathParameters?: Record<string, string>;
  requestContext: object;
  body?: string;
  isBase64Encoded: boolean;
};

/** Who calls, as the authorizer found. `scopes` is null on a route that asks for none. */
export type Caller = { claims: Readonly<Record<string, string>>; scopes: readonly string[] | null };

const TEXT_TYPES = /^(text\/.+|application\/(json|xml|javascript))$/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function httpEvent(
  request: IncomingMessage,
  given: {
    apiId: string;
    accountId: string;
    routeKey: string;
    path: string;
    rawQuery: string;
    pathParameters: Record<string, string>;
    requestId: string;
    at: Date;
    body: Buffer;
    caller: Caller | undefined;
  },
): HttpEvent {
  const headers = joinedHeaders(request.rawHeaders);
  const { cookie, ...others } = headers;
  const cookies = cookie?.split(';').map((one) => one.trim());
  const address = request.socket.remoteAddress ?? '';
  const host = headers['host'] ?? '';
  return {
    version: '2.0',
    routeKey: given.routeKey,
    rawPath: given.path,
    rawQueryString: given.rawQuery,
    ...(cookies ? { cookies } : {}),
    headers: {
      ...others,
      'x-amzn-trace-id': `Root=1-${Math.floor(given.at.getTime() / 1_000).toString(16)}-${randomBytes(12).toString('hex')}`,
      'x-forwarded-for': [headers['x-forwarded-for'], address].filter(Boolean).join(', '),
      'x-forwarded-port': host.split(':')[1] ?? '80',
      'x-forwarded-proto': 'http',
    },
    ...query(given.rawQuery),
    ...(Object.keys(given.pathParameters).length > 0 ? { pathParameters: given.pathParameters } : {}),
    requestContext: {
      accountId: given.accountId,
      apiId: given.apiId,
      ...(given.caller ? { authorizer: { jwt: given.caller } } : {}),
      domainName: host.split(':')[0] ?? '',
      domainPrefix: host.split('.')[0] ?? '',
      http: {
        method: request.method ?? '',
        path: given.path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: address,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: given.requestId,
      routeKey: given.routeKey,
      stage: '$default',
      time: commonLogTime(given.at),
      timeEpoch: given.at.getTime(),
    },
    ...bodyOf(given.body, headers['content-type']),
  };
}

function joinedHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toLowerCase() ?? '';
    const value = raw[at + 1] ?? '';
    const separator = name === 'cookie' ? ';' : ',';
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${separator}${value}`;
  }
  return headers;
}

function query(raw: string): { queryStringParameters?: Record<string, string> } {
  if (raw === '') return {};
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(raw)) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return { queryStringParameters: Object.fromEntries(values) };
}

function bodyOf(body: Buffer, contentType: string | undefined): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (TEXT_TYPES.test(mediaType)) {
    try {
      return { body: strictUtf8.decode(body), isBase64Encoded: false };
    } catch {
      // Not the text that its type promises: only base64 keeps the bytes.
    }
  }
  return { body: body.toString('base64'), isBase64Encoded: true };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(at: Date): string {
  const [day = '', time = ''] = at.toISOString().split('T');
  const [year, month, date] = day.split('-');
  return `${date}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}
