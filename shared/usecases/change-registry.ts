import type { Act, ActSubject, AuditLog, RecordTag } from '../domain/audit/audit.ts';
import {
  type Proposal,
  type ProposalBook,
  ProposalId,
  type SecretSeal,
  STUCK_MILLISECONDS,
} from '../domain/audit/proposal.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { keyReused, notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { ChangeOrigin } from '../domain/registry/origin.ts';
import { STAYS_UNSAID } from '../domain/registry/registry.ts';
import type { Instant } from '../domain/time.ts';
import { bodyHash, keyedText, sha256 } from './hashing.ts';

/** Characters of a tag. */
const TAG_CHARACTERS = 22;

/** What a record's content is called. The same content has the same tag. */
export const tagOf = (record: unknown): RecordTag =>
  record === undefined
    ? 'none'
    : Buffer.from(sha256(canonicalJson(record)), 'hex')
        .toString('base64url')
        .slice(0, TAG_CHARACTERS);

/** How a kind of record is read and changed. Applying the same call again changes nothing. */
export type RecordKind = {
  /** What stands there now, without secrets. */
  read(id: string): Promise<unknown>;
  /**
   * Makes the change, only if `fits` says of the record that stands there that it may: `version_conflict` otherwise.
   * Refuses as the call itself would.
   */
  apply(
    id: string,
    change: Record<string, unknown>,
    secret: string | undefined,
    origin: ChangeOrigin,
    fits: (before: unknown) => boolean,
  ): Promise<{ record: unknown; replayed: boolean }>;
};

export type ChangeDependencies = {
  kinds: Readonly<Partial<Record<ActSubject['kind'], RecordKind>>>;
  proposals: ProposalBook;
  audit: AuditLog;
  seal: SecretSeal;
  /** Whether it takes two persons on this stage. */
  fourEyes: boolean;
  now: () => Instant;
};

export type ChangeCall = {
  subject: ActSubject;
  body: Record<string, unknown>;
  /** The tag of the record that the caller has seen; absent: whatever stands there. */
  ifMatch?: string | undefined;
  caller: Caller;
  idempotencyKey: string;
  origin: ChangeOrigin;
};

export type ChangeAnswer =
  | { kind: 'changed'; record: unknown; replayed: boolean }
  | { kind: 'proposed'; proposal: Proposal; replayed: boolean };

/**
 * One call to change a record. Where two persons are wanted it becomes a proposal, unless it only switches the record off:
 * what is dangerous is stopped at once, by one person. Refusals: precondition_failed, idempotency_key_reused, and those of
 * the change itself.
 */
export async function changeRecord(call: ChangeCall, dependencies: ChangeDependencies): Promise<ChangeAnswer> {
  const { kinds, proposals, audit, fourEyes } = dependencies;
  const { subject, caller, idempotencyKey } = call;
  const kind = kindOf(subject, kinds);
  const { secret, ...change } = call.body as { secret?: string };
  const proposalId = ProposalId.parse(
    `chg_${keyedText(idempotencyKey, 'proposal', caller.clientId, subject.kind, subject.id)}`,
  );
  const known = await proposals.find(proposalId);
  if (known) return repeated(known, call);

  const current = await kind.read(subject.id);
  if (!fitting(call.ifMatch)(current)) throw new Refusal('precondition_failed');
  const before = tagOf(current);
  const act = actOf(call, dependencies.now(), { before, change, ...(secret !== undefined && { withSecret: true }) });
  if (!fourEyes || onlySwitchesOff(current, change, secret)) {
    await audit.append({ ...act, act: 'asked' });
    const done = await kind
      .apply(subject.id, change, secret, call.origin, fitting(call.ifMatch))
      .catch(async (error) => {
        if (error instanceof Refusal)
          await audit.append({ ...act, act: 'failed', at: dependencies.now(), reason: error.code });
        throw error;
      });
    // Also of a call that comes again: the process that made the change may have been killed before this word.
    await audit.append({ ...act, act: 'applied', at: dependencies.now(), after: tagOf(done.record) });
    return { kind: 'changed', ...done };
  }
  const proposal: Proposal = {
    proposalId,
    state: 'proposed',
    subject,
    change,
    ...(secret !== undefined && { sealed: await dependencies.seal.seal(secret, proposalId) }),
    withSecret: secret !== undefined,
    before,
    bodyHash: bodyHash(idempotencyKey, call.body),
    by: caller.subject,
    clientId: caller.clientId,
    proposedAt: act.at,
  };
  const made = await proposals.propose(proposal, { ...act, act: 'proposed', proposalId });
  return made.kind === 'exists' ? repeated(made.proposal, call) : { kind: 'proposed', proposal, replayed: false };
}

function repeated(known: Proposal, { idempotencyKey, body }: ChangeCall): ChangeAnswer {
  if (known.bodyHash !== bodyHash(idempotencyKey, body)) throw keyReused();
  return { kind: 'proposed', proposal: known, replayed: true };
}

/**
 * Another person approves, and the change is made. The write compares the persons. Approved already, it is two persons'
 * will: anybody who may approve, and the proposer, finishes what a killed process left. Refusals: not_found, own_approval, proposal_not_pending, version_conflict (the
 * record is not what it was when this was proposed), and those of the change itself, which end the proposal.
 */
