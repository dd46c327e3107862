import { type DynamoDBDocumentClient, ScanCommand } from '../aws/dynamodb.ts';
import type { ReceiptItem, ReceiptPages } from '../domain/receipt/book.ts';
import { parseReceiptItem } from './receipt-store.ts';

/** Items that one page reads; a receipt has some kilobytes. */
const PAGE_ITEMS = 200;
const BETWEEN = '\n';

/** The whole table of receipts, for proving it. */
export class ReceiptScan implements ReceiptPages {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async page(after?: string) {
    const [p, s] = after?.split(BETWEEN) ?? [];
    const { Items = [], LastEvaluatedKey } = await this.#db.send(
      new ScanCommand({
        TableName: this.#table,
        ConsistentRead: true,
        Limit: PAGE_ITEMS,
        ...(after !== undefined && { ExclusiveStartKey: { p, s } }),
      }),
    );
    return {
      items: Items.map((raw) => ({ key: `${raw['p']} ${raw['s']}`, item: readable(raw) })),
      after: LastEvaluatedKey && `${LastEvaluatedKey['p']}${BETWEEN}${LastEvaluatedKey['s']}`,
    };
  }
}

function readable(raw: unknown): ReceiptItem | undefined {
  try {
    return parseReceiptItem(raw);
  } catch {
    return undefined; // Whoever looks through the book says which.
  }
}
