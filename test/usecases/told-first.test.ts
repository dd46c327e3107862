import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import type { Prepared, ProviderRequest } from '../../shared/domain/payment/provider.ts';
import type { CallOutcome } from '../../shared/domain/payment/provider-caller.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { type StartPayment, startPayment } from '../../shared/usecases/start-payment.ts';
import { bankConfirms, NUMBER } from '../dsl/given.ts';
import { everyCall, refusalOf } from '../dsl/invoicing.ts';
import { pageOf } from '../dsl/next-step.ts';
import { paperBank, toldFirst } from '../dsl/paper-bank.ts';
import { aWorld, invoiceOf, PORTAL } from '../dsl/world.ts';
import { standing } from '../fakes/memory-states.ts';

/** Payments at a provider that must be told of them before a citizen can be sent there. */

const command: StartPayment = {
  invoiceId: invoiceId(NUMBER),
  providerId: 'bank-one',
  returnUrl: 'https://portal.example.gov.vn/back',
  language: 'vi',
};
const silence: CallOutcome = { kind: 'unreachable', why: 'timeout' };
const says = (told: Prepared | string, status = 200): CallOutcome => ({
  kind: 'answered',
  response: { status, body: Buffer.from(typeof told === 'string' ? told : JSON.stringify(told)) },
});
const prepared = (text: string): CallOutcome => says({ kind: 'prepared', prepared: text });

/** A desk at which the first bank must be told first, and says what it is given, the last thing for ever. */
function aDesk(...answers: CallOutcome[]) {
  const world = aWorld();
  world.invoices.place(invoiceOf(NUMBER));
  const calls: ProviderRequest[] = [];
  const caller = {
    call: async (request: ProviderRequest): Promise<CallOutcome> => {
      calls.push(request);
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? silence;
    },
  };
  const providers = new Map(
    [toldFirst(paperBank('bank-one')), paperBank('bank-two')].map((one) => [one.manifest.id, one]),
  );
  const { invoices, registry, secrets, now } = world;
  const hashKeys: readonly [string, ...string[]] = ['the key of hashes'];
  const dependencies = { invoices, registry, providers, secrets, caller, hashKeys, now, ...standing(now) };
  return {
    world,
    calls,
    start: (key = 'key-1-long', more: Partial<StartPayment> = {}, other: Partial<typeof dependencies> = {}) =>
      startPayment({ ...command, ...more }, PORTAL, key, { ...dependencies, ...other }),
    attempts: () => {
      const item = world.invoices.at(NUMBER);
      return item?.kind === 'invoice' ? item.invoice.attempts : [];
    },
  };
}

describe('a payment that the provider is told of first', () => {
  it('is written down, told, and sent on with what the provider prepared: two writes', async () => {
    const desk = aDesk(prepared('way-7'));
    const { next, invoice, replayed } = await desk.start();
    expect(replayed).toBe(false);
    expect(new URL(pageOf(next)).searchParams.get('prepared')).toBe('way-7');
    expect(desk.attempts()).toMatchObject([{ state: 'pending', prepared: 'way-7' }]);
    expect(invoice.attempts).toEqual(desk.attempts());
    expect(desk.world.invoices.changes).toHaveLength(2);
    expect(JSON.parse(desk.calls[0]?.body ?? '')).toMatchObject({ ref: paymentReference(NUMBER, 1), amount: 50_000 });
  });

  it('is told once: the repeated call answers the same without a call (scenario 20)', async () => {
    const desk = aDesk(prepared('way-1'), prepared('way-2'));
    const first = await desk.start();
    expect(await desk.start()).toMatchObject({ next: first.next, replayed: true });
    expect(await desk.start('key-2-long')).toMatchObject({ next: first.next, replayed: false });
    desk.world.clock.at += 3_600_000;
    expect(await desk.start()).toMatchObject({ next: first.next, replayed: true });
    expect(desk.calls).toHaveLength(1);
  });

  it('does not concern a provider that hears of it from the citizen: one write and no call', async () => {
    const desk = aDesk();
    await desk.start('key-1-long', { providerId: 'bank-two' });
    expect(desk.world.invoices.changes).toHaveLength(1);
    expect(desk.calls).toEqual([]);
  });
});

