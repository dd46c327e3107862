import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { MAX_ATTEMPTS, paymentReference } from '../../shared/domain/payment/reference.ts';
import { type StartPayment, startPayment } from '../../shared/usecases/start-payment.ts';
import { NUMBER } from '../dsl/given.ts';
import { everyCall, refusalOf } from '../dsl/invoicing.ts';
import { pageOf } from '../dsl/next-step.ts';
import { nobody, paperBank } from '../dsl/paper-bank.ts';
import {
  aWorld,
  callerOf,
  client,
  invoiceOf,
  LAND,
  LAND_AT_ONE,
  LAND_AT_TWO,
  NOW,
  POLICE,
  PORTAL,
  type World,
} from '../dsl/world.ts';
import { standing } from '../fakes/memory-states.ts';

const BACK = 'https://portal.example.gov.vn/back';
const MINUTE = 60_000;
const command: StartPayment = {
  invoiceId: invoiceId(NUMBER),
  providerId: 'bank-one',
  returnUrl: BACK,
  language: 'vi',
  payerIp: '203.0.113.7',
};

function aDesk(invoice: Partial<Invoice> = {}, world: World = aWorld()) {
  world.invoices.place(invoiceOf(NUMBER, invoice));
  const { invoices, registry, providers, secrets, now } = world;
  const caller = nobody;
  const hashKeys: readonly [string, ...string[]] = ['the key of hashes'];
  const dependencies = { invoices, registry, providers, secrets, caller, hashKeys, now, ...standing(now) };
  return {
    world,
    dependencies,
    start: (
      more: Partial<StartPayment> = {},
      key = 'key-1-long',
      caller = PORTAL,
      other: Partial<typeof dependencies> = {},
    ) => startPayment({ ...command, ...more }, caller, key, { ...dependencies, ...other }),
    attempts: () => {
      const item = world.invoices.at(NUMBER);
      return item?.kind === 'invoice' ? item.invoice.attempts : [];
    },
  };
}

describe('starting a payment', () => {
  it('opens an attempt and says where to send the citizen', async () => {
    const desk = aDesk();
    const { index, next, replayed } = await desk.start();
    expect({ index, replayed }).toEqual({ index: 0, replayed: false });
    expect(desk.attempts()).toMatchObject([
      {
        providerId: 'bank-one',
        merchantAccountId: 'land-one',
        terminal: LAND_AT_ONE,
        state: 'pending',
        createdAt: NOW,
        expiresAt: NOW + 15 * MINUTE,
        returnUrl: BACK,
        language: 'vi',
        payerIp: '203.0.113.7',
      },
    ]);
    const url = new URL(pageOf(next));
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      ref: paymentReference(NUMBER, 1),
      amount: '50000',
      terminal: LAND_AT_ONE,
      back: BACK,
    });
  });

  it('asks for what is left once a part was paid, and no earlier attempt does that', async () => {
    const desk = aDesk({ choices: { parts: 'accumulate' } });
    await desk.start();
    const item = desk.world.invoices.at(NUMBER);
    if (item?.kind !== 'invoice') throw new Error('no invoice');
    desk.world.invoices.place({ ...item.invoice, due: dong(20_000) });
    const { index, next } = await desk.start({}, 'key-2-long');
    expect(index).toBe(1);
    expect(new URL(pageOf(next)).searchParams.get('amount')).toBe('20000');
    expect(desk.attempts().map(({ amount }) => amount)).toEqual([undefined, 20_000]);
    const again = await desk.start({}, 'key-2-long');
    expect(again).toMatchObject({ index: 1, next, replayed: true });
    // What the first call was answered stays what it was.
    expect(new URL(pageOf((await desk.start()).next)).searchParams.get('amount')).toBe('50000');
  });

  it('never outlives the invoice', async () => {
    const desk = aDesk({ expiresAt: NOW + 5 * MINUTE });
    await desk.start();
    expect(desk.attempts()[0]?.expiresAt).toBe(NOW + 5 * MINUTE);
  });

  it('stores no key, and an address of documentation where the payer’s is unknown', async () => {
    const desk = aDesk();
    const { payerIp: _, ...unknown } = command;
    await startPayment(unknown, PORTAL, 'my-secret-key', desk.dependencies);
    expect(desk.attempts()[0]?.payerIp).toBe('192.0.2.1');
    expect(JSON.stringify(desk.attempts())).not.toContain('my-secret-key');
  });
});

