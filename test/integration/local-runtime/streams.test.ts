import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clients } from '../../../infra/local/clients.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { awsClients, eventually, type Resources, workshop } from './fixture.ts';

const shop = workshop();
let stack: LocalStack;
let clients: Clients;

/** A table with a stream, a function and their mapping; what is given up goes to the bucket. */
function streamed(name: string, source: string, mapping: object = {}): Resources {
  return {
    [`${name}Table`]: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      },
    },
    [`${name}Function`]: shop.lambda(name, source),
    [`${name}Mapping`]: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: { 'Fn::GetAtt': [`${name}Table`, 'StreamArn'] },
        FunctionName: { 'Fn::GetAtt': [`${name}Function`, 'Arn'] },
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: 100,
        MaximumRetryAttempts: 2,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Failed', 'Arn'] } } },
        ...mapping,
      },
    },
  };
}

/** Notes the batch; then `answer`, which sees `keys`. */
const answering = (name: string, answer: string) => `exports.handler = async (event) => {
  const keys = event.Records.map((r) => r.dynamodb.Keys.pk.S);
  note({ name: '${name}', keys });
  ${answer}
};`;
const failing =
  'return { batchItemFailures: event.Records.filter((r) => r.dynamodb.NewImage.bad).map((r) => ({ itemIdentifier: r.dynamodb.SequenceNumber })) };';
const throwing = "if (event.Records.some((r) => r.dynamodb.NewImage.bad)) throw new Error('poison');";

