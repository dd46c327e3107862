import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { ProviderRequest } from '../domain/payment/provider.ts';
import type { CallOutcome, ProviderCaller, Unreachable } from '../domain/payment/provider-caller.ts';

/** What one call may cost, whatever the other side does. A citizen may be waiting for it. */
export const PROVIDER_LIMITS = {
  /** Until the connection stands, TLS included. */
  connectMilliseconds: 3_000,
  /** From the look-up of the name to the last byte of the answer, unless the caller asks for another. */
  totalMilliseconds: 8_000,
  /** The most that may be asked for: the functions that call have more time than that. */
  longestMilliseconds: 30_000,
  /** Of the answer's body. */
  answerBytes: 256 * 1024,
} as const;

const USER_AGENT = 'Thuphi/1';
/** Connections kept to one provider by one process, and for how long they may be idle, in milliseconds. */
const KEPT_CONNECTIONS = 16;
const KEPT_MILLISECONDS = 20_000;

type Limits = { [K in keyof typeof PROVIDER_LIMITS]: number };

type CallerOptions = {
  /** Admits http to the loopback, for development only. */
  allowLocal: boolean;
  limits?: Limits;
  /** Certificate authorities to trust instead of the usual ones, PEM. */
  authorities?: string;
  /** How names become addresses, where others chose the names; else the system's. */
  lookup?: LookupFunction;
  /** What we show to providers that want a certificate of ours, PEM. */
  certificate?: { cert: string; key: string };
};

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

const unreachable = (why: Unreachable['why'], code?: string): Unreachable =>
  code === undefined ? { kind: 'unreachable', why } : { kind: 'unreachable', why, code };

/**
 * Makes calls at providers: over verified TLS, with limits of time and size, without following redirects and without
 * trying again, because whoever called decides what a silence means. Neither what is sent nor what comes back is logged.
 * Connections are kept, since TLS costs more than the question; a kept one that the other side has closed meanwhile is
 * `unreachable`, too.
 */
export function providerCaller(options: CallerOptions): ProviderCaller {
  const { allowLocal, limits = PROVIDER_LIMITS } = options;
  const kept = { keepAlive: true, maxSockets: KEPT_CONNECTIONS, timeout: KEPT_MILLISECONDS };
  const secured = new HttpsAgent({
    ...kept,
    rejectUnauthorized: true,
    ...(options.authorities !== undefined && { ca: options.authorities }),
    ...options.certificate,
  });
  const plain = new HttpAgent(kept);

  return {
    call(request, patience = limits.totalMilliseconds) {
      const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
      const secure = url?.protocol === 'https:';
      const local = allowLocal && url?.protocol === 'http:' && LOOPBACK.has(url.hostname);
      if (!url || !(secure || local) || url.username || url.password)
        return Promise.resolve(unreachable('addressRefused'));
      const totalMilliseconds = Math.min(patience, limits.longestMilliseconds);
      return send(request, url, secure ? secured : plain, { ...limits, totalMilliseconds }, options.lookup);
    },
  };
}

function send(
  request: ProviderRequest,
  url: URL,
  agent: HttpAgent | HttpsAgent,
  limits: Limits,
  lookup?: LookupFunction,
): Promise<CallOutcome> {
  const secure = agent instanceof HttpsAgent;
  const bytes = Buffer.from(request.body, 'utf8');
  const options = {
    method: request.method,
    agent,
    ...(lookup && { lookup }),
    headers: {
      ...request.headers,
      'user-agent': USER_AGENT,
      ...(request.method === 'POST' && { 'content-length': bytes.length }),
    },
  };

  return new Promise((resolve) => {
    const call = secure ? httpsRequest(url, options) : httpRequest(url, options);
    const total = setTimeout(() => end(unreachable('timeout')), limits.totalMilliseconds);
    const connecting = setTimeout(() => end(unreachable('timeout')), limits.connectMilliseconds);
    let ended = false;
    const end = (outcome: CallOutcome) => {
      if (ended) return;
      ended = true;
      clearTimeout(total);
      clearTimeout(connecting);
      resolve(outcome);
      // A whole answer leaves the connection usable; anything else ends it.
      if (outcome.kind !== 'answered') call.destroy();
    };

    call.on('error', (error: NodeJS.ErrnoException) => end(unreachable('unreachable', error.code)));
    call.on('close', () => end(unreachable('unreachable')));
    call.once('socket', (socket) => {
      if (call.reusedSocket) clearTimeout(connecting);
      else socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connecting));
    });
    call.once('response', (response) => {
      const chunks: Buffer[] = [];
      let received = 0;
      response.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > limits.answerBytes) end(unreachable('oversize'));
        else chunks.push(chunk);
      });
      response.once('end', () =>
        end({ kind: 'answered', response: { status: response.statusCode ?? 0, body: Buffer.concat(chunks) } }),
      );
      response.on('error', (error: NodeJS.ErrnoException) => end(unreachable('unreachable', error.code)));
    });
    call.end(bytes);
  });
}