describe('a second call', () => {
  it('with the same key and body answers the same (scenarios 20, 25)', async () => {
    const desk = aDesk();
    const first = await desk.start();
    desk.world.clock.at += MINUTE;
    const again = await desk.start();
    expect(again).toMatchObject({ index: 0, next: first.next, replayed: true });
    expect(desk.attempts()).toHaveLength(1);
  });

  it('with the same key answers the same after attempt and invoice have ended, too (scenario 25)', async () => {
    const desk = aDesk();
    const { next } = await desk.start();
    desk.world.clock.at += 30 * 86_400_000;
    expect(await desk.start()).toMatchObject({ index: 0, next, replayed: true });
    await desk.world.invoices.move(NUMBER, 'open', 'cancelled');
    expect(await desk.start()).toMatchObject({ index: 0, next, replayed: true });
  });

  it.each([
    ['provider', { providerId: 'bank-two' }],
    ['return address', { returnUrl: `${BACK}/2` }],
    ['language', { language: 'en' as const }],
    ['payer address', { payerIp: '203.0.113.8' }],
  ])('with the same key and another %s is refused (scenario 21)', async (_, more) => {
    const desk = aDesk();
    await desk.start();
    expect(await refusalOf(desk.start(more))).toBe('idempotency_key_reused');
    expect(desk.attempts()).toHaveLength(1);
  });

  it('with a new key at the same provider answers the attempt that can still be paid (scenario 24)', async () => {
    const desk = aDesk();
    const first = await desk.start();
    const second = await desk.start({ returnUrl: `${BACK}/2` }, 'key-2-long');
    expect(second).toMatchObject({ index: 0, next: first.next, replayed: false });
    expect(desk.attempts()).toHaveLength(1);
  });

  it('that was answered with a live attempt is answered with it again, also after that has ended (scenario 20)', async () => {
    const desk = aDesk();
    const { next } = await desk.start();
    await desk.start({ language: 'en' }, 'key-2-long');
    desk.world.clock.at += 30 * MINUTE;
    expect(await desk.start({ language: 'en' }, 'key-2-long')).toMatchObject({ index: 0, next, replayed: true });
    expect(await refusalOf(desk.start({ language: 'vi' }, 'key-2-long'))).toBe('idempotency_key_reused');
    expect(await desk.start({}, 'key-3-long')).toMatchObject({ index: 1 });
  });

  it('is found by what an older key of hashes made of it', async () => {
    const desk = aDesk();
    const { next } = await desk.start();
    const hashKeys = ['a newer key of hashes', desk.dependencies.hashKeys[0]] as const;
    expect(await desk.start({}, 'key-1-long', PORTAL, { hashKeys })).toMatchObject({ next, replayed: true });
    expect(await refusalOf(desk.start({ language: 'en' }, 'key-1-long', PORTAL, { hashKeys }))).toBe(
      'idempotency_key_reused',
    );
  });

  it('shortly before the attempt ends opens another: a payer needs time', async () => {
    const desk = aDesk();
    await desk.start();
    desk.world.clock.at += 14 * MINUTE + 1;
    expect(await desk.start({}, 'key-2-long')).toMatchObject({ index: 1 });
  });

  it('that was answered with a living attempt is answered with it for ever, and refused with another body', async () => {
    const desk = aDesk();
    await desk.start();
    const shared = await desk.start({}, 'key-2-long');
    desk.world.clock.at += 30 * MINUTE;
    expect(await desk.start({}, 'key-2-long')).toMatchObject({ index: 0, next: shared.next, replayed: true });
    expect(await refusalOf(desk.start({ language: 'en' }, 'key-2-long'))).toBe('idempotency_key_reused');
    expect(desk.attempts()).toHaveLength(1);
  });

  it('is not sent to a host that nobody registered, though an attempt is alive', async () => {
    const desk = aDesk();
    await desk.start();
    const elsewhere = desk.start({ returnUrl: 'https://elsewhere.example.com/back' }, 'key-2-long');
    expect(await refusalOf(elsewhere)).toBe('return_url_refused');
  });

  it('opens a new attempt where the living one has no time left', async () => {
    const desk = aDesk();
    await desk.start();
    desk.world.clock.at += 15 * MINUTE - 30_000;
    expect(await desk.start({}, 'key-2-long')).toMatchObject({ index: 1 });
  });

  it('finds what an older key of hashes remembered', async () => {
    const desk = aDesk();
    await desk.start();
    const rotated = { hashKeys: ['a newer key of hashes', 'the key of hashes'] as const };
    expect(await desk.start({}, 'key-1-long', PORTAL, rotated as never)).toMatchObject({ index: 0, replayed: true });
  });

  it('at another provider opens another attempt, and both stay payable', async () => {
    const desk = aDesk();
    await desk.start();
    const { index, next } = await desk.start({ providerId: 'bank-two' }, 'key-2-long');
    expect(index).toBe(1);
    expect(pageOf(next)).toContain(paymentReference(NUMBER, 2));
    expect(desk.attempts().map(({ terminal, state }) => [terminal, state])).toEqual([
      [LAND_AT_ONE, 'pending'],
      [LAND_AT_TWO, 'pending'],
    ]);
  });

  it('of another client with the same key text is another call (scenario 22)', async () => {
    const desk = aDesk();
    await desk.start();
    const other = callerOf(client('other-portal'));
    expect(await desk.start({ providerId: 'bank-two' }, 'key-1-long', other)).toMatchObject({ index: 1 });
  });

  it.each([
    [
      'expired',
      async (desk: ReturnType<typeof aDesk>) => {
        desk.world.clock.at += 15 * MINUTE + 1;
      },
    ],
    [
      'failed',
      async (desk: ReturnType<typeof aDesk>) =>
        void (await desk.world.invoices.moveAttempt({
          kind: 'moveAttempt',
          number: NUMBER,
          index: 0,
          from: 'pending',
          to: 'failed',
        })),
    ],
  ])('opens a new attempt when the first has %s', async (_, end) => {
    const desk = aDesk();
    await desk.start();
    await end(desk);
    expect(await desk.start({}, 'key-2-long')).toMatchObject({ index: 1, replayed: false });
  });

  it('racing: 20 calls with one key make one attempt, in every order (scenario 20)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const desk = aDesk();
        const invoices = everyCall(desk.world.invoices, (_, call) => scheduler.schedule(call()));
        const calls = Array.from({ length: 20 }, () => desk.start({}, 'key-1-long', PORTAL, { invoices }));
        await scheduler.waitFor(Promise.all(calls));
        const answers = await Promise.all(calls);
        expect(new Set(answers.map(({ next }) => pageOf(next))).size).toBe(1);
        expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
        expect(desk.attempts()).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });

  it('racing with different keys at two providers makes one attempt at each', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const desk = aDesk();
        const invoices = everyCall(desk.world.invoices, (_, call) => scheduler.schedule(call()));
        const calls = Array.from({ length: 8 }, (_, index) =>
          desk.start({ providerId: index % 2 ? 'bank-one' : 'bank-two' }, `key-${index}-long`, PORTAL, { invoices }),
        );
        await scheduler.waitFor(Promise.all(calls));
        expect(
          desk
            .attempts()
            .map(({ providerId }) => providerId)
            .sort(),
        ).toEqual(['bank-one', 'bank-two']);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a payment is not started', () => {
  it.each([
    ['of an invoice that is paid', { state: 'paid' as const }, {}, 'invoice_not_open'],
    ['of an invoice that was cancelled', { state: 'cancelled' as const }, {}, 'invoice_not_open'],
    ['of an invoice whose deadline has passed, written down or not', { expiresAt: NOW - 1 }, {}, 'invoice_not_open'],
    ['less than a minute before the deadline', { expiresAt: NOW + 59_999 }, {}, 'invoice_not_open'],
    ['of another agency', { agencyCode: POLICE }, {}, 'not_found'],
    ['at a provider that nobody knows', {}, { providerId: 'bank-none' }, 'unknown_provider'],
    ['for several beneficiaries at once', { lines: lines('main', 'fund') }, {}, 'provider_unavailable'],
    ['for a beneficiary without an account', { lines: lines('fund') }, {}, 'provider_unavailable'],
  ])('%s', async (_, invoice, more, code) => {
    const desk = aDesk(invoice);
    expect(await refusalOf(desk.start(more))).toBe(code);
    expect(desk.world.invoices.changes).toEqual([]);
  });

  it('of no invoice at all', async () => {
    const nothing = invoiceId(InvoiceNumber.parse('999999999999'));
    expect(await refusalOf(aDesk().start({ invoiceId: nothing }))).toBe('not_found');
  });

  it.each([
    [999, 'amount_outside_limits'],
    [1000, 'done'],
    [5000, 'done'],
    [5001, 'amount_outside_limits'],
  ])('of %d dong at a provider that takes 1,000 to 5,000: %s', async (amount, code) => {
    const desk = aDesk({ total: dong(amount), due: dong(amount), lines: lines('main') });
    const providers = new Map([['bank-one', paperBank('bank-one', { least: 1000, most: 5000 })]]);
    expect(await refusalOf(desk.start({}, 'key-1-long', PORTAL, { providers }))).toBe(code);
  });

  it('beyond the last attempt, though earlier keys are still answered', async () => {
    const desk = aDesk();
    for (let index = 0; index < MAX_ATTEMPTS; index += 1) {
      expect(await desk.start({}, `key-${index}-long`)).toMatchObject({ index });
      desk.world.clock.at += 15 * MINUTE + 1;
    }
    expect(await refusalOf(desk.start({}, 'one-too-many'))).toBe('too_many_attempts');
    expect(await desk.start({}, 'key-3-long')).toMatchObject({ index: 3, replayed: true });
  });

  it('into an account that is switched off, or without its secret; nothing is left behind', async () => {
    const desk = aDesk();
    const account = await desk.world.registry.merchantAccount('land-one');
    if (!account) throw new Error('no account');
    const empty = { read: async () => undefined };
    expect(await refusalOf(desk.start({}, 'key-1-long', PORTAL, { secrets: empty as never }))).toBe(
      'provider_unavailable',
    );
    await desk.world.registry.putMerchantAccount({ ...account, active: false }, { keyHash: 'x', bodyHash: 'y' });
    expect(await refusalOf(desk.start())).toBe('provider_unavailable');
    expect(desk.attempts()).toEqual([]);
  });

  it('while the secret store is down: it fails closed, and the failure is passed on (scenario 50)', async () => {
    const desk = aDesk();
    desk.world.secrets.outage = new Error('no secret store');
    await expect(desk.start()).rejects.toThrow('no secret store');
    expect(desk.attempts()).toEqual([]);
  });

  it('when the invoice is cancelled in between', async () => {
    const desk = aDesk();
    const invoices = everyCall(desk.world.invoices, async (name, call) => {
      if (name === 'appendAttempt') await desk.world.invoices.move(NUMBER, 'open', 'cancelled');
      return call();
    });
    expect(await refusalOf(desk.start({}, 'key-1-long', PORTAL, { invoices }))).toBe('invoice_not_open');
    expect(desk.attempts()).toEqual([]);
  });
});

