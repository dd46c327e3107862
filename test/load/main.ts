import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { synthesize } from '../../infra/synth.ts';
import { Receiver } from '../demo/receiver.ts';
import { PlayedVnpay, vnpayTime } from '../demo/vnpay.ts';
import { LoadedService } from './service.ts';

/**
 * `npm run load [-- --rate 50] [--seconds 60] [--kill N] [--seed S]`: payments from quote to webhook at a steady rate,
 * against a stack of its own on this machine, then every dong is counted. With `--kill N` a function process is killed at
 * each of N moments, and the whole stack once. Ends with 1 when anything is lost, doubled or does not balance.
 */

const MOST_RATE = 500;
const MOST_SECONDS = 600;
const SETTLE_MILLISECONDS = 180_000;
const CALM_POLL_MILLISECONDS = 100;
const AGENCY = 'H29.12';
const PRICE = 135_000;
/** One payment in so many is paid by twenty different transactions at once; one in so many is told twice. */
const MANY_EVERY = 500;
const MOVEMENTS = 20;
const TWICE_EVERY = 10;
/** Milliseconds of processor a payment below which a process is not listed. */
const LEAST_SHOWN = 0.05;

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '60' },
    kill: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});
const bounded = (text: string, most: number): number => Math.min(Math.max(0, Math.trunc(Number(text) || 0)), most);
const rate = bounded(values.rate, MOST_RATE) || 1;
const seconds = bounded(values.seconds, MOST_SECONDS) || 1;
const kills = bounded(values.kill, seconds);

/** mulberry32: the same moments from the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
const random = randomFrom(Number(values.seed));

const Quote = z.looseObject({ quote: z.string() });
const Invoice = z.looseObject({ invoiceId: z.string() });
const Started = z.looseObject({ next: z.looseObject({ url: z.string() }) });
const Secret = z.looseObject({ secret: z.string() });
const Acknowledged = z.looseObject({ RspCode: z.string() });
const Sum = z.looseObject({ count: z.int(), amount: z.int() });
const Report = z.looseObject({
  totals: z.looseObject({ received: Sum }),
  ledger: z.looseObject({ debit: z.int(), credit: z.int() }),
});

type Paid = { invoiceId: string; acknowledgedAt: number };

const times = { api: [] as number[], callback: [] as number[], webhook: [] as number[] };
const paid: Paid[] = [];
let transactions = 0;

async function timed<T>(into: number[], work: Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work;
  into.push(performance.now() - began);
  return result;
}

/** One citizen: priced, invoiced, sent to VNPAY; VNPAY tells of the money until it is acknowledged. */
async function pay(service: LoadedService, vnpay: PlayedVnpay, place: number): Promise<void> {
  const as = 'local-portal';
  const dossierCode = `${AGENCY}-LOAD-${String(place).padStart(8, '0')}`;
  const priced = { procedureCode: '3.000347', agencyCode: AGENCY, dossierCode, channel: 'online' };
  const { quote } = Quote.parse(
    await timed(
      times.api,
      service.call({ as, path: '/v1/quotes', body: { ...priced, submittedAt: new Date().toISOString() } }),
    ),
  );
  const { invoiceId } = Invoice.parse(
    await timed(
      times.api,
      service.call({
        as,
        path: '/v1/invoices',
        body: { quote, agencyCode: AGENCY, dossierCode, payer: { name: 'Nguyễn Văn Mẫu' } },
      }),
    ),
  );
  const { next } = Started.parse(
    await timed(
      times.api,
      service.call({
        as,
        path: `/v1/invoices/${invoiceId}/payments`,
        body: { providerId: 'vnpay', returnUrl: 'https://portal.example.gov.vn/done', payerIp: '203.0.113.7' },
      }),
    ),
  );
  const order = vnpay.open(next.url);
  const different = place % MANY_EVERY === 0 ? MOVEMENTS : 1;
  transactions += different;
  const told = Array.from({ length: different }, () => vnpay.settle(order, { succeeds: true }).query);
  if (place % TWICE_EVERY === 0) told.push(told[0] ?? '');
  await Promise.all(told.map((query) => tell(service, query)));
  paid.push({ invoiceId, acknowledgedAt: performance.now() });
}

