import { afterAll, beforeAll, describe } from 'vitest';
import { DeliveryStore } from '../../shared/store/delivery-store.ts';
import { MemoryDeliveries } from '../fakes/memory-deliveries.ts';
import { deliveriesContract } from './deliveries.contract.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

deliveriesContract('memory', async () => new MemoryDeliveries());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  deliveriesContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Deliveries${tables++}`, { partition: 'p', sort: 's' });
    return new DeliveryStore(dynoxide.db, table);
  });
});
