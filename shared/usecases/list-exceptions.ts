import { type CursorCodec, InvalidCursor } from '../domain/paging.ts';
import type {
  Exception,
  ExceptionBook,
  ExceptionCategory,
  ExceptionState,
} from '../domain/reconciliation/exception.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { visibleAgencies } from './visible.ts';

/** Reads of one call at most; a page may be short, or empty, when few of what was read is wanted. */
const MAX_READS = 40;

export type ListExceptions = {
  category?: ExceptionCategory | undefined;
  state?: ExceptionState | undefined;
  agencyCode?: string | undefined;
  provider?: string | undefined;
  cursor?: string | undefined;
  limit: number;
};

/** Where the next page begins: in this agency, after this position; without one, at its beginning. */
type Position = { agencyCode: string; after: string | undefined };

/**
 * One page of the differences that a caller may see, by agency and within it oldest first. A page is followed by another
 * as long as there is a cursor. Refusals: not_found for another's agency. Throws {@link InvalidCursor}.
 */
export async function listExceptions(
  query: ListExceptions,
  caller: Caller,
  {
    exceptions,
    registry,
    cursors,
  }: {
    exceptions: Pick<ExceptionBook, 'ofAgency'>;
    registry: Pick<RegistryReader, 'agencyCodes'>;
    cursors: CursorCodec;
  },
): Promise<{ exceptions: Exception[]; nextCursor: string | null }> {
  const agencies = await visibleAgencies(caller, query.agencyCode, registry);
  const boundTo = JSON.stringify([
    'exceptions',
    caller.clientId,
    query.category ?? null,
    query.state ?? null,
    query.agencyCode ?? null,
    query.provider ?? null,
  ]);
  const from = query.cursor === undefined ? undefined : readPosition(cursors.decode(query.cursor, boundTo));
  const cursorAt = ({ agencyCode, after }: Position) =>
    cursors.encode(JSON.stringify(after === undefined ? [agencyCode] : [agencyCode, after]), boundTo);

  const page: Exception[] = [];
  let reads = 0;
  // The caller's agencies may have changed since the last page: those that are left are walked on in the same order.
  for (const agencyCode of agencies.filter((code) => from === undefined || code >= from.agencyCode)) {
    let after = agencyCode === from?.agencyCode ? from.after : undefined;
    for (let more = true; more; ) {
      if (reads++ === MAX_READS) return { exceptions: page, nextCursor: cursorAt({ agencyCode, after }) };
      const found = await exceptions.ofAgency({ agencyCode, after, limit: query.limit });
      for (const { exception, position } of found.exceptions) {
        // The page is full, and there is more: the next one begins after the last position that was looked at.
        if (page.length === query.limit) return { exceptions: page, nextCursor: cursorAt({ agencyCode, after }) };
        if (isWanted(exception, query)) page.push(exception);
        after = position;
      }
      more = found.more;
    }
  }
  return { exceptions: page, nextCursor: null };
}

function readPosition(text: string): Position {
  try {
    const [agencyCode, after] = JSON.parse(text) as [string, string?];
    return { agencyCode, after };
  } catch {
    throw new InvalidCursor();
  }
}

const isWanted = (exception: Exception, { category, state, provider }: ListExceptions): boolean =>
  (category === undefined || exception.category === category) &&
  (state === undefined || exception.state === state) &&
  (provider === undefined || exception.providerId === provider);
