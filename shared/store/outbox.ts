import * as z from 'zod';
import { unmarshall } from '../aws/dynamodb.ts';
import type { BookItem } from '../domain/invoice/book.ts';
import { lazy } from '../domain/lazy.ts';
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
 * The change that a record tells of; `undefined` for a deletion: nothing is ever deleted here, see {@link takenOutIn}.
 * Throws a ZodError for an item that is none of ours.
 */
export function changeOf({
  dynamodb,
}: OutboxRecord): { before: BookItem | undefined; after: BookItem; at: Instant } | undefined {
  if (!dynamodb?.NewImage) return undefined;
  return {
    before: dynamodb.OldImage ? itemIn(dynamodb.OldImage) : undefined,
    after: itemIn(dynamodb.NewImage),
    at: (dynamodb.ApproximateCreationDateTime ?? 0) * SECOND_MILLISECONDS,
  };
}

/** What a person took out of the table, past this service: its key, and what stood there if that can be read. */
export function takenOutIn({ dynamodb }: OutboxRecord): { key: string; before: BookItem | undefined } | undefined {
  if (!dynamodb?.OldImage || dynamodb.NewImage) return undefined;
  return { key: Keyed.parse(imageOf(dynamodb.OldImage)).k, before: readable(dynamodb.OldImage) };
}

const Keyed = lazy(() => z.object({ k: z.string() }));

const imageOf = (raw: unknown) => unmarshall(raw as Parameters<typeof unmarshall>[0]);
const itemIn = (raw: unknown): BookItem => parseStored(imageOf(raw));

function readable(raw: unknown): BookItem | undefined {
  try {
    return itemIn(raw);
  } catch {
    return undefined; // It is told of by its key.
  }
}
