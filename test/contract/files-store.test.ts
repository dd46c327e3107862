import { createHash } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultFiles, ResultSummary } from '../../shared/domain/reconciliation/results.ts';
import { LightObjectReader } from '../../shared/runtime/light-object-reader.ts';
import { FilesStore } from '../../shared/store/files-store.ts';

const BUCKET = 'files';
const environment = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_ENDPOINT_URL_S3'] as const;

describe('files in a bucket', () => {
  const before = environment.map((name) => [name, process.env[name]] as const);
  let bucket: Awaited<ReturnType<typeof startFauxqs>>;
  let client: S3Client;
  let files: FilesStore;
  let light: ResultFiles;

  beforeAll(async () => {
    bucket = await startFauxqs({ port: 0, logger: false });
    Object.assign(process.env, {
      AWS_REGION: 'ap-southeast-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_S3: bucket.address,
    });
    client = new S3Client({ forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    files = new FilesStore(BUCKET);
    light = new LightObjectReader(BUCKET, process.env);
  });
  afterAll(async () => {
    client.destroy();
    await bucket.stop();
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  const put = async (key: string, Body: string) => {
    const { ETag = '' } = await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body }));
    return { etag: ETag.replaceAll('"', '') };
  };
  const content = async (chunks: AsyncIterable<Uint8Array>) => {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return Buffer.concat(all).toString();
  };

  it('takes an upload through the link, which signs place, duration and the header that forbids replacing', async () => {
    const now = Date.now();
    const { url, headers } = await files.uploadLink('statements/p/2026-11-20/a.csv', 15 * 60_000, now);
    const link = new URL(url);
    expect(link.pathname).toBe(`/${BUCKET}/statements/p/2026-11-20/a.csv`);
    expect(link.searchParams.get('X-Amz-Expires')).toBe('900');
    expect(link.searchParams.get('X-Amz-Date')).toBe(new Date(now).toISOString().replace(/[-:]|\.\d+/g, ''));
    expect(link.searchParams.get('X-Amz-SignedHeaders')).toBe('host;if-none-match');
    expect([...link.searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);

    const answer = await fetch(url, { method: 'PUT', headers, body: 'một,hai\r\n' });
    expect(answer.status).toBe(200);
    const etag = (answer.headers.get('etag') ?? '').replaceAll('"', '');
    const opened = await files.open('statements/p/2026-11-20/a.csv', { etag }, 1000);
    expect(opened.kind === 'open' && (await content(opened.chunks))).toBe('một,hai\r\n');
  });

  it('gives out links to read, which end', async () => {
    await files.writeText('catalogue/a.csv', 'text/csv; charset=utf-8', 'một,hai');
    const url = await files.downloadLink('catalogue/a.csv', 60_000, Date.now());
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60');
    const answer = await fetch(url);
    expect([answer.headers.get('content-type'), await answer.text()]).toEqual(['text/csv; charset=utf-8', 'một,hai']);
  });

  it('opens the version that was asked for, or says that it is gone', async () => {
    const version = await put('statements/b.csv', 'first');
    const opened = await files.open('statements/b.csv', version, 5);
    expect(opened.kind === 'open' && (await content(opened.chunks))).toBe('first');
    await put('statements/b.csv', 'second');
    expect(await files.open('statements/b.csv', version, 1000)).toEqual({ kind: 'changed' });
    expect(await files.open('statements/none.csv', version, 1000)).toEqual({ kind: 'changed' });
  });

  it('reads a part of the version that was asked for, and fails where it is gone', async () => {
    const version = await put('statements/p.xlsx', '0123456789');
    const part = (from: number, to: number) => content(files.part('statements/p.xlsx', version, from, to));
    expect([await part(2, 5), await part(9, 10), await part(4, 4)]).toEqual(['234', '9', '']);
    await put('statements/p.xlsx', 'abcdefghij');
    await expect(part(2, 5)).rejects.toThrow(/412/);
  });

  it('does not read a file over the limit', async () => {
    const version = await put('statements/c.csv', '123456');
    expect(await files.open('statements/c.csv', version, 5)).toEqual({ kind: 'tooLarge', size: 6 });
  });

  it('writes lines as they are made, and reads any part of them', async () => {
    const chunk = Buffer.from('0123456789'.repeat(1000));
    await files.writeLines(
      'results/d.txt',
      50 * chunk.length,
      Array.from({ length: 50 }, () => chunk),
    );
    const whole = await light.range('results/d.txt', 0, 10_000_000);
    expect(whole?.size).toBe(500_000);
    expect(
      createHash('sha256')
        .update(whole?.bytes ?? '')
        .digest('hex'),
    ).toBe(createHash('sha256').update('0123456789'.repeat(50_000)).digest('hex'));
    const part = await light.range('results/d.txt', 499_995, 600_000);
    expect(Buffer.from(part?.bytes ?? []).toString()).toBe('56789');
    expect(part?.size).toBe(500_000);
    expect(await light.range('results/none.txt', 0, 9)).toBeUndefined();
  });

  it('keeps a summary, and has none where none was written', async () => {
    const summary: ResultSummary = {
      version: 1,
      statementId: `stm_${'0'.repeat(24)}`,
      providerId: 'vnpay',
      businessDate: '2026-11-20',
      sha256: 'a'.repeat(64),
      reportedAt: 1,
      agencies: { 'H29.12': { count: 1, amount: 2, matched: 1, matchedAmount: 2 } },
    };
    expect(await files.summary('vnpay', '2026-11-20')).toBeUndefined();
    await files.writeSummary(summary);
    await files.writeSummary(summary);
    expect(await files.summary('vnpay', '2026-11-20')).toEqual(summary);
  });
});
