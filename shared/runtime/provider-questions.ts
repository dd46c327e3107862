import type { ProviderId } from '../domain/payment/provider.ts';
import type { Question, Questions } from '../domain/payment/silent.ts';
import { MessageQueue } from './queue.ts';

/** Each provider's own queue of questions: what one has waiting takes nothing from the others. */
export class ProviderQuestions implements Questions {
  readonly #urls: Readonly<Record<ProviderId, string>>;
  readonly #queues = new Map<ProviderId, MessageQueue>();

  /** `urls`: the address of each provider's queue. */
  constructor(urls: Readonly<Record<ProviderId, string>>) {
    this.#urls = urls;
  }

  /** Throws for a provider that has no queue: a question must not be lost silently. */
  async sendLater(questions: readonly { message: Question; delaySeconds: number }[]): Promise<void> {
    for (const [id, theirs] of Map.groupBy(questions, ({ message }) => message.providerId))
      await this.#queueOf(id).sendLater(theirs);
  }

  #queueOf(id: ProviderId): MessageQueue {
    const known = this.#queues.get(id);
    if (known) return known;
    const url = Object.hasOwn(this.#urls, id) ? this.#urls[id] : undefined;
    if (url === undefined) throw new Error(`${id} has no queue of questions`);
    const queue = new MessageQueue(url);
    this.#queues.set(id, queue);
    return queue;
  }
}
