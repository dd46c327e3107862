import * as z from 'zod';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteCommand,
} from '../aws/dynamodb.ts';
import { AgencyProgress, Aggregate, type AggregateBook, nameOf } from '../domain/aggregates/aggregate.ts';
import { lazy } from '../domain/lazy.ts';
import { batchGet } from './batch-get.ts';

/**
 * What was told, in the work table: every row under its position, a thousand of them in a partition; of each agency the last
 * revision of its rows and how far it is; and the last position of all, which every step moves.
 */

const headKey = { p: 'aggregate#head', s: 'head' };
const progressKey = (agencyCode: string) => ({ p: `aggregate#of#${agencyCode}`, s: 'progress' });
const rowKey = (agencyCode: string, name: string) => ({ p: `aggregate#of#${agencyCode}`, s: `row#${name}` });
const PARTITION = 1000;
const DIGITS = 12;
const positionKey = (position: number) => ({
  p: `aggregate#told#${Math.floor(position / PARTITION)}`,
  s: String(position).padStart(DIGITS, '0'),
});

const HeadItem = lazy(() => z.object({ n: z.int().min(0) }));
/** What an older version does not know stands beside what it reads. */
const ProgressItem = lazy(() => z.object({ a: AgencyProgress, t: AgencyProgress.shape.touched }));
const RowItem = lazy(() => z.object({ r: Aggregate }));

/** Why a transaction came too late. */
const OVERTAKEN: ReadonlySet<string> = new Set(['ConditionalCheckFailed', 'TransactionConflict']);

export class AggregateStore implements AggregateBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async last(): Promise<number> {
    const item = await this.#get(headKey);
    return item ? HeadItem.parse(item).n : 0;
  }

  async progress(agencyCode: string): Promise<AgencyProgress | undefined> {
    const item = await this.#get(progressKey(agencyCode));
    if (!item) return undefined;
    const { a, t } = ProgressItem.parse(item);
    return { ...a, ...(t && { touched: t }) };
  }

  async latest(agencyCode: string, names: readonly string[]): Promise<ReadonlyMap<string, Aggregate>> {
    const keys = names.map((name) => rowKey(agencyCode, name));
    const rows = (await batchGet(this.#db, this.#table, keys)).map((item) => RowItem.parse(item).r);
    return new Map(rows.map((row) => [nameOf(row), row]));
  }

  async tell({ agencyCode, before, last, after, rows }: Parameters<AggregateBook['tell']>[0]): Promise<boolean> {
    const put = (Item: Record<string, unknown>) => ({ Put: { TableName: this.#table, Item } });
    const onlyAfter = (Item: Record<string, unknown>, member: string, there: number) => ({
      Put: {
        ...put(Item).Put,
        ...(there === 0
          ? { ConditionExpression: 'attribute_not_exists(p)' }
          : {
              ConditionExpression: '#there = :there',
              ExpressionAttributeNames: { '#there': member },
              ExpressionAttributeValues: { ':there': there },
            }),
      },
    });
    const told = rows.flatMap((row, index) => [
      put({ ...rowKey(agencyCode, nameOf(row)), r: row }),
      put({ ...positionKey(last + index + 1), r: row }),
    ]);
    const head = rows.length > 0 ? [onlyAfter({ ...headKey, n: last + rows.length }, 'n', last)] : [];
    const { touched, ...progress } = after;
    const beside = { v: after.version, ...(touched && { t: touched }) };
    const items = [onlyAfter({ ...progressKey(agencyCode), a: progress, ...beside }, 'v', before), ...head, ...told];
    try {
      await this.#db.send(new TransactWriteCommand({ TransactItems: items }));
      return true;
    } catch (error) {
      const reasons = error instanceof TransactionCanceledException ? error.CancellationReasons : undefined;
      if (reasons?.some(({ Code }) => OVERTAKEN.has(Code ?? ''))) return false;
      throw error;
    }
  }

  async after(position: number, limit: number): Promise<Aggregate[]> {
    const last = Math.min(await this.last(), position + limit);
    const rows: Aggregate[] = [];
    // Positions have no gaps: where a partition ends is known.
    for (let at = position + 1; at <= last; at = position + rows.length + 1) {
      const { p, s: from } = positionKey(at);
      const { s: to } = positionKey(last);
      const { Items = [] } = await this.#db.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'p = :p AND s BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':p': p, ':from': from, ':to': to },
          ConsistentRead: true,
        }),
      );
      if (Items.length === 0) throw new Error(`nothing stands at position ${at}, and ${last} is told`);
      for (const item of Items) rows.push(RowItem.parse(item).r);
    }
    return rows;
  }

  async #get(Key: { p: string; s: string }): Promise<Record<string, unknown> | undefined> {
    const { Item } = await this.#db.send(new GetCommand({ TableName: this.#table, Key, ConsistentRead: true }));
    return Item;
  }
}
