import { type DynamoDBDocumentClient, QueryCommand } from '../aws/dynamodb.ts';
import { JOURNAL_SHARDS, type JournalEntry, type JournalReader } from '../domain/ledger/journal.ts';
import type { Day } from '../domain/time.ts';
import { journalPartition, parseJournalItem } from './journal-item.ts';

/** Reads the journal, and can do nothing else. */
export class DynamoJournalReader implements JournalReader {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  /** The shards are asked at once and read one after another, so no more than a page of each is held. */
  async *ofDay({ agencyCode, day }: { agencyCode: string; day: Day }): AsyncIterable<JournalEntry> {
    const shards = Array.from({ length: JOURNAL_SHARDS }, (_, shard) => journalPartition(agencyCode, day, shard));
    const firstPages = shards.map((partition) => this.#page(partition));
    // A page that fails while an earlier one is read must not end the process before it is its turn to be thrown.
    for (const page of firstPages) page.catch(() => {});
    for (const [shard, partition] of shards.entries()) {
      let page = await (firstPages[shard] as (typeof firstPages)[number]);
      for (;;) {
        for (const item of page.items) yield parseJournalItem(item);
        if (!page.after) break;
        page = await this.#page(partition, page.after);
      }
    }
  }

  /** Strongly consistent: a report that trails behind an acknowledged entry would not foot with the next one. */
  async #page(partition: string, after?: Record<string, unknown>) {
    const { Items, LastEvaluatedKey } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :partition',
        ExpressionAttributeValues: { ':partition': partition },
        ConsistentRead: true,
        ...(after && { ExclusiveStartKey: after }),
      }),
    );
    return { items: Items ?? [], after: LastEvaluatedKey };
  }
}
