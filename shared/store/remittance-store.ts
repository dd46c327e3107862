import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteCommand,
} from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import type { BookId } from '../domain/reconciliation/book-day.ts';
import { BusinessDate } from '../domain/reconciliation/statement-id.ts';
import {
  firstHead,
  type HeadChange,
  Looked,
  NOTHING_LOOKED_AT,
  placeOfRemittance,
  Remittance,
  type RemittanceBook,
  RemittanceHead,
  RemittanceId,
} from '../domain/remittance/remittance.ts';
import type { Day } from '../domain/time.ts';

/**
 * Batches in the work table: partition `remittance#` and the account's book; `head`, where the chain ends; `b#` and the
 * batch's number; `call#` and the hash of the key of the call that made one; `followed`, how far statements were looked
 * through; `looked`, what the clock found. What belongs together is one transaction.
 */

const HEAD = 'head';
const FOLLOWED = 'followed';
const LOOKED = 'looked';
const DIGITS = 9;
const BATCHES = 'b#';
const partition = (book: BookId): string => `remittance#${book}`;
const batchSort = (sequence: number): string => `${BATCHES}${String(sequence).padStart(DIGITS, '0')}`;
const batchKey = (id: RemittanceId) => {
  const { book, sequence } = placeOfRemittance(id);
  return { p: partition(book), s: batchSort(sequence) };
};

const Batch = lazy(() => z.object({ r: Remittance }));
const Head = lazy(() => z.object({ h: RemittanceHead }));
const Followed = lazy(() => z.object({ d: BusinessDate }));
const LookedItem = lazy(() => z.object({ l: Looked }));
const Call = lazy(() => z.object({ id: RemittanceId }));

/** Why a transaction came too late: decided again, it sees what overtook it. */
const OVERTAKEN: ReadonlySet<string> = new Set(['ConditionalCheckFailed', 'TransactionConflict']);

export class RemittanceStore implements RemittanceBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async head(book: BookId): Promise<RemittanceHead> {
    const item = await this.#get(partition(book), HEAD);
    return item ? Head.parse(item).h : firstHead(book);
  }

  async find(id: RemittanceId): Promise<Remittance | undefined> {
    const { p, s } = batchKey(id);
    const item = await this.#get(p, s);
    return item && Batch.parse(item).r;
  }

  async ofCall(book: BookId, keyHash: string): Promise<RemittanceId | undefined> {
    const item = await this.#get(partition(book), `call#${keyHash}`);
    return item && Call.parse(item).id;
  }

  async list({
    book,
    before,
    limit,
  }: {
    book: BookId;
    before?: number | undefined;
    limit: number;
  }): Promise<Remittance[]> {
    const { Items = [] } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :p AND s BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':p': partition(book),
          ':from': batchSort(1),
          ':to': batchSort(before === undefined ? 10 ** DIGITS - 1 : before - 1),
        },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return Items.map((item) => Batch.parse(item).r);
  }

  async followedTo(book: BookId): Promise<Day | null> {
    const item = await this.#get(partition(book), FOLLOWED);
    return item ? Followed.parse(item).d : null;
  }

  async markFollowed(book: BookId, day: Day): Promise<void> {
    try {
      await this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { p: partition(book), s: FOLLOWED, d: day },
          ConditionExpression: 'attribute_not_exists(p) OR d < :day',
          ExpressionAttributeValues: { ':day': day },
        }),
      );
    } catch (error) {
      // Somebody else has looked as far.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async looked(book: BookId): Promise<Looked> {
    const item = await this.#get(partition(book), LOOKED);
    return item ? LookedItem.parse(item).l : NOTHING_LOOKED_AT;
  }

  async keepLooked(book: BookId, looked: Looked): Promise<void> {
    await this.#db.send(new PutCommand({ TableName: this.#table, Item: { p: partition(book), s: LOOKED, l: looked } }));
  }

  async propose(remittance: Remittance, head: HeadChange): Promise<'proposed' | 'overtaken'> {
    const { remittanceId: id, book, calls } = remittance;
    const absent = { ConditionExpression: 'attribute_not_exists(p)' };
    const done = await this.#transact([
      { Put: { TableName: this.#table, Item: { ...batchKey(id), r: remittance, v: remittance.version }, ...absent } },
      this.#headPut(head),
      { Put: { TableName: this.#table, Item: { p: partition(book), s: `call#${calls[0]?.keyHash}`, id }, ...absent } },
    ]);
    return done ? 'proposed' : 'overtaken';
  }

  async change(
    before: Remittance,
    after: Remittance,
    { head, notBy }: { head?: HeadChange; notBy?: string } = {},
  ): Promise<'changed' | 'overtaken'> {
    const done = await this.#transact([
      {
        Put: {
          TableName: this.#table,
          Item: { ...batchKey(after.remittanceId), r: after, v: after.version },
          ConditionExpression: notBy === undefined ? 'v = :v' : 'v = :v AND r.#by <> :person',
          ...(notBy !== undefined && { ExpressionAttributeNames: { '#by': 'by' } }),
          ExpressionAttributeValues: { ':v': before.version, ...(notBy !== undefined && { ':person': notBy }) },
        },
      },
      ...(head ? [this.#headPut(head)] : []),
    ]);
    return done ? 'changed' : 'overtaken';
  }

  #headPut({ before, after }: HeadChange) {
    return {
      Put: {
        TableName: this.#table,
        Item: { p: partition(after.book), s: HEAD, h: after, v: after.version },
        ...(before.version === 0
          ? { ConditionExpression: 'attribute_not_exists(p)' }
          : { ConditionExpression: 'v = :v', ExpressionAttributeValues: { ':v': before.version } }),
      },
    };
  }

  /** False where a condition did not hold, or somebody else is writing the same items. */
  async #transact(items: ConstructorParameters<typeof TransactWriteCommand>[0]['TransactItems']): Promise<boolean> {
    try {
      await this.#db.send(new TransactWriteCommand({ TransactItems: items }));
      return true;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      if (error.CancellationReasons?.some(({ Code }) => OVERTAKEN.has(Code ?? ''))) return false;
      throw error;
    }
  }

  async #get(p: string, s: string): Promise<Record<string, unknown> | undefined> {
    const { Item: item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: { p, s }, ConsistentRead: true }),
    );
    return item;
  }
}
