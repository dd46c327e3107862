import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
  unmarshall,
} from '../aws/dynamodb.ts';
import { Batch, type BatchBook, type BatchCounts, type BatchId, type BatchMove } from '../domain/batch/batch.ts';
import { lazy } from '../domain/lazy.ts';
import type { ObjectVersion } from '../domain/reconciliation/statement.ts';
import type { Instant } from '../domain/time.ts';

/**
 * Batches in the work table, an item each: what conditions are about stands beside the record `r`: the state (`st`) and
 * the rows that are done (`dn`).
 */
const batchKey = (batchId: BatchId) => ({ p: `batch#${batchId}`, s: 'batch' });

const BatchItem = lazy(() => z.object({ r: z.record(z.string(), z.unknown()), st: z.string(), dn: z.int() }));

export class BatchStore implements BatchBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async create(batch: Batch): Promise<Batch> {
    const { state, done, ...record } = batch;
    try {
      await this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...batchKey(batch.batchId), st: state, dn: done, r: record },
          ConditionExpression: 'attribute_not_exists(p)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return batch;
    } catch (error) {
      return parse(thereInstead(error));
    }
  }

  async find(batchId: BatchId): Promise<Batch | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: batchKey(batchId), ConsistentRead: true }),
    );
    return Item && parse(Item);
  }

  begin(batchId: BatchId, object: ObjectVersion, readAt: Instant): Promise<BatchMove> {
    return this.#update(batchId, 'st = :from', {
      set: 'st = :to, r.#object = :object, r.readAt = :readAt',
      names: { '#object': 'object' },
      values: { ':from': 'AWAITING_FILE', ':to': 'READING', ':object': object, ':readAt': readAt },
    });
  }

  note(batchId: BatchId, found: { sha256: string; rows: number }): Promise<BatchMove> {
    return this.#update(batchId, 'st = :reading', {
      set: 'r.sha256 = :sha256, r.#rows = :rows',
      names: { '#rows': 'rows' },
      values: { ':reading': 'READING', ':sha256': found.sha256, ':rows': found.rows },
    });
  }

  advance(batchId: BatchId, from: number, to: number, counts: BatchCounts): Promise<BatchMove> {
    return this.#update(batchId, 'st = :reading AND dn = :from', {
      set: 'dn = :to, r.#counts = :counts',
      names: { '#counts': 'counts' },
      values: { ':reading': 'READING', ':from': from, ':to': to, ':counts': counts },
    });
  }

  end(batchId: BatchId, state: 'REFUSED' | 'DONE', endedAt: Instant, fault?: Batch['fault']): Promise<BatchMove> {
    return this.#update(batchId, 'st = :reading', {
      set: `st = :to, r.endedAt = :endedAt${fault ? ', r.fault = :fault' : ''}`,
      values: { ':reading': 'READING', ':to': state, ':endedAt': endedAt, ...(fault && { ':fault': fault }) },
    });
  }

  async #update(
    batchId: BatchId,
    condition: string,
    change: { set: string; names?: Record<string, string>; values: Record<string, unknown> },
  ): Promise<BatchMove> {
    try {
      const { Attributes } = await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: batchKey(batchId),
          UpdateExpression: `SET ${change.set}`,
          ConditionExpression: `attribute_exists(p) AND ${condition}`,
          ...(change.names && { ExpressionAttributeNames: change.names }),
          ExpressionAttributeValues: change.values,
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { kind: 'moved', batch: parse(Attributes) };
    } catch (error) {
      return { kind: 'refused', batch: parse(thereInstead(error)) };
    }
  }
}

/** The item that made a condition fail; any other error, and one without an item, is thrown on. */
function thereInstead(error: unknown): Record<string, unknown> {
  if (error instanceof ConditionalCheckFailedException && error.Item) return unmarshall(error.Item);
  throw error;
}

function parse(raw: unknown): Batch {
  const { st, dn, r } = BatchItem.parse(raw);
  return Batch.parse({ ...r, state: st, done: dn });
}
