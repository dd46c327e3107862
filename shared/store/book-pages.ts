import * as z from 'zod';
import { type DynamoDBDocumentClient, ScanCommand } from '../aws/dynamodb.ts';
import type { BookItem, BookPages } from '../domain/invoice/book.ts';
import { lazy } from '../domain/lazy.ts';
import { batchGet } from './batch-get.ts';
import { parseStored } from './invoice-item.ts';

/** Items that one page reads; some 128 read units. */
const PAGE_ITEMS = 500;

const Keyed = lazy(() => z.object({ k: z.string() }));

/**
 * The whole invoices table, a part beside others. The only scan that there is: money may arrive on any invoice, however
 * old, and no index says when an item was last written, because that would cost a write at each payment.
 */
export class BookScan implements BookPages {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async at(keys: readonly string[]) {
    const items = await batchGet(
      this.#db,
      this.#table,
      keys.map((k) => ({ k })),
    );
    return items.map(keyed);
  }

  async page({ segment, segments, after }: Parameters<BookPages['page']>[0]) {
    const { Items = [], LastEvaluatedKey } = await this.#db.send(
      new ScanCommand({
        TableName: this.#table,
        Segment: segment,
        TotalSegments: segments,
        Limit: PAGE_ITEMS,
        ...(after !== undefined && { ExclusiveStartKey: { k: after } }),
      }),
    );
    return { items: Items.map(keyed), after: LastEvaluatedKey && Keyed.parse(LastEvaluatedKey).k };
  }
}

const keyed = (raw: unknown) => ({ key: Keyed.parse(raw).k, item: readable(raw) });

function readable(raw: unknown): BookItem | undefined {
  try {
    return parseStored(raw);
  } catch {
    return undefined; // Whoever looks through the book says which.
  }
}
