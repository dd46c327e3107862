import { describe, expect, it } from 'vitest';
import { arrivedFiles } from '../../shared/runtime/object-notices.ts';

const notice = (object: Record<string, unknown>, eventName = 'ObjectCreated:Put') => ({
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  awsRegion: 'ap-southeast-1',
  eventName,
  s3: { bucket: { name: 'files' }, object: { size: 5, sequencer: '0055AED6DCD90281E5', ...object } },
});
const message = (...Records: unknown[]) => JSON.stringify({ Records });

describe('a message of the bucket', () => {
  it('names the object and the version that came', () =>
    expect(arrivedFiles(message(notice({ key: 'statements/a.csv', eTag: 'e1', versionId: 'v1' })))).toEqual([
      { key: 'statements/a.csv', version: { etag: 'e1', versionId: 'v1' } },
    ]));

  it('writes keys as forms do', () =>
    expect(arrivedFiles(message(notice({ key: 'statements/t%C3%A0i+v%E1%BB%A5.csv', eTag: '"e1"' })))).toEqual([
      { key: 'statements/tài vụ.csv', version: { etag: 'e1' } },
    ]));

  it('may name several objects', () =>
    expect(arrivedFiles(message(notice({ key: 'a', eTag: '1' }), notice({ key: 'b', eTag: '2' })))).toHaveLength(2));

  it('of anything but a creation says nothing', () =>
    expect(arrivedFiles(message(notice({ key: 'a', eTag: '1' }, 'ObjectRemoved:Delete')))).toEqual([]));

  it('that only tests the connection says nothing', () =>
    expect(arrivedFiles(JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'files' }))).toEqual([]));

  it.each([
    '',
    'null',
    '{}',
    '{"Records":[]}',
    '{"Records":[{"eventName":"ObjectCreated:Put"}]}',
    '{"Event":"s3:Other"}',
  ])('that is %j is an error', (body) => expect(() => arrivedFiles(body)).toThrow());
});
