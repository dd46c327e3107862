import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { House, simulators, UNCONFIRMED } from '../../infra/local/simulators/house.ts';
import type { Arrived, Notice, Simulator } from '../../infra/local/simulators/speech.ts';
import type { NextStep, PaymentProvider, RawCallback } from '../../shared/domain/payment/provider.ts';
import { everyProvider } from '../../shared/providers/index.ts';
import { NOW } from '../dsl/world.ts';
import { ORDER } from './contract-order.ts';

/** Adapter and simulator, written apart, understand each other; a notice that was bent is refused. */

const PLAYED = 'http://127.0.0.1:4010';
const PUBLIC = 'https://pay.example.gov.vn';
const FOLDER = path.resolve(import.meta.dirname, '../../infra/local/simulators');
const providers = new Map(
  everyProvider({ stage: 'sandbox', publicUrl: PUBLIC, played: PLAYED }).map((one) => [one.manifest.id, one]),
);

/** Digits that repeat: keys need not be random here. */
const digits = (bytes: number): string => '5a'.repeat(bytes);

const arrivedBy = (step: NextStep): Arrived => {
  const nothing = { headers: {}, body: '' };
  if (step.kind === 'redirect') {
    const { pathname, search } = new URL(step.url);
    return { method: 'GET', path: pathname, query: search.slice(1), ...nothing };
  }
  if (step.kind === 'qr')
    return { method: 'GET', path: '/pay', query: new URLSearchParams({ code: step.payload }).toString(), ...nothing };
  const body = new URLSearchParams(step.fields).toString();
  return { method: 'POST', path: new URL(step.url).pathname, query: '', headers: {}, body };
};

const received = ({ method, url, headers, body }: Notice): RawCallback => ({
  method,
  rawQuery: new URL(url).search.slice(1),
  headers,
  body: Buffer.from(body),
});

/** A house in which this simulator knows a merchant, and the order that the service's adapter began there. */
function opened(simulator: Simulator) {
  const house = new House({ service: () => PUBLIC, url: () => PLAYED, now: () => NOW });
  const merchant = simulator.hireMerchant(digits);
  house.employ(simulator.id, merchant);
  const office = house.office(simulator.id);
  const account = { merchantAccountId: 'sample', ...merchant };
  const provider = providers.get(simulator.id) as PaymentProvider;
  let prepared: string | undefined;
  if (provider.prepare) {
    const request = provider.prepare.request(ORDER, account);
    const arrived = {
      method: request.method,
      path: new URL(request.url).pathname.slice(simulator.id.length + 1),
      query: '',
      headers: request.headers as Record<string, string>,
      body: request.body,
    };
    const { status, body } = simulator.answer?.(arrived, office) ?? { status: 0, body: '' };
    const answer = provider.prepare.read({ status, body: Buffer.from(body) }, ORDER, account);
    expect(answer).toMatchObject({ kind: 'prepared' });
    if (answer.kind === 'prepared') prepared = answer.prepared;
  }
  const step = provider.begin(ORDER, account, prepared);
  if (simulator.openPage) office.open(simulator.openPage(arrivedBy(step), office));
  const [order] = house.orders();
  if (!order) throw new Error('nothing was opened');
  const notice = (id: string) =>
    simulator.notice({ id, order, amount: order.amount, paid: true, at: NOW }, merchant, `${PUBLIC}/callbacks`, NOW);
  return { provider, order, step, notice, keys: [merchant.secret], house, office, account };
}

const payable = [...simulators.values()].filter(({ id }) => id !== 'sepay' && id !== 'casso');

