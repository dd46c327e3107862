import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
  unmarshall,
} from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import {
  BookDay,
  type BookDays,
  BookFile,
  BookId,
  bookFileName,
  type Closing,
  DayRun,
} from '../domain/reconciliation/book-day.ts';
import type { Day } from '../domain/time.ts';
import { allItems } from './every-item.ts';

/**
 * Books by day in the work table: partition `book#` and the book, sort the day; files in a map, so that two may enter at
 * once. Which books there are stands in one partition of its own.
 */

const bookKey = (book: BookId, day: Day) => ({ p: `book#${book}`, s: day });
const LIST = 'book#all';

const Item = lazy(() =>
  z.object({
    p: z.string(),
    s: z.string(),
    /** `C`: closed. */
    st: z.literal('C').optional(),
    f: z.record(z.string(), BookFile),
    n: z.int(),
    r: DayRun.optional(),
    ca: z.int().optional(),
    cb: z.string().optional(),
  }),
);

export class BookDayStore implements BookDays {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async find(book: BookId, day: Day): Promise<BookDay | undefined> {
    const { Item: item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: bookKey(book, day), ConsistentRead: true }),
    );
    return item && parse(item);
  }

  async between(book: BookId, from: Day, to: Day): Promise<BookDay[]> {
    // The table refuses a range that ends before it begins.
    if (from > to) return [];
    const items = await allItems(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: 'p = :p AND s BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':p': `book#${book}`, ':from': from, ':to': to },
      ConsistentRead: true,
    });
    return items.map(parse);
  }

  async enter(book: BookId, day: Day, file: BookFile): Promise<'entered' | 'closed'> {
    await this.#begin(book, day);
    const there = await this.#update(book, day, {
      UpdateExpression: 'SET f.#file = :file ADD n :one',
      ConditionExpression: 'attribute_not_exists(st) AND attribute_not_exists(f.#file)',
      ExpressionAttributeNames: { '#file': bookFileName(file) },
      ExpressionAttributeValues: { ':file': file, ':one': 1 },
    });
    if (there.done || there.day.files.some((one) => bookFileName(one) === bookFileName(file))) return 'entered';
    return 'closed';
  }

  async leave(
    book: BookId,
    day: Day,
    file: Pick<BookFile, 'statementId' | 'place' | 'adjusts'>,
  ): Promise<'left' | 'closed'> {
    if (!(await this.find(book, day))) return 'left';
    const there = await this.#update(book, day, {
      UpdateExpression: 'REMOVE f.#file ADD n :one',
      ConditionExpression: 'attribute_not_exists(st) AND attribute_exists(f.#file)',
      ExpressionAttributeNames: { '#file': bookFileName(file) },
      ExpressionAttributeValues: { ':one': 1 },
    });
    const stands = there.day.files.some((one) => bookFileName(one) === bookFileName(file));
    return there.done || !stands ? 'left' : 'closed';
  }

  async record(book: BookId, day: Day, run: DayRun): Promise<'recorded' | 'overtaken'> {
    await this.#begin(book, day);
    const there = await this.#update(book, day, {
      UpdateExpression: 'SET r = :run',
      ConditionExpression:
        run.revision === 1
          ? 'attribute_not_exists(st) AND n = :changes AND attribute_not_exists(r)'
          : 'attribute_not_exists(st) AND n = :changes AND r.revision = :before',
      ExpressionAttributeValues: {
        ':run': run,
        ':changes': run.changes,
        ...(run.revision > 1 && { ':before': run.revision - 1 }),
      },
    });
    if (there.done) return 'recorded';
    // Our own write, whose answer was lost.
    return there.day.run?.sha256 === run.sha256 && there.day.run.revision === run.revision ? 'recorded' : 'overtaken';
  }

  async close(book: BookId, day: Day, changes: number, { sha256, closedBy, closedAt }: Closing) {
    const { done, day: there } = await this.#update(book, day, {
      UpdateExpression: 'SET st = :closed, ca = :at, cb = :by',
      ConditionExpression:
        sha256 === null
          ? 'attribute_exists(p) AND attribute_not_exists(st) AND n = :changes AND attribute_not_exists(r)'
          : 'attribute_not_exists(st) AND n = :changes AND r.sha256 = :hash',
      ExpressionAttributeValues: {
        ':closed': 'C',
        ':at': closedAt,
        ':by': closedBy,
        ':changes': changes,
        ...(sha256 !== null && { ':hash': sha256 }),
      },
    });
    const repeated = there.closedBy === closedBy && (there.run?.sha256 ?? null) === sha256;
    return { kind: done || repeated ? ('closed' as const) : ('changed' as const), day: there };
  }

  async books(): Promise<BookId[]> {
    const items = await allItems(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: 'p = :p',
      ExpressionAttributeValues: { ':p': LIST },
    });
    return items.map(({ s }) => BookId.parse(s));
  }

  /** The day's item, with no file and no run, and the book in the list of them. */
  async #begin(book: BookId, day: Day): Promise<void> {
    await this.#once({ p: LIST, s: book });
    await this.#once({ ...bookKey(book, day), f: {}, n: 0 });
  }

  async #once(item: Record<string, unknown>): Promise<void> {
    try {
      await this.#db.send(
        new PutCommand({ TableName: this.#table, Item: item, ConditionExpression: 'attribute_not_exists(p)' }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async #update(
    book: BookId,
    day: Day,
    change: Pick<ConstructorParameters<typeof UpdateCommand>[0], 'UpdateExpression' | 'ConditionExpression'> & {
      ExpressionAttributeNames?: Record<string, string>;
      ExpressionAttributeValues: Record<string, unknown>;
    },
  ): Promise<{ done: boolean; day: BookDay }> {
    try {
      const { Attributes } = await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: bookKey(book, day),
          ...change,
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { done: true, day: parse(Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
      return { done: false, day: parse(unmarshall(error.Item)) };
    }
  }
}

function parse(raw: unknown): BookDay {
  const { p, s, st, f, n, r, ca, cb } = Item.parse(raw);
  return BookDay.parse({
    book: p.slice('book#'.length),
    day: s,
    state: st === 'C' ? 'CLOSED' : 'OPEN',
    files: Object.entries(f)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, file]) => file),
    changes: n,
    ...(r && { run: r }),
    ...(ca !== undefined && { closedAt: ca }),
    ...(cb !== undefined && { closedBy: cb }),
  });
}
