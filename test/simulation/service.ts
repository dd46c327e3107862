import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  DynamoDBBatchResponse,
  DynamoDBRecord,
  SQSBatchResponse,
  SQSEvent,
} from 'aws-lambda';
import { askProviders } from '../../functions/ask-provider/ask.ts';
import { notifyAgencies } from '../../functions/notify-agency/notify.ts';
import { enterNotices } from '../../functions/post-payment/enter.ts';
import { callbacks } from '../../functions/provider-callback/callbacks.ts';
import { publishChanges } from '../../functions/publish-events/publish.ts';
import { republisher } from '../../functions/republish/republish.ts';
import { sweep } from '../../functions/sweep/sweep.ts';
import type { InvoiceId } from '../../shared/domain/invoice/number.ts';
import type { WebhookSender } from '../../shared/domain/notification/ports.ts';
import type { PolicyChoices } from '../../shared/domain/payment/choices.ts';
import type { PaymentProvider } from '../../shared/domain/payment/provider.ts';
import type { Questions } from '../../shared/domain/payment/silent.ts';
import type { RefundQueue } from '../../shared/domain/refund/open-refunds.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import type { RegistryReader } from '../../shared/domain/registry/book.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { Circuit } from '../../shared/runtime/circuit.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { cancelInvoice } from '../../shared/usecases/cancel-invoice.ts';
import { catchUpDue } from '../../shared/usecases/catch-up.ts';
import { type CreateInvoice, createInvoice } from '../../shared/usecases/create-invoice.ts';
import { planRepair } from '../../shared/usecases/plan-repair.ts';
import { createQuote, type QuoteRequest } from '../../shared/usecases/quote.ts';
import type { InboxMessage } from '../../shared/usecases/receive-callback.ts';
import { type RecordCounterPayment, recordCounterPayment } from '../../shared/usecases/record-counter-payment.ts';
import * as reversing from '../../shared/usecases/reverse-counter-payment.ts';
import { type StartPayment, startPayment } from '../../shared/usecases/start-payment.ts';
import { aCounter, everyCall, numberKey, QUOTE_KEY } from '../dsl/invoicing.ts';
import { MemoryStates, standing } from '../fakes/memory-states.ts';
import { type Agency, senderOf } from './agency.ts';
import type { BankBooks } from './bank-books.ts';
import { MINUTE, SECOND } from './clock.ts';
import { AGENCIES, BANKS, ENDPOINTS, providersOfCountry, registryOfCountry, secretsOfCountry } from './country.ts';
import type { Host, Process } from './process.ts';
import { SimulatedQueue, type Worker } from './queue.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { type Between, type SimulatedTables, type Stores, storesOf } from './store.ts';
import { SimulatedStream, type StreamReader } from './stream.ts';

/** Key under which the portals' idempotency keys are hashed. */
export const HASH_KEY = numberKey(1).key;

/** As the stacks set them: six times the function's time limit, and the receives before a message is put aside. */
const INBOX = { name: 'inbox', visibility: 120 * SECOND, maxReceives: 5 };
const QUESTIONS = { name: 'questions', visibility: 180 * SECOND, maxReceives: 5 };
const REPUBLISH = { name: 'republish', visibility: 30 * MINUTE, maxReceives: 8 };
const DELIVERIES = { name: 'deliveries', visibility: 360 * SECOND, maxReceives: 30 };

type QueueName = 'inbox' | 'deliveries' | 'questions' | 'republish';

type Take = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** Where the wiring can be broken on purpose, without touching what it wires. */
export type Wiring = {
  between?: Between;
  stores?: (stores: Stores, process: Process) => Stores;
  /** What a worker of a queue answers of a batch: the ids of the messages that failed. */
  failed?: (queue: QueueName, failed: readonly string[], batch: readonly string[]) => readonly string[];
  inbox?: (send: (message: InboxMessage) => Promise<void>) => (message: InboxMessage) => Promise<void>;
  questions?: (questions: Questions) => Questions;
  deliveries?: (
    sendAll: (messages: readonly unknown[]) => Promise<void>,
  ) => (messages: readonly never[]) => Promise<void>;
  /** What the reader of the stream looks at of a batch, and what it answers. */
  records?: (records: DynamoDBRecord[]) => DynamoDBRecord[];
  published?: (answer: DynamoDBBatchResponse) => DynamoDBBatchResponse;
  callback?: (take: Take) => Take;
  provider?: (provider: PaymentProvider) => PaymentProvider;
  sender?: (sender: WebhookSender) => WebhookSender;
};

