import { BatchWriteCommand, type DynamoDBDocumentClient, PutCommand, QueryCommand } from '../aws/dynamodb.ts';
import { type NotedRefund, OPEN_REFUND_SHARDS, type RefundList } from '../domain/refund/open-refunds.ts';
import { RefundId } from '../domain/refund/refund.ts';
import { type Day, vietnamDay } from '../domain/time.ts';

/** Most items that one batch deletes. */
const MAX_BATCH = 25;

/** Under `refund#`: for good by agency and day, and, while it is not settled, in a shard of the open ones. */
const listPartition = (agencyCode: string, day: Day): string => `refund#of#${agencyCode}#${day}`;
const openPartition = (shard: number): string => `refund#open#${shard}`;
/** The last digits are of a hash, spread evenly. */
const shardOf = (refundId: RefundId): number => Number(refundId.slice(-3)) % OPEN_REFUND_SHARDS;

const openKey = (refundId: RefundId) => ({ p: openPartition(shardOf(refundId)), s: refundId });
/** UTC, so that it sorts as time passes. */
const position = ({ requestedAt, refundId }: NotedRefund): string =>
  `${new Date(requestedAt).toISOString()}#${refundId}`;
const idAt = (sort: string): RefundId => RefundId.parse(sort.slice(sort.lastIndexOf('#') + 1));

/** Which refunds there are, in the work table. What they are stands on their invoices. */
export class RefundListStore implements RefundList {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async note(refund: NotedRefund): Promise<void> {
    const listed = { p: listPartition(refund.agencyCode, vietnamDay(refund.requestedAt)), s: position(refund) };
    await Promise.all(
      [listed, openKey(refund.refundId)].map((Item) => this.#db.send(new PutCommand({ TableName: this.#table, Item }))),
    );
  }

  async ofAgencyDay({ agencyCode, day, after, limit }: Parameters<RefundList['ofAgencyDay']>[0]) {
    const p = listPartition(agencyCode, day);
    const { Items = [], LastEvaluatedKey } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :partition',
        ExpressionAttributeValues: { ':partition': p },
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { p, s: after } }),
      }),
    );
    const found = Items.map((item) => ({ refundId: idAt(String(item['s'])), position: String(item['s']) }));
    return { found, more: LastEvaluatedKey !== undefined };
  }

  async open({ shard, after, limit }: Parameters<RefundList['open']>[0]): Promise<RefundId[]> {
    const p = openPartition(shard);
    const { Items = [] } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :partition',
        ExpressionAttributeValues: { ':partition': p },
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { p, s: after } }),
      }),
    );
    return Items.map((item) => RefundId.parse(item['s']));
  }

  async close(refundIds: readonly RefundId[]): Promise<void> {
    for (let start = 0; start < refundIds.length; start += MAX_BATCH)
      // What the table leaves unprocessed stays open, and is struck out by the next run.
      await this.#db.send(
        new BatchWriteCommand({
          RequestItems: {
            [this.#table]: refundIds
              .slice(start, start + MAX_BATCH)
              .map((refundId) => ({ DeleteRequest: { Key: openKey(refundId) } })),
          },
        }),
      );
  }
}
