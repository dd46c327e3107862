import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteCommand,
  UpdateCommand,
  unmarshall,
} from '../aws/dynamodb.ts';
import { lazyObject } from '../domain/lazy-object.ts';
import { Exception, type ExceptionBook } from '../domain/reconciliation/exception.ts';
import type { ExceptionsOfDay } from '../domain/reconciliation/ports.ts';
import {
  type Claimed,
  type LaterState,
  Statement,
  type StatementBook,
  statesBefore,
} from '../domain/reconciliation/statement.ts';
import { StatementId } from '../domain/reconciliation/statement-id.ts';
import type { Day } from '../domain/time.ts';

/**
 * Work that waits for people, and the settlement files that cause it. Partition `p`, sort `s`; the record stands under
 * `r`. A statement's state stands beside it under `st`, because its moves are conditional on it; a claim's holder under `by`.
 */
type Key = { p: string; s: string };

const exceptionKey = ({ agencyCode, businessDate, exceptionId }: Exception): Key => ({
  p: `exception#${agencyCode}`,
  // Nothing of the time of opening: opening twice must meet the same key.
  s: `${businessDate}#${exceptionId}`,
});
const statementKey = (statementId: StatementId): Key => ({ p: `statement#${statementId}`, s: 'statement' });
const claimKey = (claim: string): Key => ({ p: `claim#${claim}`, s: 'claim' });

const ExceptionItem = z.object({ s: z.string(), r: Exception });
const StatementItem = lazyObject(() => ({ r: z.record(z.string(), z.unknown()), st: z.string() }));
const ClaimItem = z.object({ by: StatementId });

export class WorkStore implements ExceptionBook, ExceptionsOfDay, StatementBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async open(exception: Exception): Promise<'opened' | 'alreadyOpen'> {
    try {
      await this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...exceptionKey(exception), r: exception },
          ConditionExpression: 'attribute_not_exists(p)',
        }),
      );
      return 'opened';
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return 'alreadyOpen';
      throw error;
    }
  }

  async ofAgency({ agencyCode, after, limit }: Parameters<ExceptionBook['ofAgency']>[0]) {
    const p = `exception#${agencyCode}`;
    const { Items = [], LastEvaluatedKey } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :partition',
        ExpressionAttributeValues: { ':partition': p },
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { p, s: after } }),
      }),
    );
    const exceptions = Items.map((item) => {
      const { s, r } = ExceptionItem.parse(item);
      return { exception: r, position: s };
    });
    return { exceptions, more: LastEvaluatedKey !== undefined };
  }

  async *ofDay({ agencyCode, day }: { agencyCode: string; day: Day }): AsyncIterable<Exception> {
    let after: Record<string, unknown> | undefined;
    do {
      const { Items, LastEvaluatedKey } = await this.#db.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'p = :partition AND begins_with(s, :day)',
          ExpressionAttributeValues: { ':partition': `exception#${agencyCode}`, ':day': `${day}#` },
          ...(after && { ExclusiveStartKey: after }),
        }),
      );
      for (const item of Items ?? []) yield ExceptionItem.parse(item).r;
      after = LastEvaluatedKey;
    } while (after);
  }

  async create(statement: Statement): Promise<Statement> {
    const { state, ...record } = statement;
    try {
      await this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...statementKey(statement.statementId), st: state, r: record },
          ConditionExpression: 'attribute_not_exists(p)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return statement;
    } catch (error) {
      return parseStatement(thereInstead(error));
    }
  }

  async find(statementId: StatementId): Promise<Statement | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: statementKey(statementId), ConsistentRead: true }),
    );
    return Item && parseStatement(Item);
  }

  async move(
    statementId: StatementId,
    to: LaterState,
    { state: _, ...found }: Partial<Statement>,
  ): ReturnType<StatementBook['move']> {
    const names = Object.entries(found).filter(([, value]) => value !== undefined);
    const from = statesBefore(to);
    try {
      const { Attributes } = await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: statementKey(statementId),
          UpdateExpression: ['SET st = :to', ...names.map((_, index) => `r.#f${index} = :f${index}`)].join(', '),
          ConditionExpression: `attribute_exists(p) AND st IN (${from.map((_, index) => `:s${index}`).join(', ')})`,
          ...(names.length > 0 && {
            ExpressionAttributeNames: Object.fromEntries(names.map(([name], index) => [`#f${index}`, name])),
          }),
          ExpressionAttributeValues: {
            ':to': to,
            ...Object.fromEntries(from.map((state, index) => [`:s${index}`, state])),
            ...Object.fromEntries(names.map(([, value], index) => [`:f${index}`, value])),
          },
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { kind: 'moved', statement: parseStatement(Attributes) };
    } catch (error) {
      return { kind: 'refused', statement: parseStatement(thereInstead(error)) };
    }
  }

  async claim(claims: readonly string[], statementId: StatementId): Promise<Claimed> {
    try {
      await this.#db.send(
        new TransactWriteCommand({
          TransactItems: claims.map((claim) => ({
            Put: {
              TableName: this.#table,
              Item: { ...claimKey(claim), by: statementId },
              ConditionExpression: 'attribute_not_exists(p) OR #by = :by',
              ExpressionAttributeNames: { '#by': 'by' },
              ExpressionAttributeValues: { ':by': statementId },
            },
          })),
        }),
      );
      return { kind: 'claimed' };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const taken = claims.find((_, index) => error.CancellationReasons?.[index]?.Code === 'ConditionalCheckFailed');
      if (taken === undefined) throw error; // In conflict with another transaction: the queue brings the file back.
      const { Item } = await this.#db.send(
        new GetCommand({ TableName: this.#table, Key: claimKey(taken), ConsistentRead: true }),
      );
      return { kind: 'taken', claim: taken, by: ClaimItem.parse(Item).by };
    }
  }
}

/** The item that made a condition fail; any other error, and one without an item, is thrown on. */
function thereInstead(error: unknown): Record<string, unknown> {
  if (error instanceof ConditionalCheckFailedException && error.Item) return unmarshall(error.Item);
  throw error;
}

function parseStatement(raw: unknown): Statement {
  const { st, r } = StatementItem.parse(raw);
  return Statement.parse({ ...r, state: st });
}
