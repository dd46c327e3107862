import { Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
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

/**
 * A client for the files bucket. Where the endpoint is overridden the bucket stands in the path, because its name is no
 * host there. Checksums only where S3 asks for them: the upload link would else demand one of the first byte.
 */
export function filesClient(environment: NodeJS.ProcessEnv): S3Client {
  return new S3Client({
    forcePathStyle: Boolean(environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL']),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** Settlement files and what they came to, in the files bucket. */
export class FilesStore implements SettlementFiles, ResultWriter, ResultSummaries {
  readonly #s3: S3Client;
  readonly #bucket: string;

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  async uploadLink(key: string, validMilliseconds: number, now: Instant) {
    // Signed with the link, so it must come with the upload: the object can be made, and not be replaced.
    const headers = { 'If-None-Match': '*' };
    const url = await getSignedUrl(
      this.#s3,
      new PutObjectCommand({ Bucket: this.#bucket, Key: key, IfNoneMatch: headers['If-None-Match'] }),
      {
        expiresIn: Math.floor(validMilliseconds / SECOND_MILLISECONDS),
        signingDate: new Date(now),
        signableHeaders: new Set(['host', 'if-none-match']),
      },
    );
    return { url, headers };
  }

  async open(key: string, { etag, versionId }: ObjectVersion, most: number): ReturnType<SettlementFiles['open']> {
    try {
      const { Body, ContentLength = 0 } = await this.#s3.send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          IfMatch: `"${etag}"`,
          ...(versionId !== undefined && { VersionId: versionId }),
        }),
      );
      if (!(Body instanceof Readable)) throw new TypeError('a file without a stream');
      if (ContentLength > most) {
        Body.destroy();
        return { kind: 'tooLarge', size: ContentLength };
      }
      return { kind: 'open', chunks: Body };
    } catch (error) {
      if (isStatus(error, PRECONDITION_FAILED) || isStatus(error, NOT_FOUND)) return { kind: 'changed' };
      throw error;
    }
  }

  async writeLines(key: string, bytes: number, chunks: Iterable<Uint8Array>): Promise<void> {
    await this.#s3.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: key,
        ContentType: 'text/plain; charset=us-ascii',
        ContentLength: bytes,
        Body: Readable.from(chunks, { objectMode: false }),
      }),
    );
  }

  async writeSummary(summary: ResultSummary): Promise<void> {
    await this.#s3.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: summaryKey(summary.providerId, summary.businessDate),
        ContentType: 'application/json',
        Body: JSON.stringify(summary),
      }),
    );
  }

  async summary(providerId: string, businessDate: Day): Promise<ResultSummary | undefined> {
    try {
      const { Body } = await this.#s3.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: summaryKey(providerId, businessDate) }),
      );
      return ResultSummary.parse(JSON.parse((await Body?.transformToString()) ?? ''));
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }
}

const isStatus = (error: unknown, status: number): boolean =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === status;
