import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import { LATE_AT_ONCE, type LateEntries, LatePlace, type Watermark } from '../domain/notification/feed.ts';
import type { Instant } from '../domain/time.ts';

/**
 * The watermark of the feed and what came late to it, in the work table. Late entries are records that follow each other
 * without a gap: each holds some entries, and its number times {@link LATE_AT_ONCE} is the position before its first.
 */

const watermarkKey = { p: 'feed#watermark', s: 'watermark' };
const latePartition = (agencyCode: string): string => `feed#late#${agencyCode}`;
const NUMBER_DIGITS = 12;
const sortOf = (record: number): string => String(record).padStart(NUMBER_DIGITS, '0');

const WatermarkItem = lazy(() => z.object({ w: z.int() }));
const LateItem = lazy(() => z.object({ s: z.string(), e: z.array(LatePlace).min(1).max(LATE_AT_ONCE) }));

/** Writers who want the same number: one gets it in each round, so this many may meet. */
const MAX_ROUNDS = 50;

export class FeedStore implements Watermark, LateEntries {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  get clock(): Instant | undefined {
    return this.#db.clock;
  }

  async read(): Promise<Instant> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: watermarkKey, ConsistentRead: true }),
    );
    return Item ? WatermarkItem.parse(Item).w : 0;
  }

  async advance(to: Instant): Promise<void> {
    await unlessRefused(
      this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: watermarkKey,
          UpdateExpression: 'SET w = :to',
          ConditionExpression: 'attribute_not_exists(w) OR w < :to',
          ExpressionAttributeValues: { ':to': to },
        }),
      ),
    );
  }

  async append(agencyCode: string, places: readonly LatePlace[]): Promise<void> {
    if (places.length === 0 || places.length > LATE_AT_ONCE) throw new RangeError(`1 to ${LATE_AT_ONCE} late entries`);
    const p = latePartition(agencyCode);
    let record = (await this.#last(p)) + 1;
    for (let round = 0; round < MAX_ROUNDS; round += 1, record += 1) {
      const put = new PutCommand({
        TableName: this.#table,
        Item: { p, s: sortOf(record), e: places },
        ConditionExpression: 'attribute_not_exists(p)',
      });
      if (await unlessRefused(this.#db.send(put))) return;
    }
    throw new Error('others kept taking the next place among the late entries');
  }

  async after(agencyCode: string, position: number, limit: number) {
    const found: { position: number; place: LatePlace }[] = [];
    let after: Record<string, unknown> | undefined;
    do {
      const { Items, LastEvaluatedKey } = await this.#db.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'p = :p AND s >= :from',
          ExpressionAttributeValues: {
            ':p': latePartition(agencyCode),
            ':from': sortOf(Math.floor(position / LATE_AT_ONCE)),
          },
          ConsistentRead: true,
          Limit: limit,
          ...(after && { ExclusiveStartKey: after }),
        }),
      );
      for (const item of Items ?? []) {
        const { s, e } = LateItem.parse(item);
        for (const [place, one] of e.entries()) {
          const at = Number(s) * LATE_AT_ONCE + place + 1;
          if (at > position) found.push({ position: at, place: one });
        }
      }
      after = LastEvaluatedKey;
    } while (after && found.length < limit);
    return found.slice(0, limit);
  }

  async end(agencyCode: string): Promise<number> {
    const last = await this.#last(latePartition(agencyCode));
    return (last + 1) * LATE_AT_ONCE;
  }

  /** The number of the last record; -1 if there is none. */
  async #last(p: string): Promise<number> {
    const { Items } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :p',
        ExpressionAttributeValues: { ':p': p },
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: 1,
      }),
    );
    const [item] = Items ?? [];
    return item ? Number(LateItem.parse(item).s) : -1;
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
