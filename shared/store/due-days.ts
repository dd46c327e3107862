import { BatchWriteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '../aws/dynamodb.ts';
import type { DueDays } from '../domain/invoice/book.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { type Day, type Instant, vietnamDay } from '../domain/time.ts';
import { allItems } from './every-item.ts';

/** Partitions of one day: a day on which a law ends may be the deadline of very many invoices. */
const SHARDS = 8;
/** Most items that one batch deletes. */
const MAX_BATCH = 25;
const MAX_ROUNDS = 8;

const partition = (day: Day, shard: number): string => `due#${day}#${shard}`;
/** Days whose usual deadlines are done with. The role may write under `due#` in batches only. */
const sweptKey = (day: Day) => ({ p: 'due#swept', s: day });
const shardOf = (number: InvoiceNumber): number => Number(number.slice(-3)) % SHARDS;

/** Deadlines that do not follow from the day of creation, in the work table. */
export class DueDayStore implements DueDays {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async remember({ expiresAt, number }: { expiresAt: Instant; number: InvoiceNumber }): Promise<void> {
    const Item = { p: partition(vietnamDay(expiresAt), shardOf(number)), s: number };
    await this.#db.send(new PutCommand({ TableName: this.#table, Item }));
  }

  async onDay(day: Day): Promise<InvoiceNumber[]> {
    const shards = Array.from({ length: SHARDS }, (_, shard) => this.#onShard(partition(day, shard)));
    return (await Promise.all(shards)).flat();
  }

  async forget(day: Day, numbers: readonly InvoiceNumber[]): Promise<void> {
    for (let start = 0; start < numbers.length; start += MAX_BATCH) {
      let requests: Record<string, unknown>[] = numbers
        .slice(start, start + MAX_BATCH)
        .map((number) => ({ DeleteRequest: { Key: { p: partition(day, shardOf(number)), s: number } } }));
      for (let round = 0; requests.length > 0 && round < MAX_ROUNDS; round += 1) {
        const { UnprocessedItems } = await this.#db.send(
          new BatchWriteCommand({ RequestItems: { [this.#table]: requests } }),
        );
        // What stays behind is met again by the next sweep.
        requests = (UnprocessedItems?.[this.#table] ?? []) as Record<string, unknown>[];
      }
    }
  }

  async isSwept(day: Day): Promise<boolean> {
    const { Item } = await this.#db.send(new GetCommand({ TableName: this.#table, Key: sweptKey(day) }));
    return Item !== undefined;
  }

  async markSwept(day: Day): Promise<void> {
    const Put = { PutRequest: { Item: sweptKey(day) } };
    await this.#db.send(new BatchWriteCommand({ RequestItems: { [this.#table]: [Put] } }));
  }

  async #onShard(p: string): Promise<InvoiceNumber[]> {
    const items = await allItems(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: 'p = :p',
      ExpressionAttributeValues: { ':p': p },
    });
    return items.map(({ s }) => InvoiceNumber.parse(s));
  }
}
