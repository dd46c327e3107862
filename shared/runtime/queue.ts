import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { REQUEST_LIMITS } from './aws.ts';

/** Most messages that SQS takes at once. */
const MAX_BATCH = 10;

/** A queue to send to. Resolves only once SQS has every message; throws otherwise, so that the sender comes again. */
export class MessageQueue {
  readonly #sqs = new SQSClient({ requestHandler: REQUEST_LIMITS });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async send(message: unknown): Promise<void> {
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.#url, MessageBody: JSON.stringify(message) }));
  }

  /** Sends in batches of ten. A batch may fail in part inside a 200: that is thrown too. */
  async sendAll(messages: readonly unknown[]): Promise<void> {
    for (let start = 0; start < messages.length; start += MAX_BATCH) {
      const Entries = messages
        .slice(start, start + MAX_BATCH)
        .map((message, index) => ({ Id: String(index), MessageBody: JSON.stringify(message) }));
      const { Failed } = await this.#sqs.send(new SendMessageBatchCommand({ QueueUrl: this.#url, Entries }));
      if (Failed && Failed.length > 0)
        throw new Error(`the queue refused ${Failed.length} of ${Entries.length} messages`);
    }
  }
}
