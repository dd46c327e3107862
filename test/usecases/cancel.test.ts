import { describe, expect, it } from 'vitest';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { cancelInvoice, requireOpen } from '../../shared/usecases/cancel-invoice.ts';
import { anInvoice, NUMBER } from '../dsl/given.ts';
import { everyCall, refusalOf } from '../dsl/invoicing.ts';
import { aWorld, callerOf, client, invoiceOf, NOW, POLICE, PORTAL, TOTAL } from '../dsl/world.ts';

const cancel = (world: ReturnType<typeof aWorld>, caller = PORTAL) => cancelInvoice(invoiceId(NUMBER), caller, world);

describe('cancelling an invoice', () => {
  it('is done once, and answers the same when repeated', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    expect(await cancel(world)).toMatchObject({ invoice: { state: 'cancelled' }, replayed: false });
    expect(await cancel(world)).toMatchObject({ invoice: { state: 'cancelled' }, replayed: true });
    expect(world.invoices.changes).toHaveLength(1);
  });

  it('20 at once: one does it, all are told so', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    const answers = await Promise.all(Array.from({ length: 20 }, () => cancel(world)));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(answers.map(({ invoice }) => invoice.state))).toEqual(new Set(['cancelled']));
    expect(world.invoices.changes).toHaveLength(1);
  });

  it.each(['paid', 'partially_refunded', 'refunded', 'expired'] as const)('is refused when it is %s', async (state) => {
    const world = aWorld();
    anInvoice(state)(world);
    expect(await refusalOf(cancel(world))).toBe('invoice_not_open');
    expect(world.invoices.changes).toEqual([]);
  });

  it('is refused after its deadline, whether or not that was written down', async () => {
    const world = aWorld();
    anInvoice('open', { expiresAt: NOW - 1 })(world);
    expect(await refusalOf(cancel(world))).toBe('invoice_not_open');
  });

  it('is refused while it holds a part of its money, also one that comes in between', async () => {
    const world = aWorld();
    anInvoice('open', { due: dong(TOTAL - 1), choices: { parts: 'accumulate' } })(world);
    expect(await refusalOf(cancel(world))).toBe('invoice_partly_paid');
    expect(world.invoices.changes).toEqual([]);

    anInvoice('open', { choices: { parts: 'accumulate' } })(world);
    const invoices = everyCall(world.invoices, async (name, call) => {
      if (name === 'move') anInvoice('open', { due: dong(TOTAL - 1), choices: { parts: 'accumulate' } })(world);
      return call();
    });
    expect(await refusalOf(cancelInvoice(invoiceId(NUMBER), PORTAL, { invoices, now: world.now }))).toBe(
      'invoice_partly_paid',
    );
  });

  it('loses against a payment that comes in between', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    const invoices = everyCall(world.invoices, async (name, call) => {
      if (name === 'move') await world.invoices.move(NUMBER, 'open', 'paid');
      return call();
    });
    expect(await refusalOf(cancelInvoice(invoiceId(NUMBER), PORTAL, { invoices, now: world.now }))).toBe(
      'invoice_not_open',
    );
    expect(world.invoices.at(NUMBER)).toMatchObject({ invoice: { state: 'paid' } });
  });

  it('of another agency’s invoice is answered as if there were none (scenario 64)', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    expect(await refusalOf(cancel(world, callerOf(client('police', { agencies: [POLICE] }))))).toBe('not_found');
    expect(await refusalOf(cancel(world, callerOf(client('portal', { active: false }))))).toBe('not_found');
    const nothing = invoiceId(InvoiceNumber.parse('999999999999'));
    expect(await refusalOf(cancelInvoice(nothing, PORTAL, world))).toBe('not_found');
    expect(world.invoices.changes).toEqual([]);
  });
});

describe('the reason that is given', () => {
  it.each([
    ['expired', { expiresAt: NOW - 1 }, 'expired at 2026-11-20T11:59:59.999+07:00', 'đã hết hạn lúc'],
    ['cancelled', { state: 'cancelled' as const }, 'was cancelled', 'đã bị hủy'],
    ['refunded', { state: 'refunded' as const }, 'is refunded', 'refunded'],
  ])('says in both languages that it is %s', (_, more, english, vietnamese) => {
    let refusal: unknown;
    try {
      requireOpen(invoiceOf(NUMBER, more), NOW);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({
      code: 'invoice_not_open',
      detail: { en: expect.stringContaining(english), vi: expect.stringContaining(vietnamese) },
    });
  });
});
