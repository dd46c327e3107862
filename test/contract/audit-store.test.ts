import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Act, AuditLog } from '../../shared/domain/audit/audit.ts';
import type { Proposal, ProposalBook } from '../../shared/domain/audit/proposal.ts';
import { vietnamDay } from '../../shared/domain/time.ts';
import { AuditStore } from '../../shared/store/audit-store.ts';
import { NOW } from '../dsl/world.ts';
import { MemoryAudit } from '../fakes/memory-audit.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

const act = (name: Act['act'], at = NOW): Act => ({
  ...{ act: name, subject: { kind: 'agencies', id: 'H29.12' }, by: 'person one', clientId: 'operator', at },
});
const proposal = (letter: string, more: Partial<Proposal> = {}): Proposal => ({
  proposalId: `chg_${letter.repeat(22)}`,
  state: 'proposed',
  subject: { kind: 'agencies', id: 'H29.12' },
  change: { name: { vi: 'Sở', en: 'Office' }, active: true },
  sealed: 'sealed',
  withSecret: true,
  before: 'none',
  bodyHash: 'b',
  by: 'person one',
  clientId: 'operator',
  proposedAt: NOW,
  ...more,
});
const A = proposal('a').proposalId;

/** What every audit log with its proposals does, whatever it is made of. */
function auditContract(name: string, make: () => Promise<AuditLog & ProposalBook>): void {
  describe(name, () => {
    const names = async (book: AuditLog) =>
      (await book.ofDay({ day: vietnamDay(NOW), limit: 100 })).entries.map((one) => one.act);

    it('keeps every entry, in the order of instants, page by page, by day', async () => {
      const book = await make();
      for (const at of [NOW + 2, NOW, NOW + 1, NOW + 86_400_000]) await book.append(act('asked', at));
      const first = await book.ofDay({ day: vietnamDay(NOW), limit: 2 });
      expect(first.entries.map(({ at }) => at - NOW)).toEqual([0, 1]);
      const rest = await book.ofDay({ day: vietnamDay(NOW), after: first.next, limit: 2 });
      expect(rest.entries.map(({ at }) => at - NOW)).toEqual([2]);
      expect(rest.next).toBeUndefined();
      await Promise.all(Array.from({ length: 5 }, () => book.append(act('applied', NOW + 3))));
      expect(await names(book)).toHaveLength(8);
    });

    it('makes a proposal once, with its entry', async () => {
      const book = await make();
      expect(await book.propose(proposal('a'), act('proposed'))).toEqual({ kind: 'proposed' });
      const again = await book.propose(proposal('a', { by: 'somebody' }), act('proposed'));
      expect(again).toEqual({ kind: 'exists', proposal: proposal('a') });
      expect(await book.find(A)).toEqual(proposal('a'));
      expect(await book.find(proposal('z').proposalId)).toBeUndefined();
      expect(await names(book)).toEqual(['proposed']);
    });

    it('is approved by another person alone, once, and its secret is gone when it is applied', async () => {
      const book = await make();
      await book.propose(proposal('a'), act('proposed'));
      expect(await book.decide(A, 'approved', 'person one', NOW, act('approved'))).toEqual({
        kind: 'refused',
        current: proposal('a'),
      });
      const decidedAt = NOW + 5;
      const approved = proposal('a', { state: 'approved', decidedBy: 'person two', decidedAt, takenUpAt: decidedAt });
      expect(await book.decide(A, 'approved', 'person two', NOW + 5, act('approved'))).toEqual({
        kind: 'decided',
        proposal: approved,
      });
      expect(await book.decide(A, 'approved', 'person three', NOW, act('approved'))).toEqual({
        kind: 'refused',
        current: approved,
      });
      await book.finish(A, 'applied', undefined, act('applied'));
      await book.finish(A, 'failed', 'late', act('failed'));
      const { sealed: _, ...rest } = approved;
      expect(await book.find(A)).toEqual({ ...rest, state: 'applied' });
      expect(await names(book)).toEqual(['proposed', 'approved', 'applied']);
    });

    it('is rejected by anybody, and its secret is gone', async () => {
      const book = await make();
      await book.propose(proposal('a'), act('proposed'));
      const { sealed: _, ...rest } = proposal('a', { state: 'rejected', decidedBy: 'person one', decidedAt: NOW });
      const decided = await book.decide(A, 'rejected', 'person one', NOW, act('rejected'));
      expect(decided).toEqual({ kind: 'decided', proposal: rest });
      await book.finish(A, 'applied', undefined, act('applied'));
      expect(await book.find(A)).toEqual(rest);
      expect(await book.decide(proposal('z').proposalId, 'rejected', 'x', NOW, act('rejected'))).toEqual({
        kind: 'refused',
        current: undefined,
      });
    });

    it('is taken up again while it is approved, and withdrawn once nobody has taken it up since', async () => {
      const book = await make();
      await book.propose(proposal('a'), act('proposed'));
      expect(await book.takeUp(A, NOW)).toBe(false);
      expect(await book.withdraw(A, NOW + 100, act('withdrawn'))).toBe(false);
      await book.decide(A, 'approved', 'person two', NOW, act('approved'));
      expect(await book.takeUp(A, NOW + 7)).toBe(true);
      expect(await book.withdraw(A, NOW + 7, act('withdrawn'))).toBe(false);
      expect(await book.withdraw(A, NOW + 8, act('withdrawn'))).toBe(true);
      expect(await book.takeUp(A, NOW + 9)).toBe(false);
      const ended = await book.find(A);
      expect(ended).toMatchObject({ state: 'failed', reason: 'withdrawn', takenUpAt: NOW + 7 });
      expect(ended?.sealed).toBeUndefined();
      expect(await names(book)).toEqual(['proposed', 'approved', 'withdrawn']);
    });

    it('lets one of ten decide', async () => {
      const book = await make();
      await book.propose(proposal('a'), act('proposed'));
      const decided = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          book
            .decide(A, index % 2 ? 'approved' : 'rejected', `person ${index + 2}`, NOW, act('approved'))
            .catch(() => ({
              kind: 'conflict',
            })),
        ),
      );
      expect(decided.filter(({ kind }) => kind === 'decided')).toHaveLength(1);
    });

    it('lists those in a state, page by page', async () => {
      const book = await make();
      for (const letter of ['a', 'b', 'c', 'd']) await book.propose(proposal(letter), act('proposed'));
      await book.decide(proposal('b').proposalId, 'rejected', 'x', NOW, act('rejected'));
      const first = await book.inState('proposed', undefined, 2);
      expect(first.proposals.map(({ proposalId }) => proposalId[4])).toEqual(['a', 'c']);
      const rest = await book.inState('proposed', first.next, 2);
      expect(rest.proposals.map(({ proposalId }) => proposalId[4])).toEqual(['d']);
      expect(rest.next).toBeUndefined();
      expect((await book.inState('rejected', undefined, 9)).proposals).toHaveLength(1);
    });
  });
}

describe('an audit log', () => auditContract('in memory', async () => new MemoryAudit()));

describe.skipIf(!dynoxideIsThere)('an audit log on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let count = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  auditContract('DynamoDB', async () => {
    count += 1;
    const table = await createTable(dynoxide.db, `Audit${count}`, { partition: 'p', sort: 's' });
    let words = 0;
    return new AuditStore(dynoxide.db, table, () => {
      words += 1;
      return String(words).padStart(6, '0');
    });
  });
});
