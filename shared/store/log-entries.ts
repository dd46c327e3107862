import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
} from '../aws/dynamodb.ts';
import type { LogName, LogPage, LogSubject } from '../domain/audit/audit.ts';
import { addDays, type Day, type Instant, startOfDay, vietnamDay } from '../domain/time.ts';

/**
 * How entries lie in the audit table. `p` is the book and the Vietnamese day, `s` the instant and a word. An entry is found
 * by its first subject (`k`) and by its person (`w`) through the table's indexes; for each further subject an item of the
 * same content lies in a partition of its own, which is found by the subject only.
 */
export const BY_SUBJECT = 'by-subject';
export const BY_PERSON = 'by-person';

/** Books: acts (`audit`) and reads. */
export type Book = 'audit' | 'reads';

export type Entry = { at: Instant; by: string; subjects: readonly LogSubject[]; word: string; record: unknown };

const INSTANT_DIGITS = 13;
export const placeAt = (at: Instant): string => String(at).padStart(INSTANT_DIGITS, '0');

/** The instant of a place. */
export const instantOf = (place: string): Instant => Number(place.slice(0, INSTANT_DIGITS));

const subjectKey = (book: Book, { kind, id }: LogSubject): string => `${book}#${kind}#${id}`;
const personKey = (book: Book, person: string): string => `${book}#${person}`;

/** The entry itself, then one item for each further subject. */
export function itemsOf(book: Book, { at, by, subjects, word, record }: Entry): Record<string, unknown>[] {
  const [first, ...further] = subjects;
  const day = vietnamDay(at);
  const s = `${placeAt(at)}#${word}`;
  return [
    { p: `${book}#${day}`, s, ...(first && { k: subjectKey(book, first) }), w: personKey(book, by), r: record },
    ...further.map((subject, place) => ({
      ...{ p: `${book}-of#${day}`, s: `${s}#${place}`, k: subjectKey(book, subject), r: record },
    })),
  ];
}

/** Puts an item unless its place is taken: by the same entry, that was delivered before. */
export async function putOnce(db: DynamoDBDocumentClient, table: string, item: Record<string, unknown>): Promise<void> {
  try {
    await db.send(new PutCommand({ TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(p)' }));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** Items of a partition, of the table or of an index, in the order of their places. `next`: where the next page begins. */
export async function itemsBetween(
  db: DynamoDBDocumentClient,
  table: string,
  where: { index?: string; attribute: 'p' | 'k' | 'w'; value: string },
  { from, to, after, limit }: LogPage,
): Promise<{ items: Record<string, unknown>[]; next: string | undefined }> {
  // Behind the place that was read last: no place has a mark that stands before `!`.
  const least = after === undefined ? placeAt(from) : `${after}!`;
  if (least > placeAt(to)) return { items: [], next: undefined };
  const { Items: items = [], LastEvaluatedKey: last } = await db.send(
    new QueryCommand({
      TableName: table,
      ...(where.index && { IndexName: where.index }),
      KeyConditionExpression: `${where.attribute} = :v AND s BETWEEN :from AND :to`,
      ExpressionAttributeValues: { ':v': where.value, ':from': least, ':to': placeAt(to) },
      Limit: limit,
    }),
  );
  return { items, next: last && String(last['s']) };
}

/** Items of a book on a Vietnamese day. */
export const itemsOfDay = (
  db: DynamoDBDocumentClient,
  table: string,
  book: string,
  { day, after, limit }: { day: Day; after?: string | undefined; limit: number },
): ReturnType<typeof itemsBetween> =>
  itemsBetween(
    db,
    table,
    { attribute: 'p', value: `${book}#${day}` },
    { from: startOfDay(day), to: startOfDay(addDays(day, 1)), after, limit },
  );

/** Where entries of a subject or a person lie. */
export const whereNamed = (book: Book, name: LogName): Parameters<typeof itemsBetween>[2] =>
  'subject' in name
    ? { index: BY_SUBJECT, attribute: 'k', value: subjectKey(book, name.subject) }
    : { index: BY_PERSON, attribute: 'w', value: personKey(book, name.person) };
