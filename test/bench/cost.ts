import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stages } from '../../infra/config.ts';
import { CREATION_SHARDS } from '../../shared/domain/invoice/book.ts';
import { JOURNAL_SHARDS } from '../../shared/domain/ledger/journal.ts';
import type { Beside } from './beside.ts';
import type { TableCount } from './engines.ts';
import { logs } from './logs.ts';
import priceList from './prices.json' with { type: 'json' };
import { counted, type Row } from './rows.ts';
import { IN_THE_BOOK } from './upkeep.ts';

/**
 * `npm run cost`: writes `docs/cost.md` from what `npm run bench` counts and from dated list prices. The bench compares the
 * page with what it counted, so that it cannot go stale.
 */

const PAGE = path.resolve(import.meta.dirname, '../../docs/cost.md');
const RATES = [220, 1_000, 5_000, 20_000] as const;
const { prices, besidePrices, assumed, quotas } = priceList;

/** What one payment takes, as counted. `tables` without the registry, which each process reads twice a minute. */
export type Counted = {
  tables: ReadonlyMap<string, TableCount>;
  payments: number;
  sends: number;
  logBytes: number;
  beside: readonly Beside[];
};

const API_CALLS = 4;
/** Sent, received, deleted; receives and deletes go in batches. */
const queueRequests = (sends: number): number => sends + (2 * sends * 1.5) / assumed.batch;

function page(count: Counted): string {
  const { tables, payments, sends, logBytes, beside } = count;
  const each = (sum: number) => sum / payments;
  const sum = (of: (count: TableCount) => number) => [...tables.values()].reduce((all, count) => all + of(count), 0);
  const functionCalls = API_CALLS + 3 / assumed.batch;
  const gigabyteSeconds =
    (API_CALLS * assumed.httpMilliseconds * assumed.httpGigabytes +
      ((2 * assumed.batchMilliseconds + assumed.deliveryMilliseconds) / assumed.batch) * assumed.consumerGigabytes) /
    1_000;
  const amounts: Record<keyof typeof prices, { amount: number; from: string }> = {
    writeUnits: { amount: each(sum((count) => count.writeUnits)), from: 'counted' },
    readUnits: { amount: each(sum((count) => count.readUnits)), from: 'counted' },
    queueRequests: {
      amount: queueRequests(sends),
      from: 'sends counted, receives and deletes in batches of 10 assumed',
    },
    apiCalls: { amount: API_CALLS, from: 'counted' },
    functionCalls: { amount: functionCalls, from: 'batches of 10 assumed' },
    gigabyteSeconds: { amount: gigabyteSeconds, from: 'durations assumed' },
    logMegabytes: {
      amount: (logBytes + functionCalls * assumed.platformLogBytesPerCall) / 1_000_000,
      from: 'our own lines counted, the platform’s assumed',
    },
  };
  const costs = Object.entries(amounts).map(([name, { amount, from }]) => {
    const { perMillion, certain, what } = prices[name as keyof typeof prices];
    return { what, amount, from, perMillion, certain, usd: amount * perMillion };
  });
  const total = costs.reduce((all, { usd }) => all + usd, 0);

  return `# What a payment costs

Made by \`npm run cost\` from what \`npm run bench\` counts; do not edit. Prices of ${priceList.region} as of ${priceList.writtenOn}. ${priceList.source}

## A million payments, each from quote to webhook at one attempt over VNPAY

| What | A payment | From | USD a million of it | USD a million payments |
|---|--:|---|--:|--:|
${costs.map(({ what, amount, from, perMillion, certain, usd }) => `| ${what} | ${number(amount)} | ${from} | ${perMillion}${certain ? '' : ' (uncertain)'} | ${usd.toFixed(2)} |`).join('\n')}
| **Together** | | | | **${total.toFixed(2)}** |

Not in it: a write unit for each webhook that was told (\`docs/adr/0107\`), storage, data leaving AWS, the stream (Lambda reads it free of charge), custom metrics, alarms, secrets. Megabytes of logs are priced by the million like the rest, so 700 is 0.70 a gigabyte. Assumed, not measured: ${assumed.httpMilliseconds} ms a call over HTTP, ${assumed.batchMilliseconds} ms a batch, ${assumed.deliveryMilliseconds} ms a batch of webhooks, ${assumed.platformLogBytesPerCall} B of the platform's own log lines a call.

## Units by table

| Table | Calls a payment | Write units | Read units |
|---|--:|--:|--:|
${[...tables].map(([name, count]) => `| ${name} | ${number(each(count.calls))} | ${number(each(count.writeUnits))} | ${number(each(count.readUnits))} |`).join('\n')}

The index of invoices by agency and day is within its table's figures: one unit at creation, nothing later.

## Beside it

What happens to some payments only, or by the clock, in addition to the above, counted in the same way over the same engines. Figures are of one time; dollars are of a million of it, as often as it happens to each: table units, objects (put ${besidePrices.objectPuts.perMillion}, read ${besidePrices.objectReads.perMillion}), signatures of KMS (${besidePrices.signatures.perMillion}; all three uncertain) and queue requests, without the time of functions. Orders of receipts are taken ten at once, and each receipt is signed once; a transaction's units are twice those of its writes. A book or a journal that is read through costs by what it holds: seals and their proofs were counted with ${beside.find(({ of }) => of === 'payment')?.number} payments in one hour, and an hour's segment is one object whatever is in it, so dollars of a million payments are too high there for a busy hour. A provider's file and a bank's statement had one line, for a provider of two agencies: they cost by the agencies and days of the journal that are looked through, and the registry's look-ups are not in them. A look of follow-remittances puts and reads one list, however many accounts there are. Each part of an upload is a put, and so are its begin and its end.

| What | A million of it | Times | Table | Calls | Write units | Read units | Objects put, read | Signatures | USD |
|---|---|--:|---|--:|--:|--:|--:|--:|--:|
${beside.flatMap(besideRows).join('\n')}

Together, what clock and log do to a million payments: **${sumOf(beside, ({ of, signatures }) => of === 'payment' && !signatures)} USD**; beside it **${sumOf(beside, ({ of }) => of === IN_THE_BOOK)} USD** a night for each million invoices that stand in the book.

## On paper: ${RATES.map((rate) => rate.toLocaleString('en')).join(', ')} payments a second

Nothing here is measured on AWS. A rate is what the counts above need, held against AWS's default quotas; the largest agency is taken to have ${assumed.largestAgencyShare * 100} % of all payments, all of them created and paid on one day.

${rates(count)}
`;
}

