import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import { WebhookEndpoint, type WebhookOwner } from '../domain/notification/webhook.ts';
import { ProviderStatus } from '../domain/payment/availability.ts';
import type { ProviderId } from '../domain/payment/provider.ts';
import {
  type Changed,
  type Fits,
  MAX_CHANGES_SHOWN,
  type RegistryWriter,
  type Settled,
} from '../domain/registry/book.ts';
import { type ChangeOrigin, recognise, remember } from '../domain/registry/origin.ts';
import {
  Agency,
  Client,
  isSameBankAccount,
  MerchantAccount,
  pursesOf,
  TerminalAccount,
} from '../domain/registry/registry.ts';

/**
 * Agencies, clients, merchant accounts and webhook endpoints. Partition `p`, sort `s`; the record stands under `r`, with
 * the last calls that changed it (`o`, newest first: `h` the key, `b` the body, hashed) and the count of its changes
 * (`v`). A merchant account is there three times: by its id, and as look-ups by purse and by terminal, which hold `r` only;
 * and by terminal once more, under the count of the change, for each bank account that it was paid out to before.
 * Of a provider's status every change is kept beside it, by its count.
 */
type Key = { p: string; s: string };

const agencyKey = (code: string): Key => ({ p: 'agency', s: code });
const clientKey = (id: string): Key => ({ p: 'client', s: id });
const accountKey = (id: string): Key => ({ p: 'account', s: id });
const endpointKey = (owner: WebhookOwner): Key => ({ p: 'webhook', s: owner });
/** What operators said of a provider last, and each time. */
const statusKey = (id: ProviderId): Key => ({ p: STATUS_PARTITION, s: id });
const statusChanges = (id: ProviderId): string => `provider-change#${id}`;
const payeeKey = (providerId: ProviderId, agencyCode: string, beneficiary: string): Key => ({
  p: `payee#${providerId}`,
  s: `${agencyCode}#${beneficiary}`,
});
const terminalKey = (providerId: ProviderId, terminal: string, accountId: string): Key => ({
  p: `terminal#${providerId}`,
  s: `${terminal}#${accountId}`,
});

/** The same as it was before a change of its bank account; `count`: of the change before. */
const formerKey = ({ p, s }: Key, count: number): Key => ({ p, s: `${s}#${String(count).padStart(8, '0')}` });

/** Where the status of every provider stands, to be read at once. */
export const STATUS_PARTITION = 'provider';

const Lookup = lazy(() => z.object({ r: z.unknown() }));
const Origin = lazy(() =>
  z.object({ h: z.string(), b: z.string() }).transform(({ h, b }) => ({ keyHash: h, bodyHash: b })),
);
const Counted = lazy(() => Lookup.extend({ v: z.int() }));
const Stored = lazy(() =>
  z.union([
    Counted.extend({ o: z.array(Origin).min(1) }),
    // As it was when a record remembered its last call only.
    Counted.extend({ h: z.string(), b: z.string() }).transform(({ h, b, ...rest }) => ({
      ...rest,
      o: [Origin.parse({ h, b })],
    })),
  ]),
);
type Stored = z.infer<typeof Stored>;

type ChangeOptions = {
  fits?: Fits | undefined;
  /** Where the change itself is kept for good, by the count of changes; nowhere unless given. */
  keptAt?: (count: number) => Key;
};

export class RegistryStore implements RegistryWriter {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  agency = (code: string) => this.#record(agencyKey(code), Agency);
  client = (id: string) => this.#record(clientKey(id), Client);
  merchantAccount = (id: string) => this.#record(accountKey(id), MerchantAccount);
  endpointOf = (owner: WebhookOwner) => this.#record(endpointKey(owner), WebhookEndpoint);

  payeeAccount = (providerId: ProviderId, agencyCode: string, beneficiary: string) =>
    this.#record(payeeKey(providerId, agencyCode, beneficiary), MerchantAccount);

