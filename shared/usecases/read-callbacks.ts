import { type Bundle, type CallbackLog, MAX_KEPT_TOGETHER } from '../domain/logbook/logbook.ts';
import type { CallbackOutcome, CallbackRecord } from '../domain/logbook/record.ts';
import type { ProviderId } from '../domain/payment/provider.ts';
import { notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { DAY_MILLISECONDS, type Instant } from '../domain/time.ts';

/** Longest span that is read at once. */
const MAX_SPAN_MILLISECONDS = 31 * DAY_MILLISECONDS;

/** Bundles that are read together; a page looks through so many of them at most, and may be short. */
const BUNDLES = 10;
const MAX_BUNDLES = 200;

export type ReadCallbacks = {
  providerId: ProviderId;
  /** The end is not in it. */
  from: Instant;
  to: Instant;
  reference?: string | undefined;
  outcome?: CallbackOutcome | undefined;
  /** Where the page before ended: a bundle, `~`, and how many of it were read. */
  after?: string | undefined;
  limit: number;
};

/** Where to begin so that the bundle itself comes first. */
const justBefore = (place: string): string => place.slice(0, -1);

/**
 * What a provider sent and what it was answered, oldest first; of callbacks that came within a minute of each other those
 * that were kept together stand together. A provider's program sees what is its provider's, an operator everything.
 *
 * Refusals: not_found (another's), unprocessable (it ends before it begins), range_too_wide.
 */
export async function readCallbacks(
  { providerId, from, to, reference, outcome, after, limit }: ReadCallbacks,
  { client }: Caller,
  { callbacks }: { callbacks: CallbackLog },
): Promise<{ callbacks: CallbackRecord[]; nextAfter: string | undefined }> {
  const isTheirs = client.kind === 'provider' && client.providerId === providerId;
  if (!isTheirs && client.kind !== 'operator') throw notFound();
  if (to <= from)
    throw new Refusal('unprocessable', undefined, [{ pointer: '/query/to', message: 'it ends before it begins' }]);
  if (to - from > MAX_SPAN_MILLISECONDS) throw new Refusal('range_too_wide');

  const isWanted = ({ at, outcome: came, told }: CallbackRecord): boolean =>
    at >= from &&
    at < to &&
    (outcome === undefined || came === outcome) &&
    (reference === undefined || told.some((one) => one.reference === reference));

  const found: CallbackRecord[] = [];
  let looked = 0;
  for await (const { place, records, read } of bundlesAfter(after)) {
    for (const [index, record] of records.entries()) {
      if (index < read || !isWanted(record)) continue;
      found.push(record);
      if (found.length === limit) return { callbacks: found, nextAfter: `${place}~${index + 1}` };
    }
    looked += 1;
    if (looked === MAX_BUNDLES) return { callbacks: found, nextAfter: `${place}~${MAX_KEPT_TOGETHER}` };
  }
  return { callbacks: found, nextAfter: undefined };

  /** The rest of the bundle in which the page before ended, then those behind it. */
  async function* bundlesAfter(position: string | undefined): AsyncGenerator<Bundle & { read: number }> {
    const [begun, count] = position?.split('~', 2) ?? [];
    let place = begun === undefined ? undefined : justBefore(begun);
    do {
      const page = await callbacks.bundles(providerId, { from, to, after: place, limit: BUNDLES });
      for (const bundle of page.bundles) yield { ...bundle, read: bundle.place === begun ? Number(count) : 0 };
      place = page.next;
    } while (place !== undefined);
  }
}
