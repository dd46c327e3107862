import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandOf } from '../../../infra/local/data-directory.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { awsClients, eventually, type Workshop, workshop } from './fixture.ts';

/** Restarting engines takes its time on a busy machine. */

let shop: Workshop;
let child: ChildProcess | undefined;
let stack: LocalStack | undefined;

beforeEach(() => {
  shop = workshop();
  const mapping = (source: object, properties: object = {}) => ({
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { EventSourceArn: source, FunctionName: { Ref: 'Work' }, ...properties },
  });
  shop.writeAssembly({
    Service: {
      Resources: {
        Table: {
          Type: 'AWS::DynamoDB::Table',
          Properties: {
            AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
            KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
            BillingMode: 'PAY_PER_REQUEST',
            StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
          },
        },
        Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 600 } },
        Bucket: {
          Type: 'AWS::S3::Bucket',
          Properties: {
            NotificationConfiguration: {
              QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
            },
          },
        },
        // Hangs while the file is there: what it then has in hand is not done.
        Work: shop.lambda(
          'work',
          `const { existsSync } = require('node:fs');
           const wait = (ms) => new Promise((r) => setTimeout(r, ms));
           exports.handler = async (event) => {
             if (event.pid) return process.pid;
             const what = event.Records.map((r) => r.body ?? r.dynamodb.Keys.pk.S);
             note({ begun: what });
             while (existsSync(${JSON.stringify(path.join(shop.directory, 'hang'))})) await wait(5);
             note({ done: what });
           };`,
          { Timeout: 60 },
        ),
        QueueMapping: mapping({ 'Fn::GetAtt': ['Queue', 'Arn'] }),
        StreamMapping: mapping({ 'Fn::GetAtt': ['Table', 'StreamArn'] }, { StartingPosition: 'TRIM_HORIZON' }),
      },
    },
  });
});

afterEach(async () => {
  await stack?.stop();
  stack = undefined;
  child?.kill('SIGKILL');
  child = undefined;
  shop.remove();
});

const hang = async (on: boolean) => {
  const file = path.join(shop.directory, 'hang');
  if (on) (await import('node:fs')).writeFileSync(file, '');
  else rmSync(file, { force: true });
};
type Report = Pick<LocalStack, 'endpoints' | 'queues' | 'tables' | 'buckets' | 'region'> & {
  processes: Record<string, number[]>;
};

/** Starts a stack in a process of its own and waits until it is ready. */
async function startChild(): Promise<Report> {
  const file = path.join(shop.directory, 'report.json');
  rmSync(file, { force: true });
  child = fork(path.join(import.meta.dirname, 'stack-process.ts'), [shop.assemblyDirectory, shop.dataDirectory, file], {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return eventually(() => readReport(file));
}
function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return undefined; // Not there, or half written.
  }
}
async function processesOfChild(): Promise<Record<string, number[]>> {
  const file = path.join(shop.directory, 'report.json');
  rmSync(file);
  child?.kill('SIGUSR2');
  return (await eventually(() => readReport(file))).processes;
}
async function killChild(): Promise<void> {
  const ended = new Promise((done) => child?.once('exit', done));
  child?.kill('SIGKILL');
  await ended;
  child = undefined;
}

const begun = () => shop.notes<{ begun?: string[] }>().flatMap((note) => note.begun ?? []);
const done = () => shop.notes<{ done?: string[] }>().flatMap((note) => note.done ?? []);
const objectKeyIn = (body: string) => (body.startsWith('{') ? /"key":"([^"]+)"/.exec(body)?.[1] : body);

