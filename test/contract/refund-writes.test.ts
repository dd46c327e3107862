import { afterAll, beforeAll, describe } from 'vitest';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { MemoryInvoices } from '../fakes/memory-invoices.ts';
import { type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';
import { createInvoicesTable } from './invoices-table.ts';
import { refundWritesContract } from './refund-writes.contract.ts';

refundWritesContract('memory', async () => new MemoryInvoices());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  refundWritesContract('DynamoDB', async () => {
    const table = await createInvoicesTable(dynoxide.db, `Invoices${tables++}`);
    return new InvoiceStore(dynoxide.db, table);
  });
});
