import * as z from 'zod';
import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import { type ProviderStates, ProviderStatus } from '../domain/payment/availability.ts';
import { ProviderId } from '../domain/payment/provider.ts';
import type { Instant } from '../domain/time.ts';
import { STATUS_PARTITION } from './registry-store.ts';

/** Until when a provider is left alone: written by whoever found it silent, apart from what operators say. */
const SILENCE_PARTITION = 'provider-silence';

const Status = lazy(() => z.object({ r: ProviderStatus }));
const Silence = lazy(() => z.object({ s: ProviderId, until: z.int() }));

/** What is known of all providers: one small partition each of statuses and of silences, in the registry's table. */
export class ProviderStateStore implements ProviderStates {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async statuses(): Promise<ReadonlyMap<ProviderId, ProviderStatus>> {
    const items = await this.#all(STATUS_PARTITION);
    return new Map(items.map((item) => Status.parse(item).r).map((status) => [status.providerId, status]));
  }

  async silences(): Promise<ReadonlyMap<ProviderId, Instant>> {
    const items = await this.#all(SILENCE_PARTITION);
    return new Map(items.map((item) => Silence.parse(item)).map(({ s, until }) => [s, until]));
  }

  /** The last word stands: whoever finds it silent later knows better. */
  async noteSilence(id: ProviderId, until: Instant): Promise<void> {
    await this.#db.send(new PutCommand({ TableName: this.#table, Item: { p: SILENCE_PARTITION, s: id, until } }));
  }

  /** There are as many items as providers: one page. */
  async #all(partition: string): Promise<unknown[]> {
    const { Items = [] } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :partition',
        ExpressionAttributeValues: { ':partition': partition },
      }),
    );
    return Items;
  }
}
