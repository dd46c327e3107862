import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Bucket } from '../aws/s3.ts';
import type { ReportFiles } from '../domain/reports/job.ts';
import { type Instant, SECOND_MILLISECONDS } from '../domain/time.ts';

/**
 * The files of reports in the files bucket. A report is written beside the function first: a put must know its length, and
 * so the object is there whole or not at all, whenever the function dies.
 */
export class ReportFileStore implements ReportFiles {
  readonly #bucket: Bucket;

  /** `environment`: where `AWS_REGION` stands, and `AWS_ENDPOINT_URL_S3` if the bucket is elsewhere. */
  constructor(bucket: string, environment: NodeJS.ProcessEnv = process.env) {
    this.#bucket = new Bucket(bucket, environment);
  }

  async write(key: string, contentType: string, chunks: AsyncIterable<Uint8Array>) {
    const folder = await mkdtemp(path.join(tmpdir(), 'report-'));
    const file = path.join(folder, 'report');
    try {
      const hash = createHash('sha256');
      let bytes = 0;
      async function* counted() {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      }
      await pipeline(counted(), createWriteStream(file));
      await this.#bucket.put(key, contentType, { stream: createReadStream(file), bytes });
      return { bytes, sha256: hash.digest('hex') };
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  downloadLink(key: string, validMilliseconds: number, now: Instant): Promise<string> {
    return this.#bucket.readLink(key, Math.floor(validMilliseconds / SECOND_MILLISECONDS), new Date(now));
  }
}
