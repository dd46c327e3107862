import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordKinds } from '../../functions/registry-api/kinds.ts';
import { DeleteCommand, PutCommand, ScanCommand } from '../../shared/aws/dynamodb.ts';
import type { ActSubject } from '../../shared/domain/audit/audit.ts';
import { DAY_MILLISECONDS, vietnamDay } from '../../shared/domain/time.ts';
import { secretSeal } from '../../shared/runtime/secret-seal.ts';
import { RegistryScan } from '../../shared/store/registry-pages.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { approveProposal, type ChangeDependencies, changeRecord } from '../../shared/usecases/change-registry.ts';
import { proveRegistry } from '../../shared/usecases/prove-registry.ts';
import { originOf } from '../../shared/usecases/register.ts';
import { type Finding, proveRegistryPiece } from '../../shared/usecases/repair.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from '../contract/dynoxide.ts';
import { aWorld, callerOf, client, NOW } from '../dsl/world.ts';
import { MemoryAudit } from '../fakes/memory-audit.ts';
import { MemoryBeneficiaries } from '../fakes/memory-beneficiaries.ts';

/** A registry that two persons made, in its table, and what a hand there leaves. */

type Row = Record<string, unknown> & { p: string; s: string; r: Record<string, unknown> };

const person = (name: string) => ({
  ...callerOf(client('operator', { kind: 'operator', agencies: '*' })),
  subject: name,
});
const [ONE, TWO] = [person('person one'), person('person two')];
const AGENCY = { name: { vi: 'Sở Thử', en: 'Test office' }, active: true };
const PORTAL = { kind: 'portal', name: AGENCY.name, agencies: ['H99'], returnHosts: [], active: true };
const ACCOUNT = {
  ...{ providerId: 'bank-one', agencyCode: 'H99', beneficiary: 'main', terminal: 'T1', active: true },
  ...{ accountNumber: '120010000001', bankBin: '970436' },
};
const KEY = 'key-of-the-terminal';

