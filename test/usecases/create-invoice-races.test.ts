import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import type { CreateInvoice } from '../../shared/usecases/create-invoice.ts';
import {
  aCounter,
  type Counter,
  Crash,
  crashAt,
  DOSSIER,
  everyCall,
  OTHER_DOSSIER,
  refusalOf,
} from '../dsl/invoicing.ts';
import { LAND } from '../dsl/world.ts';

/** Calls that meet at every possible point, and calls that die at every possible point. */

type Around = Parameters<typeof everyCall>[1];

/** The counter's calls, with every call of a port through `around`. */
function creating({ dependencies, create }: Counter, around: Around) {
  const ports = {
    invoices: everyCall(dependencies.invoices, around),
    dossiers: everyCall(dependencies.dossiers, around),
    registry: everyCall(dependencies.registry, around),
    dueDays: everyCall(dependencies.dueDays, around),
  };
  return (command: CreateInvoice, key: string) => create(command, key, undefined, ports);
}

type Ended = { invoice: Invoice; replayed: boolean } | string;

/** The answer, or the code of the refusal. */
const ended = (call: Promise<{ invoice: Invoice; replayed: boolean }>): Promise<Ended> =>
  call.catch((error: unknown) => {
    if (error instanceof Refusal) return error.code;
    throw error;
  });

const REFUSED = ['invoice_already_open', 'invoice_already_paid'];

