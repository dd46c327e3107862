import { Queue } from '../aws/sqs.ts';

/** Most messages that SQS takes at once. */
const MAX_BATCH = 10;

/** A queue to send to. Resolves only once SQS has every message; throws otherwise, so that the sender comes again. */
export class MessageQueue {
  readonly #queue: Queue;

  constructor(url: string) {
    this.#queue = new Queue(url).connect();
  }

  send(message: unknown): Promise<void> {
    return this.#queue.send(JSON.stringify(message));
  }

  /** Sends messages that stay hidden for so many seconds each, 900 at most. Fails as {@link sendAll} does. */
  async sendLater(messages: readonly { message: unknown; delaySeconds: number }[]): Promise<void> {
    await this.#sendBatches(
      messages.map(({ message, delaySeconds }) => ({
        MessageBody: JSON.stringify(message),
        DelaySeconds: delaySeconds,
      })),
    );
  }

  /** Sends in batches of ten. A batch may fail in part inside a 200: that is thrown too. */
  async sendAll(messages: readonly unknown[]): Promise<void> {
    await this.#sendBatches(messages.map((message) => ({ MessageBody: JSON.stringify(message) })));
  }

  async #sendBatches(messages: readonly { MessageBody: string; DelaySeconds?: number }[]): Promise<void> {
    for (let start = 0; start < messages.length; start += MAX_BATCH) {
      const entries = messages
        .slice(start, start + MAX_BATCH)
        .map((message, index) => ({ Id: String(index), ...message }));
      const failed = await this.#queue.sendBatch(entries);
      if (failed.length > 0) throw new Error(`the queue refused ${failed.length} of ${entries.length} messages`);
    }
  }
}
