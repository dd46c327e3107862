import type { JournalEntry, JournalFeed, JournalKind } from '../domain/ledger/journal.ts';
import { type CursorCodec, InvalidCursor } from '../domain/paging.ts';
import { Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { DAY_MILLISECONDS, type Day, daysBetween, type Instant, vietnamDay } from '../domain/time.ts';
import { visibleAgencies } from './visible.ts';

/** Days of one question at most, both ends included: a month. */
export const MAX_ENTRY_DAYS = 31;
/** Reads of one call at most, a day of an agency each; a page may be short, or empty, when little of what was read is wanted. */
const MAX_READS = 40;

export type ListLedgerEntries = {
  /** Days of commit, both included. */
  from: Day;
  to: Day;
  agencyCode?: string | undefined;
  account?: string | undefined;
  kind?: JournalKind | undefined;
  cursor?: string | undefined;
  limit: number;
};

/** The next page begins in this agency and day, after this entry; without one, at the day's beginning. */
type Position = { agencyCode: string; day: Day; after: { committedAt: Instant; movementId: string } | undefined };

/**
 * One page of the journal that a caller may see: by agency, and within it in the order of commits. A page is followed by
 * another as long as there is a cursor. Refusals: not_found for another's agency, range_too_wide. Throws
 * {@link InvalidCursor}.
 */
export async function listLedgerEntries(
  query: ListLedgerEntries,
  caller: Caller,
  {
    journal,
    registry,
    cursors,
    now,
  }: {
    journal: Pick<JournalFeed, 'ofDayAfter'>;
    registry: Pick<RegistryReader, 'agencyCodes'>;
    cursors: CursorCodec;
    now: () => Instant;
  },
): Promise<{ entries: JournalEntry[]; nextCursor: string | null }> {
  const { from, to, limit } = query;
  if (isWiderThan(MAX_ENTRY_DAYS, query))
    throw new Refusal('range_too_wide', undefined, [
      { pointer: '/query/to', message: `at most ${MAX_ENTRY_DAYS} days from ${from}` },
    ]);
  const agencies = await visibleAgencies(caller, query.agencyCode, registry);
  const asked = [from, to, query.agencyCode ?? null, query.account ?? null, query.kind ?? null];
  const boundTo = JSON.stringify(['ledger-entries', caller.clientId, ...asked]);
  const begin = query.cursor === undefined ? undefined : readPosition(cursors.decode(query.cursor, boundTo));
  const cursorAt = (position: Position) => cursors.encode(JSON.stringify(position), boundTo);
  const upTo = now();
  const days = daysBetween(from, to).filter((day) => day <= vietnamDay(upTo));

  const page: JournalEntry[] = [];
  let reads = 0;
  for (const agencyCode of agencies.filter((code) => begin === undefined || code >= begin.agencyCode)) {
    const beginning = agencyCode === begin?.agencyCode ? begin : undefined;
    for (const day of days.filter((one) => beginning === undefined || one >= beginning.day)) {
      let after = day === beginning?.day ? beginning.after : undefined;
      for (let more = true; more; ) {
        if (reads++ === MAX_READS) return { entries: page, nextCursor: cursorAt({ agencyCode, day, after }) };
        const found = await journal.ofDayAfter({ agencyCode, day, after, upTo, limit });
        for (const entry of found) {
          if (page.length === limit) return { entries: page, nextCursor: cursorAt({ agencyCode, day, after }) };
          if (isWanted(entry, query)) page.push(entry);
          after = { committedAt: entry.committedAt, movementId: entry.movementId };
        }
        more = found.length === limit;
      }
    }
  }
  return { entries: page, nextCursor: null };
}

/** Counts no further than it must: the range is the caller's. */
const isWiderThan = (days: number, { from, to }: { from: Day; to: Day }): boolean =>
  (Date.parse(to) - Date.parse(from)) / DAY_MILLISECONDS >= days;

function readPosition(text: string): Position {
  try {
    return JSON.parse(text) as Position;
  } catch {
    throw new InvalidCursor();
  }
}

const isWanted = ({ lines, kind }: JournalEntry, wanted: ListLedgerEntries): boolean =>
  (wanted.kind === undefined || kind === wanted.kind) &&
  (wanted.account === undefined || lines.some(({ account }) => account === wanted.account));
