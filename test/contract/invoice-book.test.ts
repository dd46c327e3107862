import { afterAll, beforeAll, describe } from 'vitest';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { MemoryInvoices } from '../fakes/memory-invoices.ts';
import { type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';
import { invoiceBookContract } from './invoice-book.contract.ts';
import { createInvoicesTable } from './invoices-table.ts';

invoiceBookContract('memory', async () => new MemoryInvoices());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  invoiceBookContract('DynamoDB', async () => {
    const table = await createInvoicesTable(dynoxide.db, `Invoices${tables++}`);
    return new InvoiceStore(dynoxide.db, table);
  });
});
