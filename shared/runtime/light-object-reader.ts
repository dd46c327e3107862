import type { ResultFiles } from '../domain/reconciliation/results.ts';
import { signedRequest } from './signed-request.ts';

const OK = 200;
const PARTIAL = 206;
const NOT_FOUND = 404;

/**
 * Reads parts of result objects without the S3 client, which would add 162 kB to a bundle for one GET. The role needs
 * `s3:ListBucket` as well: without it S3 answers 403 for an object that is not there, and that is thrown.
 */
export class LightObjectReader implements ResultFiles {
  readonly #base: string;

  /** `environment`: where `AWS_REGION` stands, and `AWS_ENDPOINT_URL_S3` if the bucket is elsewhere. */
  constructor(bucket: string, environment: NodeJS.ProcessEnv = process.env) {
    const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
    this.#base = endpoint
      ? `${endpoint.replace(/\/$/, '')}/${bucket}`
      : `https://${bucket}.s3.${environment['AWS_REGION'] ?? ''}.amazonaws.com`;
  }

  async range(key: string, from: number, to: number): Promise<{ bytes: Uint8Array; size: number } | undefined> {
    const { status, headers, body } = await signedRequest({
      service: 's3',
      method: 'GET',
      url: new URL(`${this.#base}/${key}`),
      headers: { range: `bytes=${from}-${to}` },
    });
    if (status === NOT_FOUND) return undefined;
    if (status === OK) return { bytes: body.subarray(from, to + 1), size: body.length };
    const size = Number(/\/(\d+)$/.exec(String(headers['content-range']))?.[1]);
    if (status !== PARTIAL || !Number.isSafeInteger(size)) throw new Error(`GET of a result object answered ${status}`);
    return { bytes: body, size };
  }
}
