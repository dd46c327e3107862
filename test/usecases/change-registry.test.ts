import { describe, expect, it } from 'vitest';
import { recordKinds } from '../../functions/registry-api/kinds.ts';
import type { ActSubject } from '../../shared/domain/audit/audit.ts';
import { type ProposalId, STUCK_MILLISECONDS } from '../../shared/domain/audit/proposal.ts';
import { terminalSecretName } from '../../shared/domain/registry/registry.ts';
import { secretSeal } from '../../shared/runtime/secret-seal.ts';
import {
  approveProposal,
  type ChangeDependencies,
  changeRecord,
  rejectProposal,
  tagOf,
} from '../../shared/usecases/change-registry.ts';
import { MAX_DAYS_OF_ACTS, readLog } from '../../shared/usecases/read-log.ts';
import { originOf } from '../../shared/usecases/register.ts';
import { through } from '../dsl/crash-matrix.ts';
import { refusalOf } from '../dsl/invoicing.ts';
import { aWorld, callerOf, client, LAND } from '../dsl/world.ts';
import { MemoryAudit } from '../fakes/memory-audit.ts';
import { MemoryBeneficiaries } from '../fakes/memory-beneficiaries.ts';

const person = (name: string) => ({
  ...callerOf(client('operator', { kind: 'operator', agencies: '*' })),
  subject: name,
});
const [ONE, TWO, THREE] = [person('person one'), person('person two'), person('person three')];
const AGENCY = { name: { vi: 'Sở Thử', en: 'Test office' }, active: true };

function aDesk(fourEyes = true) {
  const world = aWorld();
  const audit = new MemoryAudit();
  const dependencies: ChangeDependencies = {
    kinds: recordKinds({
      ...{ registry: world.registry, secrets: world.secrets, now: world.now },
      providers: new Map([['bank-one', { acceptsSecret: (secret: string) => secret.startsWith('key') }]]),
      payable: { has: () => true },
      refuseAddress: async () => undefined,
      beneficiaries: new MemoryBeneficiaries(),
      lists: { banks: [], subItems: [] } as never,
    }),
    ...{ proposals: audit, audit, fourEyes, now: world.now },
    seal: secretSeal(async () => 'k'.repeat(64)),
  };
  const change = (
    subject: ActSubject,
    body: Record<string, unknown>,
    { caller = ONE, key = 'key-one-x', ifMatch }: { caller?: typeof ONE; key?: string; ifMatch?: string } = {},
  ) =>
    changeRecord(
      { subject, body, ifMatch, caller, idempotencyKey: key, origin: originOf(caller, key, subject.id, body) },
      dependencies,
    );
  const propose = async (...asked: Parameters<typeof change>): Promise<ProposalId> => {
    const answer = await change(...asked);
    if (answer.kind !== 'proposed') throw new Error('it was changed at once');
    return answer.proposal.proposalId;
  };
  return { world, audit, dependencies, change, propose, acts: () => audit.acts.map(({ act, by }) => `${act} ${by}`) };
}

const NEW: ActSubject = { kind: 'agencies', id: 'H30' };

