import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { bundle, steps } from '../../infra/bundle.ts';
import { inParallel } from '../../shared/usecases/in-parallel.ts';
import { pricing } from './pricing.ts';
import { AGENCY, openStage, type Stage, signedIpn } from './stage.ts';

/**
 * `npm run bench`: counts what the budgets name and keeps them. Counts are exact, so a budget that does not hold ends the
 * run with 1. Prints one table and writes `bench.json`.
 */

type Row = { budget: string; what: string; measured: number; limit: number; unit: string };

const KB = 1000;
const BASE_LIMITS: Record<string, number> = { 'provider-callback': 380 * KB, 'portal-api': 420 * KB };
const PER_PROVIDER = 8 * KB;
const PROVIDERS = 2;
/** Must not be in any bundle: they cost start-up time and nobody reaches them. */
const FORBIDDEN =
  /zod\/v4\/locales\/|powertools\/(?:tracer|parser)|credential-provider-(?:sso|ini|imds|node)|client-sso/;

const INVOICES = 50;
const COPIES = 1_000;
/** Copies under way at the same time: one process stands here for very many instances of the function. */
const AT_ONCE = 200;

/** G3: sizes of the bundles, and what must not be in them. Data shipped beside the code is counted apart. */
async function bundles(): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'thuphi-bench-'));
  try {
    await bundle(folder);
    const { outputs } = z
      .object({ outputs: z.record(z.string(), z.object({ inputs: z.record(z.string(), z.unknown()) })) })
      .parse(JSON.parse(await readFile(path.join(folder, 'metafile.json'), 'utf8')));
    const rows: Row[] = [];
    for (const name of await steps(path.resolve(import.meta.dirname, '../../functions'))) {
      const { size } = await stat(path.join(folder, name, 'index.js'));
      const base = BASE_LIMITS[name];
      const limit =
        base === undefined
          ? Number.POSITIVE_INFINITY
          : name === 'provider-callback'
            ? base + PROVIDERS * PER_PROVIDER
            : base;
      rows.push({ budget: 'G3', what: `bundle of ${name}`, measured: size, limit, unit: 'B' });
      const [, output] = Object.entries(outputs).find(([file]) => file.endsWith(`${name}/index.js`)) ?? [];
      const inputs = Object.keys(output?.inputs ?? {});
      const clients = new Set(inputs.flatMap((file) => /@aws-sdk\/(client-[a-z0-9-]+)\//.exec(file)?.[1] ?? []));
      rows.push({ budget: 'G3', what: `AWS clients in ${name}`, measured: clients.size, limit: 2, unit: '' });
      const forbidden = inputs.filter((file) => FORBIDDEN.test(file)).length;
      rows.push({ budget: 'G3', what: `unwanted modules in ${name}`, measured: forbidden, limit: 0, unit: '' });
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Paid = { invoice: string; reference: string; total: number };

/** From quote to redirect, as a portal does it: three lines, one attempt at VNPAY. */
async function begin(stage: Stage, place: number): Promise<Paid> {
  const items = ['3.000346-01', '3.000346-03', '3.000346-07'].map((feeItem) => ({ feeItem }));
  const dossierCode = `${AGENCY}-261122-${String(place).padStart(4, '0')}`;
  const { quote } = await stage.call(
    'POST /v1/quotes',
    {},
    {
      procedureCode: '3.000346',
      agencyCode: AGENCY,
      channel: 'online',
      submittedAt: '2026-11-22T09:00:00+07:00',
      facts: { items },
    },
  );
  const invoice = z.object({ invoiceId: z.string(), total: z.object({ amount: z.number() }) }).parse(
    await stage.call(
      'POST /v1/invoices',
      {},
      {
        quote,
        dossierCode,
        agencyCode: AGENCY,
        payer: { name: 'Nguyễn Thị Mẫu', idNumber: '001099000001' },
      },
    ),
  );
  const { paymentId } = z.object({ paymentId: z.string() }).parse(
    await stage.call(
      'POST /v1/invoices/{invoiceId}/payments',
      { invoiceId: invoice.invoiceId },
      {
        providerId: 'vnpay',
        returnUrl: 'https://portal.example.gov.vn/ket-qua',
        language: 'vi',
        payerIp: '203.0.113.7',
      },
    ),
  );
  return { invoice: invoice.invoiceId.slice(4), reference: paymentId.slice(4), total: invoice.total.amount };
}

/** G5: the life of one invoice, averaged over some. */
async function life(stage: Stage): Promise<Row[]> {
  await begin(stage, 0); // The first call of a process reads the registry; later ones remember it.
  stage.tables.reset();
  stage.queues.reset();
  let last: Paid | undefined;
  for (let place = 1; place <= INVOICES; place += 1) {
    last = await begin(stage, place);
    const answer = await stage.ipn(signedIpn(last.reference, last.total, String(14_000_000 + place)));
    if (!answer.includes('"00"')) throw new Error(`VNPAY was answered ${answer}`);
    await stage.post();
    await stage.publish();
  }
  const totals = { calls: 0, writeUnits: 0, readUnits: 0 };
  let registryCalls = 0;
  for (const [table, count] of stage.tables.counts) {
    // A process asks the registry once in half a minute, however many payments it serves: counted apart.
    if (table === 'Registry') registryCalls = count.calls;
    if (table === 'Registry') continue;
    totals.calls += count.calls;
    totals.writeUnits += count.writeUnits;
    totals.readUnits += count.readUnits;
  }
  const each = (sum: number) => Math.round((sum / INVOICES) * 100) / 100;
  const { Item } = await stage.client.send(
    new GetItemCommand({ TableName: 'Invoices', Key: { k: { S: last?.invoice ?? '' } } }),
  );
  return [
    {
      budget: 'G5',
      what: 'write units, one invoice paid at one attempt',
      measured: each(totals.writeUnits),
      limit: 7.1,
      unit: '',
    },
    { budget: 'G5', what: 'read units', measured: each(totals.readUnits), limit: 2, unit: '' },
    { budget: 'G5', what: 'DynamoDB calls', measured: each(totals.calls), limit: 7, unit: '' },
    {
      budget: 'G5',
      what: `registry reads of the processes, for all ${INVOICES}`,
      measured: registryCalls,
      limit: 10,
      unit: '',
    },
    { budget: 'G5', what: 'SQS sends', measured: each(stage.queues.counts.sends), limit: 3, unit: '' },
    { budget: 'G5', what: 'API calls (quote, invoice, payment, callback)', measured: 4, limit: 5, unit: '' },
    { budget: 'G5', what: 'settled item with 3 lines', measured: sizeOf(Item ?? {}), limit: 1_300, unit: 'B' },
  ];
}

type Value = { S?: string; N?: string; L?: Value[]; M?: Record<string, Value> };

/** Size of an item by DynamoDB's rules: names and texts in UTF-8, a number about half its digits, 3 for a list or map and 1 for each member. */
function sizeOf(item: Record<string, Value>): number {
  const text = (value: string) => Buffer.byteLength(value);
  const value = (one: Value): number => {
    if (one.S !== undefined) return text(one.S);
    if (one.N !== undefined) return Math.ceil(one.N.replace(/[-.]|0+$/g, '').length / 2) + 1;
    if (one.L) return 3 + one.L.reduce((sum, inner) => sum + 1 + value(inner), 0);
    if (one.M) return 3 + Object.entries(one.M).reduce((sum, [name, inner]) => sum + 1 + text(name) + value(inner), 0);
    return 1;
  };
  return Object.entries(item).reduce((sum, [name, one]) => sum + text(name) + value(one), 0);
}

/** G8: a thousand copies of one callback, all before anything of them is posted. */
async function copies(stage: Stage): Promise<Row[]> {
  const paid = await begin(stage, INVOICES + 1);
  await stage.publish();
  const entries = async () =>
    (await stage.client.send(new ScanCommand({ TableName: 'Journal', Select: 'COUNT' }))).Count ?? 0;
  const items = async () =>
    (await stage.client.send(new ScanCommand({ TableName: 'Invoices', Select: 'COUNT' }))).Count ?? 0;
  const before = { entries: await entries(), items: await items() };
  const query = signedIpn(paid.reference, paid.total, '15000000');
  const answers: string[] = [];
  await inParallel(Array(COPIES).keys(), AT_ONCE, async () => {
    answers.push(await stage.ipn(query));
  });
  stage.queues.counts.messages = stage.queues.counts.messages.filter((message) => message.queue === 'inbox');
  await stage.post();
  await stage.publish();
  const told = stage.queues.counts.messages.filter((message) => message.queue === 'deliveries').length;
  const odd = answers.filter((answer) => !/"RspCode":"0[02]"/.test(answer)).length;
  return [
    {
      budget: 'G8',
      what: `postings of ${COPIES} copies of one callback`,
      measured: (await entries()) - before.entries,
      limit: 1,
      unit: '',
    },
    { budget: 'G8', what: 'items that they add', measured: (await items()) - before.items, limit: 0, unit: '' },
    { budget: 'G8', what: 'messages to the agency and the portal', measured: told, limit: 2, unit: '' },
    { budget: 'G8', what: 'answers that would make VNPAY come again', measured: odd, limit: 0, unit: '' },
  ];
}

const stage = await openStage();
let rows: Row[];
try {
  rows = [...(await bundles()), ...(await life(stage)), ...(await copies(stage)), ...pricing()];
} finally {
  await stage.stop();
}
console.table(
  rows
    .filter((row) => row.limit !== 0 || row.measured !== 0 || row.budget !== 'G3')
    .map((row) => ({
      budget: row.budget,
      what: row.what,
      measured: row.measured,
      limit: row.limit,
      unit: row.unit,
      holds: row.measured <= row.limit,
    })),
);
await writeFile('bench.json', `${JSON.stringify(rows, null, 2)}\n`);
const broken = rows.filter((row) => row.measured > row.limit);
if (broken.length > 0) {
  console.error(`does not hold: ${broken.map((row) => row.what).join('; ')}`);
  process.exit(1);
}
