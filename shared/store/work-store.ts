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
import { lazy } from '../domain/lazy.ts';
import {
  Exception,
  type ExceptionBook,
  type ExceptionDesk,
  type ExceptionPlace,
  type ExceptionState,
} from '../domain/reconciliation/exception.ts';
import type { ExceptionsOfDay } from '../domain/reconciliation/ports.ts';
import {
  type Claimed,
  type FileLog,
  type LaterState,
  Statement,
  type StatementBook,
  statesBefore,
} from '../domain/reconciliation/statement.ts';
import { StatementId } from '../domain/reconciliation/statement-id.ts';
import { type Day, vietnamDay } from '../domain/time.ts';
import { everyItem } from './every-item.ts';

/**
 * Work that waits for people, and the settlement files that cause it. Partition `p`, sort `s`; the record stands under
 * `r`. A statement's state stands beside it under `st`, because its moves are conditional on it; a claim's holder under `by`.
 */
type Key = { p: string; s: string };

export const exceptionKey = ({ agencyCode, businessDate, exceptionId }: ExceptionPlace): Key => ({
  p: `exception#${agencyCode}`,
  // Nothing of the time of opening: opening twice must meet the same key.
  s: `${businessDate}#${exceptionId}`,
});
const statementKey = (statementId: StatementId): Key => ({ p: `statement#${statementId}`, s: 'statement' });
const FILE_LOG = 'statement#log#';
/** The log of files, by month of announcement in Asia/Ho_Chi_Minh. */
const logKey = ({ createdAt, statementId }: Statement): Key => ({
  p: `${FILE_LOG}${vietnamDay(createdAt).slice(0, 7)}`,
  s: `${String(createdAt).padStart(13, '0')}#${statementId}`,
});
const claimKey = (claim: string): Key => ({ p: `claim#${claim}`, s: 'claim' });

const ExceptionItem = lazy(() => z.object({ s: z.string(), r: Exception }));

/** Reads an exception back. Throws a ZodError for what this module did not write. */
export const parseException = (raw: unknown): Exception => ExceptionItem.parse(raw).r;
const StatementItem = lazy(() => z.object({ r: z.record(z.string(), z.unknown()), st: z.string() }));
const LogItem = lazy(() => z.object({ s: z.string() }));
const ClaimItem = lazy(() => z.object({ by: StatementId }));

export class WorkStore implements ExceptionBook, ExceptionDesk, ExceptionsOfDay, StatementBook, FileLog {
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
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return (await this.#exceptionMoves(exception, ['AUTO_CLEARED'], 'OPEN')) ? 'opened' : 'alreadyOpen';
    }
  }

  async clear(place: ExceptionPlace): Promise<'cleared' | 'kept'> {
    return (await this.#exceptionMoves(place, ['OPEN', 'ASSIGNED'], 'AUTO_CLEARED')) ? 'cleared' : 'kept';
  }

  /** Whether it stood in one of these states and stands in `to` now. */
  async #exceptionMoves(place: ExceptionPlace, from: readonly ExceptionState[], to: ExceptionState): Promise<boolean> {
    try {
      await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: exceptionKey(place),
          UpdateExpression: 'SET r.#state = :to',
          ConditionExpression: `r.#state IN (${from.map((_, index) => `:s${index}`).join(', ')})`,
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: {
            ':to': to,
            ...Object.fromEntries(from.map((state, index) => [`:s${index}`, state])),
          },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async at(place: ExceptionPlace): Promise<Exception | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: exceptionKey(place), ConsistentRead: true }),
    );
    return Item && parseException(Item);
  }

  async change(before: Exception, after: Exception, notBy?: string): Promise<'changed' | 'refused'> {
    try {
      await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: exceptionKey(before),
          UpdateExpression: 'SET r = :after',
          ConditionExpression: [
            'r.#state = :state',
            before.version === undefined ? 'attribute_not_exists(r.version)' : 'r.version = :version',
            ...(notBy === undefined ? [] : ['r.proposal.#by <> :notBy']),
          ].join(' AND '),
          ExpressionAttributeNames: { '#state': 'state', ...(notBy !== undefined && { '#by': 'by' }) },
          ExpressionAttributeValues: {
            ':after': after,
            ':state': before.state,
            ...(before.version !== undefined && { ':version': before.version }),
            ...(notBy !== undefined && { ':notBy': notBy }),
          },
        }),
      );
      return 'changed';
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return 'refused';
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
    const found = everyItem(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: 'p = :partition AND begins_with(s, :day)',
      ExpressionAttributeValues: { ':partition': `exception#${agencyCode}`, ':day': `${day}#` },
    });
    for await (const item of found) yield parseException(item);
  }

  /** The log first: an entry whose statement never came to be is passed over by whoever reads it. */
  async create(statement: Statement): Promise<Statement> {
    const { state, ...record } = statement;
    await this.#db.send(new PutCommand({ TableName: this.#table, Item: logKey(statement) }));
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

  async files({ month, after, limit }: Parameters<FileLog['files']>[0]): ReturnType<FileLog['files']> {
    const p = `${FILE_LOG}${month}`;
    const { Items = [], LastEvaluatedKey } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :partition',
        ExpressionAttributeValues: { ':partition': p },
        ScanIndexForward: false,
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { p, s: after } }),
      }),
    );
    const files = await Promise.all(
      Items.map(async (item) => {
        const { s } = LogItem.parse(item);
        return { statement: await this.find(s.slice(s.indexOf('#') + 1)), position: s };
      }),
    );
    return {
      // Under one key announced twice at once, two entries lead to one statement: only its own shows it.
      files: files.flatMap(({ statement, position }) =>
        statement && logKey(statement).s === position ? [{ statement, position }] : [],
      ),
      more: LastEvaluatedKey !== undefined,
    };
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

  async claim(claims: readonly string[], statementId: StatementId, from?: StatementId): Promise<Claimed> {
    try {
      await this.#db.send(
        new TransactWriteCommand({
          TransactItems: claims.map((claim) => ({
            Put: {
              TableName: this.#table,
              Item: { ...claimKey(claim), by: statementId },
              ConditionExpression: `attribute_not_exists(p) OR #by = :by${from ? ' OR #by = :from' : ''}`,
              ExpressionAttributeNames: { '#by': 'by' },
              ExpressionAttributeValues: { ':by': statementId, ...(from && { ':from': from }) },
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
