import * as z from 'zod';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '../aws/dynamodb.ts';
import { Bucket } from '../aws/s3.ts';
import { lazy } from '../domain/lazy.ts';
import { SealHead, type SealKeeper } from '../domain/ledger/seal.ts';

/** Segments lie so in their bucket: in order of their names they are in order of their numbers. */
export const SEAL_PREFIX = 'seals/';
const SEGMENT_DIGITS = 10;
export const segmentKey = (segment: number): string =>
  `${SEAL_PREFIX}${String(segment).padStart(SEGMENT_DIGITS, '0')}.ndjson`;

/** Where the chain ends, as far as was remembered: an item in a partition of its own in the work table. */
const HEAD = { p: 'seal#head', s: 'head' };
const HeadItem = lazy(() => z.object({ r: SealHead }));

/** Seals: segments in a bucket that locks what it is given, and a hint to the last of them in the work table. */
export class SealStore implements SealKeeper {
  readonly #bucket: Bucket;
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(bucket: string, db: DynamoDBDocumentClient, table: string, environment: NodeJS.ProcessEnv = process.env) {
    this.#bucket = new Bucket(bucket, environment);
    this.#db = db;
    this.#table = table;
  }

  keep(segment: number, text: string): Promise<boolean> {
    return this.#bucket.create(segmentKey(segment), 'application/x-ndjson', text);
  }

  read(segment: number): Promise<string | undefined> {
    return this.#bucket.text(segmentKey(segment));
  }

  async head(): Promise<SealHead | undefined> {
    const { Item } = await this.#db.send(new GetCommand({ TableName: this.#table, Key: HEAD, ConsistentRead: true }));
    return Item && HeadItem.parse(Item).r;
  }

  /** Whoever remembers an earlier one last does no harm: the next run reads on from there. */
  async remember(head: SealHead): Promise<void> {
    await this.#db.send(new PutCommand({ TableName: this.#table, Item: { ...HEAD, r: head } }));
  }
}
