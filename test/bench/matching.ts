import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { UNASSIGNED } from '../../shared/domain/ledger/ledger.ts';
import { BytesIndex } from '../../shared/domain/reconciliation/bytes-index.ts';
import { CsvReader, type CsvRecord } from '../../shared/domain/reconciliation/csv-reader.ts';
import { MIDNIGHT } from '../../shared/domain/reconciliation/deliveries.ts';
import { readAmount } from '../../shared/domain/reconciliation/fields.ts';
import type { ResultWriter } from '../../shared/domain/reconciliation/results.ts';
import { type Statement, statementKey } from '../../shared/domain/reconciliation/statement.ts';
import type { MerchantAccount } from '../../shared/domain/registry/registry.ts';
import { endOfDay, startOfDay } from '../../shared/domain/time.ts';
import { eachOfPages } from '../../shared/store/each-of-pages.ts';
import {
  type ReconcileDependencies,
  reconcileSettlementFile,
} from '../../shared/usecases/reconcile-settlement-file.ts';
import { bundled } from './bundled.ts';
import { median, type Row, timed } from './rows.ts';

/**
 * G9: a provider's day taken in as reconcile does it, with its own use case: the file read, hashed and checked, matched
 * with our payments, exceptions opened, the sorted result of every line and the sums written. Its tables and its bucket are
 * files. Beside it DuckDB on one thread joins the same files by hash, and writes what differs and nothing else. Each runs
 * in a process of its own.
 */

const PROVIDER = 'sandbox-bank';
const DAY = '2026-11-20';
const PAID_AT = startOfDay(DAY) + 9 * 3_600_000;
const AGENCIES = 90;
const TERMINALS = 40;
const CHUNK_BYTES = 131_072;
const PIECE = 5000;
/** As many exceptions as wait for the file at once. */
const WRITES_AT_ONCE = 32;
/** One payment of so many is in one file alone, or has another amount. */
const ODD = 1000;

const idOf = (index: number): string => `FT${String(14_000_000_000 + 7 * index)}`;
const amountOf = (index: number): number => 10_000 + (index % 9973) * 100;
const terminalOf = (index: number): number => (index % AGENCIES) % TERMINALS;

/** What the provider says of a payment: undefined where it has none. */
function theirs(index: number): number | undefined {
  if (index % ODD === 1) return undefined;
  return amountOf(index) + (index % ODD === 2 ? 1000 : 0);
}

/** A file in pieces that are good until the next one; that one is read meanwhile. */
async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  const from = await open(file);
  let [buffer, other] = [new Uint8Array(CHUNK_BYTES), new Uint8Array(CHUNK_BYTES)];
  let next = from.read(buffer);
  for (;;) {
    const { bytesRead } = await next;
    if (bytesRead === 0) break;
    next = from.read(other);
    yield buffer.subarray(0, bytesRead);
    [buffer, other] = [other, buffer];
  }
  await from.close();
}

type Line = { sum: number; text: string } | undefined;

/** Answers how many bytes were written. */
async function writeLines(
  file: string,
  lines: Iterable<Line>,
  { head, foot }: { head: string; foot: (count: number, sum: number) => string },
): Promise<number> {
  const to = await open(file, 'w');
  let [text, count, sum, bytes] = [head, 0, 0, 0];
  const write = async () => {
    bytes += (await to.write(text)).bytesWritten;
    text = '';
  };
  for (const line of lines) {
    if (!line) continue;
    text += line.text;
    sum += line.sum;
    count += 1;
    if (count % PIECE === 0) await write();
  }
  text += foot(count, sum);
  await write();
  await to.close();
  return bytes;
}

/** The provider's file in the order of time. */
function* theirLines(count: number): Generator<Line> {
  for (let index = 0; index < count; index += 1) {
    const amount = theirs(index);
    if (amount === undefined) continue;
    const text = `${idOf(index)},,${amount},VND,T${terminalOf(index)},OK,${DAY} 09:14:03\r\n`;
    yield { sum: amount, text };
  }
}

/** Ours of an agency in the order of time. */
function* ourLines(agency: number, count: number): Generator<Line> {
  for (let index = agency; index < count; index += AGENCIES) {
    if (index % ODD === 3) continue;
    const text = `${idOf(index)},${amountOf(index)},T${terminalOf(index)},H29.${agency},${1e11 + index},${DAY},${PAID_AT}\r\n`;
    yield { sum: 0, text };
  }
}

async function writeFiles(folder: string, count: number): Promise<void> {
  await writeLines(path.join(folder, 'theirs.csv'), theirLines(count), {
    head: 'txnId,orderRef,amount,currency,terminal,result,paidAt\r\n',
    foot: (lines, sum) => `TOTAL,${lines},${sum}\r\n`,
  });
  // A file an agency, as the journal has partitions.
  for (let agency = 0; agency < AGENCIES; agency += 1)
    await writeLines(path.join(folder, `ours-H29.${agency}.csv`), ourLines(agency, count), {
      head: 'transactionId,amount,terminal,agencyCode,invoiceNumber,accountingDate,paidAt\r\n',
      foot: () => '',
    });
}

