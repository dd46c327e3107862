/**
 * Condition and update expressions of DynamoDB, as far as the stores use them. Source: Amazon DynamoDB Developer Guide,
 * "Condition and filter expressions" and "Update expressions". Anything else is an error that shows the text.
 */

export type Item = Readonly<Record<string, unknown>>;
export type Words = { names: Readonly<Record<string, string>>; values: Readonly<Record<string, unknown>> };

type Evaluate<T> = (item: Item, words: Words) => T;
type Path = Evaluate<(string | number)[]>;
type Change = Evaluate<{ path: (string | number)[]; value?: unknown }>;

/** Whether a condition holds for an item; an item that is not there is an empty one. */
export function holds(condition: string, item: Item, words: Words): boolean {
  return conditions.of(condition)(item, words);
}

/** The item after an update. Every right side sees the item as it was; the item itself is left as it is. */
export function updated(update: string, item: Item, words: Words): Item {
  let result: Item = item;
  const changes = updates.of(update).map((change) => change(item, words));
  for (const { path, value } of changes) if (value !== undefined) result = withValue(result, path, value) as Item;
  for (const { path, value } of changes) if (value === undefined) result = without(result, path) as Item;
  return result;
}

/** Remembers what was parsed: the stores use a score of texts again and again. */
class Parsed<T> {
  readonly #known = new Map<string, T>();
  readonly #parse: (reader: Reader) => T;
  constructor(parse: (reader: Reader) => T) {
    this.#parse = parse;
  }
  of(text: string): T {
    const known = this.#known.get(text);
    if (known) return known;
    const reader = new Reader(text);
    const parsed = this.#parse(reader);
    reader.end();
    this.#known.set(text, parsed);
    return parsed;
  }
}

class Reader {
  readonly #text: string;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.match(/[#:]?[A-Za-z0-9_]+|<>|<=|>=|[=<>()[\].,+-]|\S/g) ?? [];
  }
  peek(ahead = 0): string | undefined {
    return this.#tokens[this.#at + ahead];
  }
  next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#wrong();
    this.#at += 1;
    return token;
  }
  takes(token: string): boolean {
    if (this.peek()?.toUpperCase() !== token) return false;
    this.#at += 1;
    return true;
  }
  must(token: string): void {
    if (!this.takes(token)) throw this.#wrong();
  }
  end(): void {
    if (this.#at < this.#tokens.length) throw this.#wrong();
  }
  #wrong(): Error {
    return new Error(`cannot read "${this.#text}" from token ${this.#at + 1}`);
  }
}

const conditions = new Parsed<Evaluate<boolean>>(either);
const updates = new Parsed<Change[]>(clauses);

function either(reader: Reader): Evaluate<boolean> {
  const parts = [both(reader)];
  while (reader.takes('OR')) parts.push(both(reader));
  return (item, words) => parts.some((part) => part(item, words));
}

function both(reader: Reader): Evaluate<boolean> {
  const parts = [single(reader)];
  while (reader.takes('AND')) parts.push(single(reader));
  return (item, words) => parts.every((part) => part(item, words));
}

function single(reader: Reader): Evaluate<boolean> {
  if (reader.takes('NOT')) {
    const inner = single(reader);
    return (item, words) => !inner(item, words);
  }
  if (reader.takes('(')) {
    const inner = either(reader);
    reader.must(')');
    return inner;
  }
  const name = reader.peek(1) === '(' ? reader.peek() : undefined;
  const test = name === undefined ? undefined : tests[name];
  if (test) {
    reader.next();
    return test(operands(reader));
  }
  const left = operand(reader);
  if (reader.takes('IN')) {
    const list = operands(reader);
    return (item, words) => list.some((one) => one(item, words) === left(item, words));
  }
  const compare = comparisons[reader.next()];
  if (!compare) throw new Error('no comparison that the stores use');
  const right = operand(reader);
  return (item, words) => compare(left(item, words), right(item, words));
}

/** A comparison with something that is not there does not hold. */
const ordered =
  (test: (one: number | string, other: number | string) => boolean) =>
  (one: unknown, other: unknown): boolean => {
    if (typeof one === 'number' && typeof other === 'number') return test(one, other);
    return typeof one === 'string' && typeof other === 'string' && test(one, other);
  };

const comparisons: Readonly<Record<string, (one: unknown, other: unknown) => boolean>> = {
  '=': (one, other) => one !== undefined && one === other,
  '<>': (one, other) => one !== other,
  '<': ordered((one, other) => one < other),
  '<=': ordered((one, other) => one <= other),
  '>': ordered((one, other) => one > other),
  '>=': ordered((one, other) => one >= other),
};

