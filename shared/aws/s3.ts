import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AwsError } from './error.ts';
import { type Machine, Retries } from './retries.ts';
import { openSigned, signedLink, signedRequest } from './signed-request.ts';

const OK = 200;
const PARTIAL = 206;
const NOT_FOUND = 404;
/** Something is there already; somebody else is writing it at this moment. */
const TAKEN = [412, 409];

/** An S3 bucket as the functions use it: read, write, and give out links. */
export class Bucket {
  readonly #base: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #retries: Retries;

  /**
   * `environment`: region, credentials, and `AWS_ENDPOINT_URL_S3` if the bucket is elsewhere; there its name stands in the
   * path, because it is no host.
   */
  constructor(name: string, environment: NodeJS.ProcessEnv = process.env, machine?: Machine) {
    const elsewhere = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
    this.#base = elsewhere
      ? `${elsewhere.replace(/\/$/, '')}/${name}`
      : `https://${name}.s3.${environment['AWS_REGION'] ?? ''}.amazonaws.com`;
    this.#environment = environment;
    this.#retries = new Retries(machine);
  }

  /** A link by which somebody else may write an object, with exactly these headers, for so many seconds. */
  link(key: string, headers: Record<string, string>, validSeconds: number, signedAt: Date): Promise<string> {
    const names = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    return signedLink({ ...this.#at(key), method: 'PUT', headers: names, signedAt }, validSeconds);
  }

  /** A link by which somebody else may read an object for so many seconds. */
  readLink(key: string, validSeconds: number, signedAt: Date): Promise<string> {
    return signedLink({ ...this.#at(key), method: 'GET', signedAt }, validSeconds);
  }

  /**
   * Opens an object, or bytes `from` to `to` of it, both included; the caller reads or destroys it. Throws {@link AwsError}
   * with the status for every other answer.
   */
  open(
    key: string,
    { etag, versionId }: { etag?: string; versionId?: string | undefined } = {},
    range?: { from: number; to: number },
  ) {
    return this.#retries.run(async () => {
      const answer = await openSigned({
        ...this.#at(key, versionId === undefined ? {} : { versionId }),
        method: 'GET',
        headers: {
          ...(etag === undefined ? {} : { 'if-match': `"${etag}"` }),
          ...(range && { range: `bytes=${range.from}-${range.to}` }),
        },
      });
      if (answer.statusCode === (range ? PARTIAL : OK)) return answer;
      answer.resume();
      throw refused('GET', answer.statusCode ?? 0);
    });
  }

  /** A part of an object, both ends included; its whole size in bytes besides. `undefined` where there is no object. */
  range(key: string, from: number, to: number): Promise<{ bytes: Buffer; size: number } | undefined> {
    return this.#retries.run(async () => {
      const { status, headers, body } = await signedRequest({
        ...this.#at(key),
        method: 'GET',
        headers: { range: `bytes=${from}-${to}` },
      });
      if (status === NOT_FOUND) return undefined;
      if (status === OK) return { bytes: body.subarray(from, to + 1), size: body.length };
      const size = Number(/\/(\d+)$/.exec(String(headers['content-range']))?.[1]);
      if (status !== PARTIAL || !Number.isSafeInteger(size)) throw refused('GET', status);
      return { bytes: body, size };
    });
  }

  /** Writes an object. Of a stream the length must be known before, and it is sent once. */
  async put(key: string, contentType: string, body: string | { stream: Readable; bytes: number }): Promise<void> {
    const send = async () => {
      const { status } = await signedRequest({
        ...this.#at(key),
        method: 'PUT',
        ...(typeof body === 'string'
          ? { headers: { 'content-type': contentType }, body }
          : { headers: { 'content-type': contentType, 'content-length': String(body.bytes) }, body: body.stream }),
      });
      if (status !== OK) throw refused('PUT', status);
    };
    return typeof body === 'string' ? this.#retries.run(send) : send();
  }

  /**
   * Writes an object unless there is one under the key; false if there is. With the digest that S3 wants for every object
   * that it locks. A repeated send whose first answer was lost answers false too: the caller reads what stands there.
   */
  create(key: string, contentType: string, body: string): Promise<boolean> {
    const digest = createHash('md5').update(body).digest('base64');
    return this.#retries.run(async () => {
      const { status } = await signedRequest({
        ...this.#at(key),
        method: 'PUT',
        headers: { 'content-type': contentType, 'content-md5': digest, 'if-none-match': '*' },
        body,
      });
      if (TAKEN.includes(status)) return false;
      if (status !== OK) throw refused('PUT', status);
      return true;
    });
  }

  /** A whole object as text, or `undefined` where there is none. */
  async text(key: string): Promise<string | undefined> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of await this.open(key)) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    } catch (error) {
      if (error instanceof AwsError && error.$metadata.httpStatusCode === NOT_FOUND) return undefined;
      throw error;
    }
  }

  #at(key: string, query: Record<string, string> = {}) {
    const path = key.split('/').map(escaped).join('/');
    const url = new URL(`${this.#base}/${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return { service: 's3' as const, url, environment: this.#environment };
  }
}

/** As the signature has it: everything but letters, digits and `-_.~`. */
const escaped = (part: string): string =>
  encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const refused = (method: string, status: number) =>
  new AwsError('S3Error', {
    message: `${method} of an object answered ${status}`,
    $metadata: { httpStatusCode: status },
  });
