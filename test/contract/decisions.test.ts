import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import type { DecisionBook } from '../../shared/domain/reconciliation/decisions.ts';
import { DecisionStore } from '../../shared/store/decision-store.ts';
import { MemoryDecisions } from '../fakes/memory-decisions.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

const BOOK = accountBook('970415', '1234567890');
const decision = (decisionId: string, ours: string[], theirs: string[]) => ({
  decisionId,
  kind: 'match' as const,
  ours,
  theirs,
});

/** What every book of decisions does, whatever it is made of. */
function decisionsContract(name: string, fresh: () => Promise<DecisionBook>): void {
  describe(`decisions in ${name}`, () => {
    let book: DecisionBook;
    beforeEach(async () => {
      book = await fresh();
    });

    it('stand once, in order, and use each item once', async () => {
      expect(await book.decide(BOOK, decision('b', ['p'], ['l', 'm']))).toBe('decided');
      expect(await book.decide(BOOK, decision('b', ['p'], ['l', 'm']))).toBe('decided');
      expect(await book.decide(BOOK, decision('a', ['q'], ['m']))).toBe('taken');
      expect(await book.decide(BOOK, decision('a', ['q'], ['n']))).toBe('decided');
      expect(await book.of(BOOK)).toEqual([decision('a', ['q'], ['n']), decision('b', ['p'], ['l', 'm'])]);
      expect(await book.of(accountBook('970415', '9999999999'))).toEqual([]);
    });

    it('let go of their items when they are withdrawn, once', async () => {
      await book.decide(BOOK, decision('a', ['p'], ['l']));
      await book.withdraw(BOOK, decision('a', ['p'], ['l']));
      await book.withdraw(BOOK, decision('a', ['p'], ['l']));
      expect(await book.of(BOOK)).toEqual([]);
      expect(await book.decide(BOOK, decision('b', ['p'], ['l']))).toBe('decided');
    });

    it('of twenty who want one item at once, one has it', async () => {
      const wanting = Array.from({ length: 20 }, (_, who) => book.decide(BOOK, decision(`d${who}`, ['p'], [])));
      const ended = await Promise.allSettled(wanting);
      const decided = ended.filter((one) => one.status === 'fulfilled' && one.value === 'decided');
      expect(decided).toHaveLength(1);
      expect(await book.of(BOOK)).toHaveLength(1);
    });
  });
}

decisionsContract('memory', async () => new MemoryDecisions());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  decisionsContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Decisions${tables++}`, { partition: 'p', sort: 's' });
    return new DecisionStore(dynoxide.db, table);
  });
});
