import type { Aggregate, AggregateBook } from '../domain/aggregates/aggregate.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { visibleAgencies } from './visible.ts';

/** Rows that one call looks through for those that the caller may see. */
const LOOKED_THROUGH = 500;

/**
 * Rows told after a position that the caller may see, `limit` at most, and where to go on. A page may be short, or empty,
 * and not the last. Refusals: not_found (a client that is switched off).
 */
export async function readAggregates(
  { after, limit }: { after: number; limit: number },
  caller: Caller,
  { aggregates, registry }: { aggregates: AggregateBook; registry: Pick<RegistryReader, 'agencyCodes'> },
): Promise<{ rows: Aggregate[]; next: number; caughtUp: boolean }> {
  const visible = new Set(await visibleAgencies(caller, undefined, registry));
  const looked = await aggregates.after(after, LOOKED_THROUGH);
  const rows: Aggregate[] = [];
  let next = after;
  for (const row of looked) {
    if (rows.length === limit) return { rows, next, caughtUp: false };
    next += 1;
    if (visible.has(row.agencyCode)) rows.push(row);
  }
  return { rows, next, caughtUp: looked.length < LOOKED_THROUGH };
}
