import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** One signed HTTP call to an AWS service, over connections that are kept open: what all clients of this folder stand on. */

export type Service = 'dynamodb' | 'sqs' | 's3' | 'secretsmanager' | 'kms';

/**
 * Longest that one request may take or stay silent, in milliseconds. A call that hangs is worse than one that fails: it is
 * repeated, and a caller who waits longer than the gateway does is told nothing.
 */
const TIMEOUT_MILLISECONDS = 5_000;
/** Longest silence while a stream is sent, in milliseconds. */
const STREAM_TIMEOUT_MILLISECONDS = 60_000;
/** Largest answer that is read whole, in bytes: a batch of 16 MB of items, written as JSON. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Connections to one host; further calls wait their turn. */
const MAX_CONNECTIONS = 50;

/** Gives the next call a connection that was opened before it was needed, if there is one to that place. */
const opened = new Map<string, Socket>();
/** Those that were, so that a dead one among them is known for stale. */
const early = new WeakSet<Socket>();
const place = ({ host, port }: ConnectionOptions) => `${host}:${port}`;

class WarmHttpsAgent extends HttpsAgent {
  override createConnection(options: ConnectionOptions, done?: (error: Error | null, socket: Duplex) => void) {
    return takeOpened(options) ?? super.createConnection(options, done);
  }
}
class WarmHttpAgent extends HttpAgent {
  override createConnection(options: ConnectionOptions, done?: (error: Error | null, socket: Duplex) => void) {
    return takeOpened(options) ?? super.createConnection(options, done);
  }
}

function takeOpened(options: ConnectionOptions): Socket | undefined {
  const socket = opened.get(place(options));
  opened.delete(place(options));
  return socket?.ref();
}

const agents = {
  'https:': new WarmHttpsAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS }),
  'http:': new WarmHttpAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS }),
};

/** The header that says what the body's digest is, or that it is not signed. */
const HASH = 'x-amz-content-sha256';

/** What a reused connection says that the other side, or a frozen process, has given up meanwhile. */
const STALE = new Set(['ECONNRESET', 'EPIPE']);

type Unsigned = {
  method: 'GET' | 'POST' | 'PUT' | 'HEAD' | 'DELETE';
  url: URL;
  /** A stream is sent as it comes, unsigned, and needs a `content-length`. */
  body?: string | Readable;
};

export type SignedRequest = Unsigned & {
  service: Service;
  headers?: Record<string, string>;
  /** Where region and credentials stand. */
  environment?: NodeJS.ProcessEnv;
  /** When it is signed; the clock's now if absent. */
  signedAt?: Date;
};

export type SignedAnswer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };

/** The call with its answer read whole. Throws when the service cannot be reached in time; any status is an answer. */
export const signedRequest = async (request: SignedRequest): Promise<SignedAnswer> =>
  wholeAnswer(request, await signedHeaders(request));

/** As {@link signedRequest}, with headers that are signed already. */
export function wholeAnswer(request: Unsigned, headers: Record<string, string>): Promise<SignedAnswer> {
  // A stream may be as long as it is; it only may not stop.
  const within = typeof request.body === 'object' ? undelayed : withDeadline;
  return within(async (track) => {
    const answer = await exchange(request, headers, track);
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await whole(answer) };
  });
}

function whole(answer: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    answer.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) answer.destroy(new Error('answer too large'));
      else chunks.push(chunk);
    });
    answer.on('end', () => resolve(Buffer.concat(chunks)));
    answer.on('error', reject);
  });
}

/** The call with its answer to be read by the caller, at the caller's pace, who must read or destroy it. */
export async function openSigned(request: SignedRequest): Promise<IncomingMessage> {
  const answer = await exchange(request, await signedHeaders(request));
  answer.setTimeout(0);
  return answer;
}

/** An address that carries the signature of a call, for somebody else to make it. `headers` must come with the call. */
export async function signedLink(
  { service, method, url, headers = {}, environment = process.env, signedAt = new Date() }: SignedRequest,
  validSeconds: number,
): Promise<string> {
  // Whoever uses the link brings bytes that nobody knows yet; that they are unsigned is understood, not written in it.
  const apart = {
    unhoistableHeaders: new Set(['host', ...Object.keys(headers), HASH]),
    unsignableHeaders: new Set([HASH]),
  };
  const { query = {} } = await (await signerOf(service, environment)).presign(
    { ...target(url), method, headers: { host: url.host, ...headers, [HASH]: 'UNSIGNED-PAYLOAD' } },
    { expiresIn: validSeconds, signingDate: signedAt, ...apart },
  );
  const link = new URL(url);
  for (const [name, value] of Object.entries(query)) link.searchParams.set(name, String(value));
  return link.href;
}