describe('a change that takes two persons', () => {
  it('is proposed by one and approved by another, and only then in effect', async () => {
    const { world, dependencies, propose, acts, audit } = aDesk();
    const id = await propose(NEW, AGENCY);
    expect(await world.registry.agency('H30')).toBeUndefined();
    const { proposal } = await approveProposal(id, TWO, dependencies);
    expect(proposal).toMatchObject({ state: 'applied', by: 'person one', decidedBy: 'person two' });
    expect(await world.registry.agency('H30')).toEqual({ code: 'H30', ...AGENCY });
    expect(acts()).toEqual(['proposed person one', 'approved person two', 'applied person two']);
    expect(audit.acts.map(({ before, after }) => [before, after])).toEqual([
      ['none', undefined],
      ['none', undefined],
      ['none', tagOf({ code: 'H30', ...AGENCY })],
    ]);
  });

  it('cannot be approved by whoever proposed it, through whatever client, and the try is written down (scenario 30)', async () => {
    const { world, dependencies, propose, acts } = aDesk();
    const id = await propose(NEW, AGENCY);
    const elsewhere = { ...ONE, clientId: 'another-client' };
    expect(await refusalOf(approveProposal(id, elsewhere, dependencies))).toBe('own_approval');
    expect(await world.registry.agency('H30')).toBeUndefined();
    expect(acts()).toEqual(['proposed person one', 'own_approval person one']);
  });

  it('is decided once; whoever decided hears the same again', async () => {
    const { dependencies, propose, acts } = aDesk();
    const id = await propose(NEW, AGENCY);
    await approveProposal(id, TWO, dependencies);
    expect(await approveProposal(id, TWO, dependencies)).toMatchObject({
      replayed: true,
      proposal: { state: 'applied' },
    });
    expect(await refusalOf(approveProposal(id, THREE, dependencies))).toBe('proposal_not_pending');
    expect(await refusalOf(rejectProposal(id, TWO, dependencies))).toBe('proposal_not_pending');
    expect(acts()).toHaveLength(3);
  });

  it('may be let fall, by the proposer too', async () => {
    const { world, dependencies, propose } = aDesk();
    const id = await propose(NEW, AGENCY);
    expect(await rejectProposal(id, ONE, dependencies)).toMatchObject({
      proposal: { state: 'rejected' },
      replayed: false,
    });
    expect(await rejectProposal(id, ONE, dependencies)).toMatchObject({ replayed: true });
    expect(await refusalOf(approveProposal(id, TWO, dependencies))).toBe('proposal_not_pending');
    expect(await world.registry.agency('H30')).toBeUndefined();
  });

  it('is one proposal however often the call comes; its key for other words is refused (scenarios 20, 21)', async () => {
    const { propose, change, audit } = aDesk();
    const id = await propose(NEW, AGENCY);
    expect(await propose(NEW, AGENCY)).toBe(id);
    expect(await refusalOf(change(NEW, { ...AGENCY, active: false }))).toBe('idempotency_key_reused');
    expect(audit.proposals.size).toBe(1);
  });

  it('is about the record that was there: one that changed meanwhile is another matter', async () => {
    const { world, dependencies, propose } = aDesk();
    const land = (en: string) => ({ name: { vi: 'Đất đai', en }, active: true });
    const first = await propose({ kind: 'agencies', id: LAND }, land('One'), { key: 'key-one-x' });
    const second = await propose({ kind: 'agencies', id: LAND }, land('Two'), { key: 'key-two-x' });
    await approveProposal(second, TWO, dependencies);
    expect(await refusalOf(approveProposal(first, TWO, dependencies))).toBe('version_conflict');
    expect((await world.registry.agency(LAND))?.name.en).toBe('Two');
    expect(await dependencies.proposals.find(first)).toMatchObject({ state: 'failed', reason: 'version_conflict' });
    expect(await refusalOf(approveProposal(first, TWO, dependencies))).toBe('version_conflict');
  });

  it('that cannot be made ends with its reason, and changes nothing', async () => {
    const { dependencies, propose, acts } = aDesk();
    const portal = { kind: 'portal', name: AGENCY.name, agencies: ['H99.99'], returnHosts: [], active: true };
    const id = await propose({ kind: 'clients', id: 'new-portal' }, portal);
    expect(await refusalOf(approveProposal(id, TWO, dependencies))).toBe('unknown_agency');
    expect(acts().at(-1)).toBe('failed person two');
  });

  it('goes on where a killed process left it', async () => {
    const { world, dependencies, propose } = aDesk();
    const id = await propose(NEW, AGENCY);
    const dying = {
      ...dependencies,
      kinds: { agencies: { read: async () => undefined, apply: () => Promise.reject(new Error('killed')) } },
    };
    await expect(approveProposal(id, TWO, dying)).rejects.toThrow('killed');
    expect(await dependencies.proposals.find(id)).toMatchObject({ state: 'approved' });
    expect(await approveProposal(id, TWO, dependencies)).toMatchObject({ proposal: { state: 'applied' } });
    expect(await world.registry.agency('H30')).toBeDefined();
  });

  const left = async () => {
    const desk = aDesk();
    const id = await desk.propose(NEW, AGENCY);
    const dying = {
      ...desk.dependencies,
      kinds: { agencies: { read: async () => undefined, apply: () => Promise.reject(new Error('killed')) } },
    };
    await expect(approveProposal(id, TWO, dying)).rejects.toThrow('killed');
    return { ...desk, id };
  };

  it.each([['a third person', () => THREE] as const, ['the proposer', () => ONE] as const])(
    'that was approved, and left by a killed process, is carried on by %s; the approver stays the approver',
    async (_, who) => {
      const { world, dependencies, id, acts } = await left();
      expect(await approveProposal(id, who(), dependencies)).toMatchObject({ proposal: { decidedBy: 'person two' } });
      expect(await world.registry.agency('H30')).toBeDefined();
      expect(acts().at(-1)).toBe(`applied ${who().subject}`);
      expect(await dependencies.proposals.find(id)).toMatchObject({ state: 'applied', decidedBy: 'person two' });
    },
  );

  it('that was approved, and left by a killed process, may be withdrawn once nobody can be carrying it out', async () => {
    const { world, dependencies, id, acts } = await left();
    world.clock.at += STUCK_MILLISECONDS;
    expect(await refusalOf(rejectProposal(id, THREE, dependencies))).toBe('proposal_not_pending');
    world.clock.at += 1;
    expect(await rejectProposal(id, THREE, dependencies)).toMatchObject({
      proposal: { state: 'failed', reason: 'withdrawn' },
      replayed: false,
    });
    expect(await rejectProposal(id, THREE, dependencies)).toMatchObject({ replayed: true });
    expect(acts().at(-1)).toBe('withdrawn person three');
    for (const who of [ONE, TWO, THREE])
      expect(await refusalOf(approveProposal(id, who, dependencies))).toMatch(/^(own_approval|proposal_not_pending)$/);
    expect(await world.registry.agency('H30')).toBeUndefined();
  });

  it('that is in effect already, and not noted as such, is not withdrawn but carried on', async () => {
    const { world, dependencies, propose } = aDesk();
    const id = await propose(NEW, AGENCY);
    const dying = {
      ...dependencies,
      proposals: through(dependencies.proposals, (name, call) =>
        name === 'finish' ? Promise.reject(new Error('killed')) : call(),
      ),
    };
    await expect(approveProposal(id, TWO, dying)).rejects.toThrow('killed');
    world.clock.at += 2 * STUCK_MILLISECONDS;
    expect(await refusalOf(rejectProposal(id, THREE, dependencies))).toBe('proposal_not_pending');
    expect(await approveProposal(id, THREE, dependencies)).toMatchObject({ proposal: { state: 'applied' } });
  });
});

