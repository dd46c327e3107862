import { createHash } from 'node:crypto';
import type * as Sdk from '@aws-sdk/client-sqs';
import { JsonService } from './json-service.ts';
import type { Machine } from './retries.ts';
import { endpointOf, openConnection } from './signed-request.ts';

/** SQS as the functions use it: send, hide for a while, look and take out. Shapes and names are the SDK's. */

type Entry = { Id: string; MessageBody: string; DelaySeconds?: number };
export type Received = { MessageId: string; ReceiptHandle: string; Body: string; Attributes?: Record<string, string> };
type Failed = Pick<Sdk.BatchResultErrorEntry, 'Id' | 'Code' | 'Message' | 'SenderFault'>;
type Successful = { Id: string; MD5OfMessageBody: string };

/** A queue by its URL. */
export class Queue {
  readonly #url: string;
  readonly #address: URL;
  readonly #service: JsonService;

  /** `environment`: region, credentials, and `AWS_ENDPOINT_URL_SQS` if queues are elsewhere than their URLs say. */
  constructor(url: string, environment: NodeJS.ProcessEnv = process.env, machine?: Machine) {
    this.#url = url;
    this.#service = new JsonService('sqs', 'AmazonSQS', environment, machine);
    const elsewhere = environment['AWS_ENDPOINT_URL_SQS'] ?? environment['AWS_ENDPOINT_URL'];
    this.#address = elsewhere ? endpointOf('sqs', environment) : new URL(new URL(url).origin);
  }

  /** Opens the connection before it is needed. */
  connect(): this {
    openConnection(this.#address);
    return this;
  }

  /** Throws unless SQS has the message, byte for byte. `delaySeconds`: at most 900. */
  async send(body: string, { delaySeconds }: { delaySeconds?: number } = {}): Promise<void> {
    const answer = await this.#call<{ MD5OfMessageBody?: string }>('SendMessage', {
      MessageBody: body,
      ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
    });
    mustBe(answer.MD5OfMessageBody, body);
  }

  /** At most ten messages, each under an id of its own, hidden for so many seconds, 900 at most. Answers the ones that SQS did not take. */
  async sendBatch(entries: readonly Entry[]): Promise<Failed[]> {
    const answer = await this.#call<{ Successful?: Successful[]; Failed?: Failed[] }>('SendMessageBatch', {
      Entries: entries,
    });
    const bodies = new Map(entries.map(({ Id, MessageBody }) => [Id, MessageBody]));
    for (const { Id, MD5OfMessageBody } of answer.Successful ?? []) mustBe(MD5OfMessageBody, bodies.get(Id) ?? '');
    return answer.Failed ?? [];
  }

  /** Up to ten messages, nobody else's for so many seconds; fewer, or none, where there are few. */
  async receive(count: number, hiddenSeconds: number): Promise<Received[]> {
    const { Messages = [] } = await this.#call<{ Messages?: Received[] }>('ReceiveMessage', {
      MaxNumberOfMessages: count,
      VisibilityTimeout: hiddenSeconds,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
    });
    return Messages;
  }

  /** Takes a received message out for good. */
  async remove(receiptHandle: string): Promise<void> {
    await this.#call('DeleteMessage', { ReceiptHandle: receiptHandle });
  }

  /** How many messages there are, about: to be received now or later, and received by somebody. */
  async counts(): Promise<{ waiting: number; inHand: number }> {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const delayed = 'ApproximateNumberOfMessagesDelayed';
    const { Attributes = {} } = await this.#call<{ Attributes?: Record<string, string> }>('GetQueueAttributes', {
      AttributeNames: [...names, delayed],
    });
    const count = (name: string) => Number(Attributes[name] ?? 0);
    return { waiting: count(names[0]) + count(delayed), inHand: count(names[1]) };
  }

  /** Hides a received message for so many seconds from now; then it comes again. */
  async hide(receiptHandle: string, seconds: number): Promise<void> {
    await this.#call('ChangeMessageVisibility', { ReceiptHandle: receiptHandle, VisibilityTimeout: seconds });
  }

  async #call<Answer extends object>(operation: string, input: object): Promise<Answer> {
    const text = await this.#service.call(operation, JSON.stringify({ QueueUrl: this.#url, ...input }), this.#address);
    return JSON.parse(text || '{}') as Answer;
  }
}

/** SQS answers what it took. Not for secrecy: it is the digest that the protocol has. */
function mustBe(digest: string | undefined, body: string): void {
  if (digest !== createHash('md5').update(body).digest('hex'))
    throw new Error('SQS took another message than was sent');
}
