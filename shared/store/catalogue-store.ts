import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  TransactionCanceledException,
  TransactWriteCommand,
  UpdateCommand,
  unmarshall,
} from '../aws/dynamodb.ts';
import {
  BUILT_IN_VERSION,
  CatalogueVersion,
  type Drafted,
  type Found,
  MAX_VERSIONS,
  type VersionBook,
  type VersionMove,
  type VersionState,
} from '../domain/catalogue/version.ts';
import { lazy } from '../domain/lazy.ts';
import type { ChangeOrigin } from '../domain/registry/origin.ts';
import type { Instant } from '../domain/time.ts';
import { allItems } from './every-item.ts';

/**
 * Versions of the catalogue in the registry's table: partition `catalogue`, an item a version. State and drafter stand
 * beside the record, because publishing is conditional on them. `catalogue-head` counts the versions, and
 * `catalogue-call` leads from a call to the version that it drafted: all three are written together.
 */
const PARTITION = 'catalogue';
const versionKey = (version: number) => ({ p: PARTITION, s: String(version).padStart(6, '0') });
const headKey = { p: 'catalogue-head', s: 'head' };
const callKey = (keyHash: string) => ({ p: 'catalogue-call', s: keyHash });

const VersionItem = lazy(() => z.object({ r: z.record(z.string(), z.unknown()), st: z.string(), by: z.string() }));
const Head = lazy(() => z.object({ last: z.int() }));
const Call = lazy(() => z.object({ b: z.string(), version: z.int() }));

/** How often a draft takes the next number because another one took it before. */
const MAX_TRIES = 8;

export class CatalogueStore implements VersionBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async find(version: number): Promise<CatalogueVersion | undefined> {
    const item = await this.#get(versionKey(version));
    return item && parse(item);
  }

  async all(): Promise<CatalogueVersion[]> {
    const items = await allItems(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: 'p = :p',
      ExpressionAttributeValues: { ':p': PARTITION },
    });
    return items.map(parse);
  }

  async draft(draft: Omit<CatalogueVersion, 'version' | 'state'>, origin: ChangeOrigin): Promise<Drafted> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const call = await this.#get(callKey(origin.keyHash));
      if (call) return this.#repeated(Call.parse(call), origin);
      const head = await this.#get(headKey);
      const last = head === undefined ? BUILT_IN_VERSION : Head.parse(head).last;
      if (last >= MAX_VERSIONS) return { kind: 'full' };
      const version: CatalogueVersion = { ...draft, version: last + 1, state: 'draft' };
      if (await this.#put(version, last, origin)) return { kind: 'drafted', version };
    }
    throw new Error('the next version of the catalogue keeps being taken');
  }

  async #repeated({ b, version }: z.infer<typeof Call>, origin: ChangeOrigin): Promise<Drafted> {
    if (b !== origin.bodyHash) return { kind: 'keyReused' };
    const there = await this.find(version);
    if (!there) throw new Error(`catalogue version ${version} is gone`);
    return { kind: 'repeated', version: there };
  }

  /** All or nothing; false if the number or the call is taken meanwhile. */
  async #put(version: CatalogueVersion, last: number, origin: ChangeOrigin): Promise<boolean> {
    const TableName = this.#table;
    const absent = 'attribute_not_exists(p)';
    try {
      await this.#db.send(
        new TransactWriteCommand({
          TransactItems: [
            { Put: { TableName, Item: itemOf(version), ConditionExpression: absent } },
            {
              Put: {
                TableName,
                Item: { ...headKey, last: version.version },
                ...(last === BUILT_IN_VERSION
                  ? { ConditionExpression: absent }
                  : { ConditionExpression: '#last = :last', ExpressionAttributeNames: { '#last': 'last' } }),
                ...(last !== BUILT_IN_VERSION && { ExpressionAttributeValues: { ':last': last } }),
              },
            },
            {
              Put: {
                TableName,
                Item: { ...callKey(origin.keyHash), b: origin.bodyHash, version: version.version },
                ConditionExpression: absent,
              },
            },
          ],
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof TransactionCanceledException) return false;
      throw error;
    }
  }

  validated(version: number, found: Found): Promise<VersionMove> {
    return this.#move(version, 'validated', 'st IN (:draft, :validated)', found, {
      ':draft': 'draft',
      ':validated': 'validated',
    });
  }

  publish(
    version: number,
    publication: { publishedBy: string; publishedAt: Instant; effectiveFrom: Instant },
  ): Promise<VersionMove> {
    return this.#move(
      version,
      'published',
      'st = :validated AND #by <> :publisher',
      publication,
      { ':validated': 'validated', ':publisher': publication.publishedBy },
      { '#by': 'by' },
    );
  }

  async #move(
    version: number,
    to: VersionState,
    condition: string,
    found: Record<string, unknown>,
    values: Record<string, unknown>,
    names: Record<string, string> = {},
  ): Promise<VersionMove> {
    const members = Object.entries(found);
    try {
      const { Attributes } = await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: versionKey(version),
          UpdateExpression: ['SET st = :to', ...members.map((_, index) => `r.#f${index} = :f${index}`)].join(', '),
          ConditionExpression: `attribute_exists(p) AND ${condition}`,
          ExpressionAttributeNames: {
            ...names,
            ...Object.fromEntries(members.map(([name], index) => [`#f${index}`, name])),
          },
          ExpressionAttributeValues: {
            ...values,
            ':to': to,
            ...Object.fromEntries(members.map(([, value], index) => [`:f${index}`, value])),
          },
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { kind: 'moved', version: parse(Attributes) };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException && error.Item)
        return { kind: 'refused', version: parse(unmarshall(error.Item)) };
      throw error;
    }
  }

  async #get(Key: { p: string; s: string }): Promise<Record<string, unknown> | undefined> {
    return (await this.#db.send(new GetCommand({ TableName: this.#table, Key, ConsistentRead: true }))).Item;
  }
}

function itemOf({ state, draftedBy, ...record }: CatalogueVersion) {
  return { ...versionKey(record.version), st: state, by: draftedBy, r: record };
}

function parse(raw: unknown): CatalogueVersion {
  const { st, by, r } = VersionItem.parse(raw);
  return CatalogueVersion.parse({ ...r, state: st, draftedBy: by });
}
