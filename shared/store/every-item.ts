import { type DynamoDBDocumentClient, QueryCommand } from '../aws/dynamodb.ts';

type Query = Omit<ConstructorParameters<typeof QueryCommand>[0], 'ExclusiveStartKey'>;

/**
 * Every item that a query finds, page after page, as it is stored: whoever asks parses it. For what is never much; where it
 * may be, a page is asked for with a limit. Throws what the table answers.
 */
export async function* everyItem(
  db: DynamoDBDocumentClient,
  query: Query,
): AsyncGenerator<Record<string, unknown>, void, undefined> {
  let after: Record<string, unknown> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({ ...query, ...(after && { ExclusiveStartKey: after }) }),
    );
    yield* Items;
    after = LastEvaluatedKey;
  } while (after);
}

/** The same, once all are there. */
export async function allItems(db: DynamoDBDocumentClient, query: Query): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  for await (const item of everyItem(db, query)) items.push(item);
  return items;
}
