import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { inParallel } from '../../shared/usecases/in-parallel.ts';
import { AGENCY, signedIpn } from './events.ts';
import { counted, type Row } from './rows.ts';
import type { Stage } from './stage.ts';

const INVOICES = 50;
const COPIES = 1_000;
/** Copies under way at the same time: one process stands here for very many instances of the function. */
const AT_ONCE = 200;

export type Paid = { invoice: string; reference: string; total: number };

/** From quote to redirect, as a portal does it: three lines, one attempt at VNPAY. */
export async function begin(stage: Stage, place: number): Promise<Paid> {
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
export async function life(stage: Stage) {
  await begin(stage, 0); // The first call of a process reads the registry; later ones remember it.
  await stage.publish(); // What follows from it belongs to it, and not to those that are counted.
  stage.tables.reset();
  stage.queues.reset();
  let last: Paid | undefined;
  const invoices: string[] = [];
  for (let place = 1; place <= INVOICES; place += 1) {
    last = await begin(stage, place);
    invoices.push(last.invoice);
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
  // A copy: what is measured on this stage later counts on.
  const tables = new Map(
    [...stage.tables.counts].filter(([table]) => table !== 'Registry').map(([table, sums]) => [table, { ...sums }]),
  );
  const count = { tables, payments: INVOICES, sends: each(stage.queues.counts.sends) };
  const rows: Row[] = [
    counted('G5', 'write units, one invoice paid at one attempt', each(totals.writeUnits), 7.1),
    counted('G5', 'read units', each(totals.readUnits), 2),
    counted('G5', 'DynamoDB calls', each(totals.calls), 7),
    counted('G5', `registry reads of the processes, for all ${INVOICES}`, registryCalls, 10),
    counted('G5', 'SQS sends', each(stage.queues.counts.sends), 3),
    counted('G5', 'API calls (quote, invoice, payment, callback)', 4, 5),
    counted('G5', 'settled item with 3 lines', sizeOf(Item ?? {}), 1_300),
  ];
  return { rows, count, invoices };
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
export async function copies(stage: Stage): Promise<Row[]> {
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
    counted('G8', `postings of ${COPIES} copies of one callback`, (await entries()) - before.entries, 1),
    counted('G8', 'items that they add', (await items()) - before.items, 0),
    counted('G8', 'messages to the agency and the portal', told, 2),
    counted('G8', 'answers that would make VNPAY come again', odd, 0),
  ];
}
