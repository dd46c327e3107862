import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { addDays, DAY_MILLISECONDS, startOfDay } from '../../shared/domain/time.ts';
import {
  type InvoiceFilter,
  type ListPosition,
  listInvoices,
  ownInvoice,
} from '../../shared/usecases/read-invoices.ts';
import { anInvoice, NUMBER } from '../dsl/given.ts';
import { refusalOf } from '../dsl/invoicing.ts';
import { aWorld, callerOf, client, invoiceOf, LAND, NOW, POLICE, PORTAL, type World } from '../dsl/world.ts';

const TODAY = '2026-11-20';
const numberOf = (index: number) => InvoiceNumber.parse(String(100_000_000_000 + index * 7));

/** Every page of a list, and how many invoices each had. */
async function pages(world: World, filter: Omit<InvoiceFilter, 'limit'> & { limit?: number }, caller = PORTAL) {
  const found: string[] = [];
  const sizes: number[] = [];
  let position: ListPosition | undefined;
  do {
    const page = await listInvoices({ limit: 10, ...filter }, position, caller, world);
    found.push(...page.invoices.map(({ number }) => number));
    sizes.push(page.invoices.length);
    position = page.next && (JSON.parse(JSON.stringify(page.next)) as ListPosition);
    if (sizes.length > 500) throw new Error('it never ends');
  } while (position);
  return { found, sizes };
}

describe('the invoices of an agency', () => {
  it('are all found, each once, whatever the page size', async () => {
    const world = aWorld();
    const days = Array.from({ length: 60 }, (_, index) => NOW - (index % 7) * DAY_MILLISECONDS - index);
    for (const [index, createdAt] of days.entries()) world.invoices.place(invoiceOf(numberOf(index), { createdAt }));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100 }), async (limit) => {
        const { found, sizes } = await pages(world, { limit });
        expect(found.toSorted()).toEqual(days.map((_, index) => numberOf(index)).sort());
        for (const size of sizes) expect(size).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 20 },
    );
  });

  it('are those of the days that were asked for, from the first instant to the last', async () => {
    const world = aWorld();
    const at = [startOfDay(TODAY) - 1, startOfDay(TODAY), startOfDay(TODAY) + DAY_MILLISECONDS - 1];
    for (const [index, createdAt] of at.entries()) world.invoices.place(invoiceOf(numberOf(index), { createdAt }));
    expect((await pages(world, { from: TODAY, to: TODAY })).found.toSorted()).toEqual([numberOf(1), numberOf(2)]);
    expect((await pages(world, {})).found).toHaveLength(3);
  });

  it('can be narrowed to a state, as everybody sees it now; pages may be short', async () => {
    const world = aWorld();
    world.invoices.place(invoiceOf(numberOf(1)));
    world.invoices.place(invoiceOf(numberOf(2), { state: 'paid' }));
    world.invoices.place(invoiceOf(numberOf(3), { expiresAt: NOW - 1 }));
    expect((await pages(world, { state: 'open' })).found).toEqual([numberOf(1)]);
    expect((await pages(world, { state: 'paid' })).found).toEqual([numberOf(2)]);
    expect((await pages(world, { state: 'expired' })).found).toEqual([numberOf(3)]);
  });

  it('never show another agency’s (scenario 64)', async () => {
    const world = aWorld();
    world.invoices.place(invoiceOf(numberOf(1)));
    world.invoices.place(invoiceOf(numberOf(2), { agencyCode: POLICE }));
    expect((await pages(world, {})).found).toEqual([numberOf(1)]);
    expect(await refusalOf(pages(world, { agencyCode: POLICE }))).toBe('not_found');
    const both = callerOf(client('portal', { agencies: [LAND, POLICE] }));
    expect(await refusalOf(pages(world, {}, both))).toBe('unprocessable');
    expect((await pages(world, { agencyCode: POLICE }, both)).found).toEqual([numberOf(2)]);
  });

  it.each([
    ['from after to', { from: TODAY, to: addDays(TODAY, -1) }],
    ['32 days', { from: addDays(TODAY, -31), to: TODAY }],
  ])('are refused for %s', async (_, filter) => expect(await refusalOf(pages(aWorld(), filter))).toBe('unprocessable'));

  it('are listed over 31 days at most', async () => {
    const world = aWorld();
    world.invoices.place(invoiceOf(numberOf(1), { createdAt: NOW - 30 * DAY_MILLISECONDS }));
    expect((await pages(world, { from: addDays(TODAY, -30), to: TODAY })).found).toEqual([numberOf(1)]);
  });
});

describe('the invoices of a dossier', () => {
  const dossierCode = `${LAND}-261120-0001`;

  async function withDossier(count: number) {
    const world = aWorld();
    for (let index = 0; index < count; index += 1) {
      world.invoices.place(invoiceOf(numberOf(index)));
      const claim = { agencyCode: LAND, dossierCode, procedureCode: '1.004222', number: numberOf(index) };
      await world.dossiers.claim({ ...claim, additional: true });
    }
    return world;
  }

  it('are all found in the order in which they were made', async () => {
    const { found, sizes } = await pages(await withDossier(25), { dossierCode });
    expect(found).toEqual(Array.from({ length: 25 }, (_, index) => numberOf(index)));
    expect(sizes).toEqual([10, 10, 5]);
  });

  it('leave out numbers that were claimed and never written, or belong elsewhere', async () => {
    const world = await withDossier(1);
    const claim = { agencyCode: LAND, dossierCode, procedureCode: '1.004222', additional: true };
    await world.dossiers.claim({ ...claim, number: numberOf(7) });
    world.invoices.place(invoiceOf(numberOf(8), { dossierCode: 'ELSE-0001' }));
    await world.dossiers.claim({ ...claim, number: numberOf(8) });
    expect((await pages(world, { dossierCode })).found).toEqual([numberOf(0)]);
  });

  it('are refused to a caller of all agencies who names none', async () => {
    const everyone = callerOf(client('finance', { agencies: '*' }));
    const world = await withDossier(1);
    expect(await refusalOf(pages(world, { dossierCode }, everyone))).toBe('unprocessable');
    expect((await pages(world, { dossierCode, agencyCode: LAND }, everyone)).found).toHaveLength(1);
  });

  it('of another agency are none', async () => {
    const police = callerOf(client('police', { agencies: [POLICE] }));
    expect((await pages(await withDossier(2), { dossierCode }, police)).found).toEqual([]);
  });
});

describe('a single invoice', () => {
  it('is shown to its agencies’ clients and to nobody else, uniformly (scenarios 64, 66)', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    const see = (id: Parameters<typeof ownInvoice>[0], caller = PORTAL) => ownInvoice(id, caller, world.invoices);
    expect((await see(invoiceId(NUMBER))).number).toBe(NUMBER);
    const refusals = [
      see(invoiceId(NUMBER), callerOf(client('police', { agencies: [POLICE] }))),
      see(invoiceId(NUMBER), callerOf(client('portal', { active: false }))),
      see(invoiceId(numberOf(1))),
    ];
    for (const refusal of refusals)
      await expect(refusal).rejects.toMatchObject({ code: 'not_found', detail: undefined });
  });
});
