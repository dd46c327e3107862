import { Readable } from 'node:stream';
import { AwsError } from '../aws/error.ts';
import { Bucket } from '../aws/s3.ts';
import type { BatchFiles } from '../domain/batch/batch.ts';
import {
  type ResultSummaries,
  ResultSummary,
  type ResultWriter,
  summaryKey,
} from '../domain/reconciliation/results.ts';
import type { ObjectVersion, SettlementFiles } from '../domain/reconciliation/statement.ts';
import { type Day, type Instant, SECOND_MILLISECONDS } from '../domain/time.ts';

const PRECONDITION_FAILED = 412;
const NOT_FOUND = 404;

/** Settlement files and files of invoices, and what they came to, in the files bucket. */
export class FilesStore implements SettlementFiles, ResultWriter, ResultSummaries, BatchFiles {
  readonly #bucket: Bucket;

  /** `environment`: where `AWS_REGION` stands, and `AWS_ENDPOINT_URL_S3` if the bucket is elsewhere. */
  constructor(bucket: string, environment: NodeJS.ProcessEnv = process.env) {
    this.#bucket = new Bucket(bucket, environment);
  }

  async uploadLink(key: string, validMilliseconds: number, now: Instant) {
    // Signed with the link, so it must come with the upload: the object can be made, and not be replaced.
    const headers = { 'If-None-Match': '*' };
    const seconds = Math.floor(validMilliseconds / SECOND_MILLISECONDS);
    return { url: await this.#bucket.link(key, headers, seconds, new Date(now)), headers };
  }

  downloadLink(key: string, validMilliseconds: number, now: Instant): Promise<string> {
    return this.#bucket.readLink(key, Math.floor(validMilliseconds / SECOND_MILLISECONDS), new Date(now));
  }

  async open(key: string, version: ObjectVersion, most: number): ReturnType<SettlementFiles['open']> {
    try {
      const body = await this.#bucket.open(key, version);
      const size = Number(body.headers['content-length'] ?? 0);
      if (size > most) {
        body.destroy();
        return { kind: 'tooLarge', size };
      }
      return { kind: 'open', size, chunks: body };
    } catch (error) {
      if (isStatus(error, PRECONDITION_FAILED) || isStatus(error, NOT_FOUND)) return { kind: 'changed' };
      throw error;
    }
  }

  async *part(key: string, version: ObjectVersion, from: number, to: number): AsyncGenerator<Uint8Array> {
    if (from < to) yield* await this.#bucket.open(key, version, { from, to: to - 1 });
  }

  async writeLines(key: string, bytes: number, chunks: Iterable<Uint8Array>): Promise<void> {
    const stream = Readable.from(chunks, { objectMode: false });
    await this.#bucket.put(key, 'text/plain; charset=us-ascii', { stream, bytes });
  }

  /** The lines of an object of ours, as they come. Throws where there is none. */
  async *lines(key: string): AsyncGenerator<string, void, undefined> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let rest = '';
    for await (const chunk of await this.#bucket.open(key)) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') throw new Error(`${key} ends in the middle of a line`);
  }

  async writeSummary(summary: ResultSummary, late?: number): Promise<void> {
    const key = summaryKey(summary.providerId, summary.businessDate, late);
    await this.#bucket.put(key, 'application/json', JSON.stringify(summary));
  }

  async writeText(key: string, contentType: string, text: string): Promise<void> {
    await this.#bucket.put(key, contentType, text);
  }

  readText(key: string): Promise<string | undefined> {
    return this.#bucket.text(key);
  }

  async summary(providerId: string, businessDate: Day, late?: number): Promise<ResultSummary | undefined> {
    const text = await this.readText(summaryKey(providerId, businessDate, late));
    return text === undefined ? undefined : ResultSummary.parse(JSON.parse(text));
  }
}

const isStatus = (error: unknown, status: number): boolean =>
  error instanceof AwsError && error.$metadata.httpStatusCode === status;