/** Few different texts, each made once. */
class Texts {
  readonly #index = new BytesIndex();
  readonly #texts: string[] = [];
  of(record: CsvRecord, field: number): string {
    const row = this.#index.add(record.bytes, record.start(field), record.end(field));
    this.#texts[row] ??= record.text(field);
    return this.#texts[row];
  }
}

const amountIn = (record: CsvRecord, field: number): number =>
  readAmount(record.bytes, record.start(field), record.end(field), null);

/** Entries as the columns of our files tell them; the rest is the same for all. */
function entries(): (record: CsvRecord) => JournalEntry {
  const [terminals, agencies, days] = [new Texts(), new Texts(), new Texts()];
  return (record) =>
    ({
      movementId: 'mov_sandbox-bank_1',
      kind: 'payment',
      providerId: PROVIDER,
      transactionId: record.text(0),
      amount: amountIn(record, 1),
      terminal: terminals.of(record, 2),
      agencyCode: agencies.of(record, 3),
      invoiceNumber: record.text(4),
      accountingDate: days.of(record, 5),
      paidAt: amountIn(record, 6),
      committedAt: PAID_AT,
    }) as JournalEntry;
}

const STATEMENT: Statement = {
  statementId: 'stm_000000000000000000000000',
  kind: 'settlement',
  state: 'AWAITING_FILE',
  providerId: PROVIDER,
  businessDate: DAY,
  columnMap: 'sandbox-bank.settlement.v1',
  revision: 1,
  clientId: 'finance',
  bodyHash: '0'.repeat(64),
  createdAt: PAID_AT,
};

const accounts = (): MerchantAccount[] =>
  Array.from({ length: AGENCIES }, (_, agency) => ({
    id: `account-${agency}`,
    providerId: PROVIDER,
    agencyCode: `H29.${agency}`,
    beneficiary: 'main',
    terminal: `T${terminalOf(agency)}`,
    accountNumber: '1012345678',
    bankBin: '970415',
    active: true,
  }));

/** The whole of what reconcile does with a settlement file, its tables and its bucket being files. */
async function reconcile(folder: string, writeLines: ResultWriter['writeLines']): Promise<number> {
  const exceptions = createWriteStream(path.join(folder, 'exceptions.jsonl'));
  exceptions.setMaxListeners(WRITES_AT_ONCE);
  const entryOf = entries();
  const unasked = (): never => {
    throw new Error('nobody asks for this');
  };
  async function* none(): AsyncGenerator<Iterable<JournalEntry>> {}
  async function* pages(agencyCode: string): AsyncGenerator<Iterable<JournalEntry>> {
    const csv = new CsvReader(',');
    let header = true;
    function* entriesIn(chunk: Uint8Array): Generator<JournalEntry> {
      for (const record of csv.read(chunk)) {
        if (!header) yield entryOf(record);
        header = false;
      }
    }
    for await (const chunk of chunksOf(path.join(folder, `ours-${agencyCode}.csv`))) yield entriesIn(chunk);
  }
  let statement = STATEMENT;
  const dependencies: ReconcileDependencies = {
    statements: {
      create: unasked,
      claim: async () => ({ kind: 'claimed' }),
      find: async () => statement,
      move: async (_, state, found) => {
        statement = { ...statement, ...found, state };
        return { kind: 'moved', statement };
      },
    },
    files: {
      open: async () => {
        const file = path.join(folder, 'theirs.csv');
        return { kind: 'open', size: (await stat(file)).size, chunks: chunksOf(file) };
      },
    },
    registry: {
      agencyCodes: async () => accounts().map(({ agencyCode }) => agencyCode),
      atProvider: async () => accounts(),
    },
    registeredAt: [PROVIDER],
    journal: {
      ofDay: ({ agencyCode, day }) =>
        eachOfPages(day === DAY && agencyCode !== UNASSIGNED ? pages(agencyCode) : none()),
    },
    exceptions: {
      async open(exception) {
        if (!exceptions.write(`${JSON.stringify(exception)}\n`)) await once(exceptions, 'drain');
        return 'opened';
      },
      clear: unasked,
      ofDay: unasked,
    },
    results: {
      writeLines,
      writeSummary: (summary) => writeFile(path.join(folder, 'summary.json'), JSON.stringify(summary)),
    },
    summaries: { summary: async () => undefined },
    runs: { lines: unasked },
    days: { enter: async () => 'entered', leave: unasked },
    deliveries: { begin: unasked },
    rules: () => ({ days: 'every', due: { workingDays: 1, at: '09:00' }, cutOff: MIDNIGHT }),
    now: () => endOfDay(DAY),
  };
  const ended = await reconcileSettlementFile({ key: statementKey(STATEMENT), version: { etag: 'one' } }, dependencies);
  exceptions.end();
  await once(exceptions, 'close');
  if (ended.kind !== 'reconciled') throw new Error(JSON.stringify(ended.statement.faults));
  return ended.statement.totals?.exceptions ?? 0;
}

