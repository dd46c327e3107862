import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReportFileStore } from '../../shared/store/report-files.ts';

const BUCKET = 'files';
const KEY = 'reports/rpt_1/remittance_2026-11-01_2026-11-30.csv';

describe('files of reports in a bucket', () => {
  let bucket: Awaited<ReturnType<typeof startFauxqs>>;
  let files: ReportFileStore;

  beforeAll(async () => {
    bucket = await startFauxqs({ port: 0, logger: false });
    const region = 'ap-southeast-1';
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new S3Client({ forcePathStyle: true, endpoint: bucket.address, region, credentials });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    client.destroy();
    files = new ReportFileStore(BUCKET, {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_S3: bucket.address,
    });
  });
  afterAll(() => bucket.stop());

  async function* chunks(text: string, thenFail = false) {
    for (let at = 0; at < text.length; at += 1000) yield Buffer.from(text.slice(at, at + 1000));
    if (thenFail) throw new Error('the books do not foot');
  }
  const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('report-')).length;
  const fetched = async () => {
    const answer = await fetch(await files.downloadLink(KEY, 60_000, Date.now()));
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };

  it('leave nothing in the bucket, and nothing beside the function, when they fail half way', async () => {
    const before = left();
    await expect(files.write(KEY, 'text/csv', chunks('x'.repeat(5_000), true))).rejects.toThrow('do not foot');
    expect((await fetched()).status).toBe(404);
    expect(left()).toBe(before);
  });

  it('are written whole with their length and hash, and fetched by a link', async () => {
    const before = left();
    const text = 'đồng,'.repeat(100_000);
    const sha256 = createHash('sha256').update(text).digest('hex');
    expect(await files.write(KEY, 'text/csv; charset=utf-8', chunks(text))).toEqual({
      bytes: Buffer.byteLength(text),
      sha256,
    });
    expect(await fetched()).toEqual({ status: 200, type: 'text/csv; charset=utf-8', text });
    expect(left()).toBe(before);
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
