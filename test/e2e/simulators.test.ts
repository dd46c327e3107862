import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decided } from '../../infra/local/simulators/house.ts';
import type { Simulators } from '../../infra/local/simulators/server.ts';
import type { Order } from '../../infra/local/simulators/speech.ts';
import type { LocalStack } from '../../infra/local/stack.ts';
import { listExceptions } from '../../shared/api/finance.ts';
import { cancelInvoice, listProviders, startPayment } from '../../shared/api/portal.ts';
import { getProviderStatus, putProviderStatus } from '../../shared/api/registry.ts';
import { eventually, removeTemporaryFolders, startSimulatedStack } from '../stack.ts';
import { type Invoice, LICENCE, newDossier, PAYER, RETURN_URL, World } from './world.ts';

/** Every provider paid at its simulator, over HTTP, through the pages and the control that a person and a script use. */

const ROOT = path.resolve(import.meta.dirname, '../..');
const { amount } = LICENCE;
/** The sample agency beside the one whose VNPAY account the other tests give a key of their own. */
const AGENCY = 'H29.13';
const PAGES = ['vnpay', 'momo', 'zalopay', 'payos', 'onepay'] as const;
const PROVIDERS = [...PAGES, 'vietqr'] as const;
type Provider = (typeof PROVIDERS)[number];
type Started = { provider: Provider; invoiceId: string; reference: string };

let stack: LocalStack;
let simulators: Simulators;
let world: World;
/** Where the simulated providers' keys and address are noted, as by `npm start`. */
let localFolder: string;

beforeAll(async () => {
  ({ stack, simulators, localFolder } = await startSimulatedStack());
  world = await World.enter(stack);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  await simulators?.stop();
  removeTemporaryFolders();
});

/** An invoice, a payment begun, and the provider's page opened as a browser would. */
async function start(provider: Provider): Promise<Started> {
  const { invoiceId } = await world.invoice(newDossier(), AGENCY);
  const body = { providerId: provider, returnUrl: RETURN_URL, payerIp: '203.0.113.7' };
  const { next } = await world.portal.done(startPayment, { params: { invoiceId }, body });
  const url =
    next.kind === 'redirect'
      ? next.url
      : `${simulators.url}/vietqr/pay?${new URLSearchParams({ code: next.kind === 'qr' ? next.payload : '' })}`;
  expect(url.startsWith(`${simulators.url}/${provider}/`)).toBe(true);
  const page = await fetch(url, { headers: { accept: 'text/html' } });
  const text = await page.text();
  expect([page.status, text.includes('135.000 ₫')], text).toEqual([200, true]);
  expect(text).not.toContain(PAYER.name);
  const [, reference = ''] = /name="reference" value="([^"]+)"/.exec(text) ?? [];
  return { provider, invoiceId, reference };
}

describe('npm run provider -- probe', () => {
  const probe = async (name: string) => {
    const words = ['run', '--silent', 'provider', '--', 'probe', name, '--local', localFolder];
    return promisify(execFile)('npm', words, { cwd: ROOT }).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    );
  };

  it.each(['vnpay', 'momo', 'dvcqg', 'paygov'])('tries %s of the running stack, and ends with 0', async (name) => {
    const { code, stdout } = await probe(name);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^page .* HTTP 200$/m)]);
    expect(stdout).not.toMatch(/[0-9a-f]{32}/i);
  });

  it('ends with 1 and says why where nobody plays it, or takes no payments so', async () => {
    expect(await probe('land-bank')).toMatchObject({ code: 1, stderr: expect.stringContaining('no simulator plays') });
    expect(await probe('sepay')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no provider takes payments'),
    });
  });
});

/** How each provider of the agency is shown. */
async function availability(): Promise<Record<string, string>> {
  const { data } = await world.portal.done(listProviders, { query: { agencyCode: AGENCY } });
  return Object.fromEntries(data.map((one) => [one.providerId, one.availability]));
}

/** A payment begun, whatever is answered. */
async function begin(providerId: Provider) {
  const { invoiceId } = await world.invoice(newDossier(), AGENCY);
  return world.portal.call(startPayment, { params: { invoiceId }, body: { providerId, returnUrl: RETURN_URL } });
}

/** A payment that is refused because the provider is out of service: each process hears of that in its own time. */
const refusedAt = (providerId: Provider) =>
  eventually(`nothing is begun at ${providerId}`, async () => {
    const problem = JSON.parse((await begin(providerId)).text) as { code?: string };
    return problem.code === 'provider_out_of_service' && problem;
  });

