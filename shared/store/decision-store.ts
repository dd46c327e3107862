import * as z from 'zod';
import { type DynamoDBDocumentClient, QueryCommand } from '../aws/dynamodb.ts';
import type { BookId } from '../domain/reconciliation/book-day.ts';
import type { Decision } from '../domain/reconciliation/matching/rules/decision.ts';

/** Decisions about items of a bank account, in the work table: partition `decision#` and the book. */

const Item = z.object({
  s: z.string(),
  k: z.enum(['match', 'write-off']),
  o: z.array(z.string()),
  t: z.array(z.string()),
});

export class DecisionStore {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  /** All that stand, in order of their ids. */
  async of(book: BookId): Promise<Decision[]> {
    const decisions: Decision[] = [];
    let after: Record<string, unknown> | undefined;
    do {
      const { Items, LastEvaluatedKey } = await this.#db.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'p = :p',
          ExpressionAttributeValues: { ':p': `decision#${book}` },
          ConsistentRead: true,
          ...(after && { ExclusiveStartKey: after }),
        }),
      );
      for (const raw of Items ?? []) {
        const { s, k, o, t } = Item.parse(raw);
        decisions.push({ decisionId: s, kind: k, ours: o, theirs: t });
      }
      after = LastEvaluatedKey;
    } while (after);
    return decisions;
  }
}
