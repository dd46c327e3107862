import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type CaseName, cases, Story } from './story.ts';
import { Teller } from './teller.ts';
import { Ends, gather, register, startService } from './world.ts';

/**
 * `npm run demo [-- --json] [-- --out DIR]`: plays the main job from the price to the daily report on a stack of its own,
 * and ends with 0 only if everything holds that must. `--json` prints one JSON object as the last line.
 */

/** Differences that the demo puts into the settlement files, to see them found. */
const planted = { missing: 'residence', changed: 'company', less: 1_000 } as const;
/** Exit code after Ctrl-C, as shells have it. */
const INTERRUPTED = 130;

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, out: { type: 'string' } },
});
const tell = new Teller();
const ends = new Ends();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void ends.run().then(() => process.exit(INTERRUPTED)));

async function play() {
  tell.plain('Thuphi, payment and fee service for public services: the main job, on this machine.');
  tell.plain('All names are invented, and no money moves: the demo itself plays VNPAY and the citizens.');

  tell.chapter(
    'The service starts',
    'The same functions, queues and tables that would run in AWS run here, each function in a process of its own.',
  );
  const stack = await startService(ends);
  tell.say(`It answers at ${stack.url}; its state is in a temporary folder that the demo removes.`);
  const world = await gather(stack, ends);
  const story = new Story(world, tell);
  await story.waitPastMidnight();

  tell.chapter(
    'Who takes part',
    'An agency handles dossiers, a portal serves the citizens, merchant accounts say where the money goes.',
  );
  await register(world, tell);

  tell.chapter(
    'What a citizen has to pay',
    'The portal names procedure, channel and day; the service prices the dossier by the law in force and makes an invoice.',
  );
  for (const name of Object.keys(cases) as CaseName[]) await story.priceAndInvoice(name);

  tell.chapter(
    'Paid over VNPAY',
    'The citizen is sent to VNPAY, which tells the service by a signed notice. Only what VNPAY signed counts, and only once.',
  );
  await story.payOverVnpay('licence');

  tell.chapter('Paid at a bank', 'The sandbox bank stands for any bank: the citizen pays on its page, it calls back.');
  await story.payAtBank('company');
  await story.payAtBank('secondLicence');

  tell.chapter('Declined, then paid', 'A failed attempt costs nothing: the invoice stays open for the next one.');
  await story.declineThenPay('residence');

  tell.chapter(
    'Agency and portal are told',
    'Signed webhooks tell them what happened. What could not be delivered is delivered again, under the same id.',
  );
  const { events } = await story.hearEvents();
  await story.waitForJournal();

  tell.chapter(
    'The providers’ settlement files',
    'At the end of the day each provider sends a file of what it collected. The demo plants two differences in them.',
  );
  await story.uploadSettlementFiles(planted);
  const exceptions = await story.readExceptions(planted);

  tell.chapter(
    'The daily report',
    'What was collected by our books, what the providers reported, and what is left to be explained.',
  );
  const report = await story.report();
  story.checkReport(report, planted);
  const invoices = await story.checkInvoices(planted);
  const folder = save(story.today, JSON.stringify(report, null, 2), await story.reportAsCsv());
  tell.say(`The report is saved as CSV and JSON in ${folder}.`);
  return { invoices, ledger: report.ledger, events, exceptions };
}

/** Writes the report. Answers the folder. */
function save(date: string, json: string, csv: Uint8Array): string {
  const folder = values.out ? path.resolve(values.out) : mkdtempSync(path.join(tmpdir(), 'thuphi-demo-report-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `daily-${date}.json`), `${json}\n`);
  writeFileSync(path.join(folder, `daily-${date}.csv`), csv);
  return folder;
}

let found: Partial<Awaited<ReturnType<typeof play>>> = {};
let failure: unknown;
try {
  found = await play();
} catch (error) {
  failure = error;
} finally {
  await ends.run();
}
if (failure !== undefined)
  tell.check(`the story is told to its end: ${failure instanceof Error ? failure.message : String(failure)}`, false);
const failed = tell.checks.filter(({ ok }) => !ok);
const ok = failed.length === 0;
const seconds = Number(tell.seconds.toFixed(1));
tell.plain(
  ok
    ? `\nAll ${tell.checks.length} checks hold (${seconds} s).`
    : `\n${failed.length} of ${tell.checks.length} checks do not hold:\n${failed.map(({ name }) => `  ✘ ${name}`).join('\n')}`,
);
if (values.json)
  tell.plain(
    JSON.stringify({
      ok,
      seconds,
      invoices: found.invoices ?? [],
      ledger: found.ledger ?? null,
      events: found.events ?? 0,
      exceptions: found.exceptions ?? [],
      checks: tell.checks,
    }),
  );
process.exitCode = ok ? 0 : 1;
