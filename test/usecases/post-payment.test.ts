import { describe, expect, it } from 'vitest';
import type { Posted } from '../../shared/domain/invoice/book.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import type { ProviderNotice } from '../../shared/domain/payment/provider.ts';
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

describe('a review', () => {
  const kept = async (more: Partial<ProviderNotice>[]) => {
    const world = aWorld();
    anInvoice('open')(world);
    const message = await aMessage(world);
    const said = { ...message.notice, outcome: 'review' as const, resultCode: '07' };
    for (const one of more) await postPayment({ ...message, notice: { ...said, ...one } }, world);
    return world.invoices.changes.filter(({ after }) => after.kind === 'review').length;
  };
  const texts = [{ evidence: 'a' }, { evidence: 'a&x=0' }, { evidence: 'a&x=1' }];

  it('is one for what was said, whatever stands beside it that nobody signed', async () => {
    expect(await kept(texts)).toBe(1);
    expect(await kept(texts.map((one) => ({ ...one, transactionId: '' })))).toBe(1);
    expect(await kept(texts.map((one) => ({ ...one, reference: 'theirs' })))).toBe(1);
  });

  it.each([
    { terminal: 'another' },
    { reference: paymentReference(NUMBER, 2) },
    { amount: dong(1) },
    { amount: null },
    { currency: 'USD' },
    { transactionId: 'T2' },
    { paidAt: NOW - 1 },
    { resultCode: '08' },
    { bankCredit: { account: '1234567890', reference: 'R1' } },
    { place: 2 },
  ])('is another where %o is said', async (other) => expect(await kept([{}, other])).toBe(2));

  it('is told by its text where it names neither a transaction nor a payment of ours', async () => {
    expect(await kept(texts.map((one) => ({ ...one, transactionId: '', reference: 'theirs' })))).toBe(3);
  });
});
