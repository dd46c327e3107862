import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DynamoDBDocumentClient, TransactionCanceledException } from '../../shared/aws/dynamodb.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import {
  contentKey,
  firstHead,
  type Looked,
  NOTHING_LOOKED_AT,
  orderId,
  type Remittance,
  type RemittanceBook,
  type RemittanceHead,
  remittanceId,
} from '../../shared/domain/remittance/remittance.ts';
import { RemittanceStore } from '../../shared/store/remittance-store.ts';
import { MemoryRemittances } from '../fakes/memory-remittances.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

const BOOK = accountBook('970415', '1234567890');
const SHA = 'a'.repeat(64);

const aRemittance = (sequence: number, more: Partial<Remittance> = {}): Remittance => ({
  ...{ remittanceId: remittanceId(BOOK, sequence), book: BOOK, state: 'proposed', from: '2026-11-20' },
  ...{ through: '2026-11-21', previous: sequence > 1 ? remittanceId(BOOK, sequence - 1) : null, again: [] },
  ...{ received: 90_000, fees: 0, uncovered: 0, unaccounted: 0 },
  orders: [
    {
      ...{ orderId: orderId(`${sequence}234567890abcdef`), how: 'transfer', state: 'waiting', amount: dong(90_000) },
      payee: {
        ...{ agencyCode: 'H29.12', beneficiary: 'main', name: { vi: 'Ngân sách', en: 'Budget' }, taxCode: null },
        ...{ form: 'C1-03/NS', accountNumber: '7111', treasury: '0111', treasuryName: 'KBNN mẫu', bankBin: '970436' },
        collectingAuthority: '1054321',
      },
      lines: [
        {
          ...{ chapter: '426', subItem: '2771', area: '26734' },
          ...{ amount: dong(90_000), retained: dong(0), toBudget: dong(90_000) },
        },
      ],
    },
  ],
  left: 0,
  content: { key: contentKey(BOOK, sequence, SHA), sha256: SHA, bytes: 10 },
  ...{ by: 'maker', clientId: 'finance', proposedAt: 1_800_000_000_000, version: 1 },
  calls: [{ keyHash: `key-${sequence}`, bodyHash: 'body' }],
  ...more,
});

const headAfter = (before: RemittanceHead, { remittanceId: id, through }: Remittance): RemittanceHead => ({
  ...before,
  ...{ sequence: before.sequence + 1, last: id, through, open: id, version: before.version + 1 },
});

async function add(book: RemittanceBook, remittance: Remittance) {
  const before = await book.head(BOOK);
  return book.propose(remittance, { before, after: headAfter(before, remittance) });
}