export async function approveProposal(
  id: ProposalId,
  caller: Caller,
  dependencies: ChangeDependencies,
): Promise<{ proposal: Proposal; replayed: boolean }> {
  const { proposals, audit, now } = dependencies;
  const found = await proposals.find(id);
  if (!found) throw notFound();
  const act = { ...decisionOf(found, caller, now()), before: found.before };
  if (found.by === caller.subject && found.state !== 'approved') {
    await audit.append({ ...act, act: 'own_approval' });
    throw new Refusal('own_approval');
  }
  const decided = await proposals.decide(id, 'approved', caller.subject, act.at, { ...act, act: 'approved' });
  if (decided.kind === 'decided')
    return { proposal: await applyApproved(decided.proposal, act, dependencies), replayed: false };
  const { current } = decided;
  if (current?.state === 'approved' && (await proposals.takeUp(id, act.at)))
    return { proposal: await applyApproved(current, act, dependencies), replayed: true };
  const ended = current?.state === 'approved' ? await proposals.find(id) : current;
  if (ended?.decidedBy !== caller.subject || ended.state === 'rejected') throw new Refusal('proposal_not_pending');
  if (ended.state === 'failed') throw failed(ended);
  return { proposal: ended, replayed: true };
}

const failed = ({ reason }: Proposal): Refusal =>
  new Refusal(reason === undefined || reason === WITHDRAWN ? 'proposal_not_pending' : reason);

async function applyApproved(
  proposal: Proposal,
  decision: Omit<Act, 'act'>,
  { kinds, proposals, seal, now }: ChangeDependencies,
): Promise<Proposal> {
  const { proposalId, subject, change, sealed, before } = proposal;
  const secret = sealed === undefined ? undefined : await seal.open(sealed, proposalId);
  const origin = { keyHash: proposalId, bodyHash: proposal.bodyHash };
  try {
    const { record } = await kindOf(subject, kinds).apply(subject.id, change, secret, origin, fitting(before));
    const applied = { ...decision, act: 'applied', at: now(), after: tagOf(record) } as const;
    await proposals.finish(proposalId, 'applied', undefined, applied);
    return { ...proposal, state: 'applied' };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const failed = { ...decision, act: 'failed', at: now(), reason: error.code } as const;
    await proposals.finish(proposalId, 'failed', error.code, failed);
    throw error;
  }
}

const WITHDRAWN = 'withdrawn' satisfies Act['act'];

/**
 * Anybody who may propose lets it fall, the proposer too; also one that is approved and was left by a killed process, if
 * its record is still what it was. One that brings a secret may have replaced it by then: it can only be carried on.
 * Refusals: not_found, proposal_not_pending.
 */
export async function rejectProposal(
  id: ProposalId,
  caller: Caller,
  { kinds, proposals, now }: Pick<ChangeDependencies, 'kinds' | 'proposals' | 'now'>,
): Promise<{ proposal: Proposal; replayed: boolean }> {
  const found = await proposals.find(id);
  if (!found) throw notFound();
  const act = decisionOf(found, caller, now());
  const decided = await proposals.decide(id, 'rejected', caller.subject, act.at, { ...act, act: 'rejected' });
  if (decided.kind === 'decided') return { proposal: decided.proposal, replayed: false };
  const { current } = decided;
  if (current?.state === 'rejected' && current.decidedBy === caller.subject)
    return { proposal: current, replayed: true };
  if (current?.state === 'failed' && current.reason === WITHDRAWN) return { proposal: current, replayed: true };
  const untouched =
    current?.state === 'approved' &&
    !current.withSecret &&
    tagOf(await kindOf(current.subject, kinds).read(current.subject.id)) === current.before;
  if (!untouched || !(await proposals.withdraw(id, now() - STUCK_MILLISECONDS, { ...act, act: WITHDRAWN })))
    throw new Refusal('proposal_not_pending');
  return { proposal: { ...current, state: 'failed', reason: WITHDRAWN }, replayed: false };
}

const decisionOf = ({ proposalId, subject }: Proposal, caller: Caller, at: Instant): Omit<Act, 'act'> => ({
  ...{ subject, proposalId, at },
  by: caller.subject,
  clientId: caller.clientId,
});

const actOf = ({ subject, caller }: ChangeCall, at: Instant, more: Partial<Act>): Omit<Act, 'act'> => ({
  ...{ subject, at },
  by: caller.subject,
  clientId: caller.clientId,
  ...more,
});

/** Whether what stands there is what was seen. */
const fitting =
  (tag: string | undefined) =>
  (before: unknown): boolean =>
    tag === undefined || tagOf(before) === tag;

/** From active to not, and nothing else: it takes something away and gives nothing. */
function onlySwitchesOff(current: unknown, change: Record<string, unknown>, secret: string | undefined): boolean {
  if (secret !== undefined || typeof current !== 'object' || current === null) return false;
  const { active, ...rest } = current as Record<string, unknown>;
  const { active: wanted, ...others } = change;
  const named = Object.fromEntries(Object.entries(rest).filter(([name]) => name in others || !UNSAID.has(name)));
  return active === true && wanted === false && canonicalJson(named) === canonicalJson(others);
}

/** Stand in the path of the call, not in its body, or stay as they are. */
const UNSAID: ReadonlySet<string> = new Set(['code', 'id', ...STAYS_UNSAID]);

function kindOf({ kind }: ActSubject, kinds: ChangeDependencies['kinds']): RecordKind {
  const found = kinds[kind];
  if (!found) throw notFound();
  return found;
}
