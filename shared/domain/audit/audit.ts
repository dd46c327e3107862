import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Day, Instant } from '../time.ts';

/**
 * Who did what, for good. What is about to be changed is written down before it is, so that nothing changes without a word
 * here; that it was is written after. What is so about money stands in the invoice, the refund, the work list: this says
 * who called, and is the state of nothing.
 */

/** Kinds of records that operators keep, as their paths name them. */
export const SubjectKind = lazy(() =>
  z.enum(['agencies', 'clients', 'merchant-accounts', 'dialects', 'beneficiaries', 'webhooks', 'providers']),
);
export type SubjectKind = z.infer<typeof SubjectKind>;

export const ActSubject = lazy(() => z.strictObject({ kind: SubjectKind, id: z.string().min(1).max(120) }));
export type ActSubject = z.infer<typeof ActSubject>;

/** What an entry is about: a record that operators keep, or anything else that a path of the interface names. */
export const LogSubject = lazy(() =>
  z.strictObject({
    kind: z.string().regex(/^[a-z][a-z-]{0,39}$/),
    id: z.string().min(1).max(160),
  }),
);
export type LogSubject = z.infer<typeof LogSubject>;

/**
 * `asked`: a change by one person is about to be made. `proposed`, `approved`, `rejected`: of a change by two. `applied`:
 * it is made. `failed`: it could not be made. `withdrawn`: approved, never made, and taken back. `own_approval`: somebody tried to be both persons.
 */
export const ActName = lazy(() =>
  z.enum(['asked', 'proposed', 'approved', 'rejected', 'applied', 'failed', 'withdrawn', 'own_approval']),
);
export type ActName = z.infer<typeof ActName>;

/** One entry. Persons by the `sub` of their tokens. No secret, and no hash of one, ever stands here. */
export const Act = lazy(() =>
  z.object({
    act: ActName,
    subject: LogSubject,
    /** What else it was about: the invoice of a refund, the exceptions of one decision. */
    about: z.array(LogSubject).optional(),
    by: z.string(),
    clientId: z.string(),
    at: z.int(),
    /** The route by which it was done, and a name that the two entries of one call share. */
    call: z.string().optional(),
    callId: z.string().optional(),
    agencyCode: z.string().optional(),
    /** The same call had come before: nothing happened now. */
    replayed: z.literal(true).optional(),
    proposalId: z.string().optional(),
    /** Tags of the record before and after, where it is known: see {@link RecordTag}. */
    before: z.string().optional(),
    after: z.string().optional(),
    /** What the record is to be, without its secrets. */
    change: z.unknown().optional(),
    /** That a secret came with it. */
    withSecret: z.literal(true).optional(),
    /** Why it failed or was rejected. */
    reason: z.string().optional(),
  }),
);
export type Act = z.infer<typeof Act>;

/** What a record's content is called: 22 characters of its hash; `none` for no record. */
export const RecordTag = lazy(() => z.string().regex(/^(?:none|[A-Za-z0-9_-]{22})$/));
export type RecordTag = z.infer<typeof RecordTag>;

/** Whose entries: of a subject, or of a person by the `sub` of the token. */
export type LogName = { subject: LogSubject } | { person: string };

/** A stretch of time, the end not in it, and how much of it: from after the place where the page before ended. */
export type LogPage = { from: Instant; to: Instant; after?: string | undefined; limit: number };

/** Port: entries in the order of their instants. */
export interface EntryLog<Entry> {
  /** Those about a subject or by a person. */
  named(name: LogName, page: LogPage): Promise<{ entries: Entry[]; next: string | undefined }>;
  /** Those of a Vietnamese day, from after a place on. */
  ofDay(query: {
    day: Day;
    after?: string | undefined;
    limit: number;
  }): Promise<{ entries: Entry[]; next: string | undefined }>;
}

/** Port: entries are added and read, and nothing else. */
export interface AuditLog extends EntryLog<Act> {
  append(act: Act): Promise<void>;
}
