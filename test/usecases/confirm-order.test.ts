import { expect, it } from 'vitest';
import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { factsOf } from '../../shared/domain/payment/facts.ts';
import type { NoticeSource, RawCallback, StandingOrder } from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { type ConfirmOrderDependencies, confirmOrder } from '../../shared/usecases/confirm-order.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { invoiceOf, LAND_AT_ONE, NOW, TOTAL } from '../dsl/world.ts';

it.each([
  ['the rest, where a part was paid', dong(30_000), dong(30_000)],
  ['the whole, where nothing was', undefined, TOTAL],
])('a provider that asks about an order hears the amount of its attempt: %s', async (_, amount, expected) => {
  const heard: (StandingOrder | undefined)[] = [];
  const provider = {
    manifest: { id: 'bank-one' },
    terminalOf: () => LAND_AT_ONE,
    confirmation: {
      asksAbout: () => paymentReference(NUMBER, 1),
      answer: (_callback: RawCallback, _keys: readonly string[], order: StandingOrder | undefined) => {
        heard.push(order);
        return { status: 200, headers: {}, body: '' };
      },
    },
  } as unknown as NoticeSource;
  const invoice = invoiceOf(NUMBER, { attempts: [anAttempt('pending', amount === undefined ? {} : { amount })] });
  const dependencies = {
    registry: { accountsAtTerminal: async () => [{ id: 'land-one' }] },
    secrets: { read: async () => 'key', current: async () => 'key', previous: async () => undefined },
    invoices: { findFacts: async (number: InvoiceNumber) => (number === NUMBER ? factsOf(invoice) : undefined) },
    now: () => NOW,
  } as unknown as ConfirmOrderDependencies;
  await confirmOrder(provider, {} as RawCallback, dependencies);
  expect(heard).toEqual([{ amount: expected, payable: true }]);
});
