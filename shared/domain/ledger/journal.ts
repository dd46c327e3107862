import * as z from 'zod';
import { InvoiceState } from '../invoice/states.ts';
import { lazy } from '../lazy.ts';
import { Dong } from '../money/dong.ts';
import { isMoved, Movement, MovementId, MovementKind } from '../payment/movement.ts';
import type { Day, Instant } from '../time.ts';

/** Journal partitions of one agency and day: enough that a busy agency meets no hot key. */
export const JOURNAL_SHARDS = 8;

/**
 * What moved payers' money; `correction`: what two persons decided about a difference, which brought or took none;
 * `remittance`: what was paid on to whom it belongs, or came back from there.
 */
export const JournalKind = lazy(() => z.enum([...MovementKind.options, 'correction', 'remittance']));
export type JournalKind = z.infer<typeof JournalKind>;

/** Whether an entry is of a payer's money, which invoices, reports of what was collected, and agencies' events tell of. */
export const isOfPayers = <E extends { kind: JournalKind }>(entry: E): entry is E & { kind: MovementKind } =>
  entry.kind !== 'correction' && entry.kind !== 'remittance';

/** Stands where a provider's id would, in an entry about money that was paid on. No provider is called so. */
export const REMITTANCE = 'remittance';

/** Stands where a provider's id would, in a correction and in its name. No provider is called so. */
export const CORRECTION = 'correction';

/** The steps that make entries, by the names of their functions. */
export const EntryStep = lazy(() =>
  z.enum(['post-payment', 'counter-api', 'send-refund', 'refunds-api', 'finance-api', 'remittances-api']),
);

/**
 * Who made an entry: the step of this service, and the persons who acted, by the ids in their tokens, in the order in which
 * they did; nobody, where a provider's word sufficed. `reason`: the code that the first of them gave.
 */
export const EntryAct = lazy(() =>
  z.object({ step: EntryStep, persons: z.array(z.string()), reason: z.string().optional() }),
);
export type EntryAct = z.infer<typeof EntryAct>;

/**
 * The immutable record of one movement, made from the outbox: the journal is the ledger. Its key is agency, day of commit
 * (Asia/Ho_Chi_Minh) and shard, then commit time and movement id.
 */
export const JournalEntry = lazy(() =>
  Movement.omit({ evidence: true }).extend({
    kind: JournalKind,
    agencyCode: z.string(),
    /** Absent when the reference named no invoice. */
    invoiceNumber: z.string().optional(),
    dossierCode: z.string().optional(),
    /** SHA-256 of the signed text as received, hex. The text itself stays with the movement. */
    evidenceHash: z.string().regex(/^[0-9a-f]{64}$/),
    /** Day on which the provider counts it, from the provider's own payment time: YYYY-MM-DD in Asia/Ho_Chi_Minh. */
    accountingDate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
    /** Absent from older entries. */
    act: EntryAct.optional(),
    /** Client that made the invoice: a portal sees its own in the feed. */
    madeBy: z.string().optional(),
    /** What the invoice asks for, in dong; absent without an invoice. */
    total: Dong.optional(),
    /** The attempt that its reference names, as the entry was made: not there, in time, or after it had failed or expired. */
    attemptWas: z.enum(['absent', 'live', 'late']).optional(),
    /** What the attempt asked for where that is not the total, in dong. */
    asked: Dong.optional(),
    /** What is due and the state after a part or a reversal. */
    due: Dong.optional(),
    stateAfter: InvoiceState.optional(),
    /** What had gone back of the invoice's own money with this refund, in dong; absent for a refund of surplus. */
    refunded: Dong.optional(),
    /** Tells a payment apart from one before it whose money went back. */
    again: z.string().optional(),
    /** Sequence of the first event about this movement. Not part of what the entry says: see {@link sameEntry}. */
    sequence: z.int().min(1).optional(),
  }),
);
export type JournalEntry = z.infer<typeof JournalEntry>;

