import { BatchWriteCommand, type DynamoDBDocumentClient, PutCommand, QueryCommand } from '../aws/dynamodb.ts';
import type { ProviderId } from '../domain/payment/provider.ts';
import { PaymentReference } from '../domain/payment/reference.ts';
import { WATCH_SHARDS, type Watched, type WatchList } from '../domain/payment/silent.ts';
import type { Instant } from '../domain/time.ts';

/** Most items that one batch deletes. */
const MAX_BATCH = 25;
const MAX_ROUNDS = 8;

/**
 * Under `due#`, like all that the clock takes up. The provider is part of the key, so that one whose callbacks fail fills
 * its own partitions and stands in nobody's way.
 */
const partition = (providerId: ProviderId, shard: number): string => `due#watch#${providerId}#${shard}`;
/** The last digits of the invoice's number, which are spread evenly because the number is a hash. */
const shardOf = (reference: PaymentReference): number => Number(reference.slice(9, 12)) % WATCH_SHARDS;
/** UTC, so that it sorts as time passes. Twenty-four characters, then the reference. */
const instantText = (at: Instant): string => new Date(at).toISOString();
const INSTANT_LENGTH = 24;
/** Sorts after every reference. */
const LAST = '~';

const keyOf = ({ providerId, reference, dueAt }: Watched) => ({
  p: partition(providerId, shardOf(reference)),
  s: `${instantText(dueAt)}#${reference}`,
});

/** Silent payments, in the work table. Nothing is written for one that is called back in time. */
export class WatchStore implements WatchList {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async watch(payment: Watched): Promise<void> {
    await this.#db.send(new PutCommand({ TableName: this.#table, Item: keyOf(payment) }));
  }

  async dueBy({ providerId, shard, by, limit }: Parameters<WatchList['dueBy']>[0]): Promise<Watched[]> {
    const { Items } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :p AND s <= :by',
        ExpressionAttributeValues: { ':p': partition(providerId, shard), ':by': `${instantText(by)}#${LAST}` },
        Limit: limit,
      }),
    );
    return (Items ?? []).map((item) => {
      const sort = String(item['s']);
      return {
        providerId,
        reference: PaymentReference.parse(sort.slice(INSTANT_LENGTH + 1)),
        dueAt: Date.parse(sort.slice(0, INSTANT_LENGTH)),
      };
    });
  }

  async forget(payments: readonly Watched[]): Promise<void> {
    for (let start = 0; start < payments.length; start += MAX_BATCH) {
      let requests: Record<string, unknown>[] = payments
        .slice(start, start + MAX_BATCH)
        .map((payment) => ({ DeleteRequest: { Key: keyOf(payment) } }));
      for (let round = 0; requests.length > 0 && round < MAX_ROUNDS; round += 1) {
        const { UnprocessedItems } = await this.#db.send(
          new BatchWriteCommand({ RequestItems: { [this.#table]: requests } }),
        );
        // What stays behind is asked about once more.
        requests = (UnprocessedItems?.[this.#table] ?? []) as Record<string, unknown>[];
      }
    }
  }
}
