import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clients } from '../../../infra/local/clients.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { awsClients, CALLS, eventually, type Resources, workshop } from './fixture.ts';

const shop = workshop();
let stack: LocalStack;
let clients: Clients;

/** Of the queues whose messages come back in a test, and of the others. */
const VISIBILITY_SECONDS = 4;
const LONG_SECONDS = 600;
const RETURNING = { VisibilityTimeout: VISIBILITY_SECONDS };
/** Of those, functions that are started before, so that no message comes back while its function starts. */
const warmed = ['Partial', 'Unknown', 'Malformed', 'Throwing'];

/** A queue with its dead-letter queue, its function and their mapping. */
function consumer(
  name: string,
  source: string,
  mapping: object = {},
  queue: object = {},
  variables: object = {},
): Resources {
  return {
    [`${name}Dead`]: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1_209_600 } },
    [`${name}Queue`]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        VisibilityTimeout: LONG_SECONDS,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [`${name}Dead`, 'Arn'] }, maxReceiveCount: 2 },
        ...(warmed.includes(name) ? RETURNING : {}),
        ...queue,
      },
    },
    [`${name}Function`]: shop.lambda(name, source, { Environment: { Variables: variables } }),
    [`${name}Mapping`]: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: { 'Fn::GetAtt': [`${name}Queue`, 'Arn'] },
        FunctionName: { Ref: `${name}Function` },
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ...mapping,
      },
    },
  };
}

const noteRecords = (name: string) =>
  `if (event.Records.length === 0) return; note({ name: '${name}', at: Date.now(), bodies: event.Records.map((r) => r.body), counts: event.Records.map((r) => Number(r.attributes.ApproximateReceiveCount)), first: Number(event.Records[0].attributes.ApproximateFirstReceiveTimestamp) });`;
const answering = (name: string, answer: string) =>
  `exports.handler = async (event) => { ${noteRecords(name)} ${answer} };`;

type Note = { name: string; at: number; bodies: string[]; counts: number[]; first: number };
const notesOf = (name: string) => shop.notes<Note>().filter((note) => note.name === name);
const bodiesOf = (name: string) => notesOf(name).flatMap(({ bodies }) => bodies);

beforeAll(async () => {
  shop.writeAssembly({
    Service: {
      Resources: {
        ...consumer(
          'Partial',
          answering(
            'Partial',
            "return { batchItemFailures: event.Records.filter((r) => r.body === 'bad').map((r) => ({ itemIdentifier: r.messageId })) };",
          ),
        ),
        ...consumer(
          'Unknown',
          answering('Unknown', "return { batchItemFailures: [{ itemIdentifier: 'no-such-id' }] };"),
        ),
        ...consumer('Malformed', answering('Malformed', 'return { batchItemFailures: [{ itemIdentifier: null }] };')),
        ...consumer('Throwing', answering('Throwing', "throw new Error('not today');")),
        ...consumer('Silent', answering('Silent', '')),
        ...consumer('Unreported', answering('Unreported', "return { batchItemFailures: [{ itemIdentifier: 'x' }] };"), {
          FunctionResponseTypes: [],
        }),
        ...consumer(
          'Visible',
          `${CALLS} exports.handler = async (event) => { ${noteRecords('Visible')} const [record] = event.Records;
           if (Number(record.attributes.ApproximateReceiveCount) > 1) return;
           await sqs('ChangeMessageVisibility', { QueueUrl: process.env.QUEUE, ReceiptHandle: record.receiptHandle, VisibilityTimeout: 0 });
           return { batchItemFailures: [{ itemIdentifier: record.messageId }] }; };`,
          {},
          {},
          { QUEUE: { Ref: 'VisibleQueue' } },
        ),
        ...consumer('Filtered', answering('Filtered', ''), {
          FilterCriteria: {
            Filters: [{ Pattern: JSON.stringify({ body: { kind: ['paid'], amount: [{ numeric: ['>', 0] }] } }) }],
          },
        }),
        ...consumer('Shape', "exports.handler = async (event) => note({ name: 'Shape', event });"),
        ...consumer(
          'Two',
          `exports.handler = async () => { note({ name: 'Two', change: 1 }); await new Promise((r) => setTimeout(r, 40)); note({ name: 'Two', change: -1 }); };`,
          { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } },
        ),
        Sender: shop.lambda(
          'sender',
          `${CALLS} exports.handler = async (entries) => sqs('SendMessageBatch', { QueueUrl: process.env.QUEUE, Entries: entries });`,
          { Environment: { Variables: { QUEUE: { Ref: 'SilentQueue' } } } },
        ),
      },
    },
  });
  stack = await shop.start();
  clients = awsClients(stack);
  await Promise.all(warmed.map((name) => stack.invoke(`${name}Function`, { Records: [] })));
});

afterAll(async () => {
  await stack?.stop();
  shop.remove();
});

const urlOf = (queue: string) => stack.queues[queue];
const send = (name: string, ...bodies: string[]) =>
  clients.queues.send(
    new SendMessageBatchCommand({
      QueueUrl: urlOf(`${name}Queue`),
      Entries: bodies.map((MessageBody, at) => ({ Id: String(at), MessageBody })),
    }),
  );
