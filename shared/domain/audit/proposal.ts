import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Instant } from '../time.ts';
import { type Act, ActSubject, RecordTag } from './audit.ts';

/**
 * A change of the registry that one person proposes and another decides. What is decided is decided about the record that
 * was there when it was proposed: one that changed meanwhile is another matter.
 */
export const ProposalId = lazy(() => z.string().regex(/^chg_[A-Za-z0-9_-]{22}$/));
export type ProposalId = z.infer<typeof ProposalId>;

/** `approved`: being applied, or the process that did was killed; whoever approves it then goes on. */
export const ProposalState = lazy(() => z.enum(['proposed', 'approved', 'applied', 'failed', 'rejected']));
export type ProposalState = z.infer<typeof ProposalState>;

export const Proposal = lazy(() =>
  z.object({
    proposalId: ProposalId,
    state: ProposalState,
    subject: ActSubject,
    /** The body of the call, without its secret. */
    change: z.record(z.string(), z.unknown()),
    /** The secret that came with it, sealed; gone once it is decided. */
    sealed: z.string().optional(),
    withSecret: z.boolean(),
    before: RecordTag,
    /** Hash of the call's body: a repeated call is told from a misused key. */
    bodyHash: z.string(),
    /** Persons, by the `sub` of their tokens. */
    by: z.string(),
    clientId: z.string(),
    proposedAt: z.int(),
    decidedBy: z.string().optional(),
    decidedAt: z.int().optional(),
    /** When it was last taken up to be applied. */
    takenUpAt: z.int().optional(),
    reason: z.string().optional(),
  }),
);
export type Proposal = z.infer<typeof Proposal>;

/** Since an approved proposal was taken up so long ago, in milliseconds, no process that did is alive any more. */
export const STUCK_MILLISECONDS = 15 * 60_000;

/** Most proposals that one page has. */
export const MAX_PROPOSALS = 100;

/** Port: proposals. Each write brings its entry in the audit log with it, both or neither. */
export interface ProposalBook {
  find(id: ProposalId): Promise<Proposal | undefined>;
  /** `exists`: the same call came before, and what it made stands there. */
  propose(proposal: Proposal, act: Act): Promise<{ kind: 'proposed' } | { kind: 'exists'; proposal: Proposal }>;
  /**
   * Decides a proposal that is open, by a condition that names both: that it is, and for an approval that somebody else
   * made it. `refused` answers what stands there.
   */
  decide(
    id: ProposalId,
    to: 'approved' | 'rejected',
    by: string,
    at: Instant,
    act: Act,
  ): Promise<{ kind: 'decided'; proposal: Proposal } | { kind: 'refused'; current: Proposal | undefined }>;
  /** Notes that an approved one is taken up again. False: it is approved no more. */
  takeUp(id: ProposalId, at: Instant): Promise<boolean>;
  /** Ends an approved one that nobody has taken up since an instant, and forgets its secret. False: it is none. */
  withdraw(id: ProposalId, since: Instant, act: Act): Promise<boolean>;
  /** Notes what came of an approved one, once, and forgets its secret. */
  finish(id: ProposalId, to: 'applied' | 'failed', reason: string | undefined, act: Act): Promise<void>;
  /** Proposals in a state, in the order of their ids, from after one on. */
  inState(
    state: ProposalState,
    after: string | undefined,
    limit: number,
  ): Promise<{ proposals: Proposal[]; next: string | undefined }>;
}

/** Port: keeps a secret until it is decided about, so that no table holds it. `id`: whose it is; it opens for no other. */
export interface SecretSeal {
  seal(secret: string, id: ProposalId): Promise<string>;
  /** Throws for what was not sealed for this id. */
  open(sealed: string, id: ProposalId): Promise<string>;
}
