import * as z from 'zod';
import { ReversalProposal } from '../domain/invoice/invoice.ts';
import { lazy } from '../domain/lazy.ts';
import { ParkedReversal } from '../domain/payment/movement.ts';

/** Names of movements within their invoice, and what waits with an invoice to be taken back. */

/** A movement's key in the map of its invoice: its id without the prefix that all of them share. */
export const PREFIX = 'mov_';
export const movementKey = (movementId: string): string => movementId.slice(PREFIX.length);

/** A reversal that waits for its money: movement's key, amount, terminal, when reversed and parked, evidence. */
export const ParkedItem = lazy(() =>
  z.object({
    i: z.string(),
    a: z.number(),
    te: z.string(),
    p: z.number(),
    t: z.number(),
    e: z.string(),
  }),
);

/** A proposed reversal: movement's key, state, by whom, why, when, the call's hashes, by whom it was decided. */
export const ProposalItem = lazy(() =>
  z.object({
    i: z.string(),
    s: z.string(),
    b: z.string(),
    r: z.string(),
    t: z.number(),
    h: z.string(),
    bh: z.string(),
    w: z.string().optional(),
  }),
);

export const parkedItem = (parked: ParkedReversal): z.infer<typeof ParkedItem> => ({
  i: movementKey(parked.movementId),
  a: parked.amount,
  te: parked.terminal,
  p: parked.reversedAt,
  t: parked.parkedAt,
  e: parked.evidence,
});

export const parseParked = ({ i, a, te, p, t, e }: z.infer<typeof ParkedItem>): ParkedReversal =>
  ParkedReversal.parse({
    movementId: `${PREFIX}${i}`,
    amount: a,
    terminal: te,
    reversedAt: p,
    parkedAt: t,
    evidence: e,
  });

export const proposalItem = (proposal: ReversalProposal): z.infer<typeof ProposalItem> => ({
  i: movementKey(proposal.movementId),
  s: proposal.state,
  b: proposal.by,
  r: proposal.reason,
  t: proposal.proposedAt,
  h: proposal.keyHash,
  bh: proposal.bodyHash,
  ...(proposal.decidedBy && { w: proposal.decidedBy }),
});

export const parseProposal = ({ i, s, b, r, t, h, bh, w }: z.infer<typeof ProposalItem>): ReversalProposal =>
  ReversalProposal.parse({
    movementId: `${PREFIX}${i}`,
    state: s,
    by: b,
    reason: r,
    proposedAt: t,
    keyHash: h,
    bodyHash: bh,
    ...(w && { decidedBy: w }),
  });
