import { notifyAgencies } from '../../functions/notify-agency/notify.ts';
import type { InvoiceId } from '../../shared/domain/invoice/number.ts';
import type { WebhookSender } from '../../shared/domain/notification/ports.ts';
import type { RawCallback } from '../../shared/domain/payment/provider.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import type { RegistryReader } from '../../shared/domain/registry/book.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { parseStored } from '../../shared/store/invoice-item.ts';
import { cancelInvoice } from '../../shared/usecases/cancel-invoice.ts';
import { catchUpDue } from '../../shared/usecases/catch-up.ts';
import { type CreateInvoice, createInvoice } from '../../shared/usecases/create-invoice.ts';
import { daysToSweep, expireInvoices } from '../../shared/usecases/expire-invoices.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { publishChange } from '../../shared/usecases/publish-change.ts';
import { createQuote, type QuoteRequest } from '../../shared/usecases/quote.ts';
import { InboxMessage, receiveCallback } from '../../shared/usecases/receive-callback.ts';
import { type StartPayment, startPayment } from '../../shared/usecases/start-payment.ts';
import { aCounter, everyCall, numberKey, QUOTE_KEY } from '../dsl/invoicing.ts';
import { type Agency, senderOf } from './agency.ts';
import { SECOND } from './clock.ts';
import { ENDPOINTS, providersOfCountry, registryOfCountry, secretsOfCountry } from './country.ts';
import type { Host, Process } from './process.ts';
import { SimulatedQueue, type Worker } from './queue.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { type Between, type SimulatedTables, type Stores, storesOf } from './store.ts';
import { SimulatedStream, type StreamReader, type StreamRecord } from './stream.ts';

/** Key under which the portals' idempotency keys are hashed. */
export const HASH_KEY = numberKey(1).key;

/** As the stacks set them: six times the function's time limit, and the receives before a message is put aside. */
const INBOX = { name: 'inbox', visibility: 120 * SECOND, maxReceives: 5 };
const DELIVERIES = { name: 'deliveries', visibility: 360 * SECOND, maxReceives: 30 };

/** Where the wiring can be broken on purpose, without touching what it wires. */
export type Wiring = {
  between?: Between;
  stores?: (stores: Stores, process: Process) => Stores;
  /** Which messages a worker of the inbox says have failed. */
  failed?: (ids: readonly string[]) => readonly string[];
  inbox?: (send: (message: InboxMessage) => Promise<void>) => (message: InboxMessage) => Promise<void>;
  deliveries?: (
    sendAll: (messages: readonly unknown[]) => Promise<void>,
  ) => (messages: readonly never[]) => Promise<void>;
  /** Records that the reader of the stream passes over. */
  skips?: (record: StreamRecord) => boolean;
};

/** What a caller of the API hears; nothing at all where the call failed. */
export type Answer<T> = { kind: 'done'; value: T } | { kind: 'refused'; code: string };

/** The functions of the service, each doing what its handler does: parse, call one use case, answer. */
export class Service {
  readonly inbox: SimulatedQueue;
  readonly deliveries: SimulatedQueue;
  readonly stream: SimulatedStream;
  readonly #host: Host;
  readonly #tables: SimulatedTables;
  readonly #wiring: Wiring;
  readonly #registry = registryOfCountry();
  readonly #secrets = secretsOfCountry();
  readonly #senderOf: (process: Process) => WebhookSender;
  readonly #providers = providersOfCountry();
  readonly #procedures: Parameters<typeof createQuote>[2]['procedure'];

  constructor(
    scheduler: Scheduler,
    host: Host,
    random: Random,
    tables: SimulatedTables,
    agencies: ReadonlyMap<string, Agency>,
    wiring: Wiring,
  ) {
    this.#host = host;
    this.#tables = tables;
    this.#wiring = wiring;
    this.#procedures = remembered(aCounter().quoting.procedure);
    const post: Worker = async ({ Records }, process) => {
      const { invoices } = this.#stores(process);
      const failed = await Promise.all(
        Records.map(async ({ messageId, body }) => {
          try {
            await postPayment(InboxMessage.parse(JSON.parse(body)), { invoices, now: process.now });
            return [];
          } catch (error) {
            host.mustPass(error);
            return [messageId];
          }
        }),
      );
      const ids = wiring.failed ? wiring.failed(failed.flat()) : failed.flat();
      return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
    };
    this.#senderOf = (process) => senderOf(process, host, agencies);
    const notify: Worker = (event, process) => {
      const { endpoints, feed } = this.#stores(process);
      return notifyAgencies({
        blocked: endpoints,
        missed: endpoints,
        late: feed,
        directory: this.#registryFor(process),
        secrets: this.#secrets,
        sender: this.#senderOf(process),
        hide: this.deliveries.seenBy(process).hide,
        now: process.now,
        log: { warn: () => undefined, error: () => undefined },
      })(event);
    };
    const publish: StreamReader = (records, process) => this.#publish(records, process);
    this.inbox = new SimulatedQueue(INBOX, scheduler, host, random, post);
    this.deliveries = new SimulatedQueue(DELIVERIES, scheduler, host, random, notify);
    this.stream = new SimulatedStream(scheduler, host, random, publish);
  }

