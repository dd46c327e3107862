import * as z from 'zod';
import { type DynamoDBDocumentClient, TransactionCanceledException, TransactWriteCommand } from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import type { BookId } from '../domain/reconciliation/book-day.ts';
import type { DecisionBook } from '../domain/reconciliation/decisions.ts';
import type { Decision } from '../domain/reconciliation/matching/rules/decision.ts';
import { allItems } from './every-item.ts';

/**
 * Decisions about items of a bank account, in the work table: partition `decision#` and the book. Each item that a decision
 * names is a claim of its own beside it, so that no item is used twice.
 */

const DECISION = 'd#';
const ITEM = 'i#';

const Item = lazy(() =>
  z.object({
    s: z.string(),
    k: z.enum(['match', 'write-off']),
    o: z.array(z.string()),
    t: z.array(z.string()),
  }),
);

export class DecisionStore implements DecisionBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async of(book: BookId): Promise<Decision[]> {
    const items = await allItems(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: 'p = :p AND begins_with(s, :decision)',
      ExpressionAttributeValues: { ':p': partition(book), ':decision': DECISION },
      ConsistentRead: true,
    });
    return items.map((raw) => {
      const { s, k, o, t } = Item.parse(raw);
      return { decisionId: s.slice(DECISION.length), kind: k, ours: o, theirs: t };
    });
  }

  async decide(book: BookId, { decisionId, kind, ours, theirs }: Decision): Promise<'decided' | 'taken'> {
    const p = partition(book);
    const items = [
      { p, s: `${DECISION}${decisionId}`, by: decisionId, k: kind, o: ours, t: theirs },
      ...[...ours, ...theirs].map((key) => ({ p, s: `${ITEM}${key}`, by: decisionId })),
    ];
    try {
      await this.#db.send(
        new TransactWriteCommand({
          TransactItems: items.map((item) => ({
            Put: {
              TableName: this.#table,
              Item: item,
              // Its own earlier write passes: the call came again.
              ConditionExpression: 'attribute_not_exists(p) OR #by = :by',
              ExpressionAttributeNames: { '#by': 'by' },
              ExpressionAttributeValues: { ':by': decisionId },
            },
          })),
        }),
      );
      return 'decided';
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      if (error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed')) return 'taken';
      throw error;
    }
  }

  async withdraw(book: BookId, { decisionId, ours, theirs }: Decision): Promise<void> {
    const p = partition(book);
    const keys = [`${DECISION}${decisionId}`, ...[...ours, ...theirs].map((key) => `${ITEM}${key}`)];
    await this.#db.send(
      new TransactWriteCommand({
        TransactItems: keys.map((s) => ({
          Delete: {
            TableName: this.#table,
            Key: { p, s },
            ConditionExpression: 'attribute_not_exists(p) OR #by = :by',
            ExpressionAttributeNames: { '#by': 'by' },
            ExpressionAttributeValues: { ':by': decisionId },
          },
        })),
      }),
    );
  }
}

const partition = (book: BookId): string => `decision#${book}`;
