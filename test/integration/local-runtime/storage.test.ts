import { randomBytes } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clients } from '../../../infra/local/clients.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { awsClients, secretsManager, workshop } from './fixture.ts';

const shop = workshop();
let stack: LocalStack;
let clients: Clients;

beforeAll(async () => {
  const announced = (Value: string) => ({
    Event: 's3:ObjectCreated:*',
    Queue: { 'Fn::GetAtt': ['Files', 'Arn'] },
    Filter: {
      S3Key: {
        Rules: [
          { Name: 'prefix', Value },
          { Name: 'suffix', Value: '.csv' },
        ],
      },
    },
  });
  shop.writeAssembly({
    Service: {
      Resources: {
        Files: { Type: 'AWS::SQS::Queue', Properties: {} },
        Bucket: {
          Type: 'AWS::S3::Bucket',
          Properties: {
            NotificationConfiguration: { QueueConfigurations: [announced('statements/'), announced('settlements/')] },
            VersioningConfiguration: { Status: 'Enabled' },
            PublicAccessBlockConfiguration: {},
          },
        },
      },
    },
  });
  stack = await shop.start();
  clients = awsClients(stack);
});

afterAll(async () => {
  await stack?.stop();
  shop.remove();
});

const put = (Key: string, Body: string | Buffer, more: object = {}) =>
  clients.buckets.send(new PutObjectCommand({ Bucket: stack.buckets['Bucket'], Key, Body, ...more }));
type Announced = {
  eventName: string;
  s3: { bucket: { name: string }; object: { key: string; size: number; eTag: string; sequencer: string } };
};
/** Everything that waits in the queue. The announcement is committed with the object, so nothing has to be awaited. */
async function announcements(): Promise<Announced[]> {
  const { Messages = [] } = await clients.queues.send(
    new ReceiveMessageCommand({ QueueUrl: stack.queues['Files'], MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
  );
  return Messages.flatMap(({ Body }) => (JSON.parse(Body ?? '') as { Records: Announced[] }).Records);
}

describe('objects that come into the bucket', () => {
  it('are announced with the message that S3 sends, its key encoded', async () => {
    const { ETag } = await put('statements/ngày 1+2.csv', 'a,b');
    expect(await announcements()).toEqual([
      expect.objectContaining({
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'ap-southeast-1',
        eventName: 'ObjectCreated:Put',
        s3: expect.objectContaining({
          bucket: expect.objectContaining({ name: stack.buckets['Bucket'] }),
          object: {
            key: 'statements/ng%C3%A0y+1%2B2.csv',
            size: 3,
            eTag: ETag?.replaceAll('"', ''),
            sequencer: expect.stringMatching(/^[0-9A-F]+$/),
          },
        }),
      }),
    ]);
  });

  it('are not announced when prefix or suffix differ', async () => {
    await put('statements/a.xml', 'x');
    await put('other/a.csv', 'x');
    expect(await announcements()).toEqual([]);
  });

  it('are announced again when they are written again, later ones with a greater sequencer', async () => {
    await put('settlements/a.csv', '1');
    await put('settlements/a.csv', '2');
    const [first, second] = await announcements();
    expect([first, second].map((one) => one?.s3.object.key)).toEqual(['settlements/a.csv', 'settlements/a.csv']);
    expect((first?.s3.object.sequencer ?? '') < (second?.s3.object.sequencer ?? '')).toBe(true);
  });

  it('may come in parts', async () => {
    const upload = { Bucket: stack.buckets['Bucket'], Key: 'statements/parts.csv' };
    const { UploadId } = await clients.buckets.send(new CreateMultipartUploadCommand(upload));
    const part = await clients.buckets.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'a,b' }));
    const Parts = [{ PartNumber: 1, ETag: part.ETag }];
    await clients.buckets.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } }));
    expect(await announcements()).toMatchObject([
      { eventName: 'ObjectCreated:CompleteMultipartUpload', s3: { object: { key: 'statements/parts.csv', size: 3 } } },
    ]);
  });

  it('may be larger than 11 MiB, and come back byte for byte', async () => {
    const Body = randomBytes(12 * 1_048_576);
    await put('statements/large.csv', Body);
    expect(await announcements()).toMatchObject([
      { s3: { object: { key: 'statements/large.csv', size: Body.length } } },
    ]);
    const Bucket = stack.buckets['Bucket'];
    const read = await clients.buckets.send(new GetObjectCommand({ Bucket, Key: 'statements/large.csv' }));
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
  });

  it('are written only where nothing is, when that is the condition', async () => {
    await put('once', 'first', { IfNoneMatch: '*' });
    await expect(put('once', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    const { Contents } = await clients.buckets.send(
      new ListObjectsV2Command({ Bucket: stack.buckets['Bucket'], Prefix: 'once' }),
    );
    expect(Contents?.map(({ Size }) => Size)).toEqual([5]);
  });
});

describe('the secrets', () => {
  const call = (action: string, body: object) => secretsManager(stack.endpoints.secretsManager, action, body);

  it('are made once, read by name and by ARN', async () => {
    const made = await call('CreateSecret', {
      Name: 'thuphi/a',
      SecretString: 'one',
      ClientRequestToken: 't'.repeat(32),
    });
    expect(made.status).toBe(200);
    for (const SecretId of ['thuphi/a', made.body['ARN']]) {
      expect(await call('GetSecretValue', { SecretId })).toMatchObject({
        status: 200,
        body: { Name: 'thuphi/a', SecretString: 'one', VersionStages: ['AWSCURRENT'] },
      });
    }
    expect(await call('CreateSecret', { Name: 'thuphi/a', SecretString: 'two' })).toMatchObject({
      status: 400,
      body: { __type: 'ResourceExistsException' },
    });
  });

  it('keep the value before the present one', async () => {
    await call('CreateSecret', { Name: 'thuphi/b', SecretString: 'old' });
    await call('PutSecretValue', { SecretId: 'thuphi/b', SecretString: 'new' });
    const read = async (VersionStage: string) =>
      (await call('GetSecretValue', { SecretId: 'thuphi/b', VersionStage })).body['SecretString'];
    expect([await read('AWSCURRENT'), await read('AWSPREVIOUS')]).toEqual(['new', 'old']);
    const { body } = await call('DescribeSecret', { SecretId: 'thuphi/b' });
    expect(
      Object.values(body['VersionIdsToStages'] as object)
        .flat()
        .sort(),
    ).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });

  it('are missed with the exception of Secrets Manager', async () => {
    for (const action of ['GetSecretValue', 'PutSecretValue', 'DescribeSecret']) {
      expect(await call(action, { SecretId: 'thuphi/none' })).toMatchObject({
        status: 400,
        body: { __type: 'ResourceNotFoundException' },
      });
    }
  });

  it('are readable by their owner only', async () => {
    const { statSync } = await import('node:fs');
    for (const file of ['secrets.json', 'clients.json', 'issuer-key.json']) {
      expect(statSync(`${shop.dataDirectory}/${file}`).mode & 0o077).toBe(0);
    }
  });
});