async function tell(service: LoadedService, query: string): Promise<void> {
  for (;;) {
    const call = service.call({ method: 'GET', path: `/callbacks/vnpay?${query}` });
    const { RspCode } = Acknowledged.parse(await timed(times.callback, call));
    if (RspCode === '00' || RspCode === '02') return;
    await delay(1_000); // VNPAY comes again after anything else.
  }
}

async function register(service: LoadedService, receiver: Receiver): Promise<PlayedVnpay> {
  const secret = randomBytes(16).toString('hex').toUpperCase();
  const vnpay = new PlayedVnpay({ terminal: 'LOADTERM', secret, noticeAddress: '' });
  await service.call({
    as: 'local-operator',
    method: 'PUT',
    path: '/v1/merchant-accounts/vnpay-h29-12',
    body: {
      providerId: 'vnpay',
      agencyCode: AGENCY,
      beneficiary: 'main',
      terminal: vnpay.terminal,
      accountNumber: '120010000001',
      bankBin: '970436',
      active: true,
      secret,
    },
  });
  const registered = await service.call({
    as: 'local-agency',
    method: 'PUT',
    path: `/v1/agencies/${AGENCY}/webhook`,
    body: { url: receiver.addressOf('agency'), events: ['invoice.paid.v1'] },
  });
  receiver.trust('agency', Secret.parse(registered).secret);
  return vnpay;
}

/** The journal of today and of the day on which the run began. */
async function books(service: LoadedService, began: Date) {
  const sums = { count: 0, amount: 0, debit: 0, credit: 0 };
  const days = new Set([began, new Date()].map((at) => vnpayTime(at).replace(/^(\d{4})(\d\d)(\d\d).*/, '$1-$2-$3')));
  for (const day of days) {
    const report = await service.call({
      as: 'local-finance-maker',
      method: 'GET',
      path: `/v1/reports/daily?date=${day}`,
    });
    const { totals, ledger } = Report.parse(report);
    sums.count += totals.received.count;
    sums.amount += totals.received.amount;
    sums.debit += ledger.debit;
    sums.credit += ledger.credit;
  }
  return sums;
}

/** Milliseconds of processor by task: those of the stack and the callers' own. */
const processorTimes = (service: LoadedService): ReadonlyMap<string, number> => {
  const { user, system } = process.cpuUsage();
  return new Map([...service.processorTimes(), ['the callers', (user + system) / 1_000]]);
};

/** A table of milliseconds, dearest first. */
function perPayment(used: readonly (readonly [string, number])[]): Record<string, object> {
  const sum = used.reduce((total, [, milliseconds]) => total + milliseconds, 0);
  const dearest = [...used]
    .filter(([, milliseconds]) => milliseconds >= LEAST_SHOWN)
    .sort((one, other) => other[1] - one[1]);
  const rows = [...dearest, ['together', sum] as const].map(([task, milliseconds]) => [
    task,
    { 'processor, ms a payment': Number(milliseconds.toFixed(2)) },
  ]);
  return Object.fromEntries(rows) as Record<string, object>;
}