describe.each(payable.map((one) => [one.id, one] as const))('%s', (id, simulator) => {
  it('reads the order that the adapter signs, and leads the citizen to itself', () => {
    const { order, step } = opened(simulator);
    expect(order).toMatchObject({ amount: ORDER.amount });
    expect(order.reference).toContain(ORDER.reference);
    if (step.kind !== 'qr') expect(step.url.startsWith(`${PLAYED}/${id}/`)).toBe(true);
  });

  it.skipIf(id === 'vietqr')('signs a notice that the adapter reads, and whose bent copy it refuses', () => {
    const { provider, notice, keys, order } = opened(simulator);
    const sent = notice('1732690000001');
    if (!sent) throw new Error('no notice');
    expect(provider.read(received(sent), keys, NOW)).toMatchObject({
      outcome: id === 'keypay-dvcqg' ? 'review' : 'paid',
      reference: ORDER.reference,
      amount: ORDER.amount,
    });
    const from = simulator.amountOnTheWire(order.amount);
    const to = simulator.amountOnTheWire(order.amount + 1);
    const bent = simulator.bend?.(sent, from, to) ?? {
      ...sent,
      url: sent.url.replaceAll(from, to),
      body: sent.body.replaceAll(from, to),
    };
    expect(bent).not.toEqual(sent);
    expect(() => provider.read(received(bent), keys, NOW)).toThrow('signature');
  });

  it.skipIf(id === 'vietqr')('refuses an order that another signed', () => {
    const house = new House({ service: () => PUBLIC, url: () => PLAYED, now: () => NOW });
    house.employ(
      id,
      simulator.hireMerchant((bytes) => 'b7'.repeat(bytes)),
    );
    if (!simulator.openPage) return;
    const account = { merchantAccountId: 'sample', ...simulator.hireMerchant(digits) };
    const step = (providers.get(id) as PaymentProvider).begin(ORDER, account);
    expect(() => simulator.openPage?.(arrivedBy(step), house.office(id))).toThrow('signature');
  });
});

describe.each(['vnpay', 'momo', 'zalopay', 'payos'])('%s, asked by its adapter', (id) => {
  const simulator = simulators.get(id) as Simulator;
  it('says pending until it is paid, then how much', async () => {
    const { provider, office, order, house, account } = opened(simulator);
    const question = { ...ORDER, askedAt: NOW };
    const ask = () => {
      const request = provider.query?.request(question, account);
      if (!request) throw new Error('cannot be asked');
      const path = new URL(request.url).pathname.slice(id.length + 1);
      const headers = request.headers as Record<string, string>;
      const answer = simulator.answer?.(
        { method: request.method, path, query: '', headers, body: request.body },
        office,
      );
      const response = { status: answer?.status ?? 0, body: Buffer.from(answer?.body ?? '') };
      return provider.query?.read(response, question, account);
    };
    expect(ask()).toMatchObject({ outcome: 'pending' });
    const decision = { provider: id, reference: order.reference, outcome: 'pay', fault: 'drop' } as const;
    const { transactionId } = await house.decide({ ...decision, delaySeconds: 0, difference: 0, tellers: ['sepay'] });
    expect(ask()).toMatchObject({ outcome: 'paid', amount: ORDER.amount, reference: ORDER.reference, transactionId });
  });
});

it('share no code with the adapters: they import nothing of the service', () => {
  for (const name of readdirSync(FOLDER)) {
    const from = [...readFileSync(path.join(FOLDER, name), 'utf8').matchAll(/from '([^']+)'/g)].map(
      ([, at]) => at ?? '',
    );
    for (const place of from)
      expect(place, name).toMatch(/^(node:|zod$|\.\/|\.\.\/(addresses|secrets|data-directory)\.ts$)/);
  }
});

/** The sandbox bank is played by its own function; the others only by the parties of their contract tests. */
const PLAYED_ELSEWHERE: readonly string[] = ['sandbox-bank', 'bank-direct', 'dvcqg'];

it('are there for everybody who is called back, and the uncertain ones are known as such', () => {
  const ids = [...providers.keys()].filter((id) => !PLAYED_ELSEWHERE.includes(id));
  expect([...simulators.keys()].sort()).toEqual(ids.sort());
  const uncertain = [...providers.values()].filter(
    ({ manifest }) => manifest.uncertain.length > 0 && !PLAYED_ELSEWHERE.includes(manifest.id),
  );
  expect([...UNCONFIRMED].sort()).toEqual(uncertain.map(({ manifest }) => manifest.id).sort());
});
