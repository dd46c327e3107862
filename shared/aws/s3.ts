import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AwsError } from './error.ts';
import { type Machine, Retries } from './retries.ts';
import { openSigned, signedLink, signedRequest } from './signed-request.ts';

const OK = 200;
const NO_CONTENT = 204;
const PARTIAL = 206;
const NOT_FOUND = 404;
/** Something is there already; somebody else is writing it at this moment. */
const TAKEN = [412, 409];

/** Bytes of a part of an upload; S3 takes 10,000 of them, and none below 5 MiB but the last. */
const PART_BYTES = 8 * 1024 * 1024;

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
   * Writes an object of a byte at least, whose length nobody knows yet, in parts: no more than one of them is held. It is there whole or not at
   * all; what fails is aborted, and of what dies the bucket's lifecycle clears the parts away.
   */
  async upload(key: string, contentType: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const begun = await this.#call('POST', key, { uploads: '' }, { 'content-type': contentType });
    const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(begun.body.toString())?.[1];
    if (uploadId === undefined) throw refused('POST', begun.status);
    try {
      let parts = '';
      let partNumber = 0;
      for await (const part of partsOf(chunks)) {
        partNumber += 1;
        const { headers } = await this.#call('PUT', key, { partNumber: String(partNumber), uploadId }, {}, part);
        parts += `<Part><PartNumber>${partNumber}</PartNumber><ETag>${String(headers['etag'])}</ETag></Part>`;
      }
      const whole = Buffer.from(`<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`);
      const { status, body } = await this.#call('POST', key, { uploadId }, {}, whole);
      // It answers before it is done, so a failure comes under a status of success.
      if (body.includes('<Error>')) throw refused('POST', status);
    } catch (error) {
      await this.#call('DELETE', key, { uploadId }).catch(() => undefined);
      throw error;
    }
  }

  #call(
    method: 'POST' | 'PUT' | 'DELETE',
    key: string,
    query: Record<string, string>,
    headers: Record<string, string> = {},
    body?: Uint8Array,
  ) {
    return this.#retries.run(async () => {
      const answer = await signedRequest({
        ...this.#at(key, query),
        method,
        headers: { ...headers, ...(body && { 'content-length': String(body.length) }) },
        ...(body && { body: Readable.from([body], { objectMode: false }) }),
      });
      if (answer.status !== OK && answer.status !== NO_CONTENT) throw refused(method, answer.status);
      return answer;
    });
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

/** The same bytes in parts of one size, but the last; of no byte no part. */
async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let part = new Uint8Array(PART_BYTES);
  let filled = 0;
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + PART_BYTES - filled);
      part.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < PART_BYTES) continue;
      yield part;
      part = new Uint8Array(PART_BYTES);
      filled = 0;
    }
  if (filled > 0) yield part.subarray(0, filled);
}

/** As the signature has it: everything but letters, digits and `-_.~`. */
const escaped = (part: string): string =>
  encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const refused = (method: string, status: number) =>
  new AwsError('S3Error', {
    message: `${method} of an object answered ${status}`,
    $metadata: { httpStatusCode: status },
  });
