import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  PutCommand,
  unmarshall,
} from '../aws/dynamodb.ts';
import { type Appended, type JournalAppender, type JournalEntry, sameEntry } from '../domain/ledger/journal.ts';
import { journalItem, parseJournalItem } from './journal-item.ts';

/** Appends to the journal and does nothing else: its role may only put, and the condition refuses a replacement. */
export class JournalStore implements JournalAppender {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async append(entry: JournalEntry): Promise<Appended> {
    const item = journalItem(entry);
    try {
      await this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: item,
          ConditionExpression: 'attribute_not_exists(p)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { kind: 'appended' };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
      const there = parseJournalItem(unmarshall(error.Item));
      const same = sameEntry(there, parseJournalItem(item));
      return same ? { kind: 'alreadyThere', entry: there } : { kind: 'contradicts' };
    }
  }
}
