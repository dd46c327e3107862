import { afterAll, beforeAll, describe } from 'vitest';
import { RefundListStore } from '../../shared/store/refund-list-store.ts';
import { MemoryRefundList } from '../fakes/memory-refund-list.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';
import { refundListContract } from './refund-list.contract.ts';

refundListContract('memory', async () => new MemoryRefundList());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  refundListContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new RefundListStore(dynoxide.db, table);
  });
});
