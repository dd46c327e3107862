import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { JournalEntry } from '../ledger/journal.ts';
import { MovementId } from '../payment/movement.ts';
import { DAY_MILLISECONDS, type Instant } from '../time.ts';

/**
 * The feed of what moved money: the journal of an agency in the order of commits, up to the watermark.
 *
 * An entry may come into the journal long after its commit, because the stream stood still or a batch had failed. Were it
 * simply put in its place, it would appear behind readers who have gone past it. So whoever appends an entry looks at the
 * watermark afterwards: an entry at or below it is also written down as late, and readers are given what is late in the
 * order in which it was written down. Whoever reads moves the watermark first and reads the journal afterwards. Of the two
 * at least one sees the other, whatever our clocks say and however long the stream stood still: no entry is missed.
 *
 * Where the store tells its own clock, the watermark stays behind that, and an entry that is younger than the watermark can
 * possibly be need not look.
 */

/** How far the watermark stays behind the store's clock, so that hardly anything is late. */
export const WATERMARK_LAG_MILLISECONDS = 5_000;
/** How far the store's clock may differ from one of its answers to another: it tells whole seconds, and has many servers. */
export const STORE_CLOCK_SPREAD_MILLISECONDS = 2_000;
/** The watermark is moved this often at most, however many read. */
export const WATERMARK_STEP_MILLISECONDS = 1_000;

/** Late entries that one record holds at most. */
export const LATE_AT_ONCE = 100;

/** Days that one call reads of a feed at most; a cursor that is older goes on in the next call. */
export const FEED_DAYS_A_CALL = 31;
/** How far back a feed begins that is read without a cursor, in milliseconds: what one call reads, today included. */
export const FEED_BEGINS_BEFORE_MILLISECONDS = (FEED_DAYS_A_CALL - 1) * DAY_MILLISECONDS;

/** Where a reader stands: after this entry in the order of commits, and after this many of the late ones. */
export const FeedCursor = lazy(() =>
  z.object({
    committedAt: z.int().min(0),
    movementId: z.string(),
    late: z.int().min(0),
  }),
);
export type FeedCursor = z.infer<typeof FeedCursor>;

/** The cursor before everything that was committed at `at` or later. */
export const cursorBefore = (at: Instant, late: number): FeedCursor => ({ committedAt: at, movementId: '', late });

export const LatePlace = lazy(() =>
  z.object({
    committedAt: z.int(),
    movementId: MovementId,
    invoiceNumber: z.string().optional(),
  }),
);
export type LatePlace = z.infer<typeof LatePlace>;

/** Port: up to when the feed is served, one instant for all. */
export interface Watermark {
  /**
   * The store's own clock by its latest answer to this process, journal included; `undefined` where it tells none. Of one
   * store either every process is told or none.
   */
  readonly clock: Instant | undefined;
  /** Strongly consistent. 0 as long as nobody has read a feed. */
  read(): Promise<Instant>;
  /** Moves it there unless it is there or beyond already; never back. */
  advance(to: Instant): Promise<void>;
}

/** Port: entries that came into the journal when the watermark had passed them, in the order in which they were written down. */
export interface LateEntries {
  /** Appended whole: when it resolves, readers are given them. Positions grow by one, without gaps. */
  append(agencyCode: string, places: readonly LatePlace[]): Promise<void>;
  /** Those after a position, `limit` at most, each with its own position. Strongly consistent. */
  after(agencyCode: string, position: number, limit: number): Promise<{ position: number; place: LatePlace }[]>;
  /** The last position; 0 if there is none. */
  end(agencyCode: string): Promise<number>;
}

/** Entries in the order in which a reader is given them, each with the cursor after it; `caughtUp`: nothing more was there. */
export type FeedPage = { items: { entry: JournalEntry; after: FeedCursor }[]; cursor: FeedCursor; caughtUp: boolean };
