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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FunctionPool } from '../../infra/local/functions.ts';
import { platformLimits } from '../../infra/local/limits.ts';
import { startQueuePoller } from '../../infra/local/queue-poller.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { Question } from '../../shared/domain/payment/silent.ts';
import { ProviderQuestions } from '../../shared/runtime/provider-questions.ts';
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

/** Feeds the worker from the queue as Lambda would; `most` batches in hand at once. */
function pollerOf({ url, arn }: { url: string; arn: string }, worker: QueueWorker, most = 1_000) {
  return startQueuePoller({
    mapping: {
      properties: {
        Enabled: true,
        BatchSize: 10,
        MaximumBatchingWindowInSeconds: 0,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: most },
      },
    } as unknown as Parameters<typeof startQueuePoller>[0]['mapping'],
    queue: { ref: url, shortName: 'Queue', attributes: { Arn: arn } } as unknown as Parameters<
      typeof startQueuePoller
    >[0]['queue'],
    target: poolOf(url, worker) as unknown as FunctionPool,
    client,
    region: REGION,
    limits: { ...platformLimits, longPollSeconds: 1 },
    log: () => undefined,
  });
}

workQueueContract('fauxqs and the local poller', async ({ maxReceives, visibilitySeconds }, worker) => {
  queues += 1;
  const dead = await create(`dead-${queues}`);
  const queue = await create(`queue-${queues}`, {
    VisibilityTimeout: String(visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: maxReceives }),
  });
  const poller = pollerOf(queue, worker);
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
      await eventually(holds);
    },
    stop: () => poller.stop(),
  };
});

describe('the questions of several providers', () => {
  const kept = { ...process.env };
  beforeAll(() => {
    Object.assign(process.env, {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_SQS: engine.address,
    });
  });
  afterAll(() => {
    process.env = kept;
  });
  const aQuestion = (providerId: string, number: number) => ({
    message: { v: 1 as const, providerId, reference: paymentReference(InvoiceNumber.parse(String(1e11 + number)), 1) },
    delaySeconds: 0,
  });

  it('wait apart: while one provider holds every batch that it is given, the others are asked', async () => {
    const mute = await create('questions-mute');
    const prompt = await create('questions-prompt');
    const questions = new ProviderQuestions({ mute: mute.url, prompt: prompt.url });
    const asked: string[] = [];
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const worker: QueueWorker = async ({ Records }) => {
      const ids = Records.map(({ body }) => Question.parse(JSON.parse(body)).providerId);
      asked.push(...ids);
      if (ids.includes('mute')) await held;
      return { batchItemFailures: [] };
    };
    const numbers = Array.from({ length: 60 }, (_, number) => number);
    await questions.sendLater(numbers.map((number) => aQuestion('mute', number)));
    const pollers = [pollerOf(mute, worker, 2), pollerOf(prompt, worker, 2)];
    const count = (id: string) => asked.filter((one) => one === id).length;
    try {
      await eventually(() => count('mute') === 20);
      await questions.sendLater([aQuestion('prompt', 1), aQuestion('prompt', 2), aQuestion('mute', 99)]);
      await eventually(() => count('prompt') === 2);
      expect(count('mute')).toBe(20);
    } finally {
      letGo();
      await Promise.all(pollers.map((one) => one.stop()));
    }
  });

  it('are never lost silently: a provider without a queue is an error', async () => {
    const questions = new ProviderQuestions({});
    for (const id of ['none', 'constructor'])
      await expect(questions.sendLater([aQuestion(id, 1)])).rejects.toThrow(`${id} has no queue`);
    await expect(questions.sendLater([])).resolves.toBeUndefined();
  });
});
