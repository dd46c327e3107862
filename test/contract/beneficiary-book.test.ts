import { afterAll, beforeAll, describe } from 'vitest';
import { BeneficiaryStore } from '../../shared/store/beneficiary-store.ts';
import { MemoryBeneficiaries } from '../fakes/memory-beneficiaries.ts';
import { beneficiaryBookContract } from './beneficiary-book.contract.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

beneficiaryBookContract('memory', async () => new MemoryBeneficiaries());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  beneficiaryBookContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new BeneficiaryStore(dynoxide.db, table);
  });
});
