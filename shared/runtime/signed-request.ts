import { createHash, createHmac } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from './environment-credentials.ts';

/** Longest that one request may take, in milliseconds. */
const TIMEOUT_MILLISECONDS = 5_000;
/** Largest answer that is read, in bytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** SHA-256 with the interface that the signer wants. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secretBytes(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(secretBytes(chunk));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function secretBytes(value: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

export type SignedRequest = {
  service: 'secretsmanager' | 's3';
  method: 'GET' | 'POST' | 'HEAD';
  url: URL;
  headers?: Record<string, string>;
  body?: string;
};

export type SignedAnswer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };

/**
 * One signed call to an AWS service, for the few calls that do not pay for a client of their own in a bundle. Throws when
 * the service cannot be reached in time; any status is an answer.
 */
export async function signedRequest({
  service,
  method,
  url,
  headers = {},
  body,
}: SignedRequest): Promise<SignedAnswer> {
  const signer = new SignatureV4({
    service,
    region: process.env['AWS_REGION'] ?? '',
    credentials: defaultProvider(),
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port && { port: Number(url.port) }),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...headers },
    ...(body !== undefined && { body }),
  });
  return send(url, method, signed.headers, body);
}

function send(
  url: URL,
  method: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<SignedAnswer> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers, timeout: TIMEOUT_MILLISECONDS }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) call.destroy(new Error('answer too large'));
        else chunks.push(chunk);
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
      answer.on('error', reject);
    });
    call.on('timeout', () => call.destroy(Object.assign(new Error('timed out'), { name: 'TimeoutError' })));
    call.on('error', reject);
    call.end(body);
  });
}
