import { BucketAlreadyOwnedByYou, CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Declared } from './system.ts';

/** Creates the bucket unless it is there. */
export async function createBucket(client: S3Client, bucket: Declared<'AWS::S3::Bucket'>): Promise<void> {
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket.name }));
  } catch (error) {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  }
}

/** Objects of a bucket whose keys begin and end so are announced to a queue. */
export type Announcement = { bucket: string; queueArn: string; event: string; prefix: string; suffix: string };

/** What the buckets of the template announce. */
export function announcementsOf(buckets: readonly Declared<'AWS::S3::Bucket'>[]): Announcement[] {
  return buckets.flatMap(({ name, properties }) =>
    (properties.NotificationConfiguration?.QueueConfigurations ?? []).map((one) => {
      const rule = (wanted: 'prefix' | 'suffix') =>
        one.Filter?.S3Key.Rules.find((candidate) => candidate.Name === wanted)?.Value ?? '';
      return { bucket: name, queueArn: one.Queue, event: one.Event, prefix: rule('prefix'), suffix: rule('suffix') };
    }),
  );
}

/** How an object came to be, as S3 names it after `s3:`. */
export type Creation = 'ObjectCreated:Put' | 'ObjectCreated:CompleteMultipartUpload';

export function isAnnounced(announcement: Announcement, bucket: string, key: string, creation: Creation): boolean {
  const { event, prefix, suffix } = announcement;
  return (
    announcement.bucket === bucket &&
    (event === 's3:ObjectCreated:*' || event === `s3:${creation}`) &&
    key.startsWith(prefix) &&
    key.endsWith(suffix)
  );
}

/** The message that S3 sends, of which version 2.1 is the present one. The key is encoded as in a form, `+` for a space. */
export function announcementBody(
  creation: Creation,
  object: { bucket: string; key: string; size: number; eTag: string; at: Date; sequencer: string; region: string },
): string {
  const encodedKey = encodeURIComponent(object.key).replaceAll('%2F', '/').replaceAll('%20', '+');
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: object.region,
        eventTime: object.at.toISOString(),
        eventName: creation,
        userIdentity: { principalId: 'local' },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: {},
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'local',
          bucket: {
            name: object.bucket,
            ownerIdentity: { principalId: 'local' },
            arn: `arn:aws:s3:::${object.bucket}`,
          },
          object: {
            key: encodedKey,
            size: object.size,
            eTag: object.eTag.replaceAll('"', ''),
            sequencer: object.sequencer,
          },
        },
      },
    ],
  });
}