const NO_OBJECTS = { put: 0, read: 0 };
const NO_CALLS = { calls: 0, writeUnits: 0, readUnits: 0 };

/** A row a table; what concerns no table, and the dollars of all, stand beside the first. */
function besideRows(one: Beside): string[] {
  const { what, of, times, tables, objects = NO_OBJECTS, signatures = 0 } = one;
  const each = (sum: number) => number(sum / one.number);
  const counts = tables.size > 0 ? [...tables] : [['', NO_CALLS] as const];
  return counts.map(([name, { calls, writeUnits, readUnits }], place) => {
    const whole =
      place === 0 ? [`${each(objects.put)}, ${each(objects.read)}`, each(signatures), dollars(one)] : ['', '', ''];
    const units = [name, each(calls), each(writeUnits), each(readUnits)];
    return `| ${[what, of, times, ...units, ...whole].join(' | ')} |`;
  });
}

const sumOf = (beside: readonly Beside[], isWanted: (one: Beside) => boolean): string =>
  beside
    .filter(isWanted)
    .reduce((all, one) => all + Number(dollars(one)), 0)
    .toFixed(2);

/** USD of a million of it. */
function dollars({ number: counted, times, tables, objects = NO_OBJECTS, signatures = 0, sends = 0 }: Beside): string {
  const sum = (of: (count: TableCount) => number) => [...tables.values()].reduce((all, count) => all + of(count), 0);
  const all =
    sum(({ writeUnits }) => writeUnits) * prices.writeUnits.perMillion +
    sum(({ readUnits }) => readUnits) * prices.readUnits.perMillion +
    queueRequests(sends) * prices.queueRequests.perMillion +
    objects.put * besidePrices.objectPuts.perMillion +
    objects.read * besidePrices.objectReads.perMillion +
    signatures * besidePrices.signatures.perMillion;
  return ((all * times) / counted).toFixed(2);
}

type Need = { name: string; perPayment: number; limit: number; what: string };