describe.skipIf(!dynoxideIsThere)('the registry', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  async function registered() {
    const table = await createTable(dynoxide.db, `Registry${tables++}`, { partition: 'p', sort: 's' });
    const world = aWorld();
    const [registry, audit] = [new RegistryStore(dynoxide.db, table), new MemoryAudit()];
    const kinds = recordKinds({
      ...{ registry, secrets: world.secrets, now: world.now },
      providers: new Map([['bank-one', { acceptsSecret: () => true }]]),
      payable: { has: () => true },
      refuseAddress: async () => undefined,
      beneficiaries: new MemoryBeneficiaries(),
      lists: { banks: [], subItems: [] } as never,
    });
    const dependencies: ChangeDependencies = {
      ...{ kinds, proposals: audit, audit, fourEyes: true, now: world.now },
      seal: secretSeal(async () => 'k'.repeat(64)),
    };
    let calls = 0;
    const change = async (kind: ActSubject['kind'], id: string, body: Record<string, unknown>, approver = TWO) => {
      const [subject, key] = [{ kind, id }, `call-${calls++}-long`];
      const origin = originOf(ONE, key, id, body);
      const asked = await changeRecord({ subject, body, caller: ONE, idempotencyKey: key, origin }, dependencies);
      world.clock.at += 1_000;
      if (asked.kind === 'proposed') await approveProposal(asked.proposal.proposalId, approver, dependencies);
      world.clock.at += 1_000;
    };
    await change('agencies', 'H99', AGENCY);
    await change('clients', 'portal-one', PORTAL);
    await change('merchant-accounts', 'one', { ...ACCOUNT, secret: KEY });
    await change('merchant-accounts', 'one', { ...ACCOUNT, terminal: 'T2', secret: KEY });
    await change('clients', 'portal-one', { ...PORTAL, active: false });

    const rows = async (): Promise<Row[]> =>
      (await dynoxide.db.send(new ScanCommand({ TableName: table, ConsistentRead: true }))).Items as Row[];
    const row = async (p: string, s?: string): Promise<Row> => {
      const found = (await rows()).find((one) => one.p === p && (s === undefined || one.s === s));
      if (!found) throw new Error(`no ${p}`);
      return found;
    };
    const put = (Item: Row) => dynoxide.db.send(new PutCommand({ TableName: table, Item }));
    const remove = ({ p, s }: Row) => dynoxide.db.send(new DeleteCommand({ TableName: table, Key: { p, s } }));
    const proving = { rows: new RegistryScan(dynoxide.db, table), registry, log: audit, now: world.now };
    return {
      ...{ world, audit, row, put, remove, change },
      verify: async () => (await proveRegistry(vietnamDay(NOW), proving)).breach,
      nightly: async () => {
        const found: Finding[] = [];
        await proveRegistryPiece(
          { kind: 'registry' },
          { ...proving, exceptions: world.work, found: (one) => found.push(one) },
        );
        return found.map(({ kind, key }) => `${kind} ${key}`);
      },
    };
  }

  it('is what the logbook knows of it where nobody touched it', async () => {
    const { verify, nightly } = await registered();
    expect(await verify()).toBeUndefined();
    expect(await nightly()).toEqual([]);
  });

  it.each<[string, string, (r: Record<string, unknown>) => Record<string, unknown>, string]>([
    ['an account number', 'account', (r) => ({ ...r, accountNumber: '120019999999' }), 'registry_altered account one'],
    [
      'a terminal, and its secret with it',
      'account',
      (r) => ({ ...r, terminal: 'T3' }),
      'registry_altered account one',
    ],
    ['an account that was switched off', 'account', (r) => ({ ...r, active: false }), 'registry_altered account one'],
    [
      'who is paid',
      'payee#bank-one',
      (r) => ({ ...r, accountNumber: '1200199' }),
      'registry_altered payee#bank-one H99#main',
    ],
    [
      'where it was',
      'terminal#bank-one',
      (r) => ({ ...r, agencyCode: 'H98' }),
      'registry_altered terminal#bank-one T1#one',
    ],
    ['what a portal may', 'client', (r) => ({ ...r, agencies: '*' }), 'registry_altered client portal-one'],
    ['a client that was switched off', 'client', (r) => ({ ...r, active: true }), 'registry_altered client portal-one'],
    ['an agency’s choices', 'agency', (r) => ({ ...r, policy: { late: 'accept' } }), 'registry_altered agency H99'],
    ['a record under another’s key', 'agency', (r) => ({ ...r, code: 'H98' }), 'registry_unreadable agency H99'],
  ])('%s that was edited is named, at night and on demand', async (_, p, edit, said) => {
    const { row, put, verify, nightly, world } = await registered();
    const there = await row(p);
    await put({ ...there, r: edit(there.r) });
    const [kind] = said.split(' ');
    expect((await verify())?.kind).toBe(kind);
    expect(await nightly()).toContain(said);
    await nightly();
    const opened = world.work.contents().exceptions.filter(({ transactionId }) => said.endsWith(transactionId));
    expect(opened.map(({ category }) => category)).toEqual(['BOOKS_ALTERED']);
    await put(there);
    expect(await verify()).toBeUndefined();
  });

  it('knows an account that is paid out to other bank accounts, whoever said since when', async () => {
    const { world, audit, row, put, verify, nightly, change } = await registered();
    const there = { ...ACCOUNT, terminal: 'T2', paidOnFrom: '2026-01-01' };
    await change('merchant-accounts', 'one', there);
    await change('merchant-accounts', 'one', { ...there, accountNumber: '120010000002' });
    const { paidOnFrom, ...older } = there;
    await change('merchant-accounts', 'one', { ...older, accountNumber: '120010000003' });
    expect(await verify()).toBeUndefined();
    expect(await nightly()).toEqual([]);
    const kept = await row('account');
    for (const given of [{ accountSince: '2026-01-02' }, { paidOnFrom: '2026-01-02' }]) {
      await put({ ...kept, r: { ...kept.r, ...given } });
      expect(await verify()).toMatchObject({ kind: 'registry_altered' });
    }
    await put(kept);
    // A day that was said before is none for the bank account of now; and who knows of no day switches off alone.
    world.clock.at += DAY_MILLISECONDS;
    const said = { ...there, accountNumber: '120010000002', accountSince: vietnamDay(NOW) };
    await change('merchant-accounts', 'one', said);
    expect((await row('account')).r).toMatchObject({ accountSince: vietnamDay(world.clock.at) });
    expect(await verify()).toBeUndefined();
    const { paidOnFrom: _, ...unsaid } = { ...there, accountNumber: '120010000002', active: false };
    await change('merchant-accounts', 'one', unsaid);
    expect(audit.acts.at(-2)).toMatchObject({ act: 'asked' });
    expect(await verify()).toBeUndefined();
    // Killed before its last word; and then another change.
    audit.acts.pop();
    expect(await verify()).toBeUndefined();
    await change('merchant-accounts', 'one', { ...there, accountNumber: '120010000004' });
    expect(await verify()).toBeUndefined();
    const former = await row('terminal#bank-one', 'T2#one#00000005');
    await put({ ...former, r: { ...former.r, accountNumber: '120019999999' } });
    expect(await nightly()).toEqual(['registry_altered terminal#bank-one T2#one#00000005']);
    await put({ ...former, s: 'T2#one#4' });
    expect(await nightly()).toContain('registry_unreadable terminal#bank-one T2#one#4');
  });

  it.each(['agency', 'client', 'account', 'payee#bank-one'])('%s that was taken out is named', async (p) => {
    const { row, remove, verify, nightly } = await registered();
    await remove(await row(p));
    expect((await verify())?.kind).toBe('registry_missing');
    // Nothing in the table leads to a client.
    if (p !== 'client') expect((await nightly())[0]).toMatch(/^registry_missing /);
  });

  it('a record that nobody registered is named', async () => {
    const { row, put, verify, nightly } = await registered();
    const there = await row('client');
    await put({ ...there, s: 'portal-two', r: { ...there.r, id: 'portal-two', agencies: '*' } });
    expect(await verify()).toMatchObject({ kind: 'registry_undecided', key: 'client portal-two' });
    expect(await nightly()).toEqual(['registry_undecided client portal-two']);
  });

  it('one person alone in the logbook, or a proposal that was edited before it was approved, is named', async () => {
    const { audit, verify } = await registered();
    const acts = audit.acts.slice();
    for (const act of audit.acts) if (act.act === 'approved' && act.subject.kind === 'agencies') act.by = ONE.subject;
    expect(await verify()).toMatchObject({ kind: 'registry_undecided', key: 'agency H99' });
    audit.acts.splice(0, Number.POSITIVE_INFINITY, ...acts.map((act) => structuredClone(act)));
    for (const act of audit.acts) if (act.act === 'approved') act.by = TWO.subject;
    expect(await verify()).toBeUndefined();
    for (const act of audit.acts)
      if (act.act === 'proposed' && act.subject.kind === 'merchant-accounts')
        act.change = { ...ACCOUNT, accountNumber: '120018888888' };
    expect(await verify()).toMatchObject({ kind: 'registry_undecided', key: 'account one' });
  });

  it('a change whose process was killed before its last word is believed, and one that was refused is not', async () => {
    const { audit, verify, change, row, put } = await registered();
    const renamed = { ...AGENCY, name: { vi: 'Sở Khác', en: 'Another office' } };
    await change('agencies', 'H99', renamed);
    audit.acts.pop();
    expect(await verify()).toBeUndefined();
    const there = await row('agency');
    await put({ ...there, r: { ...there.r, active: false } });
    expect((await verify())?.kind).toBe('registry_altered');
    audit.acts.push({ ...(audit.acts.at(-1) as (typeof audit.acts)[number]), act: 'failed' });
    await put(there);
    expect((await verify())?.kind).toBe('registry_altered');
  });

  it('two changes at once are believed in whichever order they were written, until a third one', async () => {
    const { audit, verify, change, row, put } = await registered();
    const named = (vi: string) => ({ ...AGENCY, name: { vi, en: 'Another office' } });
    const from = audit.acts.length;
    const agencies = [];
    for (const vi of ['Sở Hai', 'Sở Ba']) {
      await change('agencies', 'H99', named(vi));
      agencies.push(await row('agency'));
    }
    const acts = audit.acts.splice(from);
    const inOrder = (...places: number[]) => {
      const instants = acts.map(({ at }) => at).sort();
      audit.acts.length = from;
      audit.acts.push(
        ...places.map((place, at) => ({ ...(acts[place] as (typeof acts)[number]), at: instants[at] ?? 0 })),
      );
    };
    // Proposed, approved, applied; and the same of the second.
    for (const places of [
      [0, 1, 3, 4, 2, 5],
      [0, 1, 3, 4, 5, 2],
      [0, 3, 4, 1, 2, 5],
      [0, 3, 4, 1, 5, 2],
    ]) {
      inOrder(...places);
      for (const agency of agencies) {
        await put(agency);
        expect(await verify(), places.join()).toBeUndefined();
      }
    }
    await change('agencies', 'H99', named('Sở Bốn'));
    expect(await verify()).toBeUndefined();
    for (const agency of agencies) {
      await put(agency);
      expect(await verify()).toMatchObject({ kind: 'registry_altered' });
    }
  });

  it('a change by a clock that goes before the auditor’s is known', async () => {
    const { world, verify, change } = await registered();
    world.clock.at += 60_000;
    await change('agencies', 'H99', { ...AGENCY, name: { vi: 'Sở Khác', en: 'Another office' } });
    world.clock.at -= 60_000;
    expect(await verify()).toBeUndefined();
  });

  it('a change that was killed is believed though the same person’s next one was refused', async () => {
    const { audit, verify, change, row, put } = await registered();
    await change('clients', 'portal-one', PORTAL);
    const active = await row('client');
    await change('clients', 'portal-one', { ...PORTAL, active: false });
    const [asked, applied] = audit.acts.slice(-2);
    if (asked?.act !== 'asked' || !applied) throw new Error('it was not one person');
    audit.acts.pop();
    const refused = { ...asked, change: { ...PORTAL, active: false, agencies: ['H98'] } };
    audit.acts.push({ ...refused, at: applied.at }, { ...refused, act: 'failed', at: applied.at + 1 });
    expect(await verify()).toBeUndefined();
    await put({ ...active, r: { ...active.r, agencies: ['H98'], active: false } });
    expect(await verify()).toMatchObject({ kind: 'registry_altered' });
  });
});