  async agencyCodes(): Promise<string[]> {
    return (await this.#query('agency', '', Agency)).map((agency) => agency.code);
  }

  accountsOf = (providerId: ProviderId, agencyCode: string) =>
    this.#query(`payee#${providerId}`, `${agencyCode}#`, MerchantAccount);

  providerStatus = (id: ProviderId) => this.#record(statusKey(id), ProviderStatus);

  providerChanges = (id: ProviderId) =>
    this.#query(statusChanges(id), '', ProviderStatus, { newestFirst: MAX_CHANGES_SHOWN });

  changeProviderStatus = (id: ProviderId, decide: () => ProviderStatus, origin: ChangeOrigin) =>
    this.#change(statusKey(id), ProviderStatus, decide, origin, {
      keptAt: (count) => ({ p: statusChanges(id), s: String(count).padStart(8, '0') }),
    });

  accountsAtTerminal = (providerId: ProviderId, terminal: string) =>
    this.#query(`terminal#${providerId}`, `${terminal}#`, TerminalAccount);

  atProvider = (providerId: ProviderId) => this.#query(`terminal#${providerId}`, '', TerminalAccount);

  putAgency = (agency: Agency, origin: ChangeOrigin, fits?: Fits) =>
    this.#change(agencyKey(agency.code), Agency, () => agency, origin, { fits });
  putClient = (client: Client, origin: ChangeOrigin, fits?: Fits) =>
    this.#change(clientKey(client.id), Client, () => client, origin, { fits });
  changeEndpoint = (
    owner: WebhookOwner,
    decide: (before: WebhookEndpoint | undefined) => WebhookEndpoint,
    origin: ChangeOrigin,
  ) => this.#change(endpointKey(owner), WebhookEndpoint, decide, origin);

  async settledMerchantAccount(id: string, origin: ChangeOrigin): Promise<Settled<MerchantAccount> | undefined> {
    const before = await this.#stored(accountKey(id));
    return before && settledBy(before, origin, MerchantAccount);
  }

  /** The account and its look-ups change together or not at all. */
  async putMerchantAccount(
    account: MerchantAccount,
    origin: ChangeOrigin,
    fits?: Fits,
  ): Promise<Changed<MerchantAccount>> {
    const before = await this.#stored(accountKey(account.id));
    const settled = before && settledBy(before, origin, MerchantAccount);
    if (settled) return settled;
    const old = before && MerchantAccount.parse(before.r);
    if (fits && !fits(old)) return { kind: 'conflict' };

    const TableName = this.#table;
    const payees = payeesOf(account);
    const terminal = terminalOf(account);
    const there = before && (await this.#record(terminal, TerminalAccount));
    const items: NonNullable<TransactWriteCommandInput['TransactItems']> = [
      {
        Put: {
          TableName,
          Item: { ...accountKey(account.id), ...stored(account, origin, before) },
          ...unchangedSince(before),
        },
      },
      ...payees.map((payee) => ({
        Put: {
          TableName,
          Item: { ...payee, r: account },
          ConditionExpression: 'attribute_not_exists(p) OR r.id = :id',
          ExpressionAttributeValues: { ':id': account.id },
        },
      })),
      { Put: { TableName, Item: { ...terminal, r: account } } },
    ];
    for (const left of old ? payeesOf(old) : [])
      if (!payees.some((payee) => isSame(payee, left))) items.push({ Delete: { TableName, Key: left } });
    // Never deleted: what citizens pay at the old terminal is signed with its key, and settled under its name.
    if (old && !isSame(terminalOf(old), terminal))
      items.push({ Put: { TableName, Item: { ...terminalOf(old), r: { ...old, former: true } } } });
    // What was paid out to the other bank account is in its book for good.
    if (there && !isSameBankAccount(there, account))
      items.push({ Put: { TableName, Item: { ...formerKey(terminal, before.v), r: { ...there, former: true } } } });
    try {
      await this.#db.send(new TransactWriteCommand({ TransactItems: items }));
      return { kind: 'changed', record: account };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = (error.CancellationReasons ?? []).map(({ Code }) => Code);
      if (reasons[0] === 'ConditionalCheckFailed' || reasons.includes('TransactionConflict'))
        return { kind: 'conflict' };
      if (reasons.slice(1, 1 + payees.length).includes('ConditionalCheckFailed')) return { kind: 'taken' };
      throw error;
    }
  }

  async #change<S extends z.ZodType>(
    key: Key,
    schema: S,
    decide: (before: z.infer<S> | undefined) => z.infer<S>,
    origin: ChangeOrigin,
    { fits, keptAt }: ChangeOptions = {},
  ): Promise<Changed<z.infer<S>>> {
    const before = await this.#stored(key);
    const settled = before && settledBy(before, origin, schema);
    if (settled) return settled;
    const there = before && schema.parse(before.r);
    if (fits && !fits(there)) return { kind: 'conflict' };
    const record = decide(there);
    const item = { ...key, ...stored(record, origin, before) };
    const put = { TableName: this.#table, Item: item, ...unchangedSince(before) };
    try {
      if (!keptAt) await this.#db.send(new PutCommand(put));
      else {
        const kept = { TableName: this.#table, Item: { ...keptAt(item.v), r: record } };
        const once = { ConditionExpression: 'attribute_not_exists(p)' };
        await this.#db.send(new TransactWriteCommand({ TransactItems: [{ Put: put }, { Put: { ...kept, ...once } }] }));
      }
      return { kind: 'changed', record };
    } catch (error) {
      const refused = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      const lost = refused.some(({ Code }) => Code === 'ConditionalCheckFailed' || Code === 'TransactionConflict');
      if (lost || error instanceof ConditionalCheckFailedException) return { kind: 'conflict' };
      throw error;
    }
  }

  async #item(key: Key): Promise<unknown> {
    return (await this.#db.send(new GetCommand({ TableName: this.#table, Key: key, ConsistentRead: true }))).Item;
  }

  async #stored(key: Key): Promise<Stored | undefined> {
    const item = await this.#item(key);
    return item === undefined ? undefined : Stored.parse(item);
  }

  async #record<S extends z.ZodType>(key: Key, schema: S): Promise<z.infer<S> | undefined> {
    const item = await this.#item(key);
    return item === undefined ? undefined : schema.parse(Lookup.parse(item).r);
  }

  async #query<S extends z.ZodType>(
    partition: string,
    prefix: string,
    schema: S,
    { newestFirst }: { newestFirst?: number } = {},
  ): Promise<z.infer<S>[]> {
    const records: z.infer<S>[] = [];
    let after: Record<string, unknown> | undefined;
    do {
      const { Items, LastEvaluatedKey } = await this.#db.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: prefix ? 'p = :partition AND begins_with(s, :prefix)' : 'p = :partition',
          ExpressionAttributeValues: { ':partition': partition, ...(prefix && { ':prefix': prefix }) },
          ...(after && { ExclusiveStartKey: after }),
          ...(newestFirst !== undefined && { ScanIndexForward: false, Limit: newestFirst }),
        }),
      );
      for (const item of Items ?? []) records.push(schema.parse(Lookup.parse(item).r));
      after = newestFirst === undefined ? LastEvaluatedKey : undefined;
    } while (after);
    return records;
  }
}

