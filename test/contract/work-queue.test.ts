import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll } from 'vitest';
import type { FunctionPool } from '../../infra/local/functions.ts';
import { platformLimits } from '../../infra/local/limits.ts';
import { startQueuePoller } from '../../infra/local/queue-poller.ts';
import { eventually } from '../integration/local-runtime/fixture.ts';
import { type QueueWorker, workQueueContract } from './work-queue.contract.ts';

/** The local runtime's queue, with its poller: what feeds the functions on one machine. */

const REGION = 'ap-southeast-1';
let engine: Awaited<ReturnType<typeof startFauxqs>>;
let client: SQSClient;
let queues = 0;

beforeAll(async () => {
  engine = await startFauxqs({ port: 0, logger: false });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new SQSClient({ endpoint: engine.address, region: REGION, credentials });
});
afterAll(async () => {
  client.destroy();
  await engine.stop();
});

async function create(name: string, attributes: Record<string, string> = {}): Promise<{ url: string; arn: string }> {
  const { QueueUrl: url = '' } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  return { url, arn: Attributes?.['QueueArn'] ?? '' };
}

async function count(url: string): Promise<number> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes['ApproximateNumberOfMessages']) + Number(Attributes['ApproximateNumberOfMessagesNotVisible'])
  );
}

/** Runs the worker in place of a function's process. */
const poolOf = (url: string, worker: QueueWorker) => ({
  definition: { shortName: 'Worker' },
  invoke: async (event: SQSEvent) => {
    const hide = async (ReceiptHandle: string, VisibilityTimeout: number): Promise<void> => {
      await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout }));
    };
    try {
      const answer = await worker(event, hide);
      return { kind: 'answered' as const, requestId: 'r', payload: JSON.stringify(answer ?? null) };
    } catch (error) {
      const { message } = error as Error;
      return { kind: 'failed' as const, requestId: 'r', error: { errorType: 'Error', errorMessage: message } };
    }
  },
});

workQueueContract('fauxqs and the local poller', async ({ maxReceives, visibilitySeconds }, worker) => {
  queues += 1;
  const dead = await create(`dead-${queues}`);
  const queue = await create(`queue-${queues}`, {
    VisibilityTimeout: String(visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: maxReceives }),
  });
  const poller = startQueuePoller({
    mapping: {
      properties: {
        Enabled: true,
        BatchSize: 10,
        MaximumBatchingWindowInSeconds: 0,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
    } as unknown as Parameters<typeof startQueuePoller>[0]['mapping'],
    queue: { ref: queue.url, shortName: 'Queue', attributes: { Arn: queue.arn } } as unknown as Parameters<
      typeof startQueuePoller
    >[0]['queue'],
    target: poolOf(queue.url, worker) as unknown as FunctionPool,
    client,
    region: REGION,
    limits: { ...platformLimits, longPollSeconds: 1 },
    log: () => undefined,
  });
  const letters: string[] = [];
  return {
    async send(bodies) {
      const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      await client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
    },
    async deadLetters() {
      const request = new ReceiveMessageCommand({
        QueueUrl: dead.url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 600,
      });
      const { Messages = [] } = await client.send(request);
      letters.push(...Messages.map(({ Body = '' }) => Body));
      return [...letters];
    },
    isEmpty: async () => (await count(queue.url)) + (await count(dead.url)) === 0,
    until: async (holds) => {
      await eventually(holds, 20_000);
    },
    stop: () => poller.stop(),
  };
});