describe('a key that is changed by two persons', () => {
  const account = {
    ...{ providerId: 'bank-one', agencyCode: LAND, beneficiary: 'fund', terminal: 'ONE-NEW', active: true },
    ...{ accountNumber: '1234567890', bankBin: '970415' },
  };
  const SECRET = 'key-of-the-new-terminal';

  it('stands nowhere to be read until it is approved, and then in the secret store alone', async () => {
    const { world, dependencies, propose, audit } = aDesk();
    const id = await propose({ kind: 'merchant-accounts', id: 'land-new' }, { ...account, secret: SECRET });
    expect(JSON.stringify([[...audit.proposals], audit.acts])).not.toContain(SECRET);
    expect(audit.proposals.get(id)).toMatchObject({ withSecret: true, change: account });
    expect(await world.secrets.read(terminalSecretName('bank-one', 'ONE-NEW'))).toBeUndefined();
    await approveProposal(id, TWO, dependencies);
    expect(await world.secrets.read(terminalSecretName('bank-one', 'ONE-NEW'))).toBe(SECRET);
    expect(audit.proposals.get(id)?.sealed).toBeUndefined();
    expect(JSON.stringify([[...audit.proposals], audit.acts])).not.toContain(SECRET);
  });

  it('opens for its own proposal and no other', async () => {
    const seal = secretSeal(async () => 'k'.repeat(64));
    const id = `chg_${'a'.repeat(22)}` as ProposalId;
    const sealed = await seal.seal(SECRET, id);
    expect(await seal.open(sealed, id)).toBe(SECRET);
    await expect(seal.open(sealed, `chg_${'b'.repeat(22)}`)).rejects.toThrow();
    await expect(secretSeal(async () => 'x'.repeat(64)).open(sealed, id)).rejects.toThrow();
  });
});