function needs({ tables, payments }: Counted): Need[] {
  const writes = (name: string) => (tables.get(name)?.writeUnits ?? 0) / payments;
  const seconds =
    (API_CALLS * assumed.httpMilliseconds +
      (2 * assumed.batchMilliseconds + assumed.deliveryMilliseconds) / assumed.batch) /
    1_000;
  const { concurrency } = stages.production;
  const perEnvironment = (milliseconds: number) => (assumed.batch * 1_000) / milliseconds;
  return [
    { name: 'API Gateway', perPayment: API_CALLS, limit: quotas.gatewayCalls.perSecond, what: 'calls a second' },
    { name: 'Lambda', perPayment: seconds, limit: quotas.concurrency.perSecond, what: 'environments at once' },
    {
      name: 'notify-agency (our own setting)',
      perPayment: 2,
      limit: concurrency.notifyAgency * perEnvironment(assumed.deliveryMilliseconds),
      what: 'webhooks a second',
    },
    {
      name: 'post-payment (our own setting)',
      perPayment: 1,
      limit: concurrency.postPayment * perEnvironment(assumed.batchMilliseconds),
      what: 'notices a second',
    },
    ...['Invoices', 'Dossiers', 'Journal'].map((name) => ({
      name: `table ${name}`,
      perPayment: writes(name),
      limit: quotas.tableWriteUnits.perSecond,
      what: 'write units a second',
    })),
    {
      name: 'index key: largest agency, day, shard',
      perPayment: assumed.largestAgencyShare / CREATION_SHARDS,
      limit: quotas.partitionWriteUnits.perSecond,
      what: 'write units a second',
    },
    {
      name: 'journal key: largest agency, day, shard',
      perPayment: (assumed.largestAgencyShare * writes('Journal')) / JOURNAL_SHARDS,
      limit: quotas.partitionWriteUnits.perSecond,
      what: 'write units a second',
    },
    {
      name: 'invoice key',
      perPayment: 0,
      limit: quotas.partitionWriteUnits.perSecond,
      what: 'three writes in its life, whatever the rate',
    },
  ];
}

function rates(count: Counted): string {
  const all = needs(count).map((need) => ({
    ...need,
    ends: need.perPayment > 0 ? need.limit / need.perPayment : Infinity,
  }));
  const inOrder = all.filter(({ ends }) => Number.isFinite(ends)).sort((one, other) => one.ends - other.ends);
  const [hottest] = inOrder.filter(({ name }) => name.includes('key'));
  const head = `| | What | Limit | ${RATES.map((rate) => rate.toLocaleString('en')).join(' | ')} | Ends at |\n|---|---|--:|${RATES.map(() => '--:').join('|')}|--:|`;
  const cell = (need: (typeof all)[number], rate: number) => {
    const used = need.perPayment * rate;
    return used > need.limit ? `**${Math.round(used).toLocaleString('en')}**` : Math.round(used * 10) / 10;
  };
  const lines = all.map(
    (need) =>
      `| ${need.name} | ${need.what} | ${Math.round(need.limit).toLocaleString('en')} | ${RATES.map((rate) => cell(need, rate)).join(' | ')} | ${Number.isFinite(need.ends) ? `${Math.floor(need.ends).toLocaleString('en')}/s` : 'never'} |`,
  );
  const verdicts = RATES.map((rate) => {
    const over = inOrder.filter(({ ends }) => ends < rate).map(({ name }) => name);
    const [first] = inOrder;
    return over.length === 0
      ? `- **${rate.toLocaleString('en')}/s**: within every default; the first to end is ${first?.name}, at ${Math.floor(first?.ends ?? 0).toLocaleString('en')}/s.`
      : `- **${rate.toLocaleString('en')}/s**: ends, in this order: ${over.join(', ')}. Quotas that AWS raises on request and settings of ours in \`infra/config.ts\` are raised before; a key's thousand units are fixed, so more shards come before that.`;
  });
  return `${head}\n${lines.join('\n')}\n\nThe hottest key is the ${hottest?.name}: it ends at ${Math.floor(hottest?.ends ?? 0).toLocaleString('en')} payments a second. Bold: over the limit.\n\n${verdicts.join('\n')}`;
}

const number = (value: number): string =>
  value > 0 && value < 0.01 ? value.toPrecision(3) : String(Math.round(value * 100) / 100);

/** Whether the committed page is what these counts make. */
export async function costs(count: Counted): Promise<Row[]> {
  const same = (await readFile(PAGE, 'utf8').catch(() => '')) === page(count);
  return [counted('cost', 'figures of docs/cost.md that are not what was counted (npm run cost)', same ? 0 : 1, 0)];
}

if (import.meta.main) {
  const { openStage } = await import('./stage.ts');
  const { life } = await import('./life.ts');
  const stage = await openStage();
  const { count, invoices } = await life(stage);
  const { besides } = await import('./beside.ts');
  const beside = await besides(stage, invoices);
  await stage.stop();
  const [lines] = await logs();
  await writeFile(PAGE, page({ ...count, beside, logBytes: lines?.measured ?? 0 }));
}
