import type * as z from 'zod';
import * as api from '../../shared/api/audit.ts';
import type { Proposal, ProposalId } from '../../shared/domain/audit/proposal.ts';
import { notFound } from '../../shared/domain/refusal.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { answering } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import { approveProposal, rejectProposal } from '../../shared/usecases/change-registry.ts';
import { changing } from './dependencies.ts';

export const presentProposal = (proposal: Proposal): z.input<typeof api.ProposalBody> => {
  const { proposalId, state, subject, change, withSecret, before, by, proposedAt, decidedBy, decidedAt, reason } =
    proposal;
  return {
    ...{ proposalId, state, subject, change, withSecret, before },
    proposedBy: by,
    proposedAt: formatInstant(proposedAt),
    decidedBy: decidedBy ?? null,
    decidedAt: decidedAt === undefined ? null : formatInstant(decidedAt),
    reason: reason ?? null,
  };
};

export const auditAnswers = [
  answering(api.listProposals, async ({ query: { state, after, limit } }) => {
    const page = await changing.proposals.inState(state, after, limit);
    return { status: 200, body: { data: page.proposals.map(presentProposal), nextAfter: page.next ?? null } };
  }),

  answering(api.readProposal, async ({ params }) => {
    const proposal = await changing.proposals.find(params.proposalId as ProposalId);
    if (!proposal) throw notFound();
    return { status: 200, body: presentProposal(proposal) };
  }),

  answering(api.approveProposal, async ({ params, caller }) => {
    const { proposal, replayed } = await approveProposal(params.proposalId as ProposalId, caller, changing);
    if (!replayed) log.info('record changed', { what: proposal.subject.kind, id: proposal.subject.id });
    return { status: 200, body: presentProposal(proposal), replayed };
  }),

  answering(api.rejectProposal, async ({ params, caller }) => {
    const { proposal, replayed } = await rejectProposal(params.proposalId as ProposalId, caller, changing);
    return { status: 200, body: presentProposal(proposal), replayed };
  }),
];