/** The same two files joined by transaction id, and what differs written. Answers how many differ. */
async function duckdb(folder: string): Promise<number> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const database = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const { rowsChanged } = await database.run(`
    COPY (
      WITH theirs AS (
        SELECT txnId AS id, amount, terminal FROM read_csv('${folder}/theirs.csv', header = true, null_padding = true, columns = {
          'txnId': 'VARCHAR', 'orderRef': 'VARCHAR', 'amount': 'BIGINT', 'currency': 'VARCHAR', 'terminal': 'VARCHAR', 'result': 'VARCHAR', 'paidAt': 'VARCHAR'
        }) WHERE txnId <> 'TOTAL'
      ), ours AS (
        SELECT transactionId AS id, amount, terminal, agencyCode, invoiceNumber FROM read_csv('${folder}/ours-*.csv', header = true, columns = {
          'transactionId': 'VARCHAR', 'amount': 'BIGINT', 'terminal': 'VARCHAR', 'agencyCode': 'VARCHAR', 'invoiceNumber': 'VARCHAR',
          'accountingDate': 'VARCHAR', 'paidAt': 'BIGINT'
        })
      ), joined AS (
        SELECT id, agencyCode, invoiceNumber, ours.amount AS ours, theirs.amount AS theirs, CASE
          WHEN ours.id IS NULL THEN 'MISSING_AT_US' WHEN theirs.id IS NULL THEN 'MISSING_AT_BANK'
          WHEN theirs.amount > ours.amount THEN 'AMOUNT_OVER' WHEN theirs.amount < ours.amount THEN 'AMOUNT_UNDER'
          WHEN theirs.terminal <> ours.terminal THEN 'WRONG_ACCOUNT' ELSE 'matched' END AS category
        FROM theirs FULL OUTER JOIN ours USING (id)
      )
      SELECT * FROM joined WHERE category <> 'matched'
    ) TO '${folder}/duckdb.csv'`);
  database.closeSync();
  return rowsChanged;
}

const works: Readonly<Record<string, (folder: string) => Promise<number>>> = {
  duckdb,
  exceptions: (folder) => reconcile(folder, async () => undefined),
  ours: (folder) => reconcile(folder, (_, __, chunks) => writeFile(path.join(folder, 'results.txt'), chunks as never)),
};

type Run = { milliseconds: number; mebibytes: number; found: number };

async function run(script: string, work: string, folder: string, flags: readonly string[] = []): Promise<Run> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, work, folder]);
  return JSON.parse(stdout) as Run;
}

const MILLION = 1_000_000;
/** A heap as reconcile has it. */
const NURSERY = ['--max-semi-space-size=4'];
const MATCHING_ROUNDS = 5;

export async function matchings(): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'thuphi-matching-'));
  try {
    const script = await bundled(import.meta.filename);
    await writeFiles(folder, MILLION);
    const [bare, whole, memory]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < MATCHING_ROUNDS; round += 1) {
      const judge = await run(script, 'duckdb', folder);
      const exceptions = await run(script, 'exceptions', folder, NURSERY);
      const results = await run(script, 'ours', folder, NURSERY);
      if (exceptions.found !== judge.found || results.found !== judge.found)
        throw new Error(`${exceptions.found} differences here, ${judge.found} there`);
      bare.push(exceptions.milliseconds / judge.milliseconds);
      whole.push(results.milliseconds / judge.milliseconds);
      memory.push(results.mebibytes);
    }
    await writeFiles(folder, 5 * MILLION);
    const many = await run(script, 'ours', folder, NURSERY);
    return [
      timed('G9', '1 M lines reconciled with 1 M payments, beside a hash join by DuckDB on a thread', median(bare), 3),
      timed('G9', 'the same with the sorted result of every line, which DuckDB does not write', median(whole), 3),
      timed('G9', 'its memory at most, results included', median(memory), 192, 'MiB'),
      timed('G9', 'its memory at most, of 5 M with 5 M', many.mebibytes, 400, 'MiB'),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const [, , work = '', folder = ''] = process.argv;
if (import.meta.main) {
  const began = performance.now();
  const found = (await works[work]?.(folder)) ?? 0;
  const milliseconds = performance.now() - began;
  console.log(JSON.stringify({ milliseconds, mebibytes: process.resourceUsage().maxRSS / 1024, found } satisfies Run));
}