  async quote(process: Process, request: QuoteRequest, caller: Caller): Promise<Answer<string>> {
    const registry = this.#registryFor(process);
    const dependencies = { procedure: this.#procedures, registry, quoteKey: QUOTE_KEY, now: process.now };
    return answered(
      this.#host,
      createQuote(request, caller, dependencies).then(({ quote }) => quote),
    );
  }

  async create(process: Process, command: CreateInvoice, caller: Caller, key: string) {
    const { invoices, dossiers, dueDays } = this.#stores(process);
    return answered(
      this.#host,
      createInvoice(command, caller, key, {
        invoices,
        dossiers,
        dueDays,
        registry: this.#registryFor(process),
        quoteKey: QUOTE_KEY,
        numberKeys: [numberKey(1)],
        now: process.now,
      }),
    );
  }

  async start(process: Process, command: StartPayment, caller: Caller, key: string) {
    const { invoices } = this.#stores(process);
    return answered(
      this.#host,
      startPayment(command, caller, key, {
        invoices,
        registry: this.#registryFor(process),
        providers: this.#providers,
        secrets: this.#secrets,
        hashKeys: [HASH_KEY],
        now: process.now,
      }),
    );
  }

  async cancel(process: Process, id: InvoiceId, caller: Caller) {
    const { invoices } = this.#stores(process);
    return answered(this.#host, cancelInvoice(id, caller, { invoices, now: process.now }));
  }

  /** What we answer the bank, in its words. */
  async callback(process: Process, providerId: string, callback: RawCallback): Promise<string> {
    const provider = this.#providers.get(providerId);
    if (!provider) throw new Error(`no bank ${providerId}`);
    const { send } = this.inbox.seenBy(process);
    try {
      const received = await receiveCallback(provider, callback, {
        registry: this.#registryFor(process),
        secrets: this.#secrets,
        invoices: this.#stores(process).invoices,
        inbox: { send: this.#wiring.inbox ? this.#wiring.inbox(send) : send },
        now: process.now,
      });
      return received.answer.body;
    } catch (error) {
      this.#host.mustPass(error);
      return provider.acknowledge('tryAgain').body;
    }
  }

  async sweep(process: Process): Promise<void> {
    const { invoices, dueDays } = this.#stores(process);
    const registry = this.#registryFor(process);
    try {
      for (const day of daysToSweep(process.now()))
        await expireInvoices(day, { invoices, registry, dueDays, now: process.now });
    } catch (error) {
      this.#host.mustPass(error); // The next sweep looks again.
    }
  }

  /** Asks the endpoints that did not answer; answers how many there still are. */
  async catchUp(process: Process): Promise<number> {
    const { journalReader, feed, endpoints, work } = this.#stores(process);
    try {
      await catchUpDue(
        {
          directory: this.#registryFor(process),
          secrets: this.#secrets,
          sender: this.#senderOf(process),
          ...{ journal: journalReader, watermark: feed, late: feed, blocked: endpoints, missed: endpoints },
          exceptions: work,
          now: process.now,
        },
        () => undefined,
      );
      return (await endpoints.all()).length;
    } catch (error) {
      this.#host.mustPass(error); // The next minute does the same again.
      return 1;
    }
  }

  async #publish(records: readonly StreamRecord[], process: Process): Promise<{ failedFrom?: number }> {
    const { journal, work, feed } = this.#stores(process);
    const { sendAll } = this.deliveries.seenBy(process);
    const dependencies = {
      journal,
      watermark: feed,
      late: feed,
      exceptions: work,
      directory: this.#registryFor(process),
      deliveries: { sendAll: this.#wiring.deliveries ? this.#wiring.deliveries(sendAll) : sendAll },
    };
    for (const record of records) {
      if (this.#wiring.skips?.(record)) continue;
      try {
        if (!record.after) continue;
        // The stream tells whole seconds.
        const at = Math.floor(record.at / SECOND) * SECOND;
        const before = record.before && parseStored(record.before);
        await publishChange({ before, after: parseStored(record.after), at }, dependencies);
      } catch (error) {
        this.#host.mustPass(error);
        return { failedFrom: record.sequence };
      }
    }
    return {};
  }

  #stores(process: Process): Stores {
    const stores = storesOf(process, this.#host, this.#tables, this.#wiring.between);
    return this.#wiring.stores ? this.#wiring.stores(stores, process) : stores;
  }

  #registryFor(process: Process): RegistryReader {
    return everyCall(this.#registry, (name, call) => this.#host.call(process, `registry ${name}`, call));
  }
}

export const endpointUrls = (): string[] => ENDPOINTS.map((endpoint) => endpoint.url);

async function answered<T>(host: Host, call: Promise<T>): Promise<Answer<T>> {
  try {
    return { kind: 'done', value: await call };
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', code: error.code };
    host.mustPass(error);
    throw error;
  }
}

function remembered<T>(read: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    if (!known.has(key)) known.set(key, read(key));
    return known.get(key) as T;
  };
}
