import { createHash } from 'node:crypto';
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReportFileStore } from '../../shared/store/report-files.ts';

const BUCKET = 'files';
const MEBIBYTE = 1024 * 1024;
const KEY = 'reports/rpt_1/remittance_2026-11-01_2026-11-30.csv';

describe('files of reports in a bucket', () => {
  let bucket: Awaited<ReturnType<typeof startFauxqs>>;
  let files: ReportFileStore;
  let client: S3Client;

  beforeAll(async () => {
    bucket = await startFauxqs({ port: 0, logger: false });
    const region = 'ap-southeast-1';
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = new S3Client({ forcePathStyle: true, endpoint: bucket.address, region, credentials });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    files = new ReportFileStore(BUCKET, {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_S3: bucket.address,
    });
  });
  afterAll(async () => {
    client.destroy();
    await bucket.stop();
  });

  async function* chunks(text: string, thenFail = false) {
    for (let at = 0; at < text.length; at += 100_000) yield Buffer.from(text.slice(at, at + 100_000));
    if (thenFail) throw new Error('the books do not foot');
  }
  const fetched = async () => {
    const answer = await fetch(await files.downloadLink(KEY, 60_000, Date.now()));
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };

  it('leave nothing in the bucket when they fail half way, neither an object nor parts of one', async () => {
    const many = 'x'.repeat(9 * MEBIBYTE);
    await expect(files.write(KEY, 'text/csv', chunks(many, true))).rejects.toThrow('do not foot');
    expect((await fetched()).status).toBe(404);
    // A bucket with anything in it, also an upload that nobody ended, cannot be deleted.
    await client.send(new DeleteBucketCommand({ Bucket: BUCKET }));
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });

  it.each([
    ['a byte', 1],
    ['a part and nothing more', 8 * MEBIBYTE],
    ['several parts', 17 * MEBIBYTE + 1],
  ])('are whole: %s', async (_, bytes) => {
    const text = 'x'.repeat(bytes);
    const written = await files.write(KEY, 'text/csv', chunks(text));
    const { text: there } = await fetched();
    expect([there === text, written.bytes]).toEqual([true, bytes]);
  });

  it('are written whole with their length and hash, and fetched by a link', async () => {
    const text = 'đồng,'.repeat(100_000);
    const sha256 = createHash('sha256').update(text).digest('hex');
    expect(await files.write(KEY, 'text/csv; charset=utf-8', chunks(text))).toEqual({
      bytes: Buffer.byteLength(text),
      sha256,
    });
    expect(await fetched()).toEqual({ status: 200, type: 'text/csv; charset=utf-8', text });
  });

  it('are replaced when they are made again', async () => {
    await files.write(KEY, 'text/csv; charset=utf-8', chunks('once'));
    await files.write(KEY, 'text/csv; charset=utf-8', chunks('once'));
    expect((await fetched()).text).toBe('once');
  });

  it('sign a link that is over after its time, and only for its object', async () => {
    const link = new URL(await files.downloadLink(KEY, 15 * 60_000, Date.parse('2026-11-27T02:00:00Z')));
    expect(link.searchParams.get('X-Amz-Expires')).toBe('900');
    expect(link.searchParams.get('X-Amz-Date')).toBe('20261127T020000Z');
    expect(link.pathname).toBe(`/${BUCKET}/${KEY}`);
  });
});
