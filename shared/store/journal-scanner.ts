import { BatchGetCommand, type DynamoDBDocumentClient, QueryCommand } from '../aws/dynamodb.ts';
import { JOURNAL_SHARDS } from '../domain/ledger/journal.ts';
import type { JournalScanner, LyingEntry } from '../domain/ledger/seal.ts';
import { daysBetween, type Instant, vietnamDay } from '../domain/time.ts';
import { journalPartition, journalSort } from './journal-item.ts';

/** Answers to one page of keys before it is given up: each brings what the engine had room for. */
const MAX_ANSWERS = 20;

/** The keys asked for were not all answered, again and again. */
export class KeysNotAnswered extends Error {
  constructor(count: number) {
    super(`${count} keys of the journal were not answered`);
    this.name = 'KeysNotAnswered';
  }
}

/** The journal as it lies, every attribute, for sealing and proving. Strongly consistent; reads and nothing else. */
export class DynamoJournalScanner implements JournalScanner {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  /** Day by day, shard by shard, so that no more than the first pages of a day's shards are held. */
  async *between({ agencyCode, from, to }: Parameters<JournalScanner['between']>[0]): AsyncIterable<LyingEntry> {
    if (from >= to) return;
    for (const day of daysBetween(vietnamDay(from), vietnamDay(to - 1))) {
      const shards = Array.from({ length: JOURNAL_SHARDS }, (_, shard) => journalPartition(agencyCode, day, shard));
      const asked = shards.map((partition) => ({ partition, first: this.#page(partition, from, to) }));
      // A page that fails while an earlier one is read must not end the process before it is its turn to be thrown.
      for (const { first } of asked) first.catch(() => {});
      for (const { partition, first } of asked)
        for (let page = await first; ; page = await this.#page(partition, from, to, page.after)) {
          yield* page.items;
          if (!page.after) break;
        }
    }
  }

  async at(keys: readonly { p: string; s: string }[]): Promise<LyingEntry[]> {
    const found: LyingEntry[] = [];
    let left: Record<string, unknown>[] = keys.map(({ p, s }) => ({ p, s }));
    for (let answers = 0; left.length > 0; answers += 1) {
      if (answers === MAX_ANSWERS) throw new KeysNotAnswered(left.length);
      const { Responses, UnprocessedKeys } = await this.#db.send(
        new BatchGetCommand({ RequestItems: { [this.#table]: { Keys: left, ConsistentRead: true } } }),
      );
      found.push(...((Responses?.[this.#table] ?? []) as LyingEntry[]));
      left = UnprocessedKeys?.[this.#table]?.Keys ?? [];
    }
    return found;
  }

  /** Keys begin with the instant: what was committed at `to` sorts after `to` alone. */
  async #page(partition: string, from: Instant, to: Instant, after?: Record<string, unknown>) {
    const { Items, LastEvaluatedKey } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :partition AND s BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':partition': partition,
          ':from': journalSort(from, '').slice(0, -1),
          ':to': journalSort(to, '').slice(0, -1),
        },
        ConsistentRead: true,
        ...(after && { ExclusiveStartKey: after }),
      }),
    );
    return { items: (Items ?? []) as LyingEntry[], after: LastEvaluatedKey };
  }
}