/** Runs whose prices are not the usual ones, and what these may be, in dong. */
const ODD_PRICES = 0.5;
const LEAST_PRICE = 2_000;
const MOST_PRICE = 99_999_999;

const CHOOSES = 0.4;

const drawPolicy = (random: Random, chosen: Others['chosen']): PolicyChoices => ({
  ...((random.chance(CHOOSES) || chosen.late) && { late: 'accept' as const }),
  ...((random.chance(CHOOSES) || chosen.parts) && { parts: 'accumulate' as const }),
});

/** What a caller of the API hears; nothing at all where the call failed. */
export type Answer<T> = { kind: 'done'; value: T } | { kind: 'refused'; code: string };

/** Who is there beside it. `chosen`: whether every agency takes late money for a payment, and money in parts. */
type Others = {
  agencies: ReadonlyMap<string, Agency>;
  books: BankBooks;
  chosen: { late: boolean; parts: boolean };
};

/** The functions of the service, each doing what its handler does: parse, call one use case, answer. */
export class Service {
  readonly inbox: SimulatedQueue;
  readonly deliveries: SimulatedQueue;
  readonly questions: SimulatedQueue;
  readonly republish: SimulatedQueue;
  readonly #states = new MemoryStates();
  readonly stream: SimulatedStream;
  readonly #scheduler: Scheduler;
  readonly #host: Host;
  readonly #tables: SimulatedTables;
  readonly #wiring: Wiring;
  readonly #registry: ReturnType<typeof registryOfCountry>;
  readonly #secrets = secretsOfCountry();
  readonly #providers: ReadonlyMap<string, PaymentProvider>;
  readonly #books: BankBooks;
  readonly #log: Log;
  readonly #senderOf: (process: Process) => WebhookSender;
  readonly #procedures: Parameters<typeof createQuote>[2]['procedure'];

