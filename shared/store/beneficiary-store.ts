import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteCommand,
} from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import { type BeneficiaryAdded, type BeneficiaryBook, BeneficiaryRecord } from '../domain/registry/beneficiary.ts';
import type { Day } from '../domain/time.ts';

/**
 * Who purses are, in the registry's table: a partition a purse, a record a first day, and `head` with the newest day, so
 * that two records can't both be added behind the same one. Records are put once and never again.
 */
const partition = (agencyCode: string, beneficiary: string): string => `beneficiary#${agencyCode}#${beneficiary}`;
const HEAD = 'head';

const Head = lazy(() => z.object({ latest: z.iso.date() }));
const Item = lazy(() => z.object({ r: BeneficiaryRecord }));

export class BeneficiaryStore implements BeneficiaryBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async at(agencyCode: string, beneficiary: string, day: Day): Promise<BeneficiaryRecord | undefined> {
    const { Items = [] } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        // Days begin with digits, which sort before `head`.
        KeyConditionExpression: 'p = :p AND s <= :day',
        ExpressionAttributeValues: { ':p': partition(agencyCode, beneficiary), ':day': day },
        ScanIndexForward: false,
        Limit: 1,
      }),
    );
    return Items[0] && Item.parse(Items[0]).r;
  }

  async latest(agencyCode: string, beneficiary: string): Promise<Day | undefined> {
    const head = await this.#get(partition(agencyCode, beneficiary), HEAD);
    return head === undefined ? undefined : Head.parse(head).latest;
  }

  async add(record: BeneficiaryRecord, after: Day | undefined): Promise<BeneficiaryAdded> {
    const p = partition(record.agencyCode, record.beneficiary);
    const TableName = this.#table;
    try {
      await this.#db.send(
        new TransactWriteCommand({
          TransactItems: [
            {
              Put: {
                TableName,
                Item: { p, s: record.effectiveFrom, r: record },
                ConditionExpression: 'attribute_not_exists(p)',
              },
            },
            {
              Put: {
                TableName,
                Item: { p, s: HEAD, latest: record.effectiveFrom },
                ...(after === undefined
                  ? { ConditionExpression: 'attribute_not_exists(p)' }
                  : {
                      ConditionExpression: 'latest = :after AND latest < :new',
                      ExpressionAttributeValues: { ':after': after, ':new': record.effectiveFrom },
                    }),
              },
            },
          ],
        }),
      );
      return { kind: 'added' };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const there = await this.#get(p, record.effectiveFrom);
      if (there && isDeepStrictEqual(Item.parse(there).r, record)) return { kind: 'repeated' };
      const head = await this.#get(p, HEAD);
      if (!head) throw error; // In conflict with another transaction: the caller comes again.
      return { kind: 'refused', latest: Head.parse(head).latest };
    }
  }

  async #get(p: string, s: string): Promise<Record<string, unknown> | undefined> {
    const { Item: item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: { p, s }, ConsistentRead: true }),
    );
    return item;
  }
}
