import * as z from 'zod';
import { SubjectKind } from '../domain/audit/audit.ts';
import { MAX_PROPOSALS, ProposalId, ProposalState } from '../domain/audit/proposal.ts';
import { lazy } from '../domain/lazy.ts';
import { InstantText, Limit } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Changes of the registry that take two persons. */

const Subject = lazy(() => z.strictObject({ kind: SubjectKind, id: z.string() }));

export const ProposalBody = lazy(() =>
  z.strictObject({
    proposalId: ProposalId,
    /** `approved` is the moment before `applied` or `failed`, or a process was killed in it: approving again carries it on. */
    state: ProposalState,
    subject: Subject,
    /** What the record is to be, without its secret. */
    change: z.record(z.string(), z.unknown()),
    /** A secret came with it: kept sealed until it is decided, and never shown. */
    withSecret: z.boolean(),
    /** Tag of the record that it was proposed for; `none` for a new one. */
    before: z.string(),
    /** Persons, by the `sub` of their tokens. */
    proposedBy: z.string(),
    proposedAt: InstantText,
    decidedBy: z.string().nullable(),
    decidedAt: InstantText.nullable(),
    /** The code of the refusal that ended it. */
    reason: z.string().nullable(),
  }),
);

const Params = lazy(() =>
  z.strictObject({ proposalId: ProposalId.meta({ examples: ['chg_Q2FzaEF0VGhlRGVza09uZQ'] }) }),
);

export const listProposals = endpoint({
  method: 'GET',
  path: '/v1/proposals',
  summary: 'List proposed changes of the registry by state; without one, those that wait for another person',
  scope: 'operations:write',
  query: lazy(() =>
    z.strictObject({ state: ProposalState.default('proposed'), after: ProposalId.optional(), limit: Limit }),
  ),
  answers: {
    200: lazy(() =>
      z.strictObject({ data: z.array(ProposalBody).max(MAX_PROPOSALS), nextAfter: z.string().nullable() }),
    ),
  },
});

export const readProposal = endpoint({
  method: 'GET',
  path: '/v1/proposals/{proposalId}',
  summary: 'Read a proposed change',
  scope: 'operations:write',
  params: Params,
  answers: { 200: ProposalBody },
});

export const approveProposal = endpoint({
  method: 'POST',
  path: '/v1/proposals/{proposalId}/approve',
  summary: 'Approve what another person proposed, or carry on what was approved: it is in effect with the answer',
  scope: 'operations:write',
  unlogged: 'kept',
  params: Params,
  idempotent: true,
  answers: { 200: ProposalBody },
  problems: [
    'own_approval',
    'proposal_not_pending',
    'version_conflict',
    'unprocessable',
    'unknown_agency',
    'unknown_provider',
    'account_taken',
    'receipts_registered',
    'secret_missing',
    'secret_malformed',
    'terminal_shared',
    'webhook_address_refused',
    'published_immutable',
  ],
});

export const rejectProposal = endpoint({
  method: 'POST',
  path: '/v1/proposals/{proposalId}/reject',
  summary: 'Let a proposed change fall, or one that was approved and left by a killed process',
  scope: 'operations:write',
  unlogged: 'kept',
  params: Params,
  idempotent: true,
  answers: { 200: ProposalBody },
  problems: ['proposal_not_pending'],
});

export const auditApi = [listProposals, readProposal, approveProposal, rejectProposal] as const;