const payeesOf = (one: MerchantAccount): Key[] =>
  pursesOf(one).map((purse) => payeeKey(one.providerId, one.agencyCode, purse));
const terminalOf = (one: MerchantAccount): Key => terminalKey(one.providerId, one.terminal, one.id);
const isSame = (one: Key, other: Key): boolean => one.p === other.p && one.s === other.s;

function stored(record: unknown, origin: ChangeOrigin, before: Stored | undefined) {
  const o = remember(before?.o ?? [], origin).map(({ keyHash, bodyHash }) => ({ h: keyHash, b: bodyHash }));
  return { r: record, o, v: (before?.v ?? 0) + 1 };
}

/** A call that changed the record comes again: the same words change nothing, other words are a mistake. */
function settledBy<S extends z.ZodType>(
  before: Stored,
  origin: ChangeOrigin,
  schema: S,
): Settled<z.infer<S>> | undefined {
  const call = recognise(before.o, origin);
  if (call === 'new') return undefined;
  if (call === 'reused') return { kind: 'keyReused' };
  return { kind: 'repeated', record: schema.parse(before.r), latest: call === 'latest' };
}

function unchangedSince(before: Stored | undefined) {
  return before
    ? { ConditionExpression: 'v = :version', ExpressionAttributeValues: { ':version': before.v } }
    : { ConditionExpression: 'attribute_not_exists(p)' };
}
