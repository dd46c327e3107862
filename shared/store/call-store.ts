import * as z from 'zod';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import type { CallRecords } from '../domain/queues.ts';

const keyOf = (callId: string) => ({ p: `call#${callId}`, s: 'call' });
const CallItem = lazy(() => z.object({ b: z.string(), r: z.unknown() }));

/** Operators' calls that were carried out, in the work table. */
export class CallStore implements CallRecords {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async find(callId: string) {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: keyOf(callId), ConsistentRead: true }),
    );
    if (!Item) return undefined;
    const { b, r } = CallItem.parse(Item);
    return { bodyHash: b, result: r };
  }

  async finish(callId: string, bodyHash: string, result: unknown): Promise<void> {
    await this.#db.send(new PutCommand({ TableName: this.#table, Item: { ...keyOf(callId), b: bodyHash, r: result } }));
  }
}
