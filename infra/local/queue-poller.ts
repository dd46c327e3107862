import { setTimeout as delay } from 'node:timers/promises';
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { failedItems } from './batch-response.ts';
import { eventFilter, looksIntoBody } from './event-filter.ts';
import { reasonOf } from './failures.ts';
import type { FunctionPool } from './functions.ts';
import type { Limits } from './limits.ts';
import type { Declared } from './system.ts';

export type Poller = { stop(): Promise<void> };

/** SQS gives at most ten messages at a time, and takes as many deletions. */
const RECEIVE_COUNT = 10;
const DEFAULT_BATCH = 10;

/**
 * Feeds a function from a queue, as Lambda does: what succeeded is deleted; what failed is left alone and comes back after
 * the visibility timeout, until the queue gives it to the dead-letter queue; what the filter refuses is deleted unseen.
 */
export function startQueuePoller(options: {
  mapping: Declared<'AWS::Lambda::EventSourceMapping'>;
  queue: Declared<'AWS::SQS::Queue'>;
  target: FunctionPool;
  client: Pick<SQSClient, 'send'>;
  region: string;
  limits: Limits;
  log(line: string): void;
}): Poller {
  const { mapping, queue, target, client, region, limits, log } = options;
  const { properties } = mapping;
  const patterns = (properties.FilterCriteria?.Filters ?? []).map(({ Pattern }) => Pattern);
  const passes = eventFilter(patterns);
  const bodyIsJson = looksIntoBody(patterns);
  const batchSize = properties.BatchSize ?? DEFAULT_BATCH;
  const most = concurrencyOf(mapping, limits);
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();

  async function receive(count: number, waitSeconds: number): Promise<Message[]> {
    const request = new ReceiveMessageCommand({
      QueueUrl: queue.ref,
      MaxNumberOfMessages: Math.min(count, RECEIVE_COUNT),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    return (await client.send(request, { abortSignal: stopping.signal })).Messages ?? [];
  }

  /** A batch: the first messages that come and, where there is a batching window, what follows until it is full or over. */
  async function gather(): Promise<Message[]> {
    const batch = await receive(batchSize, limits.longPollSeconds);
    const windowEnds = Date.now() + properties.MaximumBatchingWindowInSeconds * 1_000;
    while (properties.MaximumBatchingWindowInSeconds > 0 && batch.length > 0 && batch.length < batchSize) {
      const seconds = Math.min(limits.longPollSeconds, Math.ceil((windowEnds - Date.now()) / 1_000));
      const more = await receive(batchSize - batch.length, Math.max(0, seconds));
      batch.push(...more);
      if (more.length === 0 && Date.now() >= windowEnds) break;
    }
    return batch;
  }

  async function remove(messages: readonly Message[]): Promise<void> {
    for (let at = 0; at < messages.length; at += RECEIVE_COUNT) {
      const some = messages.slice(at, at + RECEIVE_COUNT);
      await client.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queue.ref,
          Entries: some.map(({ ReceiptHandle }, position) => ({ Id: String(position), ReceiptHandle })),
        }),
      );
    }
  }

  async function process(messages: readonly Message[]): Promise<void> {
    const wanted = messages.filter((message) => passes(filtered(message, bodyIsJson)));
    await remove(messages.filter((message) => !wanted.includes(message)));
    if (wanted.length === 0) return;
    const arn = queue.attributes['Arn'] ?? '';
    const outcome = await target.invoke({ Records: wanted.map((message) => queueRecord(message, arn, region)) });
    if (outcome.kind !== 'answered') {
      const why = outcome.kind === 'failed' ? outcome.error.errorMessage : outcome.kind;
      log(`${target.definition.shortName}: ${wanted.length} messages of ${queue.shortName} stay: ${why}`);
      return;
    }
    const ids = wanted.map(({ MessageId }) => MessageId ?? '');
    const failed = properties.FunctionResponseTypes.length > 0 ? failedItems(outcome.payload, ids) : new Set<string>();
    if (failed === 'all') return;
    await remove(wanted.filter(({ MessageId }) => !failed.has(MessageId ?? '')));
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        if (inHand.size >= most) {
          await Promise.race(inHand);
          continue;
        }
        const batch = await gather();
        if (batch.length === 0) continue;
        const work = process(batch)
          .catch((error: unknown) => log(`${queue.shortName}: ${reasonOf(error)}`))
          .finally(() => inHand.delete(work));
        inHand.add(work);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log(`${queue.shortName}: ${reasonOf(error)}`);
        await delay(limits.engineRetryMilliseconds);
      }
    }
  }

  const running = properties.Enabled ? run() : Promise.resolve();
  return {
    async stop() {
      stopping.abort();
      await running;
      await Promise.race([Promise.all(inHand), delay(limits.stopMilliseconds, undefined, { ref: false })]);
    },
  };
}

/** How many batches of the queue may be in hand at once. */
export function concurrencyOf({ properties }: Declared<'AWS::Lambda::EventSourceMapping'>, limits: Limits): number {
  return properties.ScalingConfig?.MaximumConcurrency ?? limits.queueConcurrency;
}

/** What a filter sees: the body as JSON when the pattern looks into it. A body that is none never passes then. */
function filtered(message: Message, bodyIsJson: boolean): object {
  const seen = { body: message.Body as unknown, attributes: message.Attributes, messageId: message.MessageId };
  if (!bodyIsJson) return seen;
  try {
    return { ...seen, body: JSON.parse(message.Body ?? '') as unknown };
  } catch {
    return { ...seen, body: undefined };
  }
}

function queueRecord(message: Message, arn: string, region: string): object {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
    name,
    {
      ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
      ...(value.BinaryValue === undefined ? {} : { binaryValue: base64Of(value.BinaryValue) }),
      stringListValues: [],
      binaryListValues: [],
      dataType: value.DataType,
    },
  ]);
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes) as object,
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: arn,
    awsRegion: region,
  };
}

/** Base64 already, where it comes as the engine wrote it. */
const base64Of = (value: Uint8Array | string): string =>
  typeof value === 'string' ? value : Buffer.from(value).toString('base64');