const tests: Readonly<Record<string, (given: Evaluate<unknown>[]) => Evaluate<boolean>>> = {
  attribute_exists:
    ([path]) =>
    (item, words) =>
      path?.(item, words) !== undefined,
  attribute_not_exists:
    ([path]) =>
    (item, words) =>
      path?.(item, words) === undefined,
  begins_with:
    ([path, prefix]) =>
    (item, words) =>
      String(path?.(item, words) ?? '').startsWith(String(prefix?.(item, words))),
  contains:
    ([path, member]) =>
    (item, words) => {
      const within = path?.(item, words);
      return Array.isArray(within) && within.includes(member?.(item, words));
    },
};

const functions: Readonly<Record<string, (given: Evaluate<unknown>[]) => Evaluate<unknown>>> = {
  size:
    ([path]) =>
    (item, words) => {
      const value = path?.(item, words);
      if (typeof value === 'string' || Array.isArray(value)) return value.length;
      return value !== null && typeof value === 'object' ? Object.keys(value).length : undefined;
    },
  list_append:
    ([one, other]) =>
    (item, words) => [
      ...((one?.(item, words) ?? missing()) as unknown[]),
      ...((other?.(item, words) ?? missing()) as unknown[]),
    ],
  if_not_exists:
    ([path, otherwise]) =>
    (item, words) =>
      path?.(item, words) ?? otherwise?.(item, words),
};

/** What DynamoDB answers with a ValidationException. */
function missing(): never {
  throw new Error('the expression names something that is not there');
}

function operands(reader: Reader): Evaluate<unknown>[] {
  reader.must('(');
  const list = [sum(reader)];
  while (reader.takes(',')) list.push(sum(reader));
  reader.must(')');
  return list;
}

function sum(reader: Reader): Evaluate<unknown> {
  const left = operand(reader);
  const sign = reader.takes('+') ? 1 : reader.takes('-') ? -1 : undefined;
  if (sign === undefined) return left;
  const right = operand(reader);
  return (item, words) => {
    const [one, other] = [left(item, words), right(item, words)];
    return typeof one === 'number' && typeof other === 'number' ? one + sign * other : missing();
  };
}

function operand(reader: Reader): Evaluate<unknown> {
  const call = reader.peek(1) === '(' ? functions[reader.peek() ?? ''] : undefined;
  if (call) {
    reader.next();
    return call(operands(reader));
  }
  if (reader.peek()?.startsWith(':')) {
    const name = reader.next();
    return (_item, { values }) => (name in values ? values[name] : missing());
  }
  const path = pathOf(reader);
  return (item, words) => valueAt(item, path(item, words));
}

function pathOf(reader: Reader): Path {
  const parts: (string | number)[] = [reader.next()];
  for (;;) {
    if (reader.takes('.')) parts.push(reader.next());
    else if (reader.takes('[')) {
      parts.push(Number(reader.next()));
      reader.must(']');
    } else break;
  }
  return (_item, { names }) =>
    parts.map((part) => (typeof part === 'string' && part.startsWith('#') ? (names[part] ?? missing()) : part));
}

function clauses(reader: Reader): Change[] {
  const changes: Change[] = [];
  while (reader.peek() !== undefined) {
    if (reader.takes('SET')) {
      do {
        const path = pathOf(reader);
        reader.must('=');
        const value = sum(reader);
        changes.push((item, words) => ({ path: path(item, words), value: value(item, words) ?? missing() }));
      } while (reader.takes(','));
    } else {
      reader.must('REMOVE');
      do {
        const path = pathOf(reader);
        changes.push((item, words) => ({ path: path(item, words) }));
      } while (reader.takes(','));
    }
  }
  return changes;
}

function valueAt(item: unknown, path: readonly (string | number)[]): unknown {
  let value = item;
  for (const part of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** A copy in which the place has another value. Everything above the place must be there. */
function withValue(within: unknown, [part, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (part === undefined) return value;
  if (within === null || typeof within !== 'object') return missing();
  const inner = (within as Record<string | number, unknown>)[part];
  const placed = withValue(inner, rest, value);
  if (!Array.isArray(within)) return { ...within, [part]: placed };
  const index = Math.min(Number(part), within.length);
  return [...within.slice(0, index), placed, ...within.slice(index + 1)];
}

function without(within: unknown, [part, ...rest]: readonly (string | number)[]): unknown {
  if (part === undefined || within === null || typeof within !== 'object') return within;
  if (rest.length > 0)
    return withValue(within, [part], without((within as Record<string | number, unknown>)[part], rest));
  if (Array.isArray(within)) return within.filter((_, index) => index !== part);
  return Object.fromEntries(Object.entries(within).filter(([name]) => name !== String(part)));
}