/** The members that every version wrote, in one order. */
const AsFirstWritten = lazy(() =>
  JournalEntry.omit({
    act: true,
    madeBy: true,
    total: true,
    attemptWas: true,
    asked: true,
    due: true,
    stateAfter: true,
    refunded: true,
    again: true,
    sequence: true,
  }),
);

/**
 * Whether two entries say the same. The sequence, and what attempt and invoice were, depend on when the movement is looked
 * at, so they do not count; what an older version left out is no contradiction either.
 */
export function sameEntry(one: JournalEntry, other: JournalEntry): boolean {
  const differs = (member: 'act' | 'madeBy' | 'total') =>
    one[member] !== undefined &&
    other[member] !== undefined &&
    JSON.stringify(one[member]) !== JSON.stringify(other[member]);
  if (differs('act') || differs('madeBy') || differs('total')) return false;
  return JSON.stringify(AsFirstWritten.parse(one)) === JSON.stringify(AsFirstWritten.parse(other));
}

/** Where an entry stands in the order of commits. */
export type JournalPosition = { committedAt: Instant; movementId: string };

/** Negative: `one` comes before `other`. The same order as the keys of the journal have. */
export function comparePositions(one: JournalPosition, other: JournalPosition): number {
  if (one.committedAt !== other.committedAt) return one.committedAt - other.committedAt;
  return one.movementId < other.movementId ? -1 : one.movementId > other.movementId ? 1 : 0;
}

/**
 * Appended once. `alreadyThere`: as it stands in the journal, with what depended on when it was looked at. `contradicts`:
 * another content stands under the same key; that alarms and changes nothing.
 */
export type Appended = { kind: 'appended' } | { kind: 'alreadyThere'; entry: JournalEntry } | { kind: 'contradicts' };

/** Port: append only. Whoever appends may put and nothing else, and a put never replaces an entry. */
export interface JournalAppender {
  append(entry: JournalEntry): Promise<Appended>;
}

/** Whether an entry tells what became of money that another one had brought: it went back, or was moved to its invoice. */
export const follows = ({ kind, movementId }: Pick<JournalEntry, 'kind' | 'movementId'>): boolean =>
  kind === 'reversal' || kind === 'refund' || isMoved(MovementId.parse(movementId));

/** Port: reading the journal. */
export interface JournalReader {
  /** All entries that were committed for an agency on a Vietnamese day, in order of commit within each shard. */
  ofDay(query: { agencyCode: string; day: Day }): AsyncIterable<JournalEntry>;
}

/** Port: those few entries of a day that follow from others. */
export interface FollowerReader {
  /** The entries of {@link JournalReader.ofDay} that {@link follows} is true of. */
  followersOfDay(query: { agencyCode: string; day: Day }): AsyncIterable<JournalEntry>;
}

/** Port: the journal in the order of commits, strongly consistent. */
export interface JournalFeed {
  /**
   * Entries of an agency and a day that stand after `after` and were committed at `upTo` or before, oldest first, `limit` at
   * most. Without `after`: from the beginning of the day.
   */
  ofDayAfter(query: {
    agencyCode: string;
    day: Day;
    after?: JournalPosition | undefined;
    upTo: Instant;
    limit: number;
  }): Promise<JournalEntry[]>;
  /** One entry by its place, or `undefined`. */
  at(place: JournalPlace): Promise<JournalEntry | undefined>;
}

/** Port: entries by their places, for proving the books. */
export interface JournalProver {
  /** In the order asked, `undefined` where nothing stands. Throws {@link UnreadableEntry}. */
  allAt(places: readonly JournalPlace[]): Promise<(JournalEntry | undefined)[]>;
}

/** What stands under a key of the journal is no entry of this service. */
export class UnreadableEntry extends Error {
  readonly key: string;
  constructor(key: string, options?: ErrorOptions) {
    super(`no entry can be read at ${key}`, options);
    this.name = 'UnreadableEntry';
    this.key = key;
  }
}

/** All that an entry's key is made of. */
export type JournalPlace = JournalPosition & { agencyCode: string; invoiceNumber?: string | undefined };