async function control<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(`${simulators.url}/control/${path}`, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}
const decide = ({ provider, reference }: Started, more: object = {}) =>
  control<Decided>('decide', { provider, reference, ...more });

const moneyOf = ({ paid, surplus }: Invoice) => [paid.amount, surplus.amount];
const untilPaid = async ({ invoiceId }: Started) =>
  expect(moneyOf(await world.untilState(invoiceId, 'paid'))).toEqual([amount, 0]);

describe.each(PROVIDERS)('%s', (provider) => {
  it('is paid on its page', async () => {
    const started = await start(provider);
    const { told } = await decide(started);
    expect(told.every(({ status }) => status === 200 || status === 204)).toBe(true);
    await untilPaid(started);
  });

  it('tells twice: entered once', async () => {
    const started = await start(provider);
    await decide(started, { fault: 'duplicate' });
    await untilPaid(started);
  });

  it('has its amount changed on the way: nothing happens at all, and the true notice is taken afterwards', async () => {
    const started = await start(provider);
    // It answers no question until it has told the truth: what was changed on the way would be known of another payment.
    await control('availability', { provider, hangs: true });
    try {
      const { version } = await world.read(started.invoiceId);
      const { told } = await decide(started, { fault: 'tamper' });
      expect(told.length).toBeGreaterThan(0);
      expect(
        told.every(({ status, answer }) => status >= 400 || REFUSALS.test(answer)),
        JSON.stringify(told),
      ).toBe(true);
      expect((await world.read(started.invoiceId)).version).toBe(version);
      await decide(started);
      await untilPaid(started);
    } finally {
      await control('availability', { provider });
    }
  });

  it('is paid a wrong amount: the money is in the books, and the invoice is not paid', async () => {
    const started = await start(provider);
    const { transactionId } = await decide(started, { fault: 'wrong_amount', difference: -1_000 });
    // A bank credit's name holds more than the transaction's number.
    await eventually('a work item about it', async () => {
      const { data } = await world.finance.done(listExceptions, { query: { limit: '100' } });
      return data.some((one) => one.category === 'AMOUNT_UNDER' && (one.transactionId ?? '').endsWith(transactionId));
    });
    expect((await world.read(started.invoiceId)).state).not.toBe('paid');
  });

  it('tells in another order than it was paid: both are paid', async () => {
    const [first, second] = [await start(provider), await start(provider)];
    expect((await decide(first, { fault: 'reorder' })).told).toEqual([]);
    await decide(second);
    await Promise.all([untilPaid(first), untilPaid(second)]);
  });

  it('tells ten minutes late: it waits, and is entered when it comes', async () => {
    const started = await start(provider);
    expect((await decide(started, { fault: 'delay', delaySeconds: 600 })).told).toEqual([]);
    await control('release', {});
    await untilPaid(started);
  });
});

/** What those say that answer a wrong signature with 200. */
const REFUSALS = /"RspCode":"97"|"return_code":-1|confirm-fail/;

describe('a provider that never tells', () => {
  it.each(['vnpay', 'momo', 'zalopay', 'payos', 'onepay'] as const)('is asked: %s', async (provider) => {
    const started = await start(provider);
    expect((await decide(started, { fault: 'drop' })).told).toEqual([]);
    await untilPaid(started);
  });
});

describe('a provider that takes calls and answers nothing', () => {
  // More than its queue's limit of concurrency lets be in hand at once.
  const MANY = 24;
  it('holds up its own questions, and nobody else’s', async () => {
    const silent: Started[] = [];
    for (let count = 0; count < MANY; count += 1) silent.push(await start('zalopay'));
    await control('availability', { provider: 'zalopay', hangs: true });
    try {
      for (const one of silent) await decide(one, { fault: 'drop' });
      await eventually('ZaloPay is asked', () => simulators.house.heldAt('zalopay') > 0);
      const others = await Promise.all((['vnpay', 'momo', 'payos', 'onepay'] as const).map(start));
      await Promise.all(others.map((one) => decide(one, { fault: 'drop' })));
      await Promise.all(others.map((one) => untilPaid(one)));
      await eventually('it is shown', async () => (await availability()).zalopay === 'not_answering');
      expect(await availability()).toMatchObject({ vnpay: 'available', momo: 'available' });
      expect(await refusedAt('zalopay')).toMatchObject({
        availability: 'not_answering',
        alternatives: expect.arrayContaining(['vnpay', 'momo', 'payos', 'onepay', 'vietqr']),
      });
    } finally {
      await control('availability', { provider: 'zalopay' });
    }
  });
});