describe('calls that race', () => {
  it('20 with different keys make exactly one open invoice, in every order (scenario 24)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const counter = aCounter();
        const create = creating(counter, (_, call) => scheduler.schedule(call()));
        const command = await counter.command();
        const calls = Array.from({ length: 20 }, (_, index) => ended(create(command, `racing-key-${index}`)));
        await scheduler.waitFor(Promise.all(calls));
        const answers = await Promise.all(calls);
        const made = answers.filter((answer) => typeof answer !== 'string');
        expect(counter.open()).toHaveLength(1);
        expect(counter.all()).toHaveLength(1);
        expect(made).toHaveLength(1);
        for (const answer of answers) if (typeof answer === 'string') expect(REFUSED).toContain(answer);
      }),
      { numRuns: 40 },
    );
  });

  it('over a place whose invoice has ended make exactly one open invoice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, sameKeyAgain) => {
        const counter = aCounter();
        const command = await counter.command();
        await counter.cancel((await counter.create(command, 'the-first-key')).invoice);
        const create = creating(counter, (_, call) => scheduler.schedule(call()));
        const keys = ['key-a-long', 'key-b-long', 'key-c-long', ...(sameKeyAgain ? ['the-first-key'] : ['key-a-long'])];
        const calls = keys.map((key) => ended(create(command, key)));
        await scheduler.waitFor(Promise.all(calls));
        expect(counter.open()).toHaveLength(1);
        expect(counter.all()).toHaveLength(2);
      }),
      { numRuns: 500 },
    );
  });

  it.each([DOSSIER, OTHER_DOSSIER])(
    'that repeat an old call do not keep another one, under way, from making its invoice: %s',
    async (oldDossier) => {
      const counter = aCounter();
      const old = await counter.command({ dossierCode: oldDossier });
      await counter.cancel((await counter.create(old, 'the-first-key')).invoice);
      let met = 0;
      const create = creating(counter, async (name, call) => {
        // The place is taken and nothing is written yet: here the old call comes again, for this dossier.
        if (name === 'create' && met++ === 0)
          await ended(counter.create({ ...old, dossierCode: DOSSIER }, 'the-first-key'));
        return call();
      });
      const { invoice } = await create(await counter.command(), 'key-a-long');
      expect(met).toBe(1);
      expect(counter.open()).toEqual([invoice]);
    },
  );

  it('with the same keys, bodies and dossiers, mixed at will, never make two (scenarios 20, 21, 24)', async () => {
    const call = fc.record({
      key: fc.constantFrom('key-a-long', 'key-b-long', 'key-c-long'),
      dossierCode: fc.constantFrom(DOSSIER, DOSSIER, OTHER_DOSSIER),
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(call, { minLength: 2, maxLength: 7 }), async (scheduler, wanted) => {
        const counter = aCounter();
        const quote = await counter.quote();
        const create = creating(counter, (_, run) => scheduler.schedule(run()));
        const calls = wanted.map(async ({ key, dossierCode }) =>
          ended(create(await counter.command({ quote, dossierCode }), key)),
        );
        await scheduler.waitFor(Promise.all(calls));
        const open = counter.open();
        for (const dossierCode of [DOSSIER, OTHER_DOSSIER])
          expect(open.filter((invoice) => invoice.dossierCode === dossierCode).length).toBeLessThanOrEqual(1);
        expect(new Set(open.map((invoice) => invoice.origin.keyHash)).size).toBe(open.length);
        // Once the noise is over, each dossier can be served.
        const refusals = ['done', 'invoice_already_open'];
        for (const dossierCode of [DOSSIER, OTHER_DOSSIER]) {
          const command = await counter.command({ quote, dossierCode });
          expect(refusals).toContain(await refusalOf(counter.create(command, `later-${dossierCode}`)));
          expect(counter.open().filter((invoice) => invoice.dossierCode === dossierCode)).toHaveLength(1);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('a call that dies', () => {
  const starts: Record<string, (counter: Counter) => Promise<void>> = {
    'in an empty dossier': async () => undefined,
    'over an invoice that was cancelled': async (counter) =>
      counter.cancel((await counter.create(await counter.command(), 'the-first-key')).invoice),
    'over a place that a lost call holds': async (counter) => {
      const { around } = crashAt(1, 'after');
      await expect(creating(counter, around)(await counter.command(), 'the-lost-key')).rejects.toThrow(Crash);
    },
  };

  const cells = Object.keys(starts).flatMap((start) =>
    (['before', 'after'] as const).flatMap((when) => [false, true].map((dueAt) => [start, when, dueAt] as const)),
  );

  it.each(cells)(
    '%s, %s a call of the store had its effect, with a deadline of its own: %s; repeating it ends in one (scenarios 25, 33)',
    async (start, when, ownDeadline) => {
      for (let at = 0; ; at += 1) {
        const counter = aCounter();
        await starts[start]?.(counter);
        const crash = crashAt(at, when);
        const command = await counter.command(ownDeadline ? { dueAt: '2026-11-25T17:00:00+07:00' } : {});
        const first = await creating(counter, crash.around)(command, 'my-key-long').catch((error: unknown) => error);
        if (!(first instanceof Crash)) break;

        const again = await counter.create(command, 'my-key-long');
        expect(
          counter.open().map(({ number }) => number),
          `died at call ${at}`,
        ).toEqual([again.invoice.number]);
        expect(await counter.world.dossiers.numbersOf(LAND, DOSSIER)).toContain(again.invoice.number);
      }
    },
  );

  it.each(cells)(
    '%s, %s a call of the store had its effect, with a deadline of its own: %s; another key is served or refused (scenarios 24, 33)',
    async (start, when, ownDeadline) => {
      for (let at = 0; ; at += 1) {
        const counter = aCounter();
        await starts[start]?.(counter);
        const crash = crashAt(at, when);
        const command = await counter.command(ownDeadline ? { dueAt: '2026-11-25T17:00:00+07:00' } : {});
        const first = await creating(counter, crash.around)(command, 'my-key-long').catch((error: unknown) => error);
        if (!(first instanceof Crash)) break;

        const other = await refusalOf(counter.create(command, 'another-key'));
        expect(['done', 'invoice_already_open']).toContain(other);
        expect(counter.open(), `died at call ${at}`).toHaveLength(1);
        const [open] = counter.open();
        // The first one comes again: it is answered as then, or refused; never a second invoice.
        const again = await ended(counter.create(command, 'my-key-long'));
        expect(typeof again === 'string' ? again : again.invoice.number).toBe(
          other === 'done' ? 'invoice_already_open' : open?.number,
        );
        expect(counter.open()).toEqual([open]);
        // And when that one is gone, the first key makes an invoice after all.
        if (other === 'done' && open) {
          await counter.cancel(open);
          await counter.create(command, 'my-key-long');
          expect(counter.open(), `died at call ${at}`).toHaveLength(1);
        }
      }
    },
  );

  it('while giving back a place leaves the dossier free for others', async () => {
    for (let at = 0; ; at += 1) {
      const counter = aCounter();
      await counter.create(await counter.command(), 'my-key-long');
      const crash = crashAt(at, 'before');
      const misuse = await counter.command({ dossierCode: OTHER_DOSSIER });
      const first = await creating(counter, crash.around)(misuse, 'my-key-long').catch((error: unknown) => error);
      if (!(first instanceof Crash)) break;
      expect(await refusalOf(counter.create(misuse, 'my-key-long'))).toBe('idempotency_key_reused');
      const { invoice } = await counter.create(misuse, 'another-key');
      expect(counter.open().filter(({ dossierCode }) => dossierCode === OTHER_DOSSIER)).toEqual([invoice]);
    }
  });
});
