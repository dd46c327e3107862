import { describe, expect, it } from 'vitest';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { addDays, DAY_MILLISECONDS, endOfDay, startOfDay } from '../../shared/domain/time.ts';
import { daysToSweep, EXPIRY_GRACE_MILLISECONDS, expireInvoices } from '../../shared/usecases/expire-invoices.ts';
import { everyCall } from '../dsl/invoicing.ts';
import { aWorld, invoiceOf, NOW, type World } from '../dsl/world.ts';

const CREATED_ON = '2026-11-20';
const DUE_ON = '2026-12-05';
const AFTER_GRACE = endOfDay(DUE_ON) + EXPIRY_GRACE_MILLISECONDS + 1;
const numberOf = (index: number) => InvoiceNumber.parse(String(100_000_000_000 + index * 7));

function withUsualInvoices(count: number): World {
  const world = aWorld();
  for (let index = 0; index < count; index += 1)
    world.invoices.place(
      invoiceOf(numberOf(index), { createdAt: startOfDay(CREATED_ON) + index, expiresAt: endOfDay(DUE_ON) }),
    );
  return world;
}

const sweep = (world: World, day = DUE_ON, invoices: World['invoices'] = world.invoices) =>
  expireInvoices(day, { invoices, registry: world.registry, dueDays: world.dueDays, now: world.now });

const states = (world: World) =>
  world.invoices.items().map((item) => (item.kind === 'invoice' ? item.invoice.state : ''));

describe('the sweep of a day', () => {
  it('writes down every invoice whose usual deadline has passed, once', async () => {
    const world = withUsualInvoices(250);
    world.clock.at = AFTER_GRACE;
    expect(await sweep(world)).toEqual({ expired: 250 });
    expect(new Set(states(world))).toEqual(new Set(['expired']));
    expect(await sweep(world)).toEqual({ expired: 0 });
    expect(world.invoices.changes).toHaveLength(250);
  });

  it('looks at a day once its grace is over, and then never again', async () => {
    const world = withUsualInvoices(1);
    world.clock.at = AFTER_GRACE;
    await sweep(world);
    world.invoices.place(invoiceOf(numberOf(9), { createdAt: startOfDay(CREATED_ON), expiresAt: endOfDay(DUE_ON) }));
    expect(await sweep(world)).toEqual({ expired: 0 });
  });

  it('waits until providers no longer repeat their callbacks', async () => {
    const world = withUsualInvoices(1);
    world.clock.at = AFTER_GRACE - 1;
    expect(await sweep(world)).toEqual({ expired: 0 });
    world.clock.at = AFTER_GRACE;
    expect(await sweep(world)).toEqual({ expired: 1 });
  });

  it('leaves alone what is paid, cancelled, or due on another day', async () => {
    const world = withUsualInvoices(3);
    await world.invoices.move(numberOf(0), 'open', 'paid');
    await world.invoices.move(numberOf(1), 'open', 'cancelled');
    world.invoices.place(invoiceOf(numberOf(2), { createdAt: startOfDay(CREATED_ON), expiresAt: AFTER_GRACE + 1 }));
    world.clock.at = AFTER_GRACE;
    expect(await sweep(world)).toEqual({ expired: 0 });
    expect(states(world)).toEqual(['paid', 'cancelled', 'open']);
  });

  it('looks at a day once, when all of it is over, and never again', async () => {
    const world = withUsualInvoices(3);
    const looks: string[] = [];
    const invoices = everyCall(world.invoices, (name, call) => {
      looks.push(name);
      return call();
    });
    world.clock.at = AFTER_GRACE - 1;
    await sweep(world, DUE_ON, invoices);
    expect(looks).toEqual([]);
    world.clock.at = AFTER_GRACE;
    await sweep(world, DUE_ON, invoices);
    const once = looks.length;
    expect(once).toBeGreaterThan(0);
    await sweep(world, DUE_ON, invoices);
    expect(looks).toHaveLength(once);
  });

  it('forgets a deadline whose invoice was never made, once its day is over', async () => {
    const world = aWorld();
    const expiresAt = startOfDay('2026-11-22') + 1000;
    await world.dueDays.remember({ expiresAt, number: numberOf(7) });
    world.clock.at = expiresAt + 2 * EXPIRY_GRACE_MILLISECONDS;
    await sweep(world, '2026-11-22');
    expect(await world.dueDays.onDay('2026-11-22')).toEqual([numberOf(7)]);
    world.clock.at = endOfDay('2026-11-22') + EXPIRY_GRACE_MILLISECONDS + 1;
    await sweep(world, '2026-11-22');
    expect(await world.dueDays.onDay('2026-11-22')).toEqual([]);
  });

  it('finds unusual deadlines by their day, and forgets them once they have passed, also what is paid: its money may go back', async () => {
    const world = aWorld();
    const expiresAt = startOfDay('2026-11-22') + 1000;
    for (const index of [0, 1]) {
      world.invoices.place(invoiceOf(numberOf(index), { createdAt: NOW, expiresAt }));
      await world.dueDays.remember({ expiresAt, number: numberOf(index) });
    }
    await world.invoices.move(numberOf(1), 'open', 'paid');
    world.clock.at = expiresAt + EXPIRY_GRACE_MILLISECONDS;
    expect(await sweep(world, '2026-11-22')).toEqual({ expired: 0 });
    expect(await world.dueDays.onDay('2026-11-22')).toEqual([numberOf(0), numberOf(1)]);
    world.clock.at += 1;
    expect(await sweep(world, '2026-11-22')).toEqual({ expired: 1 });
    expect(await world.dueDays.onDay('2026-11-22')).toEqual([]);
  });

  it('loses against a payment that comes in between', async () => {
    const world = withUsualInvoices(1);
    world.clock.at = AFTER_GRACE;
    const invoices = everyCall(world.invoices, async (name, call) => {
      if (name === 'move') await world.invoices.move(numberOf(0), 'open', 'paid');
      return call();
    });
    expect(await sweep(world, DUE_ON, invoices)).toEqual({ expired: 0 });
    expect(states(world)).toEqual(['paid']);
  });

  it('goes on where a failed one stopped', async () => {
    const world = withUsualInvoices(30);
    world.clock.at = AFTER_GRACE;
    let writes = 0;
    const invoices = everyCall(world.invoices, async (name, call) => {
      if (name === 'move') {
        writes += 1;
        if (writes > 10) throw new Error('throttled');
      }
      return call();
    });
    await expect(sweep(world, DUE_ON, invoices)).rejects.toThrow('throttled');
    const before = states(world).filter((state) => state === 'expired').length;
    expect(await sweep(world)).toEqual({ expired: 30 - before });
  });

  it('tells the event of each, once', async () => {
    const world = withUsualInvoices(1);
    world.clock.at = AFTER_GRACE;
    await sweep(world);
    await world.publish();
    expect(world.told.map(({ event }) => event.type)).toEqual(['invoice.expired.v1']);
  });
});

describe('the days to sweep', () => {
  it('are the last seven of Viet Nam, oldest first, so that a service that was off catches up', () => {
    const days = daysToSweep(startOfDay('2026-12-05'));
    expect(days).toEqual(Array.from({ length: 7 }, (_, index) => addDays('2026-11-29', index)));
    expect(daysToSweep(startOfDay('2026-12-05') - 1).at(-1)).toBe('2026-12-04');
  });

  it('meet a day again after its grace has passed', () => {
    const swept = daysToSweep(endOfDay(DUE_ON) + EXPIRY_GRACE_MILLISECONDS + DAY_MILLISECONDS);
    expect(swept).toContain(DUE_ON);
  });
});
