import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '../aws/dynamodb.ts';
import {
  comparePositions,
  type FollowerReader,
  follows,
  JOURNAL_SHARDS,
  type JournalEntry,
  type JournalFeed,
  type JournalPlace,
  type JournalProver,
  type JournalReader,
  UnreadableEntry,
} from '../domain/ledger/journal.ts';
import { account } from '../domain/ledger/ledger.ts';
import type { Day } from '../domain/time.ts';
import { batchGet } from './batch-get.ts';
import { eachOfPages } from './each-of-pages.ts';
import { journalKey, journalPartition, journalSort, parseJournalItem } from './journal-item.ts';

/** Keys that one call of the table may ask for. */
const KEYS_AT_ONCE = 100;

type Key = { p: string; s: string };
const textOf = ({ p, s }: Key): string => `${p} ${s}`;

/** Throws {@link UnreadableEntry}. */
function readable(item: unknown): JournalEntry {
  try {
    return parseJournalItem(item);
  } catch (error) {
    throw new UnreadableEntry(textOf(item as Key), { cause: error });
  }
}

function* entriesOf(items: Iterable<unknown>): Generator<JournalEntry> {
  for (const item of items) yield readable(item);
}

type Filter = { expression?: string; values?: Record<string, unknown> };

/** Went back, or was taken out of what was unmatched: an entry's first line is the side that money comes from. */
const MAY_FOLLOW: Filter = {
  expression: 'k IN (:reversal, :refund) OR begins_with(l[0][1], :unmatched)',
  values: { ':reversal': 'reversal', ':refund': 'refund', ':unmatched': account.unmatched('') },
};

/** The last instant that the sort key has digits for. */
const MAX_INSTANT = 9_999_999_999_998;

/** Reads the journal, and can do nothing else. */
export class DynamoJournalReader implements JournalReader, FollowerReader, JournalFeed, JournalProver {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  /** The shards are asked at once and read one after another, so no more than a page of each is held. */
  ofDay({ agencyCode, day }: { agencyCode: string; day: Day }): AsyncIterable<JournalEntry> {
    return eachOfPages(this.#pagesOf(agencyCode, day));
  }

  /** The table reads the whole day, and sends what may follow from something: those are few, and few are read here. */
  async *followersOfDay({ agencyCode, day }: { agencyCode: string; day: Day }): AsyncGenerator<JournalEntry> {
    for await (const entry of eachOfPages(this.#pagesOf(agencyCode, day, MAY_FOLLOW))) if (follows(entry)) yield entry;
  }

  async *#pagesOf(agencyCode: string, day: Day, filter: Filter = {}): AsyncGenerator<Iterable<JournalEntry>> {
    const shards = Array.from({ length: JOURNAL_SHARDS }, (_, shard) => journalPartition(agencyCode, day, shard));
    const firstPages = shards.map((partition) => this.#page(partition, filter));
    // A page that fails while an earlier one is read must not end the process before it is its turn to be thrown.
    for (const page of firstPages) page.catch(() => {});
    for (const [shard, partition] of shards.entries()) {
      let page = await (firstPages[shard] as (typeof firstPages)[number]);
      for (;;) {
        yield entriesOf(page.items);
        if (!page.after) break;
        page = await this.#page(partition, filter, page.after);
      }
    }
  }

  /** Each shard gives as many as are wanted: the first of all of them are among those. */
  async ofDayAfter({ agencyCode, day, after, upTo, limit }: Parameters<JournalFeed['ofDayAfter']>[0]) {
    // The sort key begins with the instant: all that was committed until then sorts before the next instant.
    const beyond = journalSort(Math.min(upTo, MAX_INSTANT) + 1, '');
    const from = after ? journalSort(after.committedAt, after.movementId) : '';
    if (from >= beyond) return [];
    const shards = await Promise.all(
      Array.from({ length: JOURNAL_SHARDS }, (_, shard) =>
        this.#between(journalPartition(agencyCode, day, shard), { from, to: beyond, limit: limit + 1 }),
      ),
    );
    return shards
      .flat()
      .filter((entry) => !after || comparePositions(entry, after) > 0)
      .sort(comparePositions)
      .slice(0, limit);
  }

  async at(place: JournalPlace): Promise<JournalEntry | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: journalKey(place), ConsistentRead: true }),
    );
    return Item && readable(Item);
  }

  async allAt(places: readonly JournalPlace[]): Promise<(JournalEntry | undefined)[]> {
    const keys = places.map(journalKey);
    const items = new Map<string, unknown>();
    for (let start = 0; start < keys.length; start += KEYS_AT_ONCE)
      for (const item of await batchGet(this.#db, this.#table, keys.slice(start, start + KEYS_AT_ONCE)))
        items.set(textOf(item as Key), item);
    return keys.map((key) => {
      const item = items.get(textOf(key));
      return item === undefined ? undefined : readable(item);
    });
  }

  async #between(
    partition: string,
    { from, to, limit }: { from: string; to: string; limit: number },
  ): Promise<JournalEntry[]> {
    const entries: JournalEntry[] = [];
    let after: Record<string, unknown> | undefined;
    do {
      const { Items, LastEvaluatedKey } = await this.#db.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'p = :partition AND s BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':partition': partition, ':from': from || ' ', ':to': to },
          ConsistentRead: true,
          Limit: limit - entries.length,
          ...(after && { ExclusiveStartKey: after }),
        }),
      );
      entries.push(...(Items ?? []).map(readable));
      after = LastEvaluatedKey;
    } while (after && entries.length < limit);
    return entries;
  }

  /** Strongly consistent: a report that trails behind an acknowledged entry would not foot with the next one. */
  async #page(partition: string, { expression, values }: Filter, after?: Record<string, unknown>) {
    const { Items, LastEvaluatedKey } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :partition',
        ExpressionAttributeValues: { ':partition': partition, ...values },
        ConsistentRead: true,
        ...(expression && { FilterExpression: expression }),
        ...(after && { ExclusiveStartKey: after }),
      }),
    );
    return { items: Items ?? [], after: LastEvaluatedKey };
  }
}
