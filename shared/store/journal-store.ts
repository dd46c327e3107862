import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  PutCommand,
  unmarshall,
} from '../aws/dynamodb.ts';
import { type JournalAppender, type JournalEntry, sameEntry } from '../domain/ledger/journal.ts';
import { journalItem, parseJournalItem } from './journal-item.ts';

/** Appends to the journal and does nothing else: its role may only put, and the condition refuses a replacement. */
export class JournalStore implements JournalAppender {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async append(entry: JournalEntry) {
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
      return 'appended' as const;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
      const there = parseJournalItem(unmarshall(error.Item));
      return sameEntry(there, parseJournalItem(item)) ? ('alreadyThere' as const) : ('contradicts' as const);
    }
  }
}
