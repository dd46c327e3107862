import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SandboxBookStore, type SandboxBooks } from '../../shared/store/sandbox-books.ts';
import { MemorySandboxBooks } from '../fakes/memory-sandbox-books.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

const paid = {
  terminal: 'SANDBOX1',
  orderRef: '480213567890017',
  txnId: 'SB1',
  amount: 100,
  currency: 'VND',
  result: 'OK' as const,
  paidAt: '2026-11-22T09:14:04+07:00',
};

function sandboxBooksContract(name: string, make: () => Promise<SandboxBooks>): void {
  describe(`the sandbox bank’s books: ${name}`, () => {
    let books: SandboxBooks;
    beforeEach(async () => {
      books = await make();
    });
    const refund = (refundReference: string, amount: number, txnId = 'SB1') =>
      books.refund({ terminal: paid.terminal, orderRef: paid.orderRef, txnId, refundReference, amount });

    it('remember what was entered, by terminal and order', async () => {
      const second = { ...paid, txnId: 'SB2', result: 'DECLINED' as const };
      await books.enter(paid);
      await books.enter(second);
      await books.enter({ ...paid, orderRef: '480213567890025' });
      const found = await books.ofOrder(paid.terminal, paid.orderRef);
      expect(found.toSorted((one, other) => (one.txnId < other.txnId ? -1 : 1))).toEqual([paid, second]);
      expect(await books.ofOrder('SANDBOX2', paid.orderRef)).toEqual([]);
    });

    it('refund once for each reference, however often it is sent', async () => {
      await books.enter(paid);
      expect(await Promise.all(Array.from({ length: 5 }, () => refund('1', 60)))).toEqual(Array(5).fill(true));
      expect(await refund('1', 50), 'the same reference over another amount').toBe(false);
      expect(await refund('2', 40)).toBe(true);
      expect(await refund('3', 1)).toBe(false);
    });

    it('never refund more than was paid: of 20 racing refunds of 30 on 100 three win (scenario 27)', async () => {
      await books.enter(paid);
      const race = await Promise.all(Array.from({ length: 20 }, (_, index) => refund(String(index), 30)));
      expect(race.filter(Boolean)).toHaveLength(3);
    });

    it('refund nothing of what was not paid', async () => {
      await books.enter({ ...paid, result: 'DECLINED' });
      expect(await refund('1', 1)).toBe(false);
      expect(await refund('1', 1, 'SB9')).toBe(false);
    });
  });
}

sandboxBooksContract('memory', async () => new MemorySandboxBooks());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  sandboxBooksContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new SandboxBookStore(dynoxide.db, table);
  });
});
