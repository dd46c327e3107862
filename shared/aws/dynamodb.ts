import { randomUUID } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type * as Sdk from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { JsonService } from './json-service.ts';
import type { Machine } from './retries.ts';
import { openConnection } from './signed-request.ts';
import { wireText, wireValue } from './wire.ts';

export { unmarshall } from '@aws-sdk/util-dynamodb';
export { AwsError, ConditionalCheckFailedException, TransactionCanceledException } from './error.ts';

/**
 * DynamoDB as the stores use it: the document commands of the SDK by their names and shapes, and no other. Numbers must be
 * safe integers or come back as written; what is `undefined` is left out; what the service refuses is thrown by its name.
 */

type Plain = Record<string, unknown>;
type Wire = Record<string, AttributeValue>;
type Without<T> = Omit<T, '$metadata'>;

const toWire = (value: unknown): Wire | undefined =>
  value === undefined ? undefined : marshall(value as Plain, { removeUndefinedValues: true });
const fromWire = (value: unknown): Plain | undefined => (value === undefined ? undefined : unmarshall(value as Wire));
const eachOf = <T, R>(record: Readonly<Record<string, T>> | undefined, change: (value: T) => R) =>
  record && Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** One operation: what goes out, and what comes back. */
export abstract class Command<Input extends object, Output extends object> {
  abstract readonly operation: string;
  readonly input: Input;
  constructor(input: Input) {
    this.input = input;
  }
  /** The input as the wire has it. */
  request(): object {
    return this.input;
  }
  /** The output, from what the wire had. */
  answer(raw: Plain): Output {
    return raw as Output;
  }
}

/** Reads and writes of one item or one partition have their values in the same few members. */
abstract class ItemCommand<Input extends object, Output extends object> extends Command<Input, Output> {
  override request(): object {
    return itemRequest(this.input);
  }
  override answer({ Item, Items, Attributes, LastEvaluatedKey, ...rest }: Plain): Output {
    return {
      ...rest,
      ...(Item !== undefined && { Item: fromWire(Item) }),
      ...(Items !== undefined && { Items: (Items as unknown[]).map(fromWire) }),
      ...(Attributes !== undefined && { Attributes: fromWire(Attributes) }),
      ...(LastEvaluatedKey !== undefined && { LastEvaluatedKey: fromWire(LastEvaluatedKey) }),
    } as Output;
  }
}

function itemRequest(input: object): object {
  const { Key, Item, ExpressionAttributeValues, ExclusiveStartKey, ...rest } = input as Plain;
  return {
    ...rest,
    ...(Key !== undefined && { Key: toWire(Key) }),
    ...(Item !== undefined && { Item: toWire(Item) }),
    ...(ExpressionAttributeValues !== undefined && { ExpressionAttributeValues: toWire(ExpressionAttributeValues) }),
    ...(ExclusiveStartKey !== undefined && { ExclusiveStartKey: toWire(ExclusiveStartKey) }),
  };
}

export class GetCommand extends ItemCommand<Sdk.GetCommandInput, Without<Sdk.GetCommandOutput>> {
  override readonly operation = 'GetItem';
}
export class PutCommand extends ItemCommand<Sdk.PutCommandInput, Without<Sdk.PutCommandOutput>> {
  override readonly operation = 'PutItem';
}
export class UpdateCommand extends ItemCommand<Sdk.UpdateCommandInput, Without<Sdk.UpdateCommandOutput>> {
  override readonly operation = 'UpdateItem';
}
export class DeleteCommand extends ItemCommand<Sdk.DeleteCommandInput, Without<Sdk.DeleteCommandOutput>> {
  override readonly operation = 'DeleteItem';
}
export class QueryCommand extends ItemCommand<Sdk.QueryCommandInput, Without<Sdk.QueryCommandOutput>> {
  override readonly operation = 'Query';
}
export class ScanCommand extends ItemCommand<Sdk.ScanCommandInput, Without<Sdk.ScanCommandOutput>> {
  override readonly operation = 'Scan';
}

