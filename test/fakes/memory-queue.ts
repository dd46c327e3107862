/** A queue in memory. Messages travel as JSON text, as they do over the wire. */
export class MemoryQueue<Message> {
  readonly #messages: string[] = [];
  /** While set, nothing can be sent. */
  outage: Error | undefined;
  /** Seconds for which each message that was sent later was hidden, in order. It is taken all the same. */
  readonly delays: number[] = [];
  /** Messages ever taken in. */
  sent = 0;

  async send(message: Message): Promise<void> {
    if (this.outage) throw this.outage;
    this.sent += 1;
    this.#messages.push(JSON.stringify(message));
  }

  async sendAll(messages: readonly Message[]): Promise<void> {
    for (const message of messages) await this.send(message);
  }

  async sendLater(messages: readonly { message: Message; delaySeconds: number }[]): Promise<void> {
    for (const { message, delaySeconds } of messages) {
      await this.send(message);
      this.delays.push(delaySeconds);
    }
  }

  /** The texts that lie there. */
  look(): string[] {
    return [...this.#messages];
  }

  /** Takes all messages out. */
  take(): Message[] {
    return this.#messages.splice(0).map((text) => JSON.parse(text) as Message);
  }
}
