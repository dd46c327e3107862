import * as z from 'zod';
import {
  BatchWriteCommand,
  ConditionalCheckFailedException,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import {
  BlockedEndpoint,
  type BlockedEndpoints,
  type MissedDeliveries,
  MissedDelivery,
} from '../domain/notification/blocked.ts';
import type { WebhookOwner } from '../domain/notification/webhook.ts';
import type { Instant } from '../domain/time.ts';

/** Endpoints that do not answer and what they missed, in the work table. */

/** Partitions of the blocked endpoints: deliveries to a busy one ask for its item again and again. */
const SHARDS = 8;
const INSTANT_DIGITS = 13;
/** Most items that one batch deletes. */
const MAX_BATCH = 25;
const MAX_ROUNDS = 8;

function shardOf(owner: WebhookOwner): number {
  let hash = 0;
  for (const character of owner) hash = (hash * 31 + character.charCodeAt(0)) % 65_521;
  return hash % SHARDS;
}

const partition = (shard: number): string => `endpoint#${shard}`;
const endpointKey = (owner: WebhookOwner) => ({ p: partition(shardOf(owner)), s: owner });
const missedPartition = (owner: WebhookOwner): string => `missed#${owner}`;
const missedKey = (owner: WebhookOwner, { id, time }: MissedDelivery) => ({
  p: missedPartition(owner),
  s: `${instantText(Date.parse(time))}#${id}`,
});
const instantText = (at: Instant): string => String(Number.isNaN(at) ? 0 : at).padStart(INSTANT_DIGITS, '0');

const EndpointItem = lazy(() => z.object({ r: BlockedEndpoint }));
/** The event as JSON text: a table does not keep the order of members, and what is told twice is told in the same bytes. */
const MissedItem = lazy(() => z.object({ e: z.string() }));

export class EndpointStore implements BlockedEndpoints, MissedDeliveries {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async find(owner: WebhookOwner): Promise<BlockedEndpoint | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: endpointKey(owner), ConsistentRead: true }),
    );
    return Item && EndpointItem.parse(Item).r;
  }

  async block(endpoint: BlockedEndpoint): Promise<'blocked' | 'wasBlocked'> {
    const written = await unlessRefused(
      this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...endpointKey(endpoint.owner), v: endpoint.version, r: endpoint },
          ConditionExpression: 'attribute_not_exists(p)',
        }),
      ),
    );
    return written ? 'blocked' : 'wasBlocked';
  }

  async save(endpoint: BlockedEndpoint): Promise<BlockedEndpoint | undefined> {
    const saved = { ...endpoint, version: endpoint.version + 1 };
    const written = await unlessRefused(
      this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...endpointKey(endpoint.owner), v: saved.version, r: saved },
          ConditionExpression: 'v = :was',
          ExpressionAttributeValues: { ':was': endpoint.version },
        }),
      ),
    );
    return written ? saved : undefined;
  }

  async open({ owner, version }: Pick<BlockedEndpoint, 'owner' | 'version'>): Promise<boolean> {
    return unlessRefused(
      this.#db.send(
        new DeleteCommand({
          TableName: this.#table,
          Key: endpointKey(owner),
          ConditionExpression: 'v = :was',
          ExpressionAttributeValues: { ':was': version },
        }),
      ),
    );
  }

  async all(): Promise<BlockedEndpoint[]> {
    const shards = Array.from({ length: SHARDS }, (_, shard) => this.#query(partition(shard)));
    return (await Promise.all(shards)).flat().map((item) => EndpointItem.parse(item).r);
  }

  async keep(owner: WebhookOwner, event: MissedDelivery): Promise<void> {
    await this.#db.send(
      new PutCommand({ TableName: this.#table, Item: { ...missedKey(owner, event), e: JSON.stringify(event) } }),
    );
  }

  async first(owner: WebhookOwner, limit: number): Promise<MissedDelivery[]> {
    return (await this.#query(missedPartition(owner), limit)).map((item) =>
      MissedDelivery.parse(JSON.parse(MissedItem.parse(item).e)),
    );
  }

  async forget(owner: WebhookOwner, events: readonly MissedDelivery[]): Promise<void> {
    for (let start = 0; start < events.length; start += MAX_BATCH) {
      let requests: Record<string, unknown>[] = events
        .slice(start, start + MAX_BATCH)
        .map((event) => ({ DeleteRequest: { Key: missedKey(owner, event) } }));
      for (let round = 0; requests.length > 0 && round < MAX_ROUNDS; round += 1) {
        const { UnprocessedItems } = await this.#db.send(
          new BatchWriteCommand({ RequestItems: { [this.#table]: requests } }),
        );
        // What stays behind is told again, under the same id.
        requests = (UnprocessedItems?.[this.#table] ?? []) as Record<string, unknown>[];
      }
    }
  }

  /** Oldest key first; all of them, or `limit` at most. Strongly consistent. */
  async #query(p: string, limit?: number): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    let after: Record<string, unknown> | undefined;
    do {
      const { Items, LastEvaluatedKey } = await this.#db.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'p = :p',
          ExpressionAttributeValues: { ':p': p },
          ConsistentRead: true,
          ...(limit !== undefined && { Limit: limit - items.length }),
          ...(after && { ExclusiveStartKey: after }),
        }),
      );
      items.push(...(Items ?? []));
      after = LastEvaluatedKey;
    } while (after && (limit === undefined || items.length < limit));
    return items;
  }
}

/** True: it was written. False: its condition was not met. Anything else is thrown. */
async function unlessRefused(writing: Promise<unknown>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