/** What every book of batches does, whatever it is made of. */
function remittanceBookContract(name: string, fresh: () => Promise<RemittanceBook>): void {
  describe(`batches in ${name}`, () => {
    let book: RemittanceBook;
    beforeEach(async () => {
      book = await fresh();
    });

    it('begin with none', async () => {
      expect(await book.head(BOOK)).toMatchObject({ sequence: 0, last: null, through: null, open: null, version: 0 });
      expect(await book.find(remittanceId(BOOK, 1))).toBeUndefined();
      expect(await book.ofCall(BOOK, 'key-1')).toBeUndefined();
      expect(await book.list({ book: BOOK, limit: 10 })).toEqual([]);
    });

    it('say how far statements were looked through, and never go back', async () => {
      expect(await book.followedTo(BOOK)).toBeNull();
      for (const day of ['2026-11-20', '2026-11-22', '2026-11-21']) await book.markFollowed(BOOK, day);
      expect(await book.followedTo(BOOK)).toBe('2026-11-22');
      expect(await book.list({ book: BOOK, limit: 10 })).toEqual([]);
    });

    it('keep what the clock found, the last word of it', async () => {
      expect(await book.looked(BOOK)).toEqual(NOTHING_LOOKED_AT);
      const run = 'a'.repeat(64);
      const looked: Looked = {
        ...{ sequence: 3, underWay: [1, 3], left: { content: run, byAgency: [] }, atDesk: null },
        days: [{ run, payouts: [{ providerId: 'vnpay', date: '2026-11-20' }], byAgency: [['H29.12', 5]] }],
      };
      await book.keepLooked(BOOK, { ...looked, sequence: 2 });
      await book.keepLooked(BOOK, looked);
      expect(await book.looked(BOOK)).toEqual(looked);
      expect(await book.looked(accountBook('970415', '9999999999'))).toEqual(NOTHING_LOOKED_AT);
      expect(await book.list({ book: BOOK, limit: 10 })).toEqual([]);
    });

    it('are found by id and by call, and listed newest first', async () => {
      for (const sequence of [1, 2, 3]) expect(await add(book, aRemittance(sequence))).toBe('proposed');
      expect(await book.find(remittanceId(BOOK, 2))).toEqual(aRemittance(2));
      expect(await book.ofCall(BOOK, 'key-2')).toBe(remittanceId(BOOK, 2));
      const ids = async (before?: number) =>
        (await book.list({ book: BOOK, before, limit: 2 })).map((one) => one.remittanceId);
      expect(await ids()).toEqual([remittanceId(BOOK, 3), remittanceId(BOOK, 2)]);
      expect(await ids(2)).toEqual([remittanceId(BOOK, 1)]);
      expect(await book.list({ book: accountBook('970415', '9999999999'), limit: 2 })).toEqual([]);
    });

    it('stand behind one head: of those who saw the same, one is added', async () => {
      const before = await book.head(BOOK);
      const wanting = Array.from({ length: 12 }, (_, at) => {
        const remittance = aRemittance(1, { calls: [{ keyHash: `key-${at}`, bodyHash: 'body' }] });
        return book.propose(remittance, { before, after: headAfter(before, remittance) });
      });
      const ended = await Promise.allSettled(wanting);
      expect(ended.filter((one) => one.status === 'fulfilled' && one.value === 'proposed')).toHaveLength(1);
      expect(await book.head(BOOK)).toMatchObject({ sequence: 1, version: 1 });
      expect(await book.list({ book: BOOK, limit: 10 })).toHaveLength(1);
    });

    it('are not added on a head that has moved, and leave nothing then', async () => {
      const stale = await book.head(BOOK);
      await add(book, aRemittance(1));
      const second = aRemittance(2);
      expect(await book.propose(second, { before: stale, after: headAfter(stale, second) })).toBe('overtaken');
      expect(await book.find(second.remittanceId)).toBeUndefined();
      expect(await book.ofCall(BOOK, 'key-2')).toBeUndefined();
    });

    it('change with their head, both or neither, and never by the person who proposed', async () => {
      const before = aRemittance(1);
      const stale = await book.head(BOOK);
      await add(book, before);
      const head = await book.head(BOOK);
      const after = { ...before, state: 'approved' as const, version: 2 };
      const closing = { before: head, after: { ...head, open: null, version: head.version + 1 } };
      expect(await book.change(before, after, { head: closing, notBy: 'maker' })).toBe('overtaken');
      const onStale = { before: { ...stale, version: 9 }, after: closing.after };
      expect(await book.change(before, after, { head: onStale, notBy: 'checker' })).toBe('overtaken');
      expect(await book.find(before.remittanceId)).toEqual(before);
      expect(await book.head(BOOK)).toEqual(head);
      expect(await book.change(before, after, { head: closing, notBy: 'checker' })).toBe('changed');
      expect(await book.change(before, after, { notBy: 'checker' })).toBe('overtaken');
      expect(await book.find(before.remittanceId)).toEqual(after);
      expect(await book.head(BOOK)).toMatchObject({ open: null });
    });
  });
}

remittanceBookContract('memory', async () => new MemoryRemittances());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  remittanceBookContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Remittances${tables++}`, { partition: 'p', sort: 's' });
    return new RemittanceStore(dynoxide.db, table);
  });
});

it('a transaction that another one crosses is overtaken, not failed', async () => {
  const CancellationReasons = [{ Code: 'TransactionConflict' }, { Code: 'None' }, { Code: 'None' }];
  const send = async () => {
    throw new TransactionCanceledException({ message: '', $metadata: {}, CancellationReasons });
  };
  const book = new RemittanceStore({ send } as unknown as DynamoDBDocumentClient, 'work');
  const [before, after] = [aRemittance(1), aRemittance(1, { version: 2 })];
  expect(await book.change(before, after)).toBe('overtaken');
  const head = firstHead(BOOK);
  expect(await book.propose(before, { before: head, after: headAfter(head, before) })).toBe('overtaken');
});
