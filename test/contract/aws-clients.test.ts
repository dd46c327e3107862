import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as sdk from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  BatchGetCommand,
  BatchWriteCommand,
  ConditionalCheckFailedException,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  TransactWriteCommand,
  UpdateCommand,
} from '../../shared/aws/dynamodb.ts';
import { JsonSigner } from '../../shared/aws/json-signature.ts';
import { signedHeaders, signedLink } from '../../shared/aws/signed-request.ts';
import { Queue } from '../../shared/aws/sqs.ts';

const ours = {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
};

type Told = { status?: number; body?: unknown; headers?: Record<string, string>; hangUp?: boolean; silence?: boolean };
type Heard = { target: string; body: Record<string, unknown>; headers: IncomingMessage['headers'] };

const refusal = (type: string, more: object = {}): Told => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'refused', ...more },
});
const throttling = refusal('ThrottlingException');

describe('the clients of AWS', () => {
  let server: Server;
  let url: string;
  let told: Told[];
  let heard: Heard[];
  let waits: number[];
  let environment: NodeJS.ProcessEnv;

  const clock = { now: () => Date.parse('2026-11-22T10:00:00Z') };
  const machine = {
    now: () => clock.now(),
    random: () => 0.5,
    wait: async (milliseconds: number) => void waits.push(milliseconds),
  };
  const tables = () => new DynamoDBDocumentClient(environment, machine);
  const get = new GetCommand({ TableName: 'T', Key: { k: '1' } });

  beforeEach(async () => {
    told = [];
    heard = [];
    waits = [];
    server = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      heard.push({
        target: String(incoming.headers['x-amz-target']),
        body: JSON.parse(Buffer.concat(chunks).toString() || '{}'),
        headers: incoming.headers,
      });
      const { status = 200, body = {}, headers = {}, hangUp, silence } = told.shift() ?? {};
      if (hangUp) incoming.socket.destroy();
      else if (!silence)
        outgoing.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    environment = {
      AWS_REGION: 'ap-southeast-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL: url,
    };
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    vi.useRealTimers();
  });

  describe('say and hear on the wire what the SDK’s do', () => {
    const item = {
      k: '1',
      n: 50_000,
      list: [1, 'hai', { ba: null }],
      none: undefined,
      yes: true,
      nested: { none: undefined, B: { S: 'tên là B' } },
      bytes: Buffer.from('thô'),
      text: '{"B":{"quoted"',
    };
    const wire = {
      k: { S: '1' },
      n: { N: '50000' },
      bytes: { B: Buffer.from('thô').toString('base64') },
      l: { L: [{ M: { B: { M: { S: { S: 'x' } } } } }] },
    };
    const values = { ':v': item, ':n': 1, ':none': undefined };
    const condition = { ConditionExpression: 'a = :n', ExpressionAttributeValues: { ':n': 1 } };
    const commands: readonly (readonly [string, (of: typeof sdk | typeof ours) => unknown, object])[] = [
      ['a get', (of) => new of.GetCommand({ TableName: 'T', Key: { k: '1' }, ConsistentRead: true }), { Item: wire }],
      ['a get of nothing', (of) => new of.GetCommand({ TableName: 'T', Key: { k: '1' } }), {}],
      ['a put', (of) => new of.PutCommand({ TableName: 'T', Item: item, ...condition }), {}],
      [
        'an update',
        (of) =>
          new of.UpdateCommand({
            TableName: 'T',
            Key: { k: '1' },
            UpdateExpression: 'SET a = :v',
            ExpressionAttributeNames: { '#a': 'a' },
            ExpressionAttributeValues: values,
            ReturnValues: 'ALL_NEW',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        { Attributes: wire },
      ],
      ['a delete', (of) => new of.DeleteCommand({ TableName: 'T', Key: { k: '1' }, ...condition }), {}],
      [
        'a query',
        (of) =>
          new of.QueryCommand({
            TableName: 'T',
            KeyConditionExpression: 'p = :v',
            ExpressionAttributeValues: { ':v': 'x' },
            ExclusiveStartKey: { p: 'x', s: 'y' },
          }),
        { Items: [wire, wire], LastEvaluatedKey: { p: { S: 'x' } }, Count: 2, ScannedCount: 2 },
      ],
      ['a scan', (of) => new of.ScanCommand({ TableName: 'T', ExclusiveStartKey: { p: 'x' } }), { Items: [] }],
      [
        'a batch of gets',
        (of) => new of.BatchGetCommand({ RequestItems: { Keys: { Keys: [{ k: '1' }], ConsistentRead: true } } }),
        { Responses: { Keys: [wire] }, UnprocessedKeys: { Keys: { Keys: [{ k: { S: '2' } }] } } },
      ],
      [
        'a batch of writes',
        (of) =>
          new of.BatchWriteCommand({
            RequestItems: { T: [{ PutRequest: { Item: item } }, { DeleteRequest: { Key: { k: '1' } } }] },
          }),
        { UnprocessedItems: { T: [{ DeleteRequest: { Key: { k: { S: '2' } } } }] } },
      ],
      [
        'a transaction',
        (of) =>
          new of.TransactWriteCommand({
            ClientRequestToken: 'once',
            TransactItems: [
              { Put: { TableName: 'T', Item: item, ...condition } },
              { Update: { TableName: 'T', Key: { k: '2' }, UpdateExpression: 'SET a = :n', ...condition } },
              { Delete: { TableName: 'T', Key: { k: '3' } } },
              { ConditionCheck: { TableName: 'T', Key: { k: '4' }, ...condition } },
            ],
          }),
        {},
      ],
    ];

    it.each(commands)('for %s', async (_, command, answer) => {
      const client = sdk.DynamoDBDocumentClient.from(
        new DynamoDBClient({
          endpoint: url,
          region: 'ap-southeast-1',
          credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        }),
        { marshallOptions: { removeUndefinedValues: true } },
      );
      told.push({ body: answer }, { body: answer });
      const { $metadata: _metadata, ...theirs } = (await client.send(command(sdk) as never)) as { $metadata: unknown };
      const mine = await tables().send(command(ours) as never);
      client.destroy();
      expect(heard[1]?.target).toBe(heard[0]?.target);
      expect(heard[1]?.body).toEqual(heard[0]?.body);
      const present = (of: object) => Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined));
      expect(plain(present(mine))).toEqual(plain(present(theirs)));
    });

    it('for messages', async () => {
      const client = new SQSClient({
        endpoint: url,
        region: 'ap-southeast-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        md5: false,
      });
      const QueueUrl = 'https://sqs.ap-southeast-1.amazonaws.com/000000000000/inbox';
      const Entries = [{ Id: '0', MessageBody: 'một' }];
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'một' }));
      await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      client.destroy();
      const MD5OfMessageBody = 'ad1e1d46a5d3ac71ba1b4a3bd35ba1ea';
      const queue = new Queue(QueueUrl, environment, machine);
      told.push({ body: { MD5OfMessageBody } });
      await queue.send('một').catch(() => undefined);
      await queue.sendBatch(Entries);
      expect(heard.slice(2).map(({ target, body }) => ({ target, body }))).toEqual(
        heard.slice(0, 2).map(({ target, body }) => ({ target, body })),
      );
    });
  });

  describe('send again what passes (scenario 36)', () => {
    it.each<[string, Told]>([
      ['is throttled', throttling],
      ['is throttled by status alone', { status: 429, body: '' }],
      ['meets a fault inside', { status: 500, body: { __type: 'InternalServerError' } }],
      ['meets a gateway that speaks no JSON', { status: 503, body: '<html>' }],
      ['meets a connection that was opened ahead and given up on', { status: 408, body: '' }],
      ['is hung up on', { hangUp: true }],
    ])('what %s, and is answered', async (_, failure) => {
      told.push(failure, failure, { body: { Item: { k: { S: '1' } } } });
      expect(await tables().send(get)).toEqual({ Item: { k: '1' } });
      expect(heard.every(({ body }) => JSON.stringify(body) === JSON.stringify(heard[0]?.body))).toBe(true);
      expect(waits).toHaveLength(2);
    });

    it('three times in all, at moments between zero and a bound that doubles', async () => {
      told.push(throttling, throttling, throttling, {});
      await expect(tables().send(get)).rejects.toMatchObject({ name: 'ThrottlingException' });
      expect(heard).toHaveLength(3);
      expect(waits).toEqual([250, 500]);
    });

    it('until an outage has spent the budget; then each call is sent once', async () => {
      const client = tables();
      told.push(...Array<Told>(1000).fill({ status: 503 }));
      for (let call = 0; call < 50; call += 1) await client.send(get).catch(() => undefined);
      const before = heard.length;
      await client.send(get).catch(() => undefined);
      expect(before).toBe(150);
      expect(heard).toHaveLength(151);
    });

    it('but not what is refused for good', async () => {
      told.push(refusal('ValidationException'));
      await expect(tables().send(get)).rejects.toMatchObject({
        name: 'ValidationException',
        message: 'refused',
        $metadata: { httpStatusCode: 400 },
      });
      expect(heard).toHaveLength(1);
    });

    it('a transaction under one token, so that it takes place once', async () => {
      told.push({ hangUp: true }, {});
      const command = new TransactWriteCommand({ TransactItems: [] });
      await tables().send(command);
      expect(heard[0]?.body['ClientRequestToken']).toMatch(/^[0-9a-f-]{36}$/);
      expect(heard[1]?.body).toEqual(heard[0]?.body);
    });

    it('what is refused for a clock that is wrong, signed by the service’s clock', async () => {
      const headers = { date: new Date(clock.now() + 20 * 60_000).toUTCString() };
      told.push({ ...refusal('InvalidSignatureException'), headers }, {});
      await tables().send(get);
      expect(heard.map((call) => call.headers['x-amz-date'])).toEqual(['20261122T100000Z', '20261122T102000Z']);
    });

    it('what gets no answer within five seconds', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      told.push({ silence: true }, { silence: true }, { silence: true });
      const failed = tables()
        .send(get)
        .then(
          () => undefined,
          (error: Error) => error.name,
        );
      for (let tries = 1; tries <= 3; tries += 1) {
        await vi.waitUntil(() => heard.length === tries, { interval: 1 });
        await vi.advanceTimersByTimeAsync(5_000);
      }
      expect(await failed).toBe('TimeoutError');
    });
  });

  it('replace a connection that was closed while it lay idle', async () => {
    const client = tables();
    await client.send(get);
    server.closeIdleConnections();
    await client.send(get);
    expect(heard).toHaveLength(2);
    expect(waits.length).toBeLessThanOrEqual(1);
  });

  it('tell a condition that failed with the item that stood there, as the wire has it', async () => {
    const Item = { k: { S: '1' }, B: { B: 'AQI=' } };
    told.push(refusal('ConditionalCheckFailedException', { Item }));
    const error = await tables()
      .send(get)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect(error).toMatchObject({ name: 'ConditionalCheckFailedException', Item });
  });

  it('tell why a transaction was cancelled, action by action', async () => {
    const CancellationReasons = [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Item: { k: { S: '1' } } }];
    told.push(refusal('TransactionCanceledException', { CancellationReasons }));
    const error = await tables()
      .send(get)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransactionCanceledException);
    expect(error).toMatchObject({ CancellationReasons });
  });

  it('do not believe a queue that took another message', async () => {
    const queue = new Queue(`${url}/000000000000/inbox`, environment, machine);
    told.push({ body: { MD5OfMessageBody: '0'.repeat(32) } });
    await expect(queue.send('một')).rejects.toThrow('another message');
    told.push({ body: { Successful: [{ Id: '0', MD5OfMessageBody: '0'.repeat(32) }] } });
    await expect(queue.sendBatch([{ Id: '0', MessageBody: 'một' }])).rejects.toThrow('another message');
    told.push({ body: { Failed: [{ Id: '0', Code: 'InternalError', SenderFault: false }] } });
    expect(await queue.sendBatch([{ Id: '0', MessageBody: 'một' }])).toMatchObject([{ Id: '0' }]);
  });
});

