import {
  BatchGetCommand,
  BatchWriteCommand,
  ConditionalCheckFailedException,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  TransactWriteCommand,
  UpdateCommand,
} from '../../shared/aws/dynamodb.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { isTransient } from '../../shared/runtime/transient.ts';
import { BookScan } from '../../shared/store/book-pages.ts';
import { DossierStore } from '../../shared/store/dossier-store.ts';
import { DueDayStore } from '../../shared/store/due-days.ts';
import { EndpointStore } from '../../shared/store/endpoint-store.ts';
import { FeedStore } from '../../shared/store/feed-store.ts';
import { BY_AGENCY_DAY } from '../../shared/store/invoice-item.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { ReceiptStore } from '../../shared/store/receipt-store.ts';
import { RefundListStore } from '../../shared/store/refund-list-store.ts';
import { TellingStore } from '../../shared/store/telling-store.ts';
import { WatchStore } from '../../shared/store/watch-store.ts';
import { WorkScan } from '../../shared/store/work-pages.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import type { Item } from './expression.ts';
import { mustBeFair } from './fairness.ts';
import type { Host, Process } from './process.ts';
import type { Random } from './random.ts';
import { type Commit, SimulatedTable } from './table.ts';
import { writtenBy } from './versions.ts';

/** How often the SDK sends one call in all, when the failure is one that passes. */
const SDK_TRIES = 3;
/** Parts of a batch are handed back less often than reads lag. */
const UNDONE = 4;

export type TableName = 'invoices' | 'dossiers' | 'journal' | 'work' | 'receipts';

/** A command as the stores send it. */
export type Command = { readonly input: object };
/** Sends one command and answers as the document client does. */
export type Send = (command: Command) => Promise<object>;
/** The wiring may come between a store and its table; planted bugs do. */
export type Between = (command: Command, send: Send) => Promise<object>;

/** The tables of the service, keyed as the data stack keys them. */
export class SimulatedTables {
  readonly tables: Readonly<Record<TableName, SimulatedTable>>;
  readonly #random: Random;
  readonly #lag: () => number;
  readonly #read: (key: string) => void;

  constructor(
    now: () => Instant,
    random: Random,
    /** Share of the reads that may lag and do. */
    lag: () => number,
    committed: (table: TableName, commit: Commit) => void,
    /** Hears which invoices are read many at once. */
    read: (key: string) => void = () => undefined,
  ) {
    const table = (name: TableName, shape: ConstructorParameters<typeof SimulatedTable>[0]) =>
      new SimulatedTable(shape, now, (commit) => committed(name, commit));
    this.tables = {
      invoices: table('invoices', {
        keys: { partition: 'k' },
        indexes: { [BY_AGENCY_DAY]: { partition: 'g', sort: 'c' } },
      }),
      dossiers: table('dossiers', { keys: { partition: 'k' } }),
      journal: table('journal', { keys: { partition: 'p', sort: 's' } }),
      work: table('work', { keys: { partition: 'p', sort: 's' } }),
      receipts: table('receipts', { keys: { partition: 'p', sort: 's' } }),
    };
    this.#random = random;
    this.#lag = lag;
    this.#read = read;
  }

  /** Carries out one command at one instant, as the document client's `send` does. */
  carryOut(command: Command): object {
    const lagged = (consistent: boolean | undefined) => consistent !== true && this.#random.chance(this.#lag());
    if (command instanceof GetCommand) {
      const { TableName, Key, ConsistentRead } = command.input;
      return { Item: this.#table(TableName).get(Key ?? {}, lagged(ConsistentRead)) };
    }
    if (command instanceof PutCommand) {
      this.#table(command.input.TableName).put(command.input.Item ?? {}, command.input);
      return {};
    }
    if (command instanceof UpdateCommand) {
      const { TableName, Key, UpdateExpression } = command.input;
      const table = this.#table(TableName);
      try {
        return { Attributes: table.update(Key ?? {}, UpdateExpression ?? '', command.input) };
      } catch (error) {
        mustBeFair(command.input, table.get(Key ?? {}, false));
        throw error;
      }
    }
    if (command instanceof DeleteCommand) {
      const { TableName, Key = {} } = command.input;
      this.#table(TableName).mustHold(Key, command.input);
      this.#table(TableName).delete(Key);
      return {};
    }
    if (command instanceof QueryCommand) return this.#query(command, lagged(command.input.ConsistentRead));
    if (command instanceof ScanCommand) return this.#scan(command);
    if (command instanceof BatchGetCommand) return this.#batchGet(command);
    if (command instanceof BatchWriteCommand) return this.#batchWrite(command);
    if (command instanceof TransactWriteCommand) return this.#transact(command);
    throw new Error(`the simulated tables do not know ${command.constructor.name}`);
  }

  #table(name: string | undefined): SimulatedTable {
    const table = this.tables[name as TableName];
    if (!table) throw new Error(`no table ${name}`);
    return table;
  }

