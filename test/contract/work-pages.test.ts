import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PutCommand } from '../../shared/aws/dynamodb.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import type { Exception, ExceptionBook } from '../../shared/domain/reconciliation/exception.ts';
import type { WorkPages } from '../../shared/domain/reconciliation/ports.ts';
import { WorkScan } from '../../shared/store/work-pages.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { MemoryWork } from '../fakes/memory-work.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

const exceptionOf = (number: number, agencyCode = 'H29.12'): Exception => ({
  exceptionId: `exc_${String(number).padStart(24, '0')}`,
  category: 'AMOUNT_OVER',
  state: 'OPEN',
  source: 'posting',
  agencyCode,
  providerId: 'vnpay',
  transactionId: `T${number}`,
  businessDate: '2026-11-20',
  openedAt: 1_795_000_000_000,
  ours: dong(1000),
  theirs: null,
});

type Lists = { book: Pick<ExceptionBook, 'open'>; pages: WorkPages };

function workPagesContract(name: string, fresh: () => Promise<Lists>): void {
  describe(`the work list as it lies in ${name}`, () => {
    it('is read whole, an agency at a time, page by page', async () => {
      const { book, pages } = await fresh();
      const numbers = Array.from({ length: 205 }, (_, number) => number);
      for (const number of numbers) await book.open(exceptionOf(number));
      await book.open(exceptionOf(1, 'H29.13'));
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await pages.page({ agencyCode: 'H29.12', after });
        found.push(...page.items.map(({ exception }) => exception?.transactionId ?? 'unreadable'));
        after = page.after;
      } while (after !== undefined);
      expect(found).toEqual(numbers.map((number) => `T${number}`));
    });

    it('answers what lies at some places in the order asked, and nothing where nothing lies', async () => {
      const { book, pages } = await fresh();
      for (const number of [1, 2]) await book.open(exceptionOf(number));
      const found = await pages.at([3, 2, 1, 2].map((number) => exceptionOf(number)));
      expect(found.map((one) => one?.exception?.transactionId)).toEqual([undefined, 'T2', 'T1', 'T2']);
      expect(found[1]?.key).toBe(`exception#H29.12 2026-11-20#${exceptionOf(2).exceptionId}`);
    });
  });
}

workPagesContract('memory', async () => {
  const book = new MemoryWork();
  return { book, pages: book.pages };
});

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  async function fresh() {
    const table = await createTable(dynoxide.db, `WorkPages${tables++}`, { partition: 'p', sort: 's' });
    return { table, book: new WorkStore(dynoxide.db, table), pages: new WorkScan(dynoxide.db, table) };
  }

  workPagesContract('DynamoDB', fresh);

  it('an item that no version wrote so, or under a key that is not its own, is said to be unreadable', async () => {
    const { table, pages } = await fresh();
    const [one, other] = [exceptionOf(1), exceptionOf(2)];
    const keyOf = ({ exceptionId }: Exception) => ({ p: 'exception#H29.12', s: `2026-11-20#${exceptionId}` });
    for (const Item of [
      { ...keyOf(one), r: { ...one, category: 'NONE' } },
      { ...keyOf(other), r: one },
    ])
      await dynoxide.db.send(new PutCommand({ TableName: table, Item }));
    const { items } = await pages.page({ agencyCode: 'H29.12' });
    expect(items.map(({ exception }) => exception)).toEqual([undefined, undefined]);
    expect((await pages.at([one, other])).map((found) => found?.exception)).toEqual([undefined, undefined]);
  });
});
