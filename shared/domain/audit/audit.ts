import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Day } from '../time.ts';

/**
 * Who did what to the registry, for good. What is about to be changed is written down before it is, so that nothing
 * changes without a word here; that it was is written after.
 */

/** Kinds of records that operators keep, as their paths name them. */
export const SubjectKind = lazy(() =>
  z.enum(['agencies', 'clients', 'merchant-accounts', 'dialects', 'beneficiaries', 'webhooks', 'providers']),
);
export type SubjectKind = z.infer<typeof SubjectKind>;

export const ActSubject = lazy(() => z.strictObject({ kind: SubjectKind, id: z.string().min(1).max(120) }));
export type ActSubject = z.infer<typeof ActSubject>;

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
    subject: ActSubject,
    by: z.string(),
    clientId: z.string(),
    at: z.int(),
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

/** Port: entries are added and read, and nothing else. */
export interface AuditLog {
  append(act: Act): Promise<void>;
  /** Entries of a Vietnamese day in the order of their instants, from after a place on. */
  ofDay(query: {
    day: Day;
    after?: string | undefined;
    limit: number;
  }): Promise<{ acts: Act[]; next: string | undefined }>;
}