describe('a provider that an operator switches off', () => {
  it('takes no new payments within seconds, and still enters what was begun', async () => {
    const begun = await start('payos');
    const params = { providerId: 'payos' };
    const off = { state: 'switched_off' as const, reason: 'Hợp đồng tạm dừng' };
    await world.operator.done(putProviderStatus, { params, body: off });
    await eventually('it is shown', async () => (await availability()).payos === 'switched_off');
    expect(await refusedAt('payos')).toMatchObject({
      providerId: 'payos',
      availability: 'switched_off',
    });
    await decide(begun);
    await untilPaid(begun);
    await world.operator.done(putProviderStatus, { params, body: { state: 'available', reason: 'Đã gia hạn' } });
    await eventually('it is back', async () => (await availability()).payos === 'available');
    // Every process knows it, not only the one that was asked.
    stack.killFunction('portal-api');
    const { changes } = await world.operator.done(getProviderStatus, { params });
    expect(changes.map(({ state, reason }) => [state, reason])).toEqual([
      ['available', 'Đã gia hạn'],
      ['switched_off', 'Hợp đồng tạm dừng'],
    ]);
  });
});

describe('a credit that several tell of', () => {
  it.each([[['sepay', 'casso']], [['casso', 'sepay']], [['bank-direct', 'casso', 'sepay']]])(
    'is entered once: %s',
    async (tellers) => {
      const started = await start('vietqr');
      const { told } = await decide(started, { tellers });
      expect(told.map(({ provider, status }) => [provider, status])).toEqual(tellers.map((one) => [one, 200]));
      await untilPaid(started);
      expect(await world.workItems(started.invoiceId)).toEqual([]);
    },
  );
});

it('a thousand copies at once are one payment', async () => {
  const started = await start('momo');
  const { told } = await decide(started, { fault: 'flood' });
  expect(told.reduce((sum, { times }) => sum + times, 0)).toBe(1_000);
  await untilPaid(started);
});

it('a declined order is open, and can be paid', async () => {
  const started = await start('momo');
  await decide(started, { outcome: 'decline' });
  expect((await world.read(started.invoiceId)).state).toBe('open');
  await decide(await startAgain(started));
  await untilPaid(started);
});

it.each([
  ['cancelled', ({ invoiceId }: Started) => world.portal.done(cancelInvoice, { params: { invoiceId } })],
  ['paid elsewhere', async (started: Started) => decide(await startAgain(started))],
])('a link at payOS is cancelled there once its invoice is %s', async (_, act) => {
  const started = await start('payos');
  await act(started);
  const { reference, invoiceId } = started;
  await eventually('the link is cancelled', async () => {
    const orders = (await (await fetch(`${simulators.url}/control/orders`)).json()) as Order[];
    return orders.find((order) => order.provider === 'payos' && order.reference === reference)?.withdrawn;
  });
  await eventually('the attempt is over', async () => (await world.read(invoiceId)).payments[0]?.state === 'failed');
});

/** Another attempt for the same invoice. */
async function startAgain({ invoiceId }: Started): Promise<Started> {
  const body = { providerId: 'vnpay', returnUrl: RETURN_URL, payerIp: '203.0.113.7' };
  const { next } = await world.portal.done(startPayment, { params: { invoiceId }, body });
  const url = next.kind === 'redirect' ? next.url : '';
  await fetch(url);
  return { provider: 'vnpay', invoiceId, reference: new URL(url).searchParams.get('vnp_TxnRef') ?? '' };
}

it('a settlement file tells of what was collected', async () => {
  const [today = ''] = new Date(Date.now() + 7 * 3_600_000).toISOString().split('T');
  const file = await (await fetch(`${simulators.url}/settlement/vnpay/${today}.csv`)).text();
  expect(file.trim().split('\r\n').length).toBeGreaterThan(3);
  expect(file.trim().split('\r\n').at(-1)).toMatch(/^TOTAL,\d+,\d+$/);
});

it('no dong is entered twice, and no log holds a secret (scenario 71)', async () => {
  const { received, debit, credit } = await world.journal();
  expect([debit, credit]).toEqual([received, received]);
  world.expectSilentLogs(stack);
});
