import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Basket, BasketBook } from '../../shared/domain/invoice/basket.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { BasketStore } from '../../shared/store/basket-store.ts';
import { NOW } from '../dsl/world.ts';
import { MemoryBaskets } from '../fakes/memory-baskets.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

const ID = `bsk_${'a'.repeat(24)}`;
const aBasket = (dossierCode: string): Basket => ({
  basketId: ID,
  clientId: 'portal',
  bodyHash: 'b',
  dossierCode,
  numbers: [InvoiceNumber.parse('480213567890')],
  createdAt: NOW,
});

/** What every book of baskets does, whatever it is made of. */
function basketBookContract(name: string, make: () => Promise<BasketBook>): void {
  it(`${name} makes a basket once, and answers what stands there`, async () => {
    const book = await make();
    expect(await book.find(ID)).toBeUndefined();
    expect(await book.create(aBasket('H29.12-1'))).toEqual(aBasket('H29.12-1'));
    expect(await book.create(aBasket('H29.12-2'))).toEqual(aBasket('H29.12-1'));
    expect(await book.find(ID)).toEqual(aBasket('H29.12-1'));
  });
}

describe('a book of baskets', () => basketBookContract('in memory', async () => new MemoryBaskets()));

describe.skipIf(!dynoxideIsThere)('a book of baskets on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  basketBookContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, 'Baskets', { partition: 'p', sort: 's' });
    return new BasketStore(dynoxide.db, table);
  });
});