  #query({ input }: QueryCommand, lagged: boolean): object {
    const { items, more } = this.#table(input.TableName).query(
      input.IndexName,
      input.KeyConditionExpression ?? '',
      input,
      { after: input.ExclusiveStartKey, limit: input.Limit, lagged, forward: input.ScanIndexForward },
    );
    return { Items: items, ...(more && { LastEvaluatedKey: items.at(-1) }) };
  }

  /** A part of a table, some items of it as they stood a moment ago. */
  #scan({ input }: ScanCommand): object {
    const { Segment = 0, TotalSegments = 1, ExclusiveStartKey, Limit = 1 } = input;
    const table = this.#table(input.TableName);
    const keys = [...table.items()]
      .map((item) => String(item['k']))
      .filter((key) => partOf(key, TotalSegments) === Segment)
      .sort();
    const from = ExclusiveStartKey ? keys.findIndex((key) => key > String(ExclusiveStartKey['k'])) : 0;
    const page = from < 0 ? [] : keys.slice(from, from + Limit);
    const more = from >= 0 && from + Limit < keys.length;
    const items = page.flatMap((k) => table.get({ k }, this.#random.chance(this.#lag())) ?? []);
    return { Items: items, ...(more && { LastEvaluatedKey: { k: page.at(-1) } }) };
  }

  /** Hands back some keys now and then, as a table without capacity does. */
  #batchGet({ input }: BatchGetCommand): object {
    const [[name, request] = []] = Object.entries(input.RequestItems ?? {});
    const keys = (request?.Keys ?? []) as Item[];
    const kept = keys.filter(() => !this.#random.chance(this.#lag() / UNDONE));
    const left = keys.filter((key) => !kept.includes(key));
    for (const key of kept) this.#read(String(key['k']));
    const items = kept.flatMap((key) => this.#table(name).get(key, false) ?? []);
    return {
      Responses: { [String(name)]: items },
      ...(left.length > 0 && { UnprocessedKeys: { [String(name)]: { Keys: left } } }),
    };
  }

  /** All of it or nothing: every condition is looked at first, and each that does not hold is named by its place. */
  #transact({ input }: TransactWriteCommand): object {
    const actions = input.TransactItems ?? [];
    const reasons = actions.map(({ Put, Update, Delete, ConditionCheck }) => {
      const action = Put ?? Update ?? Delete ?? ConditionCheck;
      const key = Put?.Item ?? Update?.Key ?? Delete?.Key ?? ConditionCheck?.Key ?? {};
      try {
        this.#table(action?.TableName).mustHold(key, action ?? {});
        return { Code: 'None' };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { Code: 'ConditionalCheckFailed', ...(error.Item && { Item: error.Item }) };
      }
    });
    if (reasons.some(({ Code }) => Code !== 'None'))
      throw new TransactionCanceledException({ message: '', $metadata: {}, CancellationReasons: reasons });
    for (const { Put, Update, Delete } of actions) {
      if (Put) this.#table(Put.TableName).put(Put.Item ?? {}, {});
      if (Update) {
        const { ConditionExpression: _, ...words } = Update;
        this.#table(Update.TableName).update(Update.Key ?? {}, Update.UpdateExpression ?? '', words);
      }
      if (Delete) this.#table(Delete.TableName).delete(Delete.Key ?? {});
    }
    return {};
  }

  /** Leaves some of it undone now and then, as a table without capacity does. */
  #batchWrite({ input }: BatchWriteCommand): object {
    const [[name, requests = []] = []] = Object.entries(input.RequestItems ?? {});
    const left = requests.filter(() => this.#random.chance(this.#lag() / UNDONE));
    for (const request of requests) {
      if (left.includes(request)) continue;
      if (request.PutRequest) this.#table(name).put(request.PutRequest.Item ?? {}, {});
      else this.#table(name).delete(request.DeleteRequest?.Key ?? {});
    }
    return left.length > 0 ? { UnprocessedItems: { [String(name)]: left } } : {};
  }
}

/** The stores of one process, as they are deployed, over the simulated tables. */
export function storesOf(process: Process, host: Host, tables: SimulatedTables, between?: Between) {
  const send: Send = async (command) => {
    const label = labelOf(command);
    host.touches(process, label);
    for (let tries = 1; ; tries += 1) {
      try {
        return await host.call(process, label, () => tables.carryOut(writtenBy(process.version, command)));
      } catch (error) {
        if (tries === SDK_TRIES || !isTransient(error)) throw error;
      }
    }
  };
  const db = {
    send: between ? (command: Command) => between(command, send) : send,
  } as unknown as DynamoDBDocumentClient;
  return {
    invoices: new InvoiceStore(db, 'invoices' satisfies TableName),
    dossiers: new DossierStore(db, 'dossiers' satisfies TableName),
    dueDays: new DueDayStore(db, 'work' satisfies TableName),
    endpoints: new EndpointStore(db, 'work' satisfies TableName),
    feed: new FeedStore(db, 'work' satisfies TableName),
    journalReader: new DynamoJournalReader(db, 'journal' satisfies TableName),
    journal: new JournalStore(db, 'journal' satisfies TableName),
    work: new WorkStore(db, 'work' satisfies TableName),
    workList: new WorkScan(db, 'work' satisfies TableName),
    watches: new WatchStore(db, 'work' satisfies TableName),
    refundList: new RefundListStore(db, 'work' satisfies TableName),
    tellings: new TellingStore(db, 'work' satisfies TableName),
    receipts: new ReceiptStore(db, 'receipts' satisfies TableName),
    scan: new BookScan(db, 'invoices' satisfies TableName),
  };
}

export type Stores = ReturnType<typeof storesOf>;

/** Keys are spread over the parts of a scan as over machines: by something of the key. */
function partOf(key: string, parts: number): number {
  let sum = 0;
  for (let index = 0; index < key.length; index += 1) sum += key.charCodeAt(index);
  return sum % parts;
}

/** `Update invoices 4802…: SET st = :next …` */
function labelOf(command: Command): string {
  const input = command.input as { TableName?: string; Key?: Item; Item?: Item; UpdateExpression?: string };
  const key = input.Key ?? input.Item;
  const name = command.constructor.name.replace('Command', '');
  const where = key ? ` ${String(key['k'] ?? `${key['p']} ${key['s']}`)}` : '';
  const table = input.TableName ? ` ${input.TableName}` : '';
  return `${name}${table}${where}${input.UpdateExpression ? ` ${input.UpdateExpression}` : ''}`;
}