beforeAll(async () => {
  shop.writeAssembly({
    Service: {
      Resources: {
        Failed: { Type: 'AWS::S3::Bucket', Properties: {} },
        ...streamed('Shape', "exports.handler = async (event) => note({ name: 'Shape', event });"),
        ...streamed('Filtered', answering('Filtered', ''), {
          FilterCriteria: {
            Filters: [
              {
                Pattern: JSON.stringify({
                  eventName: ['INSERT'],
                  dynamodb: { NewImage: { st: { S: [{ prefix: 'paid' }] } } },
                }),
              },
              {
                Pattern: JSON.stringify({
                  dynamodb: { NewImage: { du: { N: [{ numeric: ['>=', 5] }] }, gone: { S: [{ exists: false }] } } },
                }),
              },
            ],
          },
        }),
        ...streamed('Reporting', answering('Reporting', failing)),
        ...streamed('Bisecting', answering('Bisecting', throwing), {
          FunctionResponseTypes: [],
          BisectBatchOnFunctionError: true,
          MaximumRetryAttempts: 1,
        }),
        ...streamed('Both', answering('Both', failing), { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1 }),
        ...streamed('Resumed', answering('Resumed', '')),
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

type Note = { name: string; keys: string[] };
const batchesOf = (name: string) =>
  shop
    .notes<Note>()
    .filter((note) => note.name === name)
    .map(({ keys }) => keys);
const seenBy = (name: string) => new Set(batchesOf(name).flat());

/** All in one transaction, so that they stand in the stream together. */
const write = (name: string, items: Record<string, object>) =>
  clients.tables.send(
    new TransactWriteItemsCommand({
      TransactItems: Object.entries(items).map(([pk, attributes]) => ({
        Put: { TableName: stack.tables[`${name}Table`], Item: { pk: { S: pk }, ...attributes } },
      })),
    }),
  );
const bad = { bad: { BOOL: true } };

type Report = {
  requestContext: { condition: string; approximateInvokeCount: number };
  DDBStreamBatchInfo: { batchSize: number };
  payload: string;
};
const keysIn = ({ payload }: Report) =>
  (JSON.parse(payload) as { Records: { dynamodb: { Keys: { pk: { S: string } } } }[] }).Records.map(
    (r) => r.dynamodb.Keys.pk.S,
  );

/** What was put aside that holds this key. */
async function putAside(key: string): Promise<Report> {
  const Bucket = stack.buckets['Failed'];
  return eventually(async () => {
    const { Contents = [] } = await clients.buckets.send(new ListObjectsV2Command({ Bucket, Prefix: 'aws/lambda/' }));
    for (const { Key } of Contents) {
      const object = await clients.buckets.send(new GetObjectCommand({ Bucket, Key }));
      const report = JSON.parse((await object.Body?.transformToString()) ?? '') as Report;
      if (keysIn(report).includes(key)) return report;
    }
    return undefined;
  });
}

describe('a stream that feeds a function', () => {
  it('hands records over as DynamoDB writes them', async () => {
    await clients.tables.send(
      new PutItemCommand({
        TableName: stack.tables['ShapeTable'],
        Item: {
          pk: { S: 'a' },
          n: { N: '5' },
          raw: { B: Buffer.from([1, 2]) },
          map: { M: { inner: { L: [{ S: 'x' }] } } },
        },
      }),
    );
    const note = await eventually(() =>
      shop.notes<{ name: string; event: unknown }>().find(({ name }) => name === 'Shape'),
    );
    expect(note.event).toMatchObject({
      Records: [
        {
          eventName: 'INSERT',
          eventSource: 'aws:dynamodb',
          awsRegion: 'ap-southeast-1',
          eventSourceARN: expect.stringMatching(
            /^arn:aws:dynamodb:ap-southeast-1:\d+:table\/Service-ShapeTable\/stream\//,
          ),
          dynamodb: {
            Keys: { pk: { S: 'a' } },
            NewImage: { pk: { S: 'a' }, n: { N: '5' }, raw: { B: 'AQI=' }, map: { M: { inner: { L: [{ S: 'x' }] } } } },
            SequenceNumber: expect.any(String),
            ApproximateCreationDateTime: expect.any(Number),
            StreamViewType: 'NEW_AND_OLD_IMAGES',
          },
        },
      ],
    });
  });

  it('keeps back what no filter lets through', async () => {
    await write('Filtered', {
      paid: { st: { S: 'paid_late' } },
      open: { st: { S: 'open' } },
      five: { du: { N: '5' } },
      four: { du: { N: '4' } },
      gone: { du: { N: '9' }, gone: { S: 'yes' } },
      last: { st: { S: 'paid' } },
    });
    await eventually(() => seenBy('Filtered').has('last'));
    expect([...seenBy('Filtered')]).toEqual(['paid', 'five', 'last']);
  });

  it('tries again from the lowest failed record, then puts aside what is left and goes on', async () => {
    await write('Reporting', { good: {}, poison: bad, behind: {} });
    const report = await putAside('poison');
    expect(report.requestContext).toMatchObject({ condition: 'RetryAttemptsExhausted' });
    expect(keysIn(report)).toEqual(['poison', 'behind']);
    await write('Reporting', { after: {} });
    await eventually(() => seenBy('Reporting').has('after'));
    expect(batchesOf('Reporting').filter((keys) => keys.includes('good'))).toHaveLength(1);
    expect(batchesOf('Reporting').filter((keys) => keys.includes('poison'))).toHaveLength(3);
  });

  it.each(['Bisecting', 'Both'])(
    'splits a batch until the poison record is alone, and its neighbours flow: %s',
    async (name) => {
      await write(name, { [`${name}1`]: {}, [`${name}2`]: {}, [`${name}3`]: bad, [`${name}4`]: {}, [`${name}5`]: {} });
      const report = await putAside(`${name}3`);
      expect(keysIn(report)).toEqual([`${name}3`]);
      expect(report.DDBStreamBatchInfo.batchSize).toBe(1);
      await eventually(() => [1, 2, 4, 5].every((number) => seenBy(name).has(`${name}${number}`)));
      if (name === 'Both') return;
      // Every other record ended in a batch that had no poison in it.
      const clean = () =>
        batchesOf(name)
          .filter((keys) => !keys.includes(`${name}3`))
          .flat();
      await eventually(() => clean().length >= 4);
      expect(clean().sort()).toEqual([1, 2, 4, 5].map((number) => `${name}${number}`));
    },
  );

  it('goes on behind its checkpoint after a restart, and reads what was written meanwhile', async () => {
    await write('Resumed', { before: {} });
    const checkpoint = `${shop.dataDirectory}/streams/Service-ResumedMapping.json`;
    await eventually(() => seenBy('Resumed').has('before') && existsSync(checkpoint));
    await stack.stop();
    stack = await shop.start();
    clients = awsClients(stack);
    await write('Resumed', { afterwards: {} });
    await eventually(() => seenBy('Resumed').has('afterwards'));
    expect(batchesOf('Resumed').flat()).toEqual(['before', 'afterwards']);
  });

  it('numbers a change without looking through all that came before', () => {
    const database = new DatabaseSync(`${shop.dataDirectory}/tables.db`, { readOnly: true });
    const highest = 'SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?';
    const [plan] = database.prepare(`EXPLAIN QUERY PLAN ${highest}`).all('any');
    database.close();
    expect(plan?.['detail']).toContain('INDEX stream_in_order');
  });
});
