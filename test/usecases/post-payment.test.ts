import { describe, expect, it } from 'vitest';
import type { Posted } from '../../shared/domain/invoice/book.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { MAX_DECISIONS, postPayment, StillContended } from '../../shared/usecases/post-payment.ts';
import type { InboxMessage } from '../../shared/usecases/receive-callback.ts';
import { anInvoice, NUMBER } from '../dsl/given.ts';
import { Crash, crashAt, everyCall } from '../dsl/invoicing.ts';
import { aWorld, LAND_AT_ONE, NOW, TOTAL, type World } from '../dsl/world.ts';

const notice = {
  terminal: LAND_AT_ONE,
  reference: paymentReference(NUMBER, 1),
  outcome: 'paid' as const,
  amount: TOTAL,
  currency: 'VND',
  transactionId: 'T1',
  paidAt: NOW,
  resultCode: '00',
};

async function aMessage(world: World): Promise<InboxMessage> {
  await world.callback('bank-one', notice);
  const [message] = world.inbox.take();
  if (!message) throw new Error('nothing in the inbox');
  return message;
}

describe('entering a notice', () => {
  it('is one write and no read, when nothing has happened since the callback', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    const message = await aMessage(world);
    const calls: string[] = [];
    const invoices = everyCall(world.invoices, (name, call) => {
      calls.push(name);
      return call();
    });
    expect(await postPayment(message, { invoices, now: world.now })).toBe('posted');
    expect(calls).toEqual(['post']);
  });

  it('gives up after so many decisions, so that the queue brings it back', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    const message = await aMessage(world);
    const current = await world.invoices.find(NUMBER);
    if (!current) throw new Error('no invoice');
    let tries = 0;
    const invoices = everyCall(world.invoices, async (name, call) => {
      if (name !== 'post') return call();
      tries += 1;
      return { kind: 'decideAgain', current } satisfies Posted;
    });
    await expect(postPayment(message, { invoices, now: world.now })).rejects.toThrow(StillContended);
    expect(tries).toBe(MAX_DECISIONS);
    expect(await postPayment(message, { invoices: world.invoices, now: world.now })).toBe('posted');
  });

  it('passes on whatever the store throws', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    const message = await aMessage(world);
    const invoices = everyCall(world.invoices, async () => {
      throw new Error('throttled');
    });
    await expect(postPayment(message, { invoices, now: world.now })).rejects.toThrow('throttled');
    expect(await postPayment(message, { invoices: world.invoices, now: world.now })).toBe('posted');
  });

  it.each(['before', 'after'] as const)(
    'ends the same when the process dies %s any call of the store, and the queue brings it back (scenarios 33, 34)',
    async (when) => {
      for (const start of [anInvoice('open'), anInvoice('paid'), anInvoice('cancelled'), () => undefined]) {
        for (const said of [notice, { ...notice, amount: null }, { ...notice, outcome: 'declined' as const }]) {
          const run = async (at: number) => {
            const world = aWorld();
            start(world);
            await world.callback('bank-one', said);
            const [message] = world.inbox.take();
            const crash = crashAt(at, when);
            const invoices = everyCall(world.invoices, crash.around);
            let died = false;
            if (message)
              await postPayment(message, { invoices, now: world.now }).catch((error: unknown) => {
                if (!(error instanceof Crash)) throw error;
                died = true;
              });
            if (message && died) await postPayment(message, { invoices: world.invoices, now: world.now });
            await world.publish();
            return { died, items: world.invoices.items(), journal: world.journal.entries() };
          };
          const faultless = await run(-1);
          for (let at = 0; ; at += 1) {
            const { died, ...end } = await run(at);
            expect(end).toEqual({ items: faultless.items, journal: faultless.journal });
            if (!died) break;
          }
        }
      }
    },
  );
});
