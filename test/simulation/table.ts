import { marshall } from '@aws-sdk/util-dynamodb';
import { ConditionalCheckFailedException } from '../../shared/aws/dynamodb.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { holds, type Item, updated, type Words } from './expression.ts';

/** How far an eventually consistent read may lag, in milliseconds. DynamoDB promises "usually within a second". */
const MAX_LAG = 2_000;

export type TableKeys = { partition: string; sort?: string };

/** A committed write: what stood there, and what stands there now. */
export type Commit = { key: string; before: Item | undefined; after: Item | undefined; at: Instant };

type Past = { until: Instant; item: Item | undefined };

type Condition = {
  ConditionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
};

/**
 * One table in memory with the conditions of DynamoDB: a write of one item happens at once or not at all, a refused one
 * answers what stands there. Items are never changed in place, so that they may be handed out.
 */
export class SimulatedTable {
  readonly #keys: TableKeys;
  readonly #items = new Map<string, Item>();
  /** What stood under a key not long ago, oldest first. */
  readonly #past = new Map<string, Past[]>();
  /** Keys by partition, of the table (under '') and of each index. */
  readonly #partitions = new Map<string, Map<string, Set<string>>>();
  readonly #indexes: Readonly<Record<string, TableKeys>>;
  readonly #now: () => Instant;
  readonly #committed: (commit: Commit) => void;

  constructor(
    shape: { keys: TableKeys; indexes?: Readonly<Record<string, TableKeys>> },
    now: () => Instant,
    committed: (commit: Commit) => void = () => undefined,
  ) {
    this.#keys = shape.keys;
    this.#indexes = { '': shape.keys, ...shape.indexes };
    this.#now = now;
    this.#committed = committed;
    for (const name of Object.keys(this.#indexes)) this.#partitions.set(name, new Map());
  }

  /** `lagged`: as it stood a moment ago. */
  get(key: Item, lagged: boolean): Item | undefined {
    const text = this.#keyText(key);
    return lagged ? this.#asOf(text, this.#now() - MAX_LAG) : this.#items.get(text);
  }

  put(item: Item, condition: Condition): void {
    const clean = cleaned(item);
    const key = this.#keyText(clean);
    this.#check(key, condition);
    this.#commit(key, clean);
  }

  update(key: Item, expression: string, condition: Condition): Item {
    const text = this.#keyText(key);
    this.#check(text, condition);
    const after = updated(expression, this.#items.get(text) ?? key, wordsOf(condition));
    this.#commit(text, cleaned(after));
    return after;
  }

  /** Throws as a write would, and changes nothing. */
  mustHold(key: Item, condition: Condition): void {
    this.#check(this.#keyText(key), condition);
  }

  delete(key: Item): void {
    this.#commit(this.#keyText(key), undefined);
  }

  /** One page in the order of the sort key. Indexes know keys only. */
  query(
    index: string | undefined,
    condition: string,
    words: Condition,
    {
      after,
      limit,
      lagged,
      forward = true,
    }: { after?: Item | undefined; limit?: number | undefined; lagged: boolean; forward?: boolean | undefined },
  ): { items: Item[]; more: boolean } {
    const { partition, sort } = this.#indexes[index ?? ''] ?? this.#keys;
    const asked = condition.replace(/(\w+) BETWEEN (:\w+) AND (:\w+)/, '$1 >= $2 AND $1 <= $3');
    const [, placeholder] = /^\w+ = (:\w+)/.exec(condition) ?? [];
    const value = String(words.ExpressionAttributeValues?.[placeholder ?? '']);
    const keys = [...(this.#partitions.get(index ?? '')?.get(value) ?? [])];
    const order = (item: Item): [string | number, string] => [
      (sort ? item[sort] : '') as string | number,
      this.#keyText(item),
    ];
    const past = this.#now() - MAX_LAG;
    const way = forward ? 1 : -1;
    const found = keys
      .map((key) => (lagged ? this.#asOf(key, past) : this.#items.get(key)))
      .filter((item) => item !== undefined)
      .filter((item) => item[partition] === value && holds(asked, item, wordsOf(words)))
      .filter((item) => !after || compare(order(item), order(after)) * way > 0)
      .sort((one, other) => compare(order(one), order(other)) * way);
    const items = found.slice(0, limit);
    return { items, more: found.length > items.length };
  }

  items(): IterableIterator<Item> {
    return this.#items.values();
  }

  at(key: string): Item | undefined {
    return this.#items.get(key);
  }

  #check(key: string, condition: Condition): void {
    const there = this.#items.get(key);
    if (!condition.ConditionExpression || holds(condition.ConditionExpression, there ?? {}, wordsOf(condition))) return;
    throw new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: {},
      ...(there && { Item: marshall(there) }),
    });
  }

  #commit(key: string, after: Item | undefined): void {
    const before = this.#items.get(key);
    const at = this.#now();
    const past = (this.#past.get(key) ?? []).filter(({ until }) => until > at - MAX_LAG);
    this.#past.set(key, [...past, { until: at, item: before }]);
    for (const [name, { partition }] of Object.entries(this.#indexes)) this.#list(name, partition, key, after);
    if (after) this.#items.set(key, after);
    else this.#items.delete(key);
    this.#committed({ key, before, after, at });
  }

  /** Entries stay listed after a deletion; whoever reads them finds nothing there. */
  #list(index: string, partition: string, key: string, item: Item | undefined): void {
    const value = item?.[partition];
    if (typeof value !== 'string') return;
    const partitions = this.#partitions.get(index);
    const keys = partitions?.get(value);
    if (keys) keys.add(key);
    else partitions?.set(value, new Set([key]));
  }

  #asOf(key: string, instant: Instant): Item | undefined {
    const then = this.#past.get(key)?.find(({ until }) => until > instant);
    return then ? then.item : this.#items.get(key);
  }

  #keyText(item: Item): string {
    const { partition, sort } = this.#keys;
    return sort ? `${item[partition]}\n${item[sort]}` : String(item[partition]);
  }
}

const wordsOf = ({ ExpressionAttributeNames = {}, ExpressionAttributeValues = {} }: Condition): Words => ({
  names: ExpressionAttributeNames,
  values: ExpressionAttributeValues,
});

/** As it is after the way over the wire: a copy without members that are undefined. */
function cleaned(item: Item): Item {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    if (value === null || typeof value !== 'object') return value;
    const result: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) if (member !== undefined) result[name] = copy(member);
    return result;
  };
  return copy(item) as Item;
}

function compare(one: readonly (string | number)[], other: readonly (string | number)[]): number {
  for (const [index, value] of one.entries()) {
    const against = other[index] ?? '';
    if (value !== against) return value < against ? -1 : 1;
  }
  return 0;
}