async function isEmpty(queue: string): Promise<boolean> {
  const { Attributes } = await clients.queues.send(
    new GetQueueAttributesCommand({ QueueUrl: urlOf(queue), AttributeNames: ['All'] }),
  );
  return (
    Attributes?.['ApproximateNumberOfMessages'] === '0' && Attributes['ApproximateNumberOfMessagesNotVisible'] === '0'
  );
}
async function dead(name: string): Promise<string[]> {
  const answer = await clients.queues.send(
    new ReceiveMessageCommand({ QueueUrl: urlOf(`${name}Dead`), MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
  );
  return (answer.Messages ?? []).map(({ Body }) => Body ?? '');
}
/** All that arrive at the dead-letter queue until there are so many. */
async function deadLetters(name: string, count: number): Promise<string[]> {
  const found: string[] = [];
  await eventually(async () => {
    found.push(...(await dead(name)));
    return found.length >= count;
  });
  return found.sort();
}

describe.concurrent('a queue that feeds a function', () => {
  it('deletes what succeeded, brings back what failed, and gives it to the dead-letter queue after its receives', async () => {
    await send('Partial', 'good', 'bad');
    expect(await deadLetters('Partial', 1)).toEqual(['bad']);
    expect(bodiesOf('Partial').filter((body) => body === 'good')).toHaveLength(1);
    expect(bodiesOf('Partial').filter((body) => body === 'bad')).toHaveLength(2);
    await eventually(() => isEmpty('PartialQueue'));
  });

  it.each(['Unknown', 'Malformed', 'Throwing'])('brings the whole batch back: %s', async (name) => {
    await send(name, 'one', 'two');
    expect(await deadLetters(name, 2)).toEqual(['one', 'two']);
    expect(bodiesOf(name)).toHaveLength(4);
  });

  it('leaves a failed message invisible until its visibility timeout', async () => {
    const again = await eventually(() => notesOf('Throwing').find(({ counts }) => counts.includes(2)));
    expect(again.at - again.first).toBeGreaterThanOrEqual(VISIBILITY_SECONDS * 1_000);
  });

  it('takes no answer, and an empty one, for a success', async () => {
    await send('Silent', 'one');
    await eventually(async () => bodiesOf('Silent').includes('one') && (await isEmpty('SilentQueue')));
    expect(await dead('Silent')).toEqual([]);
  });

  it('does not read the answer of a mapping that reports no item failures', async () => {
    await send('Unreported', 'one');
    await eventually(async () => bodiesOf('Unreported').includes('one') && (await isEmpty('UnreportedQueue')));
  });

  it('brings a message back at once when its handler made it visible', async () => {
    await send('Visible', 'one');
    await eventually(async () => bodiesOf('Visible').length === 2 && (await isEmpty('VisibleQueue')));
  });

  it('deletes what the filter refuses, unseen', async () => {
    await send(
      'Filtered',
      '{"kind":"expired","amount":1}',
      'no json',
      '{"kind":"paid","amount":0}',
      '{"kind":"paid","amount":5}',
    );
    await eventually(async () => bodiesOf('Filtered').length > 0 && (await isEmpty('FilteredQueue')));
    expect(bodiesOf('Filtered')).toEqual(['{"kind":"paid","amount":5}']);
    expect(await dead('Filtered')).toEqual([]);
  });

  it('hands over what SQS knows of a message', async () => {
    const { MessageId } = await clients.queues.send(
      new SendMessageCommand({
        QueueUrl: urlOf('ShapeQueue'),
        MessageBody: 'thân',
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: 'notice' },
          raw: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2]) },
        },
      }),
    );
    const [note] = await eventually(() => {
      const found = shop.notes<{ name: string; event: unknown }>().filter(({ name }) => name === 'Shape');
      return found.length > 0 && found;
    });
    expect(note?.event).toEqual({
      Records: [
        {
          messageId: MessageId,
          receiptHandle: expect.any(String),
          body: 'thân',
          attributes: expect.objectContaining({
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          }),
          messageAttributes: {
            kind: { stringValue: 'notice', stringListValues: [], binaryListValues: [], dataType: 'String' },
            raw: { binaryValue: 'AQI=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
          },
          md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:ap-southeast-1:000000000000:Service-ShapeQueue',
          awsRegion: 'ap-southeast-1',
        },
      ],
    });
  });

  it('runs no more copies than MaximumConcurrency', async () => {
    const changes = () => shop.notes<{ name: string; change: number }>().filter(({ name }) => name === 'Two');
    await send('Two', '1', '2', '3', '4', '5', '6');
    await eventually(() => changes().length === 12);
    let running = 0;
    const most = Math.max(...changes().map(({ change }) => (running += change)));
    expect(most).toBeLessThanOrEqual(2);
  });

  it('lets a function see which entries of a batch the queue refused', async () => {
    const answer = await stack.invoke('Sender', [
      { Id: 'good', MessageBody: 'sent by a function' },
      { Id: 'bad', MessageBody: 'a control character: \u0001' },
    ]);
    expect(answer).toMatchObject({
      Successful: [{ Id: 'good' }],
      Failed: [{ Id: 'bad', Code: 'InvalidMessageContents' }],
    });
  });
});