/** The examples of "Signature Calculations for the Authorization Header" and "Authenticating Requests: Using Query Parameters", Amazon S3 API reference. */
describe('the signature', () => {
  const example = {
    service: 's3' as const,
    method: 'GET' as const,
    url: new URL('https://examplebucket.s3.amazonaws.com/test.txt'),
    signedAt: new Date('2013-05-24T00:00:00Z'),
    environment: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
  };

  it('of a call is the documented one', async () => {
    const headers = await signedHeaders({ ...example, headers: { range: 'bytes=0-9' } });
    expect(headers['authorization']).toContain('SignedHeaders=host;range;x-amz-content-sha256;x-amz-date');
    expect(headers['authorization']).toContain('f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41');
  });

  it('of a JSON call is what the SDK’s signer makes of it, whoever calls, whatever, on whichever day', async () => {
    const word = fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 })
      .filter((text) => text === text.trim());
    const environment = fc.record({
      AWS_REGION: fc.constantFrom('ap-southeast-1', 'us-east-1'),
      AWS_ACCESS_KEY_ID: word,
      AWS_SECRET_ACCESS_KEY: word,
      AWS_SESSION_TOKEN: fc.option(fc.string({ unit: fc.constantFrom(...'aZ0+/='), minLength: 1 }), { nil: undefined }),
    });
    const calls = fc.array(
      fc.record({
        url: fc.constantFrom(
          new URL('https://dynamodb.ap-southeast-1.amazonaws.com'),
          new URL('http://127.0.0.1:8000/'),
        ),
        type: fc.constantFrom('application/x-amz-json-1.0', 'application/x-amz-json-1.1'),
        target: fc.constantFrom('DynamoDB_20120810.PutItem', 'AmazonSQS.SendMessage'),
        body: fc.string({ unit: 'grapheme' }),
        signedAt: fc.date({
          min: new Date('2026-11-22T23:59:58Z'),
          max: new Date('2026-11-23T00:00:02Z'),
          noInvalidDate: true,
        }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(environment, calls, async (own, made) => {
        const signer = new JsonSigner('dynamodb', own);
        for (const { url, type, target, body, signedAt } of made) {
          const request = { service: 'dynamodb', method: 'POST', url, body, signedAt, environment: own } as const;
          const headers = { 'content-type': type, 'x-amz-target': target };
          expect(signer.headers({ url, type, target, body, signedAt })).toEqual(
            await signedHeaders({ ...request, headers }),
          );
        }
      }),
    );
  });

  it('of a link is the documented one', async () => {
    const link = new URL(await signedLink(example, 86_400));
    expect(link.searchParams.get('X-Amz-Signature')).toBe(
      'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    );
  });
});

/** Bytes compare as bytes, whatever class holds them. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner) => (inner instanceof Uint8Array ? [...inner] : inner)));
