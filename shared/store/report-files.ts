import { createHash } from 'node:crypto';
import { Bucket } from '../aws/s3.ts';
import type { ReportFiles } from '../domain/reports/job.ts';
import { type Instant, SECOND_MILLISECONDS } from '../domain/time.ts';

/**
 * The files of reports in the files bucket. A report is sent in parts as it is made, and is there whole or not at all, whenever
 * the function dies.
 */
export class ReportFileStore implements ReportFiles {
  readonly #bucket: Bucket;

  /** `environment`: where `AWS_REGION` stands, and `AWS_ENDPOINT_URL_S3` if the bucket is elsewhere. */
  constructor(bucket: string, environment: NodeJS.ProcessEnv = process.env) {
    this.#bucket = new Bucket(bucket, environment);
  }

  async write(key: string, contentType: string, chunks: AsyncIterable<Uint8Array>) {
    const hash = createHash('sha256');
    let bytes = 0;
    async function* counted() {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    }
    await this.#bucket.upload(key, contentType, counted());
    return { bytes, sha256: hash.digest('hex') };
  }

  downloadLink(key: string, validMilliseconds: number, now: Instant): Promise<string> {
    return this.#bucket.readLink(key, Math.floor(validMilliseconds / SECOND_MILLISECONDS), new Date(now));
  }
}
