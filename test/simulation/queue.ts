import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { failedItems } from '../../infra/local/batch-response.ts';
import { SECOND } from './clock.ts';
import { type Host, PassingFailure, type Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { sentBy } from './versions.ts';

type Message = {
  id: string;
  body: string;
  receives: number;
  /** Ends its being hidden early; absent while it is visible. */
  show: (() => void) | undefined;
};

export type QueueSettings = {
  name: string;
  /** How long a message that was taken stays hidden, in milliseconds. */
  visibility: number;
  /** After so many receives it is put aside among the dead letters. */
  maxReceives: number;
};

/** What takes messages from a queue: one process a batch. Answers the ids of the messages that failed. */
export type Worker = (event: SQSEvent, process: Process) => Promise<SQSBatchResponse>;

const MAX_BATCH = 10;
/** The longest that a queue holds a message back, or brings a second copy of it late, in milliseconds. */
const MAX_DELAY = 120 * SECOND;
/** The longest that a sender may have a message held back (SQS Developer Guide, "Amazon SQS delay queues"). */
const MOST_DELAY_SECONDS = 900;
/** Most sends of one batch. */
const SEND_BATCH = 10;

/**
 * A queue as SQS promises it: at least once, in any order, nothing lost. A message that is not deleted comes again when it
 * is visible again, and after too many receives it stands among the dead letters until somebody sends it back.
 */
export class SimulatedQueue {
  readonly #settings: QueueSettings;
  readonly #scheduler: Scheduler;
  readonly #host: Host;
  readonly #random: Random;
  readonly #messages = new Map<string, Message>();
  readonly #deadLetters: Message[] = [];
  readonly #worker: Worker;
  #sent = 0;

  constructor(settings: QueueSettings, scheduler: Scheduler, host: Host, random: Random, worker: Worker) {
    this.#settings = settings;
    this.#scheduler = scheduler;
    this.#host = host;
    this.#random = random;
    this.#worker = worker;
  }

  /** Messages that are not done with. */
  get size(): number {
    return this.#messages.size + this.#deadLetters.length;
  }

  /** The queue as one process sees it. */
  seenBy(process: Process) {
    const { name } = this.#settings;
    return {
      send: (message: unknown): Promise<void> => {
        const body = JSON.stringify(sentBy(process.version, message));
        this.#host.touches(process, `send ${name}`);
        return this.#host.call(process, `send ${name}`, () => this.#put(body));
      },
      /** In batches; a batch may be taken in part, and fails then. */
      sendAll: (messages: readonly unknown[]): Promise<void> =>
        this.seenBy(process).sendTexts(messages.map((message) => JSON.stringify(sentBy(process.version, message)))),
      sendTexts: async (texts: readonly string[]): Promise<void> => {
        for (let start = 0; start < texts.length; start += SEND_BATCH) {
          const bodies = texts.slice(start, start + SEND_BATCH);
          await this.#host.call(process, `send ${bodies.length} to ${name}`, () => {
            const refused = this.#random.chance(this.#host.faults.throttled) ? this.#random.whole(1, bodies.length) : 0;
            for (const body of bodies.slice(refused)) this.#put(body);
            if (refused > 0) throw new PassingFailure('ThrottlingException');
          });
        }
      },
      /** Each is hidden for so many seconds. */
      sendLater: async (messages: readonly { message: unknown; delaySeconds: number }[]): Promise<void> => {
        for (let start = 0; start < messages.length; start += SEND_BATCH) {
          const bodies = messages.slice(start, start + SEND_BATCH).map(({ message, delaySeconds }) => {
            if (!(delaySeconds >= 0 && delaySeconds <= MOST_DELAY_SECONDS)) throw new RangeError(`${delaySeconds} s`);
            return { body: JSON.stringify(sentBy(process.version, message)), delay: delaySeconds * SECOND };
          });
          await this.#host.call(process, `send ${bodies.length} to ${name}`, () => {
            const refused = this.#random.chance(this.#host.faults.throttled) ? this.#random.whole(1, bodies.length) : 0;
            for (const { body, delay } of bodies.slice(refused)) this.#put(body, delay);
            if (refused > 0) throw new PassingFailure('ThrottlingException');
          });
        }
      },
      hide: (receiptHandle: string, seconds: number): Promise<void> =>
        this.#host.call(process, `hide in ${name}`, () => {
          const message = this.#messages.get(receiptHandle);
          if (message) this.#hide(message, seconds * SECOND);
        }),
    };
  }

  /** What was put aside. */
  deadLetters(): string[] {
    return this.#deadLetters.map(({ body }) => body);
  }

  /** Sends every dead letter back. */
  redrive(): number {
    const letters = this.#deadLetters.splice(0);
    for (const message of letters) {
      message.receives = 0;
      this.#messages.set(message.id, message);
      this.#hide(message, 0);
    }
    return letters.length;
  }

  #put(body: string, delay = 0): void {
    const { duplicates, hop } = this.#host.faults;
    const copies = this.#random.chance(duplicates) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.#sent += 1;
      const message = { id: `${this.#settings.name}-${this.#sent}`, body, receives: 0, show: undefined };
      this.#messages.set(message.id, message);
      const late = copy > 0 && this.#random.chance(LATE_COPIES);
      this.#hide(message, delay + this.#random.whole(1, late ? MAX_DELAY : Math.round(hop) + 1));
    }
  }

  #hide(message: Message, milliseconds: number): void {
    message.show?.();
    message.show = this.#scheduler.in(milliseconds, `${message.id} is visible`, () => {
      message.show = undefined;
      this.#scheduler.in(this.#host.hop(), `${this.#settings.name} is polled`, () => this.#poll());
      return undefined;
    });
  }

  #poll(): string {
    const { name, visibility, maxReceives } = this.#settings;
    const batch: Message[] = [];
    const most = this.#random.whole(1, MAX_BATCH);
    for (const message of this.#messages.values()) {
      if (message.show || batch.length === most) continue;
      if (message.receives >= maxReceives) {
        this.#messages.delete(message.id);
        this.#deadLetters.push(message);
        continue;
      }
      message.receives += 1;
      this.#hide(message, visibility);
      batch.push(message);
    }
    if (batch.length === 0) return 'nothing';
    // What did not fit into this batch is polled again.
    this.#scheduler.in(this.#host.hop(), `${name} is polled`, () => this.#poll());
    this.#work(batch);
    return batch.map((message) => message.id).join(' ');
  }

  #work(batch: readonly Message[]): void {
    const process = this.#host.start(this.#settings.name);
    const done = (failed: ReadonlySet<string>) => {
      for (const { id } of batch)
        if (!failed.has(id))
          this.#scheduler.in(this.#host.hop(), `delete ${id}`, () => {
            // The answer to the worker was lost on its way: nothing is deleted, and all of it comes again.
            if (this.#random.chance(this.#host.faults.replyLost)) return 'lost';
            this.#messages.get(id)?.show?.();
            this.#messages.delete(id);
            return undefined;
          });
    };
    const everything = new Set(batch.map((message) => message.id));
    this.#worker({ Records: batch.map(recordOf) }, process).then(
      (answer) => {
        if (!process.alive) return;
        const failed = failedItems(JSON.stringify(answer ?? null), [...everything]);
        done(failed === 'all' ? everything : failed);
      },
      () => done(everything),
    );
  }
}

const LATE_COPIES = 0.3;

const recordOf = ({ id, body, receives }: Message): SQSRecord => ({
  messageId: id,
  receiptHandle: id,
  body,
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: '0',
    SenderId: '',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: '',
  awsRegion: '',
});
