import * as z from 'zod';
import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import { BookId } from '../domain/reconciliation/book-day.ts';
import type { DeliveryBook, ExpectedBook, OpenDelivery } from '../domain/reconciliation/deliveries.ts';
import type { Day } from '../domain/time.ts';
import { allItems } from './every-item.ts';

/**
 * Files that partners are to deliver, in the work table: in one partition the books of which they are expected, in another
 * the days that are open, sorted by book, day and the exception that stands for them.
 */

const EXPECTED = 'delivery#expected';
const OPEN = 'delivery#open';
/** Sorts behind every exception's id. */
const BEHIND = '~';

const ExpectedItem = lazy(() => z.object({ s: BookId, n: z.iso.date() }));
const OpenItem = lazy(() => z.object({ b: BookId, d: z.iso.date(), a: z.string(), e: z.string() }));

const sortOf = ({ book, day, place }: OpenDelivery): string => `${book}#${day}#${place.exceptionId}`;

export class DeliveryStore implements DeliveryBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async expected(): Promise<ExpectedBook[]> {
    return (await this.#all(EXPECTED)).map((item) => {
      const { s, n } = ExpectedItem.parse(item);
      return { book: s, next: n };
    });
  }

  async lookFrom({ book, next }: ExpectedBook): Promise<void> {
    await this.#db.send(new PutCommand({ TableName: this.#table, Item: { p: EXPECTED, s: book, n: next } }));
  }

  async open(): Promise<OpenDelivery[]> {
    return (await this.#all(OPEN)).map(parseOpen);
  }

  async openOf(book: BookId, from: Day, to: Day): Promise<OpenDelivery[]> {
    return (await this.#all(OPEN, [`${book}#${from}#`, `${book}#${to}#${BEHIND}`])).map(parseOpen);
  }

  async begin(delivery: OpenDelivery): Promise<void> {
    const { book, day, place } = delivery;
    const item = { p: OPEN, s: sortOf(delivery), b: book, d: day, a: place.agencyCode, e: place.exceptionId };
    await this.#db.send(new PutCommand({ TableName: this.#table, Item: item }));
  }

  async end(delivery: OpenDelivery): Promise<void> {
    await this.#db.send(new DeleteCommand({ TableName: this.#table, Key: { p: OPEN, s: sortOf(delivery) } }));
  }

  async #all(partition: string, between?: readonly [from: string, to: string]): Promise<Record<string, unknown>[]> {
    return allItems(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: between ? 'p = :p AND s BETWEEN :from AND :to' : 'p = :p',
      ExpressionAttributeValues: { ':p': partition, ...(between && { ':from': between[0], ':to': between[1] }) },
      ConsistentRead: true,
    });
  }
}

function parseOpen(item: Record<string, unknown>): OpenDelivery {
  const { b, d, a, e } = OpenItem.parse(item);
  return { book: b, day: d, place: { agencyCode: a, businessDate: d, exceptionId: e } };
}
