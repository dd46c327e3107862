import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  UpdateCommand,
  unmarshall,
} from '../aws/dynamodb.ts';
import {
  type DossierBook,
  type DossierClaim,
  type LyingDossier,
  MAX_DOSSIER_INVOICES,
} from '../domain/invoice/book.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { lazy } from '../domain/lazy.ts';

/**
 * One item a dossier: `n` lists its invoices, and an attribute per procedure names the invoice that holds its place. It
 * costs one write unit at creation, as a look-up index would, and unlike an index it is strongly consistent, so that two
 * calls racing for one dossier cannot both win.
 */
export const dossierKey = (agencyCode: string, dossierCode: string) => ({ k: `${agencyCode}#${dossierCode}` });
const PLACE = 'p:';
const place = (procedureCode: string): string => `${PLACE}${procedureCode}`;

const Numbers = lazy(() => z.array(InvoiceNumber));

/** A whole item, for whoever proves it. Throws a ZodError for one that is none of ours. */
export function parseDossier(item: Record<string, unknown>): LyingDossier {
  const places = Object.entries(item).filter(([name]) => name.startsWith(PLACE));
  return {
    numbers: Numbers.parse(item['n'] ?? []),
    places: Object.fromEntries(places.map(([name, number]) => [name.slice(PLACE.length), InvoiceNumber.parse(number)])),
  };
}

export class DossierStore implements DossierBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async claim({ additional, ...claim }: DossierClaim & { additional: boolean }) {
    const there = additional
      ? await this.#list(claim, 'if_not_exists(#place, :number)')
      : await this.#list(claim, ':number', 'attribute_not_exists(#place)');
    if (!there) return { kind: 'claimed' as const };
    const holder = InvoiceNumber.optional().parse(there[place(claim.procedureCode)]);
    const numbers = Numbers.parse(there['n'] ?? []);
    const mine = additional ? numbers.includes(claim.number) : holder === claim.number;
    if (mine) return { kind: 'claimed' as const, again: numbers };
    if (!additional && holder) return { kind: 'heldBy' as const, number: holder };
    return { kind: 'full' as const };
  }

  async takeOver({ from, ...claim }: DossierClaim & { from: InvoiceNumber }): Promise<boolean> {
    const there = await this.#list(claim, ':number', '#place = :from', { ':from': from });
    if (!there) return true;
    const holder = there[place(claim.procedureCode)];
    // Listed by an earlier call that never came to write: only the place is to be had.
    const listed = Numbers.parse(there['n'] ?? []).includes(claim.number);
    return holder === claim.number || (listed && holder === from && this.#replace(claim, from));
  }

  async release({ restore, ...claim }: DossierClaim & { restore?: InvoiceNumber | undefined }): Promise<void> {
    const item = await this.#read(claim.agencyCode, claim.dossierCode);
    const numbers = Numbers.parse(item['n'] ?? []);
    const index = numbers.lastIndexOf(claim.number);
    if (index < 0) return;
    const holds = item[place(claim.procedureCode)] === claim.number;
    const regained = holds && restore;
    // While others are listed the place is not free: one of them may be open, and whoever comes next has to look.
    try {
      await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: dossierKey(claim.agencyCode, claim.dossierCode),
          UpdateExpression: `${regained ? 'SET #place = :restore ' : ''}REMOVE n[${index}]${
            holds && !regained && numbers.length === 1 ? ', #place' : ''
          }`,
          ConditionExpression: `n[${index}] = :number AND ${
            holds ? '#place = :number' : '(attribute_not_exists(#place) OR #place <> :number)'
          }`,
          ExpressionAttributeNames: { '#place': place(claim.procedureCode) },
          ExpressionAttributeValues: { ':number': claim.number, ...(regained && { ':restore': restore }) },
        }),
      );
    } catch (error) {
      // Somebody changed the list meanwhile. A claim for an invoice that does not exist is passed on when it is met.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async numbersOf(agencyCode: string, dossierCode: string): Promise<InvoiceNumber[]> {
    return Numbers.parse((await this.#read(agencyCode, dossierCode))['n'] ?? []);
  }

  async #read(agencyCode: string, dossierCode: string): Promise<Record<string, unknown>> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: dossierKey(agencyCode, dossierCode), ConsistentRead: true }),
    );
    return Item ?? {};
  }

  /** Passes the place on to a number that is listed already. */
  async #replace({ agencyCode, dossierCode, procedureCode, number }: DossierClaim, from: InvoiceNumber) {
    try {
      await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: dossierKey(agencyCode, dossierCode),
          UpdateExpression: 'SET #place = :number',
          ConditionExpression: '#place = :from',
          ExpressionAttributeNames: { '#place': place(procedureCode) },
          ExpressionAttributeValues: { ':number': number, ':from': from },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  /** Lists a number and sets the place. Answers the item that refused it. */
  async #list(
    { agencyCode, dossierCode, procedureCode, number }: DossierClaim,
    newPlace: string,
    placeCondition?: string,
    values: Record<string, string> = {},
  ): Promise<Record<string, unknown> | undefined> {
    try {
      await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: dossierKey(agencyCode, dossierCode),
          UpdateExpression: `SET n = list_append(if_not_exists(n, :none), :listed), #place = ${newPlace}`,
          ConditionExpression: `(attribute_not_exists(n) OR (size(n) < :most AND NOT contains(n, :number)))${
            placeCondition ? ` AND ${placeCondition}` : ''
          }`,
          ExpressionAttributeNames: { '#place': place(procedureCode) },
          ExpressionAttributeValues: {
            ':none': [],
            ':listed': [number],
            ':number': number,
            ':most': MAX_DOSSIER_INVOICES,
            ...values,
          },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
      return unmarshall(error.Item);
    }
  }
}