describe('where the citizen comes back to', () => {
  const local = callerOf(client('portal', { returnHosts: ['portal.example.gov.vn', 'localhost', 'dev.example:8443'] }));

  it.each([
    'https://portal.example.gov.vn/back?a=b#c',
    'https://PORTAL.example.gov.vn/',
    'https://portal.example.gov.vn:443/',
    'https://dev.example:8443/back',
    'http://localhost:3000/back',
    'https://localhost/back',
  ])('may be %s', async (returnUrl) =>
    expect(await refusalOf(aDesk().start({ returnUrl }, 'key-1-long', local))).toBe('done'),
  );

  it.each([
    'http://portal.example.gov.vn/back',
    'https://portal.example.gov.vn.evil.example/back',
    'https://evil.example/portal.example.gov.vn',
    'https://portal.example.gov.vn@evil.example/',
    'https://user:pass@portal.example.gov.vn/',
    'https://evil.example\\@portal.example.gov.vn/',
    'https://dev.example/back',
    'https://dev.example:9/back',
    'https://sub.portal.example.gov.vn/',
    '//portal.example.gov.vn/back',
    'javascript://localhost/%0aalert(1)',
    'ftp://localhost/back',
    'file://localhost/etc/passwd',
    'javascript:alert(1)',
    'https://127.0.0.1/back',
    '',
    'back',
  ])('may not be %j', async (returnUrl) => {
    const desk = aDesk();
    expect(await refusalOf(desk.start({ returnUrl }, 'key-1-long', local))).toBe('return_url_refused');
    expect(desk.attempts()).toEqual([]);
  });
});

