import * as z from 'zod';
import { Movement } from '../payment/movement.ts';
import type { Day } from '../time.ts';

/** Journal partitions of one agency and day: enough that a busy agency meets no hot key. */
export const JOURNAL_SHARDS = 8;

/**
 * The immutable record of one movement, made from the outbox: the journal is the ledger. Its key is agency, day of commit
 * (Asia/Ho_Chi_Minh) and shard, then commit time and movement id.
 */
export const JournalEntry = Movement.omit({ evidence: true }).extend({
  agencyCode: z.string(),
  /** Absent when the reference named no invoice. */
  invoiceNumber: z.string().optional(),
  dossierCode: z.string().optional(),
  /** SHA-256 of the signed text as received, hex. The text itself stays with the movement. */
  evidenceHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Day on which the provider counts it, from the provider's own payment time: YYYY-MM-DD in Asia/Ho_Chi_Minh. */
  accountingDate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

/** Port: append only. Whoever appends may put and nothing else, and a put never replaces an entry. */
export interface JournalAppender {
  /** Appends once. `contradicts`: another content stands under the same key; that alarms and changes nothing. */
  append(entry: JournalEntry): Promise<'appended' | 'alreadyThere' | 'contradicts'>;
}

/** Port: reading the journal. */
export interface JournalReader {
  /** All entries that were committed for an agency on a Vietnamese day, in order of commit within each shard. */
  ofDay(query: { agencyCode: string; day: Day }): AsyncIterable<JournalEntry>;
}
