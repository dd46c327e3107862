import { BatchGetCommand, type DynamoDBDocumentClient } from '../aws/dynamodb.ts';

/** A table without capacity hands parts of a batch back; so often we ask again. */
const MAX_ROUNDS = 8;

type Key = Readonly<Record<string, string>>;

/** Items of a table by their keys, strongly consistent, those that are there, in no order. At most 100 keys, each once. */
export async function batchGet(db: DynamoDBDocumentClient, table: string, keys: readonly Key[]): Promise<unknown[]> {
  const items: unknown[] = [];
  let left = [...keys];
  for (let round = 0; left.length > 0; round += 1) {
    if (round === MAX_ROUNDS) throw new Error('the table keeps handing back unprocessed keys');
    const { Responses, UnprocessedKeys } = await db.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: left, ConsistentRead: true } } }),
    );
    items.push(...(Responses?.[table] ?? []));
    left = (UnprocessedKeys?.[table]?.Keys ?? []) as Key[];
  }
  return items;
}
