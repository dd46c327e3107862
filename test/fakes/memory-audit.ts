import type { Act, AuditLog, LogName, LogPage } from '../../shared/domain/audit/audit.ts';
import type { Proposal, ProposalBook, ProposalId, ProposalState } from '../../shared/domain/audit/proposal.ts';
import { type Day, type Instant, vietnamDay } from '../../shared/domain/time.ts';

/** The audit log and the proposals in memory, under the conditions of the store. */
export class MemoryAudit implements AuditLog, ProposalBook {
  readonly acts: Act[] = [];
  readonly proposals = new Map<ProposalId, Proposal>();

  async append(act: Act): Promise<void> {
    this.acts.push(structuredClone(act));
  }

  async ofDay({ day, after, limit }: { day: Day; after?: string | undefined; limit: number }) {
    return this.#page((act) => vietnamDay(act.at) === day, after, limit);
  }

  async named(name: LogName, { from, to, after, limit }: LogPage) {
    const isNamed = ({ subject, about = [], by }: Act) =>
      'person' in name
        ? by === name.person
        : [subject, ...about].some(({ kind, id }) => kind === name.subject.kind && id === name.subject.id);
    return this.#page((act) => act.at >= from && act.at < to && isNamed(act), after, limit);
  }

  #page(isWanted: (act: Act) => boolean, after = '', limit: number) {
    const found = this.acts
      .map((act, number) => ({ act, place: `${String(act.at).padStart(13, '0')}#${String(number).padStart(6, '0')}` }))
      .filter(({ act, place }) => isWanted(act) && place > after)
      .sort((one, other) => (one.place < other.place ? -1 : 1));
    const page = found.slice(0, limit);
    return {
      entries: page.map(({ act }) => structuredClone(act)),
      next: found.length > limit ? page.at(-1)?.place : undefined,
    };
  }

  async find(id: ProposalId): Promise<Proposal | undefined> {
    return structuredClone(this.proposals.get(id));
  }

  async propose(proposal: Proposal, act: Act) {
    const there = this.proposals.get(proposal.proposalId);
    if (there) return { kind: 'exists' as const, proposal: structuredClone(there) };
    this.proposals.set(proposal.proposalId, structuredClone(proposal));
    await this.append(act);
    return { kind: 'proposed' as const };
  }

  async decide(id: ProposalId, to: 'approved' | 'rejected', by: string, at: Instant, act: Act) {
    const there = this.proposals.get(id);
    if (there?.state !== 'proposed' || (to === 'approved' && there.by === by))
      return { kind: 'refused' as const, current: structuredClone(there) };
    const taken = to === 'approved' && { takenUpAt: at };
    const decided: Proposal = { ...there, state: to, decidedBy: by, decidedAt: at, ...taken };
    if (to === 'rejected') delete decided.sealed;
    this.proposals.set(id, decided);
    await this.append(act);
    return { kind: 'decided' as const, proposal: structuredClone(decided) };
  }

  async takeUp(id: ProposalId, at: Instant): Promise<boolean> {
    const there = this.proposals.get(id);
    if (there?.state !== 'approved') return false;
    this.proposals.set(id, { ...there, takenUpAt: at });
    return true;
  }

  async withdraw(id: ProposalId, since: Instant, act: Act): Promise<boolean> {
    const there = this.proposals.get(id);
    if (there?.state !== 'approved' || (there.takenUpAt ?? since) >= since) return false;
    const { sealed: _, ...rest } = there;
    this.proposals.set(id, { ...rest, state: 'failed', reason: act.act });
    await this.append(act);
    return true;
  }

  async finish(id: ProposalId, to: 'applied' | 'failed', reason: string | undefined, act: Act): Promise<void> {
    const there = this.proposals.get(id);
    if (there?.state !== 'approved') return;
    const { sealed: _, ...rest } = there;
    this.proposals.set(id, { ...rest, state: to, ...(reason !== undefined && { reason }) });
    await this.append(act);
  }

  async inState(state: ProposalState, after: string | undefined, limit: number) {
    const found = [...this.proposals.values()]
      .filter((one) => one.state === state && (after === undefined || one.proposalId > after))
      .sort((one, other) => (one.proposalId < other.proposalId ? -1 : 1));
    const page = found.slice(0, limit);
    return {
      proposals: structuredClone(page),
      next: page.length < limit ? undefined : page.at(-1)?.proposalId,
    };
  }
}