/**
 * Opens a connection to a service while the function starts, and the first call to it takes that one. What goes wrong here
 * goes wrong again, and is told, at the first call.
 */
export function openConnection(endpoint: URL): void {
  const host = endpoint.hostname;
  const port = Number(endpoint.port) || (endpoint.protocol === 'https:' ? 443 : 80);
  if (opened.has(place({ host, port }))) return;
  // As the agents open theirs. A small request that waits to grow waits for 40 ms.
  const noDelay = true;
  const socket =
    endpoint.protocol === 'https:'
      ? connectTls({ host, port, servername: host, noDelay } as ConnectionOptions)
      : connect({ host, port, noDelay });
  const forget = () => {
    if (opened.get(place({ host, port })) === socket) opened.delete(place({ host, port }));
  };
  socket.on('error', forget).on('close', forget).unref();
  opened.set(place({ host, port }), socket);
  early.add(socket);
}

/** Where a service is: at its own address, unless the environment names another (`AWS_ENDPOINT_URL_<SERVICE>`). */
export function endpointOf(service: Service, environment: NodeJS.ProcessEnv): URL {
  const name = service === 'secretsmanager' ? 'SECRETS_MANAGER' : service.toUpperCase();
  const elsewhere = environment[`AWS_ENDPOINT_URL_${name}`] ?? environment['AWS_ENDPOINT_URL'];
  return new URL(elsewhere ?? `https://${service}.${environment['AWS_REGION'] ?? ''}.amazonaws.com`);
}

const agentOf = ({ protocol }: URL) => agents[protocol === 'https:' ? 'https:' : 'http:'];

/** The general signer: of calls to S3 only, so that a function that makes none does not load it. */
const signerOf = async (service: Service, environment: NodeJS.ProcessEnv) =>
  (await import('./general-signer.ts')).generalSigner(service, environment);

/** The headers of a call, signature included. */
export async function signedHeaders(request: SignedRequest): Promise<Record<string, string>> {
  const { service, method, url, headers = {}, body, environment = process.env, signedAt } = request;
  const { headers: signed } = await (await signerOf(service, environment)).sign(
    {
      ...target(url),
      method,
      headers: {
        host: url.host,
        ...headers,
        ...(typeof body === 'object' && { [HASH]: 'UNSIGNED-PAYLOAD' }),
      },
      ...(typeof body === 'string' && { body }),
    },
    signedAt && { signingDate: signedAt },
  );
  return signed;
}

const target = (url: URL) => ({
  protocol: url.protocol,
  hostname: url.hostname,
  ...(url.port && { port: Number(url.port) }),
  path: url.pathname,
  query: Object.fromEntries(url.searchParams),
});

type Call = ReturnType<typeof requestHttps>;
type Track = (call: Call) => void;

class TimedOut extends Error {
  override readonly name = 'TimeoutError';
  constructor() {
    super('no answer in time');
  }
}

const undelayed = <T>(work: (track: Track) => Promise<T>): Promise<T> => work(() => undefined);

/** Ends the call that `work` tracks when it takes too long in all, however often the other side gives a sign of life. */
async function withDeadline<T>(work: (track: Track) => Promise<T>): Promise<T> {
  let current: Call | undefined;
  const timer = setTimeout(() => current?.destroy(new TimedOut()), TIMEOUT_MILLISECONDS);
  try {
    return await work((call) => {
      current = call;
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Sends and answers as soon as the head of the answer is there. A connection found dead is replaced once. */
async function exchange(
  request: Unsigned,
  headers: Record<string, string>,
  track: Track = () => undefined,
  fresh = false,
): Promise<IncomingMessage> {
  const { method, url, body } = request;
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  const call = open(url, {
    method,
    headers: typeof body === 'string' ? { ...headers, 'content-length': Buffer.byteLength(body) } : headers,
    timeout: typeof body === 'object' ? STREAM_TIMEOUT_MILLISECONDS : TIMEOUT_MILLISECONDS,
    agent: agentOf(url),
  });
  track(call);
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      call.on('response', resolve);
      call.on('timeout', () => call.destroy(new TimedOut()));
      call.on('error', reject);
      if (typeof body === 'object') {
        body.on('error', (error) => call.destroy(error));
        body.pipe(call);
      } else call.end(body);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (
      fresh ||
      typeof body === 'object' ||
      !(call.reusedSocket || early.has(call.socket as Socket)) ||
      !STALE.has(code ?? '')
    )
      throw error;
    return exchange(request, headers, track, true);
  }
}
