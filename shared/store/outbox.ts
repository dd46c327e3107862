import { unmarshall } from '../aws/dynamodb.ts';
import type { BookItem } from '../domain/invoice/book.ts';
import { type Instant, SECOND_MILLISECONDS } from '../domain/time.ts';
import { parseStored } from './invoice-item.ts';

/** A record of the invoices' stream, as Lambda hands it over and as it lies in a batch that was put aside. */
export type OutboxRecord = {
  dynamodb?:
    | {
        ApproximateCreationDateTime?: number | undefined;
        OldImage?: unknown;
        NewImage?: unknown;
        SequenceNumber?: string | undefined;
      }
    | undefined;
};

/**
 * The change that a record tells of; `undefined` for a deletion: nothing is ever deleted here, and if a person does, there
 * is nothing to tell. Throws a ZodError for an item that is none of ours.
 */
export function changeOf({
  dynamodb,
}: OutboxRecord): { before: BookItem | undefined; after: BookItem; at: Instant } | undefined {
  if (!dynamodb?.NewImage) return undefined;
  const image = (raw: unknown) => parseStored(unmarshall(raw as Parameters<typeof unmarshall>[0]));
  return {
    before: dynamodb.OldImage ? image(dynamodb.OldImage) : undefined,
    after: image(dynamodb.NewImage),
    at: (dynamodb.ApproximateCreationDateTime ?? 0) * SECOND_MILLISECONDS,
  };
}