function quantile(of: readonly number[], share: number): string {
  const sorted = [...of].sort((one, other) => one - other);
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0)} ms`;
}

async function load(folder: string): Promise<boolean> {
  await synthesize({ outdir: path.join(folder, 'assembly'), stage: 'sandbox', development: true });
  const service = await LoadedService.start(folder);
  const receiver = new Receiver({ failFirst: false });
  await receiver.start();
  try {
    const vnpay = await register(service, receiver);
    const heardAt = new Map<string, number>();
    let seen = 0;
    const listening = setInterval(() => {
      for (const { event, answered } of receiver.deliveries.slice(seen))
        if (event?.type === 'invoice.paid.v1' && answered === 204 && !heardAt.has(event.subject))
          heardAt.set(event.subject, performance.now());
      seen = receiver.deliveries.length;
    }, 20);

    console.log(`${rate} payments a second for ${seconds} s, ${kills} kills, seed ${values.seed}`);
    const startedOn = new Date();
    const usedBefore = processorTimes(service);
    const began = performance.now();
    const total = rate * seconds;
    const killMoments = Array.from({ length: kills }, () => Math.floor(random() * total)).sort(
      (one, other) => one - other,
    );
    const wholeStack = kills > 0 ? Math.floor(total * (0.3 + 0.4 * random())) : -1;
    let killed = 0;
    let restarted: Promise<void> = Promise.resolve();
    const running: Promise<void>[] = [];
    for (let place = 1; place <= total; place += 1) {
      const early = began + (place * 1_000) / rate - performance.now();
      if (early > 1) await delay(early);
      while (killMoments[0] !== undefined && killMoments[0] <= place) {
        killMoments.shift();
        if (service.killOneFunction((of) => Math.floor(random() * of))) killed += 1;
      }
      if (place === wholeStack) restarted = service.killAll();
      running.push(pay(service, vnpay, place));
    }
    const offered = (performance.now() - began) / 1_000;
    await restarted;
    await Promise.all(running);
    const acknowledged = (performance.now() - began) / 1_000;

    // A calm phase: all that was acknowledged must be in the books and told, once.
    const deadline = performance.now() + SETTLE_MILLISECONDS;
    const lost = () => paid.filter(({ invoiceId }) => !heardAt.has(invoiceId)).length;
    while (lost() > 0 && performance.now() < deadline) await delay(CALM_POLL_MILLISECONDS);
    const used = [...processorTimes(service)].map(
      ([task, time]) => [task, (time - (usedBefore.get(task) ?? 0)) / paid.length] as const,
    );
    // A report reads the whole journal: asked for when all are told, so that it delays none of it.
    let sums = await books(service, startedOn);
    while (sums.count < transactions && performance.now() < deadline) {
      await delay(1_000);
      sums = await books(service, startedOn);
    }
    clearInterval(listening);
    for (const { invoiceId, acknowledgedAt } of paid) {
      const at = heardAt.get(invoiceId);
      if (at !== undefined) times.webhook.push(Math.max(0, at - acknowledgedAt));
    }
    const events = receiver.eventsTo('agency').filter(({ type }) => type === 'invoice.paid.v1');
    const doubled = events.length - new Set(events.map(({ subject }) => subject)).size;
    const rows = {
      'payments offered a second': (total / offered).toFixed(1),
      'payments acknowledged a second': (total / acknowledged).toFixed(1),
      'API call p50, p99': `${quantile(times.api, 0.5)}, ${quantile(times.api, 0.99)}`,
      'callback p50, p99': `${quantile(times.callback, 0.5)}, ${quantile(times.callback, 0.99)}`,
      'acknowledged to webhook p50, p99': `${quantile(times.webhook, 0.5)}, ${quantile(times.webhook, 0.99)}`,
      'calls made again': service.repeated,
      'processes killed': killed + (wholeStack > 0 ? ' and the whole stack once' : ''),
      'invoices paid, told to the agency': `${paid.length}, ${heardAt.size}`,
      lost: lost(),
      doubled,
      'transactions, in the journal': `${transactions}, ${sums.count}`,
      'dong sent, in the journal': `${transactions * PRICE}, ${sums.amount}`,
      'debit, credit': `${sums.debit}, ${sums.credit}`,
    };
    console.table(rows);
    if (kills === 0) console.table(perPayment(used));
    return (
      paid.length === total &&
      lost() === 0 &&
      doubled === 0 &&
      sums.count === transactions &&
      sums.amount === transactions * PRICE &&
      sums.debit === sums.credit
    );
  } finally {
    await service.stop();
    await receiver.stop();
  }
}

const folder = mkdtempSync(path.join(tmpdir(), 'thuphi-load-'));
try {
  if (!(await load(folder))) {
    console.error('something is lost, doubled or does not balance');
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