describe('when the whole stack is killed', () => {
  it('finishes after the next start what was acknowledged before, and leaves no process behind', async () => {
    await hang(true);
    const report = await startChild();
    const clients = awsClients(report as unknown as LocalStack);
    // Acknowledged, and killed at once: the message and the record are in hand, the rest is not even begun.
    await clients.queues.send(new SendMessageCommand({ QueueUrl: report.queues['Queue'], MessageBody: 'in hand' }));
    await clients.tables.send(
      new PutItemCommand({ TableName: report.tables['Table'], Item: { pk: { S: 'in hand too' } } }),
    );
    await eventually(() => begun().length >= 2);
    const processes = await processesOfChild();
    await clients.queues.send(new SendMessageCommand({ QueueUrl: report.queues['Queue'], MessageBody: 'sent last' }));
    await clients.tables.send(
      new PutItemCommand({ TableName: report.tables['Table'], Item: { pk: { S: 'written last' } } }),
    );
    await clients.buckets.send(new PutObjectCommand({ Bucket: report.buckets['Bucket'], Key: 'object', Body: 'x' }));
    await killChild();
    expect(done()).toEqual([]);
    await eventually(() =>
      Object.values(processes)
        .flat()
        .every((pid) => commandOf(pid) === undefined),
    );

    await hang(false);
    stack = await shop.start();
    const expected = ['in hand', 'in hand too', 'object', 'sent last', 'written last'];
    await eventually(() => expected.every((one) => done().map(objectKeyIn).includes(one)));
    const again = awsClients(stack);
    const item = await again.tables.send(
      new GetItemCommand({
        TableName: stack.tables['Table'],
        Key: { pk: { S: 'written last' } },
        ConsistentRead: true,
      }),
    );
    expect(item.Item).toEqual({ pk: { S: 'written last' } });
    const object = await again.buckets.send(new GetObjectCommand({ Bucket: stack.buckets['Bucket'], Key: 'object' }));
    expect(await object.Body?.transformToString()).toBe('x');
  });

  it('ends at the next start the engines that even so were left running', async () => {
    const { processes } = await startChild();
    const [tables = 0] = processes['tables'] ?? [];
    const [storage = 0] = processes['storage'] ?? [];
    // First the one that would end the others: nobody is left to do it but the next start.
    process.kill(child?.pid ?? 0, 'SIGSTOP');
    process.kill(storage, 'SIGKILL');
    await killChild();
    expect(commandOf(tables)).toContain('dynoxide');
    stack = await shop.start();
    expect(commandOf(tables)).toBeUndefined();
  });
});

describe('when one process is killed', () => {
  it('a function: what it had in hand comes back, and another process serves the next', async () => {
    stack = await shop.start();
    const first = await stack.invoke('Work', { pid: true });
    await hang(true);
    const clients = awsClients(stack);
    await clients.tables.send(new PutItemCommand({ TableName: stack.tables['Table'], Item: { pk: { S: 'held' } } }));
    await eventually(() => begun().includes('held'));
    await hang(false);
    stack.killFunction('Work');
    await eventually(() => done().includes('held'));
    expect(begun().filter((one) => one === 'held').length).toBeGreaterThanOrEqual(1);
    expect(await stack.invoke('Work', { pid: true })).not.toBe(first);
  });

  it.each(['tables', 'storage'] as const)(
    'an engine: %s is started again with what it had acknowledged',
    async (engine) => {
      stack = await shop.start();
      const clients = awsClients(stack);
      const { queues, tables } = stack;
      const send = (MessageBody: string) =>
        clients.queues.send(new SendMessageCommand({ QueueUrl: queues['Queue'], MessageBody }));
      const write = (pk: string) =>
        clients.tables.send(new PutItemCommand({ TableName: tables['Table'], Item: { pk: { S: pk } } }));
      // A message whose receiver never heard of it, because the engine died in between, comes back after this time.
      const Attributes = { VisibilityTimeout: '1' };
      await clients.queues.send(new SetQueueAttributesCommand({ QueueUrl: queues['Queue'], Attributes }));
      await send('sent');
      await write('written');
      const [pid = 0] = stack.processIds()[engine] ?? [];
      process.kill(pid, 'SIGKILL');
      await eventually(() => commandOf(pid) === undefined);
      await eventually(() => ['sent', 'written'].every((one) => done().includes(one)));
      await eventually(() =>
        send('afterwards').then(
          () => write('later'),
          () => undefined,
        ),
      );
      await eventually(() => ['afterwards', 'later'].every((one) => done().includes(one)));
      expect(stack.processIds()[engine]).not.toContain(pid);
    },
  );
});

describe('stopping', () => {
  it('ends every process and gives the directory back', async () => {
    stack = await shop.start();
    await stack.invoke('Work', { pid: true });
    const pids = Object.entries(stack.processIds()).flatMap(([name, ids]) => (name === 'stack' ? [] : ids));
    expect(pids.length).toBeGreaterThanOrEqual(3);
    await stack.stop();
    expect(pids.map(commandOf)).toEqual(pids.map(() => undefined));
    expect(existsSync(path.join(shop.dataDirectory, 'stack.pid'))).toBe(false);
    stack = undefined;
  });
});
