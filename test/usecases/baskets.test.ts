import { describe, expect, it } from 'vitest';
import { basketFigures } from '../../shared/domain/invoice/basket.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { createBasket, readBasket } from '../../shared/usecases/baskets.ts';
import { refusalOf } from '../dsl/invoicing.ts';
import { aWorld, callerOf, client, invoiceOf, LAND, NOW, OTHER_PORTAL, POLICE } from '../dsl/world.ts';
import { MemoryBaskets } from '../fakes/memory-baskets.ts';

const BOTH = callerOf(client('portal', { agencies: [LAND, POLICE] }));
const DOSSIER = `${LAND}-261120-0001`;
const [FIRST, SECOND, THIRD] = ['480213567890', '480213567891', '480213567892'] as const;
const idOf = (number: string) => invoiceId(InvoiceNumber.parse(number));

function aTable() {
  const world = aWorld();
  const dependencies = { baskets: new MemoryBaskets(), invoices: world.invoices, now: world.now };
  world.invoices.place(invoiceOf(FIRST));
  world.invoices.place(invoiceOf(SECOND, { agencyCode: POLICE, total: dong(30_000) }));
  world.invoices.place(invoiceOf(THIRD, { dossierCode: `${LAND}-261120-0002` }));
  return {
    world,
    group: (numbers: readonly string[], key = 'a-key-of-mine', caller = BOTH) =>
      createBasket({ dossierCode: DOSSIER, invoices: numbers.map(idOf) }, caller, key, dependencies),
    read: (basketId: string, caller = BOTH) => readBasket(basketId, caller, dependencies),
  };
}

describe('a basket', () => {
  it('groups invoices of several agencies for one dossier', async () => {
    const { basket, invoices, figures } = await aTable().group([FIRST, SECOND]);
    expect(basket.basketId).toMatch(/^bsk_[0-9a-f]{24}$/);
    expect(invoices.map(({ number, agencyCode }) => [number, agencyCode])).toEqual([
      [FIRST, LAND],
      [SECOND, POLICE],
    ]);
    expect(figures).toEqual({ state: 'open', total: 80_000, paid: 0, due: 80_000 });
  });

  it('is made once for a key, and refused for other words (scenarios 20, 21)', async () => {
    const table = aTable();
    const first = await table.group([FIRST, SECOND]);
    expect(await table.group([FIRST, SECOND])).toMatchObject({ replayed: true, basket: first.basket });
    expect(await refusalOf(table.group([FIRST]))).toBe('idempotency_key_reused');
    const racing = await Promise.all([1, 2, 3].map(() => table.group([FIRST], 'another-key')));
    expect(new Set(racing.map(({ basket }) => basket.basketId)).size).toBe(1);
  });

  it('holds no invoice of another dossier, nor one that is not the caller’s (scenario 64)', async () => {
    const table = aTable();
    const onlyLand = callerOf(client('portal'));
    await expect(table.group([FIRST, THIRD])).rejects.toMatchObject({ errors: [{ pointer: '/body/invoices/1' }] });
    const foreign = table.group([FIRST, SECOND], 'key-2-long', onlyLand);
    const absent = table.group([FIRST, '999999999999'], 'key-3-long', onlyLand);
    const errors = [{ pointer: '/body/invoices/1', message: 'no such invoice' }];
    await expect(foreign).rejects.toMatchObject({ errors });
    await expect(absent).rejects.toMatchObject({ errors });
  });

  it('is its client’s own, and leaves out what was taken away from it', async () => {
    const table = aTable();
    const { basket } = await table.group([FIRST, SECOND]);
    expect(await refusalOf(table.read(basket.basketId, OTHER_PORTAL))).toBe('not_found');
    const { invoices } = await table.read(basket.basketId, callerOf(client('portal')));
    expect(invoices.map(({ number }) => number)).toEqual([FIRST]);
  });

  it('shows the invoice that stands for one that was issued again', async () => {
    const table = aTable();
    const { basket } = await table.group([FIRST, SECOND]);
    const again = InvoiceNumber.parse('480213567899');
    table.world.invoices.place(invoiceOf(FIRST, { state: 'expired', replacedBy: again }));
    expect((await table.read(basket.basketId)).invoices.map(({ number }) => number)).toEqual([FIRST, SECOND]);
    table.world.invoices.place(invoiceOf(again));
    expect((await table.read(basket.basketId)).invoices.map(({ number }) => number)).toEqual([again, SECOND]);
  });

  it.each<[string, Partial<Invoice>[], object]>([
    ['one paid of two', [{ state: 'paid', due: dong(0) }, {}], { state: 'partly_paid', total: 100_000, due: 50_000 }],
    ['all paid', [{ state: 'paid', due: dong(0) }], { state: 'paid', total: 50_000, due: 0 }],
    ['one paid, one cancelled', [{ state: 'paid' }, { state: 'cancelled' }], { state: 'paid', total: 50_000, due: 0 }],
    ['all over', [{ state: 'cancelled' }, { expiresAt: NOW - 1 }], { state: 'ended', total: 0, due: 0 }],
  ])('with %s says so', (_, invoices, figures) =>
    expect(
      basketFigures(
        invoices.map((more, index) => invoiceOf(`48021356789${index}`, more)),
        NOW,
      ),
    ).toMatchObject(figures),
  );
});