describe('an invoice for several beneficiaries', () => {
  const collector = (more: object) => ({
    id: 'land-one',
    providerId: 'bank-one',
    agencyCode: LAND,
    beneficiary: 'main',
    terminal: LAND_AT_ONE,
    accountNumber: '1234567890',
    bankBin: '970436',
    active: true,
    ...more,
  });
  const origin = { keyHash: 'k', bodyHash: 'b' };

  it('is paid at once where one account collects for all of them, and each gets its own', async () => {
    const desk = aDesk({ lines: lines('main', 'fund') });
    await desk.world.registry.putMerchantAccount(collector({ alsoCollectsFor: ['fund', 'budget'] }), origin);
    expect((await desk.start()).invoice.attempts).toMatchObject([{ merchantAccountId: 'land-one' }]);
    const [attempt] = desk.attempts();
    const reference = paymentReference(NUMBER, 1);
    await desk.world.callback('bank-one', {
      terminal: attempt?.terminal ?? '',
      reference,
      outcome: 'paid',
      amount: dong(50_000),
      currency: 'VND',
      transactionId: 'T1',
      paidAt: NOW,
      resultCode: '00',
    });
    await desk.world.post();
    const item = desk.world.invoices.at(NUMBER);
    const [movement] = item?.kind === 'invoice' ? Object.values(item.invoice.movements) : [];
    expect(movement?.lines).toEqual([
      { side: 'debit', account: 'clearing:land-one', amount: 50_000 },
      { side: 'credit', account: `payable:${LAND}:main`, amount: 25_000 },
      { side: 'credit', account: `payable:${LAND}:fund`, amount: 25_000 },
    ]);
  });

  it('is refused where the account does not collect for one of them, and says for which', async () => {
    const desk = aDesk({ lines: lines('main', 'other') });
    await desk.world.registry.putMerchantAccount(collector({ alsoCollectsFor: ['fund'] }), origin);
    await expect(desk.start()).rejects.toMatchObject({
      code: 'provider_unavailable',
      detail: { en: expect.stringMatching(/: other\.$/) },
    });
    expect(desk.attempts()).toEqual([]);
  });
});

function lines(...beneficiaries: string[]): Invoice['lines'] {
  return beneficiaries.map((beneficiary, index) => ({
    feeItem: `9.000001-0${index + 1}`,
    kind: 'phi',
    quantity: 1,
    amount: dong(50_000 / beneficiaries.length),
    beneficiary,
  }));
}
