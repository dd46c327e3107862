import { createHmac } from 'node:crypto';
import { lookup as systemDns } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import {
  bareHost,
  checkWebhookUrl,
  type Lookup,
  type Resolved,
  type ResolvedAddress,
  resolveChecked,
} from '../domain/notification/address.ts';
import type { SendFailure, WebhookAnswer, WebhookMessage, WebhookSender } from '../domain/notification/ports.ts';
import { type Instant, SECOND_MILLISECONDS } from '../domain/time.ts';

/** What one delivery may cost, whatever the other side does. */
export const WEBHOOK_LIMITS = {
  /** Until the connection stands, TLS included. */
  connectMilliseconds: 3_000,
  /** From the look-up of the name to the last byte of the answer. */
  totalMilliseconds: 10_000,
  /** Of the answer's body. It is read only to let the connection end well, and never kept. */
  answerBytes: 64 * 1024,
} as const;

const USER_AGENT = 'Thuphi-Webhooks/1';
const LEAST_SECRET_BYTES = 24;
const MOST_SECRET_BYTES = 64;

/** Raised for a secret that Standard Webhooks does not allow. Its text is never shown. */
export class UnusableSecret extends Error {
  constructor() {
    super(`a webhook secret is whsec_ and base64 of ${LEAST_SECRET_BYTES} to ${MOST_SECRET_BYTES} bytes`);
    this.name = 'UnusableSecret';
  }
}

function secretBytes(secret: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (bytes.length < LEAST_SECRET_BYTES || bytes.length > MOST_SECRET_BYTES) throw new UnusableSecret();
  return bytes;
}

/**
 * The three headers of Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec 1.0): HMAC-SHA256 over
 * `id.timestamp.body`, the timestamp in whole seconds, one `v1,` signature per secret with a space between.
 * Throws {@link UnusableSecret}, also when there is no secret at all.
 */
export function signedHeaders(message: { eventId: string; body: string; secrets: readonly string[]; at: Instant }) {
  if (message.secrets.length === 0) throw new UnusableSecret();
  const timestamp = String(Math.floor(message.at / SECOND_MILLISECONDS));
  const signatures = message.secrets.map((secret) => {
    const mac = createHmac('sha256', secretBytes(secret));
    return `v1,${mac.update(`${message.eventId}.${timestamp}.${message.body}`, 'utf8').digest('base64')}`;
  });
  return {
    'webhook-id': message.eventId,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

/** The machine's own resolver, all addresses of the name. */
export const systemLookup: Lookup = (hostname) =>
  new Promise((resolve, reject) => {
    systemDns(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

type Limits = { [K in keyof typeof WEBHOOK_LIMITS]: number };

type SenderOptions = {
  /** Admits http and the loopback, for development only. */
  allowLocal: boolean;
  lookup?: Lookup;
  limits?: Limits;
  /** Certificate authorities to trust instead of the usual ones, PEM. */
  authorities?: string;
};

const failed = (why: SendFailure['why'], code?: string): SendFailure =>
  code === undefined ? { kind: 'failed', why } : { kind: 'failed', why, code };

/**
 * Posts signed events to addresses that other parties chose. The name is looked up once and checked; the connection goes
 * to the checked addresses, so a name that changes its answer in between (DNS rebinding) gains nothing. No connection is
 * kept: a kept one would outlive its check.
 */
export function webhookSender(options: SenderOptions): WebhookSender {
  const { allowLocal, lookup = systemLookup, limits = WEBHOOK_LIMITS } = options;

  return {
    async send(message) {
      if (checkWebhookUrl(message.url, { allowLocal })) return failed('addressRefused');
      let headers: ReturnType<typeof signedHeaders>;
      try {
        headers = signedHeaders(message);
      } catch {
        return failed('secretUnusable');
      }
      const url = new URL(message.url);

      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), limits.totalMilliseconds);
      try {
        const resolved = await unlessAborted(resolveChecked(bareHost(url), { allowLocal, lookup }), limit.signal);
        if (!resolved) return failed('timeout');
        if (resolved.kind === 'refused') return failed(resolved.why === 'notPublic' ? 'addressRefused' : resolved.why);
        return await post(url, {
          addresses: resolved.addresses,
          headers,
          body: message.body,
          limits,
          authorities: options.authorities,
          signal: limit.signal,
        });
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

const unlessAborted = (resolving: Promise<Resolved>, signal: AbortSignal): Promise<Resolved | undefined> =>
  Promise.race([
    resolving,
    new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true })),
  ]);

/** Answers `connect` with the checked addresses, whatever the name stands for by now. */
const pinned = (addresses: readonly ResolvedAddress[]): LookupFunction => {
  const [first] = addresses;
  return (_hostname, { all }, callback) => {
    if (all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
};

/**
 * A look-up for connections to addresses that others chose: a name is an error unless each of its addresses may be called,
 * and the connection goes to one that was checked.
 */
export const checkedLookup =
  ({ allowLocal, lookup = systemLookup }: { allowLocal: boolean; lookup?: Lookup }): LookupFunction =>
  (hostname, options, callback) => {
    void resolveChecked(hostname, { allowLocal, lookup }).then((resolved) => {
      if (resolved.kind === 'allowed') pinned(resolved.addresses)(hostname, options, callback);
      else callback(Object.assign(new Error('this address is not called'), { code: 'EADDRNOTAVAIL' }), '', 0);
    });
  };

type Post = {
  addresses: readonly ResolvedAddress[];
  headers: Readonly<Record<string, string>>;
  body: WebhookMessage['body'];
  limits: Limits;
  authorities: string | undefined;
  signal: AbortSignal;
};

function post(url: URL, { addresses, headers, body, limits, authorities, signal }: Post): Promise<WebhookAnswer> {
  const secure = url.protocol === 'https:';
  const bytes = Buffer.from(body, 'utf8');
  const options: RequestOptions = {
    method: 'POST',
    hostname: bareHost(url),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': bytes.length,
      'user-agent': USER_AGENT,
    },
    lookup: pinned(addresses),
    agent: false,
    rejectUnauthorized: true,
    ...(authorities === undefined ? {} : { ca: authorities }),
  };

  return new Promise((resolve) => {
    const call = secure ? httpsRequest(options) : httpRequest(options);
    const connecting = setTimeout(() => end(failed('timeout')), limits.connectMilliseconds);
    const end = (answer: WebhookAnswer) => {
      clearTimeout(connecting);
      resolve(answer);
      call.destroy();
    };

    signal.addEventListener('abort', () => end(failed('timeout')), { once: true });
    call.on('error', (error: NodeJS.ErrnoException) => end(failed('unreachable', error.code)));
    // Also a connection that ends without answer or error, as after a refused upgrade. Later than an answer it does nothing.
    call.on('close', () => end(failed('unreachable')));
    call.once('socket', (socket) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connecting));
    });
    call.once('response', (response) => {
      let received = 0;
      response.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > limits.answerBytes) end(failed('oversize'));
      });
      response.once('end', () => end({ kind: 'answered', status: response.statusCode ?? 0 }));
      response.on('error', (error: NodeJS.ErrnoException) => end(failed('unreachable', error.code)));
    });
    call.end(bytes);
  });
}
