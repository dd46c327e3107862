import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Decision, House } from '../../infra/local/simulators/house.ts';
import { simulators } from '../../infra/local/simulators/players.ts';
import { settlementFile } from '../../infra/local/simulators/settlement.ts';
import type { Arrived, Notice, Office, Order, Simulator, Transaction } from '../../infra/local/simulators/speech.ts';
import { Dong } from '../../shared/domain/money/dong.ts';
import type {
  NextStep,
  PaymentProvider,
  ProviderRequest,
  ProviderResponse,
  RawCallback,
  RefundOrder,
} from '../../shared/domain/payment/provider.ts';
import { type ColumnMap, columnMapFor } from '../../shared/domain/reconciliation/column-maps.ts';
import { Matching } from '../../shared/domain/reconciliation/matching.ts';
import { SettlementFileReader } from '../../shared/domain/reconciliation/settlement-file.ts';
import { everyProvider } from '../../shared/providers/index.ts';
import { onepay } from '../../shared/providers/onepay/adapter.ts';
import { DAY, LAND } from '../domain/reconciliation/samples.ts';
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
    const response = called(simulator, office, provider.prepare.request(ORDER, account));
    const answer = provider.prepare.read(response, ORDER, account);
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

const TELLERS: readonly string[] = ['sepay', 'casso', 'bank-direct'];
const payable = [...simulators.values()].filter(({ id }) => !TELLERS.includes(id));

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

describe.each(TELLERS)('%s, which tells of a bank transfer', (id) => {
  it('signs a notice that its reader takes, under the bank’s own name, and whose bent copy it refuses', () => {
    const { order } = opened(simulators.get('vietqr') as Simulator);
    const teller = simulators.get(id) as Simulator;
    const merchant = teller.hireMerchant(digits);
    const source = providers.get(id);
    const transaction = { id: '1732690000001', order, amount: order.amount, paid: true, at: NOW };
    const sent = teller.notice(transaction, merchant, `${PUBLIC}/callbacks/${id}`, NOW);
    if (!sent || !source) throw new Error('no notice');
    expect(source.read(received(sent), [merchant.secret], NOW)).toMatchObject({
      outcome: 'paid',
      reference: ORDER.reference,
      amount: ORDER.amount,
      bankCredit: { account: merchant.terminal, reference: 'FT1732690000001' },
    });
    const bent = { ...sent, body: sent.body.replaceAll(String(order.amount), String(order.amount + 1)) };
    expect(() => source.read(received(bent), [merchant.secret], NOW)).toThrow('signature');
    expect(teller.notice({ ...transaction, paid: false }, merchant, PUBLIC, NOW)).toBeUndefined();
  });
});

/** What the simulator says to a call that the adapter made. */
function called(simulator: Simulator, office: Office, request: ProviderRequest): ProviderResponse {
  const path = new URL(request.url).pathname.slice(simulator.id.length + 1);
  const headers = request.headers as Record<string, string>;
  const answer = simulator.answer?.({ method: request.method, path, query: '', headers, body: request.body }, office);
  return { status: answer?.status ?? 0, body: Buffer.from(answer?.body ?? '') };
}

/** The payer pays, and nobody is told. */
const paidAt = (house: House, { provider, reference }: Order) =>
  house.decide(Decision.parse({ provider, reference, fault: 'drop' }));

describe.each(['vnpay', 'momo', 'zalopay', 'payos', 'onepay', 'dvcqg'])('%s, asked by its adapter', (id) => {
  const simulator = simulators.get(id) as Simulator;
  it('says pending until it is paid, then how much', async () => {
    const { provider, office, order, house, account } = opened(simulator);
    const question = { ...ORDER, askedAt: NOW };
    const ask = () => {
      if (!provider.query) throw new Error('cannot be asked');
      return provider.query.read(
        called(simulator, office, provider.query.request(question, account)),
        question,
        account,
      );
    };
    expect(ask()).toMatchObject({ outcome: 'pending' });
    const { transactionId } = await paidAt(house, order);
    expect(ask()).toMatchObject({ outcome: 'paid', amount: ORDER.amount, reference: ORDER.reference, transactionId });
  });
});

describe('payos, told by its adapter that nobody is to pay an order any more', () => {
  const question = { ...ORDER, askedAt: NOW };
  const payos = () => {
    const all = opened(simulators.get('payos') as Simulator);
    const { provider, office, account } = all;
    const tell = () => {
      const request = provider.query?.withdraw?.(question, account);
      if (!request) throw new Error('cannot be withdrawn');
      return provider.query?.read(called(simulators.get('payos') as Simulator, office, request), question, account);
    };
    return { ...all, tell };
  };

  it('withdraws it: it is declined, and a payer is turned away', async () => {
    const { tell, house, order } = payos();
    expect(tell()).toMatchObject({ outcome: 'declined', resultCode: 'CANCELLED', reference: ORDER.reference });
    await expect(paidAt(house, order)).rejects.toThrow('withdrawn');
  });

  it('does not withdraw what was paid', async () => {
    const { tell, house, order } = payos();
    await paidAt(house, order);
    expect(tell()).toMatchObject({ outcome: 'unknown' });
  });
});