describe('a provider that does not say', () => {
  it.each([
    ['nothing', silence],
    ['that it does not know', says({ kind: 'unknown', resultCode: '99' })],
    ['503', says('busy', 503)],
    ['429', says('slowly', 429)],
    ['what it did not sign', says('unsigned')],
  ])(
    'answers %s: the attempt stays, and the repeated call tells it again, under the same reference',
    async (_, answer) => {
      const desk = aDesk(answer, prepared('way-1'));
      expect(await refusalOf(desk.start())).toBe('provider_unreachable');
      expect(desk.attempts()).toMatchObject([{ state: 'created' }]);
      expect(await desk.start()).toMatchObject({ index: 0, replayed: true });
      expect(desk.attempts()).toMatchObject([{ state: 'pending', prepared: 'way-1' }]);
      expect(desk.calls[1]).toEqual(desk.calls[0]);
    },
  );

  it.each(['paid', 'cancelled'] as const)(
    'is not told once the invoice is %s meanwhile: no page is opened for it',
    async (state) => {
      const desk = aDesk(silence, prepared('way-1'));
      expect(await refusalOf(desk.start())).toBe('provider_unreachable');
      desk.world.invoices.place(invoiceOf(NUMBER, { attempts: desk.attempts(), state }));
      expect(await refusalOf(desk.start())).toBe('invoice_not_open');
      expect(desk.calls).toHaveLength(1);
    },
  );

  it('is told again by a call with another key, too: they share the attempt (scenario 24)', async () => {
    const desk = aDesk(silence, prepared('way-1'));
    expect(await refusalOf(desk.start())).toBe('provider_unreachable');
    expect(await desk.start('key-2-long')).toMatchObject({ index: 0 });
    expect(await desk.start()).toMatchObject({ index: 0, replayed: true });
    expect(desk.attempts()).toHaveLength(1);
  });

  it('until the attempt has ended: that key is done, another begins anew', async () => {
    const desk = aDesk(silence, prepared('way-2'));
    expect(await refusalOf(desk.start())).toBe('provider_unreachable');
    desk.world.clock.at += 15 * 60_000 + 1;
    expect(await refusalOf(desk.start())).toBe('attempt_ended');
    expect(desk.calls).toHaveLength(1);
    expect(await desk.start('key-2-long')).toMatchObject({ index: 1 });
  });
});

describe('a provider that refuses', () => {
  it('ends the attempt; the same key is answered the same, another begins anew', async () => {
    const desk = aDesk(says({ kind: 'refused', resultCode: '20' }), prepared('way-2'));
    expect(await refusalOf(desk.start())).toBe('provider_refused');
    expect(desk.attempts()).toMatchObject([{ state: 'failed' }]);
    expect(await refusalOf(desk.start())).toBe('provider_refused');
    expect(desk.calls).toHaveLength(1);
    expect(await desk.start('key-2-long')).toMatchObject({ index: 1 });
  });
});

describe('what happens in between', () => {
  it.each(['appendAttempt', 'call', 'keepPrepared'])(
    'killed before or after %s, the repeated call ends where one call would have (scenarios 25, 33)',
    async (where) => {
      for (const when of ['before', 'after'] as const) {
        const desk = aDesk(prepared('way-1'));
        const killed = { done: false };
        const mortal = async (name: string, call: () => Promise<unknown>) => {
          if (name !== where || killed.done) return call();
          killed.done = true;
          if (when === 'after') await call();
          throw new Error('killed');
        };
        const invoices = everyCall(desk.world.invoices, mortal);
        const caller = {
          call: (request: ProviderRequest) =>
            mortal('call', async () => {
              desk.calls.push(request);
              return prepared('way-1');
            }) as Promise<CallOutcome>,
        };
        await expect(desk.start('key-1-long', {}, { invoices, caller })).rejects.toThrow('killed');
        const { index, next } = await desk.start();
        expect([index, new URL(pageOf(next)).searchParams.get('prepared')]).toEqual([0, 'way-1']);
        expect(desk.attempts()).toMatchObject([{ state: 'pending', prepared: 'way-1' }]);
        expect(new Set(desk.calls.map(({ body }) => body)).size).toBe(1);
      }
    },
  );

  it('racing with one key or with many: one attempt, one way on, in every order (scenarios 20, 24)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, oneKey) => {
        let ways = 0;
        const desk = aDesk();
        const invoices = everyCall(desk.world.invoices, (_, call) => scheduler.schedule(call()));
        // A bank that answers each telling in other words: what was kept first counts.
        const caller = { call: () => scheduler.schedule(Promise.resolve(prepared(`way-${ways++}`))) };
        const calls = Array.from({ length: 6 }, (_, index) =>
          desk.start(oneKey ? 'key-1-long' : `key-${index}-long`, {}, { invoices, caller }),
        );
        await scheduler.waitFor(Promise.all(calls));
        expect(new Set((await Promise.all(calls)).map(({ next }) => pageOf(next))).size).toBe(1);
        expect(desk.attempts()).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });

  it('told and refused at once, what was kept stands', async () => {
    const desk = aDesk(says({ kind: 'refused', resultCode: '20' }));
    const invoices = everyCall(desk.world.invoices, async (name, call) => {
      if (name === 'moveAttempt') await desk.world.invoices.keepPrepared(NUMBER, 0, 'created', 'way-of-another');
      return call();
    });
    const { next } = await desk.start('key-1-long', {}, { invoices });
    expect(new URL(pageOf(next)).searchParams.get('prepared')).toBe('way-of-another');
    expect(desk.attempts()).toMatchObject([{ state: 'pending' }]);
  });

  it('the money may be here before the way to it is written down: it stays paid (scenario 13)', async () => {
    const desk = aDesk();
    const caller = {
      call: async () => {
        await bankConfirms()(desk.world, { acknowledgements: [], outcomes: [] });
        await desk.world.post();
        return prepared('way-1');
      },
    };
    const { invoice } = await desk.start('key-1-long', {}, { caller });
    expect([invoice.state, invoice.attempts[0]?.state, invoice.attempts[0]?.prepared]).toEqual([
      'paid',
      'succeeded',
      'way-1',
    ]);
  });
});