  constructor(
    scheduler: Scheduler,
    host: Host,
    random: Random,
    tables: SimulatedTables,
    { agencies, books, chosen }: Others,
    wiring: Wiring,
  ) {
    this.#scheduler = scheduler;
    this.#host = host;
    this.#tables = tables;
    this.#wiring = wiring;
    this.#books = books;
    const { provider: broken } = wiring;
    const providers = [...providersOfCountry()];
    this.#providers = new Map(broken ? providers.map(([id, provider]) => [id, broken(provider)]) : providers);
    const hears = host.hears.bind(host);
    this.#log = { info: () => undefined, warn: hears, error: hears };
    this.#registry = registryOfCountry(Object.fromEntries(AGENCIES.map((code) => [code, drawPolicy(random, chosen)])));
    const counter = aCounter();
    // Odd amounts, so that whatever rounds is seen.
    for (const code of counter.prices.keys())
      if (random.chance(ODD_PRICES)) counter.prices.set(code, random.whole(LEAST_PRICE, MOST_PRICE));
    this.#procedures = remembered(counter.quoting.procedure);
    const inbox: Worker = async (event, process) => {
      const { invoices } = this.#stores(process);
      const enter = enterNotices({ invoices, now: process.now, log: this.#log, count: () => undefined });
      return this.#answer('inbox', event, await enter(event));
    };
    this.#senderOf = (process) => {
      const sender = senderOf(process, host, agencies);
      return wiring.sender ? wiring.sender(sender) : sender;
    };
    const deliveries: Worker = async (event, process) => {
      const { endpoints, feed, tellings } = this.#stores(process);
      const notify = notifyAgencies({
        blocked: endpoints,
        missed: endpoints,
        late: feed,
        directory: this.#registryFor(process),
        secrets: this.#secrets,
        sender: this.#senderOf(process),
        tellings,
        hide: this.deliveries.seenBy(process).hide,
        now: process.now,
        log: {
          warn: (message, { why, code }) => host.hears(message, why === 'storeUnavailable' ? { error: code } : {}),
          error: (message) => host.hears(message, { error: 'a delivery that nobody can read' }),
        },
      });
      return this.#answer('deliveries', event, await notify(event));
    };
    const publish: StreamReader = ({ Records }, process) => {
      const { journal, work, feed, refundList } = this.#stores(process);
      const publishing = publishChanges({
        journal,
        watermark: feed,
        late: feed,
        exceptions: work,
        directory: this.#registryFor(process),
        // Nobody is registered for receipts here, so none are ordered.
        receiptOrders: { sendAll: async () => undefined },
        deliveries: this.#deliveriesOf(process),
        watching: { providers: this.#providers, questions: this.#questionsOf(process), speed: 1, now: process.now },
        refunds: { refunds: NO_REFUNDS, list: refundList },
        log: this.#log,
      });
      const answer = publishing({ Records: wiring.records?.(Records) ?? Records });
      return wiring.published ? answer.then(wiring.published) : answer;
    };
    // One circuit for all that ask, as in a container that stays warm; it sees the clock of whoever asks.
    let asker: Process | undefined;
    const circuit = new Circuit(() => asker?.now() ?? 0, this.#states);
    const questions: Worker = async (event, process) => {
      asker = process;
      const { invoices, watches, work } = this.#stores(process);
      const asking = askProviders({
        invoices,
        providers: this.#providers,
        secrets: this.#secrets,
        caller: books.callerOf(process),
        circuit,
        inbox: this.#inboxOf(process),
        questions: this.#questionsOf(process),
        watches,
        exceptions: work,
        speed: 1,
        now: process.now,
        log: { ...this.#log, error: (message) => host.hears(message, { error: 'a question that nobody can read' }) },
        count: () => undefined,
      });
      return this.#answer('questions', event, await asking(event));
    };
    const republish: Worker = async (event, process) => {
      const { journal, journalReader, work, workList, feed, invoices, scan, watches } = this.#stores(process);
      const republishing = republisher({
        ...{ journal, exceptions: work, watermark: feed, late: feed, invoices, watches },
        ...{ entries: journalReader, reader: journalReader, book: scan },
        work: workList,
        // Nobody settles a difference, nothing is paid on, and the registry comes from no logbook here.
        acts: { named: async () => ({ entries: [], next: undefined }) },
        remittances: { find: async () => undefined },
        decisions: { of: async () => [] },
        directory: this.#registryFor(process),
        registry: this.#registryFor(process),
        registered: this.#registryFor(process),
        rows: { page: async () => ({ rows: [], after: undefined }), at: async () => undefined },
        receiptOrders: { sendAll: async () => undefined },
        deliveries: this.#deliveriesOf(process),
        // What the stream put aside is brought back by the stream.
        batches: { read: async () => [] },
        again: this.republish.seenBy(process),
        now: process.now,
        log: this.#log,
      });
      return this.#answer('republish', event, await republishing(event));
    };
    this.questions = new SimulatedQueue(QUESTIONS, scheduler, host, random, questions);
    this.inbox = new SimulatedQueue(INBOX, scheduler, host, random, inbox);
    this.deliveries = new SimulatedQueue(DELIVERIES, scheduler, host, random, deliveries);
    this.republish = new SimulatedQueue(REPUBLISH, scheduler, host, random, republish);
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
        caller: this.#books.callerOf(process),
        ...standing(process.now, this.#states),
        hashKeys: [HASH_KEY],
        now: process.now,
      }),
    );
  }

  async cancel(process: Process, id: InvoiceId, caller: Caller) {
    const { invoices } = this.#stores(process);
    return answered(this.#host, cancelInvoice(id, caller, { invoices, now: process.now }));
  }

  /** A clerk takes money at the desk. */
  async take(process: Process, command: RecordCounterPayment, caller: Caller, key: string) {
    const { invoices } = this.#stores(process);
    return answered(this.#host, recordCounterPayment(command, caller, key, { invoices, now: process.now }));
  }

  /** A clerk would take it back, or says what becomes of it. */
  async decide(
    process: Process,
    what: 'propose' | 'approve' | 'reject',
    name: reversing.CounterPaymentName,
    caller: Caller,
    key: string,
  ): Promise<Answer<reversing.CounterReversal>> {
    const { invoices } = this.#stores(process);
    const dependencies = { invoices, audit: () => undefined, now: process.now };
    const reason = 'WRONG_AMOUNT' as const;
    const call = {
      propose: () => reversing.proposeCounterReversal({ ...name, reason }, caller, key, dependencies),
      approve: () => reversing.approveCounterReversal(name, caller, dependencies),
      reject: () => reversing.rejectCounterReversal(name, caller, dependencies),
    };
    return answered(this.#host, call[what]());
  }

  /** What the gateway gets to hear for a bank. */
  callback(process: Process, event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
    const take = callbacks(this.#providers, {
      registry: this.#registryFor(process),
      secrets: this.#secrets,
      invoices: this.#stores(process).invoices,
      inbox: this.#inboxOf(process),
      now: process.now,
      log: this.#log,
      keep: () => undefined,
    });
    return this.#wiring.callback ? this.#wiring.callback(take)(event) : take(event);
  }

  /** `asks`: whether it takes up silent payments as well. */
  async sweep(process: Process, asks = true): Promise<void> {
    const { invoices, dueDays, watches, work, refundList } = this.#stores(process);
    const sweeping = sweep({
      invoices,
      registry: this.#registryFor(process),
      dueDays,
      watches,
      questions: this.#questionsOf(process),
      providerIds: asks ? BANKS : [],
      refunds: NO_REFUNDS,
      list: refundList,
      exceptions: work,
      now: process.now,
      log: this.#log,
    });
    // What fails, the next sweep looks at again.
    await sweeping().catch((error: unknown) => this.#host.mustPass(error));
  }

  /** An operator has the time of an outage repaired, and comes again until the pieces of it are in the queue. */
  async repair(time: { from: Instant; to: Instant }): Promise<void> {
    for (let tries = 0, done: boolean | undefined = false; !done; tries += 1) {
      if (tries > 0) await this.#scheduler.pause(MINUTE, 'an operator tries again');
      done = await this.#host.live('operations-api', async (process) => {
        try {
          const pieces = await planRepair({ ...time, again: true }, process.now(), this.#registryFor(process));
          await this.republish.seenBy(process).sendAll(pieces);
          return true;
        } catch (error) {
          this.#host.mustPass(error);
          return false;
        }
      });
    }
  }

  /** Asks the endpoints that did not answer; answers how many there still are. */
  async catchUp(process: Process): Promise<number> {
    const { journalReader, feed, endpoints, work, tellings } = this.#stores(process);
    try {
      await catchUpDue(
        {
          directory: this.#registryFor(process),
          secrets: this.#secrets,
          sender: this.#senderOf(process),
          ...{ journal: journalReader, watermark: feed, late: feed, blocked: endpoints, missed: endpoints },
          exceptions: work,
          tellings,
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

  #answer(queue: QueueName, { Records }: SQSEvent, answer: SQSBatchResponse): SQSBatchResponse {
    if (!this.#wiring.failed) return answer;
    const failed = answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    const batch = Records.map(({ messageId }) => messageId);
    const said = this.#wiring.failed(queue, failed, batch);
    return { batchItemFailures: said.map((itemIdentifier) => ({ itemIdentifier })) };
  }

  #deliveriesOf(process: Process): { sendAll: (messages: readonly never[]) => Promise<void> } {
    const { sendAll } = this.deliveries.seenBy(process);
    return { sendAll: this.#wiring.deliveries ? this.#wiring.deliveries(sendAll) : sendAll };
  }

  #inboxOf(process: Process): { send: (message: InboxMessage) => Promise<void> } {
    const { send } = this.inbox.seenBy(process);
    return { send: this.#wiring.inbox ? this.#wiring.inbox(send) : send };
  }

  #questionsOf(process: Process): Questions {
    const questions = this.questions.seenBy(process);
    return this.#wiring.questions ? this.#wiring.questions(questions) : questions;
  }

  #stores(process: Process): Stores {
    const stores = storesOf(process, this.#host, this.#tables, this.#wiring.between);
    return this.#wiring.stores ? this.#wiring.stores(stores, process) : stores;
  }

  #registryFor(process: Process): RegistryReader {
    return everyCall(this.#registry, (name, call) => this.#host.call(process, `registry ${name}`, call));
  }
}

/** Nobody asks for a refund here yet. */
const NO_REFUNDS: RefundQueue = {
  sendLater: () => Promise.reject(new Error('a refund that nobody asked for')),
};

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
