import { validateHeaderName, validateHeaderValue } from 'node:http';

/** What goes back to the caller. Header names are in lower case. */
export type HttpAnswer = { status: number; headers: Record<string, string | string[]>; body: Buffer };

const JSON_TYPE = 'application/json';
const PLAIN_TYPE = 'text/plain;charset=UTF-8';
/** These describe the connection to the caller, which is the gateway's. */
const OF_THE_CONNECTION = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** An answer of the gateway's own: `{"message":"…"}`. */
export function gatewayAnswer(status: number, message: string, headers: Record<string, string> = {}): HttpAnswer {
  return { status, headers: { 'content-type': JSON_TYPE, ...headers }, body: Buffer.from(JSON.stringify({ message })) };
}

/**
 * Reads a function's result as payload format 2.0 does: with a `statusCode` it is an answer; anything else is the body of a
 * 200. Undefined when it is neither, which the gateway answers with 500.
 */
export function functionAnswer(payload: string): HttpAnswer | undefined {
  const result: unknown = JSON.parse(payload);
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const body = typeof result === 'string' ? result : payload;
    return { status: 200, headers: { 'content-type': JSON_TYPE }, body: Buffer.from(body) };
  }
  const {
    statusCode,
    headers = {},
    body = '',
    isBase64Encoded = false,
    cookies = [],
  } = result as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  if (typeof body !== 'string' && body !== null) return undefined;
  if (typeof headers !== 'object' || !Array.isArray(cookies)) return undefined;
  const sent: HttpAnswer['headers'] = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!['string', 'number', 'boolean'].includes(typeof value) || !isHeader(name, String(value))) return undefined;
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) sent[name.toLowerCase()] = String(value);
  }
  const set = cookies.map(String);
  if (!set.every((cookie) => isHeader('set-cookie', cookie))) return undefined;
  if (set.length > 0) sent['set-cookie'] = set;
  sent['content-type'] ??= PLAIN_TYPE;
  return { status, headers: sent, body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8') };
}

/** What HTTP can carry: no control characters, so none that would end the header. */
function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
