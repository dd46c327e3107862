import { type DynamoDBDocumentClient, QueryCommand } from '../aws/dynamodb.ts';
import type { ExceptionPlace } from '../domain/reconciliation/exception.ts';
import type { LyingWork, WorkPages } from '../domain/reconciliation/ports.ts';
import { batchGet } from './batch-get.ts';
import { exceptionKey, parseException } from './work-store.ts';

/** Items that one page reads; an item has a kilobyte at most, but for its comments. */
const PAGE_ITEMS = 100;

/** The work list as it lies in its table. */
export class WorkScan implements WorkPages {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async page({ agencyCode, after }: Parameters<WorkPages['page']>[0]) {
    const { p } = exceptionKey({ agencyCode, businessDate: '', exceptionId: '' });
    const { Items = [], LastEvaluatedKey } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :partition',
        ExpressionAttributeValues: { ':partition': p },
        ConsistentRead: true,
        Limit: PAGE_ITEMS,
        ...(after !== undefined && { ExclusiveStartKey: { p, s: after } }),
      }),
    );
    return { items: Items.map(lying), after: LastEvaluatedKey && String(LastEvaluatedKey['s']) };
  }

  async at(places: readonly ExceptionPlace[]) {
    const keys = [...new Map(places.map((place) => [nameOf(exceptionKey(place)), exceptionKey(place)])).values()];
    const found = await batchGet(this.#db, this.#table, keys);
    const there = new Map((found as Record<string, unknown>[]).map((raw) => [nameOf(raw), lying(raw)]));
    return places.map((place) => there.get(nameOf(exceptionKey(place))));
  }
}

const nameOf = ({ p, s }: Record<string, unknown>): string => `${p} ${s}`;

/** An item that stands under a key that is not its own is none that this service wrote. */
function lying(raw: Record<string, unknown>): LyingWork {
  const key = nameOf(raw);
  try {
    const exception = parseException(raw);
    return { key, exception: nameOf(exceptionKey(exception)) === key ? exception : undefined };
  } catch {
    return { key, exception: undefined }; // Whoever looks through the list says which.
  }
}