describe.each(['vnpay', 'momo', 'zalopay', 'onepay'])('%s, told by its adapter to give money back', (id) => {
  const simulator = simulators.get(id) as Simulator;
  const paid = async () => {
    const { provider: known, office, order, house, account } = opened(simulator);
    const { transactionId } = await paidAt(house, order);
    const refunds = (id === 'onepay' ? onepay({ stage: 'sandbox', played: PLAYED, refunding: 'on' }) : known).refunds;
    if (!refunds) throw new Error('cannot give back');
    const refund = (refundReference: string, amount: number): RefundOrder => ({
      refundReference,
      reference: ORDER.reference,
      transactionId,
      paid: ORDER.amount,
      amount: Dong.parse(amount),
      attemptCreatedAt: ORDER.createdAt,
      requestedAt: NOW,
      description: 'Hoan tien',
    });
    const give = (one: RefundOrder) =>
      refunds.read(called(simulator, office, refunds.request(one, account)), one, account).outcome;
    const ask = (one: RefundOrder) => {
      const request = refunds.ask?.(one, account, NOW + 60_000);
      return request && refunds.told?.(called(simulator, office, request), one, account).outcome;
    };
    const back = () => office.refundsOf(office.transaction(transactionId) as Transaction).map(({ amount }) => amount);
    return { refund, give, ask, back, asks: refunds.ask !== undefined };
  };

  it('does it once, however often it is told under one reference', async () => {
    const { refund, give, ask, back, asks } = await paid();
    const some = refund('48021356789001', 20_000);
    expect(give(some)).toBe('refunded');
    // Told again, each says so in its own way: done already, or look it up.
    expect(['refunded', 'pending']).toContain(give(some));
    expect(back()).toEqual([20_000]);
    if (asks) expect(ask(some)).toBe('refunded');
  });

  it('gives back in parts and then the rest, and no more than was paid', async () => {
    const { refund, give, back } = await paid();
    expect(give(refund('48021356789001', 20_000))).toBe('refunded');
    expect(give(refund('48021356789002', ORDER.amount - 20_000))).toBe('refunded');
    expect(['refused', 'unknown']).toContain(give(refund('48021356789003', 1_000)));
    expect(back()).toEqual([20_000, ORDER.amount - 20_000]);
  });

  it('knows nothing of one that it was never told of', async () => {
    const { refund, ask, asks } = await paid();
    // That they know nothing is no refusal.
    if (asks) expect(ask(refund('48021356789009', 20_000))).toBe('unknown');
  });
});

/** Whoever is in the books of a simulator and has a layout that the service reads. */
const settling = [...simulators.keys()].filter((id) => columnMapFor(id) !== undefined);

it.each(settling)('%s delivers a settlement file that the service reads, to the last dong', async (id) => {
  const { house, order, office } = opened(simulators.get(id) as Simulator);
  for (const [reference, outcome] of [
    ['480213567890028', 'pay'],
    ['480213567890036', 'decline'],
  ] as const) {
    office.open({ ...order, reference });
    await house.decide(Decision.parse({ provider: id, reference, outcome, fault: 'drop' }));
  }
  await paidAt(house, order);
  const text = settlementFile(id, DAY, house.transactionsOf(id));
  const matching = new Matching(DAY, new Map([[order.terminal, new Set([LAND])]]));
  const reader = new SettlementFileReader(columnMapFor(id) as ColumnMap, matching);
  reader.push(Buffer.from(text));
  expect(reader.end()).toEqual({ kind: 'read', lines: 3, collected: { count: 2, amount: 2 * ORDER.amount } });
});

it('have such a layout where one is known: VNPAY’s', () => {
  expect(settling).toEqual(['vnpay']);
});

it('share no code with the adapters: they import nothing of the service', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(15);
  for (const name of files) {
    const from = [...readFileSync(path.join(FOLDER, name), 'utf8').matchAll(/from '([^']+)'/g)].map(
      ([, at]) => at ?? '',
    );
    for (const place of from)
      expect(place, name).toMatch(/^(node:|zod$|\.\/|\.\.\/(addresses|secrets|data-directory|speech)\.ts$)/);
  }
});

/** The sandbox bank is played by its own function. */
const PLAYED_ELSEWHERE: readonly string[] = ['sandbox-bank'];

it('are there for every provider, and for nobody else', () => {
  const others = [...providers.keys()].filter((id) => !PLAYED_ELSEWHERE.includes(id));
  expect([...simulators.keys()].sort()).toEqual(others.sort());
});
