import { Bucket } from '../aws/s3.ts';
import type { ResultFiles } from '../domain/reconciliation/results.ts';

/**
 * Reads parts of result objects, and small ones whole. The role needs `s3:ListBucket` as well: without it S3 answers 403 for an object that is
 * not there, and that is thrown.
 */
export class LightObjectReader implements ResultFiles {
  readonly #bucket: Bucket;

  /** `environment`: where `AWS_REGION` stands, and `AWS_ENDPOINT_URL_S3` if the bucket is elsewhere. */
  constructor(bucket: string, environment: NodeJS.ProcessEnv = process.env) {
    this.#bucket = new Bucket(bucket, environment);
  }

  range(key: string, from: number, to: number): Promise<{ bytes: Uint8Array; size: number } | undefined> {
    return this.#bucket.range(key, from, to);
  }

  readText(key: string): Promise<string | undefined> {
    return this.#bucket.text(key);
  }
}