type Asked = { Keys?: unknown[] | undefined };

export class BatchGetCommand extends Command<Sdk.BatchGetCommandInput, Without<Sdk.BatchGetCommandOutput>> {
  override readonly operation = 'BatchGetItem';
  override request(): object {
    const { RequestItems, ...rest } = this.input;
    return { ...rest, RequestItems: eachOf(RequestItems, keysBy(toWire)) };
  }
  override answer({ Responses, UnprocessedKeys, ...rest }: Plain) {
    return {
      ...rest,
      Responses: eachOf(Responses as Record<string, unknown[]> | undefined, (items) => items.map(fromWire)),
      UnprocessedKeys: eachOf(UnprocessedKeys as Record<string, Asked> | undefined, keysBy(fromWire)),
    } as Without<Sdk.BatchGetCommandOutput>;
  }
}

const keysBy =
  (change: (key: unknown) => unknown) =>
  ({ Keys, ...rest }: Asked) => ({ ...rest, Keys: Keys?.map(change) });

type Write = { PutRequest?: { Item?: unknown } | undefined; DeleteRequest?: { Key?: unknown } | undefined };

export class BatchWriteCommand extends Command<Sdk.BatchWriteCommandInput, Without<Sdk.BatchWriteCommandOutput>> {
  override readonly operation = 'BatchWriteItem';
  override request(): object {
    const { RequestItems, ...rest } = this.input;
    return { ...rest, RequestItems: eachOf(RequestItems, writesBy(toWire)) };
  }
  override answer({ UnprocessedItems, ...rest }: Plain) {
    return {
      ...rest,
      UnprocessedItems: eachOf(UnprocessedItems as Record<string, Write[]> | undefined, writesBy(fromWire)),
    } as Without<Sdk.BatchWriteCommandOutput>;
  }
}

const writesBy = (change: (value: unknown) => unknown) => (writes: readonly Write[]) =>
  writes.map(({ PutRequest, DeleteRequest }) => ({
    ...(PutRequest && { PutRequest: { Item: change(PutRequest.Item) } }),
    ...(DeleteRequest && { DeleteRequest: { Key: change(DeleteRequest.Key) } }),
  }));

export type TransactWriteCommandInput = Sdk.TransactWriteCommandInput;
export type UpdateCommandInput = Sdk.UpdateCommandInput;

export class TransactWriteCommand extends Command<
  Sdk.TransactWriteCommandInput,
  Without<Sdk.TransactWriteCommandOutput>
> {
  override readonly operation = 'TransactWriteItems';
  override request(): object {
    const { TransactItems, ClientRequestToken, ...rest } = this.input;
    return {
      ...rest,
      // One token a command: a repeated send whose first answer was lost is known by it, and takes place once.
      ClientRequestToken: ClientRequestToken ?? randomUUID(),
      TransactItems: TransactItems?.map((action) => eachOf(action as Record<string, object>, itemRequest)),
    };
  }
}

/** A client for a process; it keeps its connections. */
export class DynamoDBDocumentClient {
  readonly #service: JsonService;

  /** `environment`: region, credentials, and `AWS_ENDPOINT_URL_DYNAMODB` if the tables are elsewhere. */
  constructor(environment: NodeJS.ProcessEnv = process.env, machine?: Machine) {
    this.#service = new JsonService('dynamodb', 'DynamoDB_20120810', environment, machine);
  }

  /** Opens the connection before it is needed. */
  connect(): this {
    openConnection(this.#service.endpoint);
    return this;
  }

  /** The tables' own clock by their latest answer; see {@link JsonService.clock}. */
  get clock(): number | undefined {
    return this.#service.clock;
  }

  async send<Output extends object>(command: Command<object, Output>): Promise<Output> {
    const raw = wireValue(await this.#service.call(command.operation, wireText(command.request())));
    return command.answer(raw as Plain);
  }
}
