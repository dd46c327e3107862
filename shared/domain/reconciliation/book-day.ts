import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Day, Instant } from '../time.ts';
import { BusinessDate, Sha256, StatementId } from './statement-id.ts';

/**
 * What a partner's day came to: which files count on it, what matching made of them, and whether it is closed. A book is a
 * provider's settlements, or a bank account. A closed day never changes; what comes late for it counts on a later day.
 */

export const BookId = lazy(() =>
  z.union([z.string().regex(/^provider:[a-z][a-z0-9-]{1,23}$/), z.string().regex(/^account:[0-9]{6}:[0-9]{6,19}$/)]),
);
export type BookId = z.infer<typeof BookId>;

export const providerBook = (providerId: string): BookId => `provider:${providerId}`;
export const accountBook = (bankBin: string, account: string): BookId => `account:${bankBin}:${account}`;

/** The bank and account of a book; undefined for a provider's. */
export function accountOfBook(book: BookId): { bankBin: string; account: string } | undefined {
  const [, bankBin, account] = /^account:([0-9]{6}):([0-9]{6,19})$/.exec(book) ?? [];
  return bankBin && account ? { bankBin, account } : undefined;
}

/** Asks for a bank account to be matched anew from a day on, because of something that came with no file. */
export const RematchOrder = lazy(() => z.strictObject({ rematch: BookId, from: BusinessDate }));
export type RematchOrder = z.infer<typeof RematchOrder>;

/** A file, or one statement inside a bank's file, that counts on a day. */
export const BookFile = lazy(() =>
  z.object({
    statementId: StatementId,
    /** Place of the statement in its file, counting from 1. */
    place: z.int().min(1),
    /** Days of its lines that count on this one: its own, and those that were closed when the file came. */
    days: z.array(BusinessDate).min(1),
    /** Only what differs from the file in whose place it stands, because that one's day is closed. */
    adjusts: z.literal(true).optional(),
    /** Tells of entries before the statement does, and no more once the statement is there. */
    advice: z.literal(true).optional(),
  }),
);
export type BookFile = z.infer<typeof BookFile>;

const Sum = lazy(() => z.object({ count: z.int().min(0), amount: z.int() }));
export type Sum = z.infer<typeof Sum>;

/** What a run came to. Sums in dong; credits positive. */
export const RunTotals = lazy(() =>
  z.object({
    /** All that was looked at: what was open from before, and what is new. */
    ours: Sum,
    theirs: Sum,
    confirmed: Sum,
    suggested: Sum,
    waiting: z.object({ ours: Sum, theirs: Sum }),
    /** By category. */
    exceptions: z.record(z.string(), Sum),
  }),
);
export type RunTotals = z.infer<typeof RunTotals>;

/** What matching made of a day. The result object is named by its hash, so that nobody can put another in its place. */
export const DayRun = lazy(() =>
  z.object({
    revision: z.int().min(1),
    key: z.string(),
    sha256: Sha256,
    /** The hash of the day's before, on which it builds; null for a book's first. */
    previous: Sha256.nullable(),
    /** Journal entries that were committed later take no part. */
    asOf: z.int(),
    /** How often files were entered or taken away when it ran: see {@link BookDay.changes}. */
    changes: z.int().min(0),
    totals: RunTotals,
  }),
);
export type DayRun = z.infer<typeof DayRun>;

export const BookDay = lazy(() =>
  z.object({
    book: BookId,
    day: BusinessDate,
    state: z.enum(['OPEN', 'CLOSED']),
    files: z.array(BookFile),
    /** Counts each entering and taking away of a file: a run or a closing that did not see it is refused. */
    changes: z.int().min(0),
    run: DayRun.optional(),
    closedAt: z.int().optional(),
    /** The person who closed it, by the id in the token. */
    closedBy: z.string().optional(),
  }),
);
export type BookDay = z.infer<typeof BookDay>;

/** One statement may count on a day twice: for its own lines, and for what it says otherwise of a closed day. */
export const bookFileName = ({
  statementId,
  place,
  adjusts,
}: Pick<BookFile, 'statementId' | 'place' | 'adjusts'>): string => `${statementId}.${place}${adjusts ? '~' : ''}`;

/** How far something late is carried: beyond that so many closed days follow each other that somebody must look. */
export const MAX_CLOSED_DAYS = 366;

export type Closing = { sha256: string | null; closedBy: string; closedAt: Instant };

/** Port: books by day. Every change is conditional on what it was decided on. */
export interface BookDays {
  find(book: BookId, day: Day): Promise<BookDay | undefined>;
  /** Days of a book from `from` to `to`, oldest first. */
  between(book: BookId, from: Day, to: Day): Promise<BookDay[]>;
  /** Lets a file count on a day, once. `closed`: the day takes no more. */
  enter(book: BookId, day: Day, file: BookFile): Promise<'entered' | 'closed'>;
  /** Takes a file that another one replaces away from an open day. */
  leave(book: BookId, day: Day, file: Pick<BookFile, 'statementId' | 'place' | 'adjusts'>): Promise<'left' | 'closed'>;
  /** `overtaken`: files changed meanwhile, another run was recorded after the one this one saw, or the day is closed. */
  record(book: BookId, day: Day, run: DayRun): Promise<'recorded' | 'overtaken'>;
  /** Closes a day as it stands. `changed`: it is not as it was seen. */
  close(
    book: BookId,
    day: Day,
    changes: number,
    closing: Closing,
  ): Promise<{ kind: 'closed' | 'changed'; day: BookDay }>;
  /** Every book that ever had a file. */
  books(): Promise<BookId[]>;
}