describe('switching off', () => {
  it.each([true, false])(
    'takes one person, at once: what is dangerous is stopped (two persons elsewhere: %s)',
    async (fourEyes) => {
      const { world, change, acts } = aDesk(fourEyes);
      const { id, ...portal } = client('portal');
      expect(await change({ kind: 'clients', id }, { ...portal, active: false })).toMatchObject({ kind: 'changed' });
      expect((await world.registry.client('portal'))?.active).toBe(false);
      expect(acts()).toEqual(['asked person one', 'applied person one']);
    },
  );

  it('and anything with it takes two', async () => {
    const { change } = aDesk();
    const { id, ...portal } = client('portal');
    const more = { ...portal, agencies: '*', active: false };
    expect(await change({ kind: 'clients', id }, more)).toMatchObject({ kind: 'proposed' });
    const off = { ...portal, active: false };
    await change({ kind: 'clients', id }, off, { key: 'key-two-x' });
    expect(await change({ kind: 'clients', id }, portal, { key: 'key-three' })).toMatchObject({ kind: 'proposed' });
  });
});

describe('a record that was seen', () => {
  it.each([true, false])('is changed only while it is what was seen (two persons: %s)', async (fourEyes) => {
    const { world, change, audit } = aDesk(fourEyes);
    const seen = tagOf(await world.registry.agency(LAND));
    const land = { kind: 'agencies' as const, id: LAND };
    expect(await refusalOf(change(land, AGENCY, { ifMatch: tagOf('another') }))).toBe('precondition_failed');
    expect(audit.acts).toEqual([]);
    expect(await change(land, AGENCY, { ifMatch: seen })).toMatchObject({ kind: fourEyes ? 'proposed' : 'changed' });
  });
});

describe('the log', () => {
  it('has a word before every change and one after it, also of one that is refused', async () => {
    const { change, acts } = aDesk(false);
    const portal = { kind: 'portal', name: AGENCY.name, agencies: ['H99.99'], returnHosts: [], active: true };
    expect(await refusalOf(change({ kind: 'clients', id: 'new' }, portal))).toBe('unknown_agency');
    expect(acts()).toEqual(['asked person one', 'failed person one']);
  });

  it('is read by day, record and person, page by page, a month at most', async () => {
    const { world, change, audit } = aDesk(false);
    for (const [index, caller] of [ONE, TWO, ONE].entries()) {
      await change({ kind: 'agencies', id: `H3${index}` }, AGENCY, { caller, key: `key-${index}-long` });
      world.clock.at += 86_400_000;
    }
    const range = { from: '2026-11-20', to: '2026-11-23', limit: 100 };
    const read = async (more: object = {}) => (await readLog({ ...range, ...more }, audit, MAX_DAYS_OF_ACTS)).entries;
    expect(await read()).toHaveLength(6);
    expect((await read({ person: 'person two' })).map(({ subject }) => subject.id)).toEqual(['H31', 'H31']);
    expect(await read({ kind: 'agencies', id: 'H32' })).toHaveLength(2);
    expect(await read({ kind: 'clients' })).toEqual([]);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await readLog({ ...range, limit: 2, after }, audit, MAX_DAYS_OF_ACTS);
      seen.push(...page.entries.map(({ act, subject }) => `${act} ${subject.id}`));
      after = page.nextAfter;
    } while (after !== undefined);
    expect(seen).toEqual(['asked H30', 'applied H30', 'asked H31', 'applied H31', 'asked H32', 'applied H32']);
    const wide = (more: object) =>
      refusalOf(readLog({ from: '2026-11-01', to: '2026-12-02', limit: 1, ...more }, audit, MAX_DAYS_OF_ACTS));
    expect(await wide({})).toBe('range_too_wide');
    expect(await wide({ kind: 'agencies' })).toBe('range_too_wide');
    // Of one record or person the term of accounting can be read at once, and a day more cannot.
    const years = await readLog({ ...range, from: '2016-11-17', person: 'person two' }, audit, MAX_DAYS_OF_ACTS);
    expect(years.entries).toHaveLength(2);
    expect(await wide({ from: '2016-11-16', to: '2026-11-24', person: 'person two' })).toBe('range_too_wide');
  });
});
