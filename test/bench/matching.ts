import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { BytesIndex } from '../../shared/domain/reconciliation/bytes-index.ts';
import { columnMapFor } from '../../shared/domain/reconciliation/column-maps.ts';
import { CsvReader, type CsvRecord } from '../../shared/domain/reconciliation/csv-reader.ts';
import { readAmount } from '../../shared/domain/reconciliation/fields.ts';
import { Matching } from '../../shared/domain/reconciliation/matching.ts';
import { resultChunks } from '../../shared/domain/reconciliation/results.ts';
import { SettlementFileReader } from '../../shared/domain/reconciliation/settlement-file.ts';
import { bundled } from './bundled.ts';
import { median, type Row, timed } from './rows.ts';

/**
 * G9: a provider's day matched with our payments, all rules, differences and results written, beside a hash join of the
 * same two files by DuckDB on one thread. Each runs in a process of its own.
 */

const DAY = '2026-11-20';
const AGENCIES = 90;
const TERMINALS = 40;
const CHUNK_BYTES = 262_144;
const PIECE = 5000;
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

/** A file in pieces that are good until the next one: one buffer for all. */
async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  const from = await open(file);
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await from.read(buffer);
    if (bytesRead === 0) break;
    yield buffer.subarray(0, bytesRead);
  }
  await from.close();
}

type Line = { sum: number; text: string } | undefined;

async function writeLines(
  file: string,
  lines: Iterable<Line>,
  { head, foot }: { head: string; foot: (count: number, sum: number) => string },
): Promise<void> {
  const to = await open(file, 'w');
  let [text, count, sum] = [head, 0, 0];
  for (const line of lines) {
    if (!line) continue;
    text += line.text;
    sum += line.sum;
    count += 1;
    if (count % PIECE > 0) continue;
    await to.write(text);
    text = '';
  }
  await to.write(text + foot(count, sum));
  await to.close();
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

/** Ours as the journal is read: agency by agency, each in the order of time. */
function* ourLines(count: number): Generator<Line> {
  for (let agency = 0; agency < AGENCIES; agency += 1)
    for (let index = agency; index < count; index += AGENCIES) {
      if (index % ODD === 3) continue;
      const text = `${idOf(index)},${amountOf(index)},T${terminalOf(index)},H29.${agency},${1e11 + index}\r\n`;
      yield { sum: 0, text };
    }
}

async function writeFiles(folder: string, count: number): Promise<void> {
  await writeLines(path.join(folder, 'theirs.csv'), theirLines(count), {
    head: 'txnId,orderRef,amount,currency,terminal,result,paidAt\r\n',
    foot: (lines, sum) => `TOTAL,${lines},${sum}\r\n`,
  });
  await writeLines(path.join(folder, 'ours.csv'), ourLines(count), {
    head: 'transactionId,amount,terminal,agencyCode,invoiceNumber\r\n',
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

/** Entries as the columns of our file tell them; the rest is the same for all. */
function entries(): (record: CsvRecord) => JournalEntry {
  const [terminals, agencies] = [new Texts(), new Texts()];
  return (record) =>
    ({
      movementId: 'mov_sandbox-bank_1',
      kind: 'payment',
      providerId: 'sandbox-bank',
      transactionId: record.text(0),
      amount: readAmount(record.bytes, record.start(1), record.end(1), null),
      terminal: terminals.of(record, 2),
      agencyCode: agencies.of(record, 3),
      invoiceNumber: record.text(4),
      accountingDate: DAY,
    }) as JournalEntry;
}

/** Matches, and writes what differs. Answers how many differ, and the table. */
async function differences(folder: string): Promise<{ found: number; matching: Matching }> {
  const served = new Map<string, Set<string>>();
  for (let agency = 0; agency < AGENCIES; agency += 1) {
    const terminal = `T${terminalOf(agency)}`;
    served.set(terminal, (served.get(terminal) ?? new Set()).add(`H29.${agency}`));
  }
  const matching = new Matching(DAY, served);
  const map = columnMapFor('sandbox-bank');
  if (!map) throw new Error('no map');
  matching.expect((await stat(path.join(folder, 'theirs.csv'))).size);
  const reader = new SettlementFileReader(map, matching);
  const chunks = (name: string) => chunksOf(path.join(folder, name));
  for await (const chunk of chunks('theirs.csv')) reader.push(chunk);
  const verdict = reader.end();
  if (verdict.kind === 'refused') throw new Error(JSON.stringify(verdict));

  const csv = new CsvReader(',');
  const entryOf = entries();
  let header = true;
  for await (const chunk of chunks('ours.csv')) {
    for (const record of csv.read(chunk)) {
      if (!header) matching.addEntry(entryOf(record));
      header = false;
    }
  }

  const to = createWriteStream(path.join(folder, 'exceptions.jsonl'));
  let found = 0;
  for (let row = 0; row < matching.size; row += 1) {
    const outcome = matching.outcome(row);
    if (outcome === 'matched' || outcome === 'nothing') continue;
    found += 1;
    if (!to.write(`${JSON.stringify(matching.difference(row, outcome))}\n`)) await once(to, 'drain');
  }
  to.end();
  await once(to, 'close');
  return { found, matching };
}

/** The same, and what became of every line, sorted, as finance staff look it up. */
async function ours(folder: string): Promise<number> {
  const { found, matching } = await differences(folder);
  const to = createWriteStream(path.join(folder, 'results.txt'));
  for (const chunk of resultChunks({ statementId: 'stm_0000000000000000000000', reportedAt: 1 }, matching))
    if (!to.write(chunk)) await once(to, 'drain');
  to.end();
  await once(to, 'close');
  return found;
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
        SELECT transactionId AS id, amount, terminal, agencyCode, invoiceNumber FROM read_csv('${folder}/ours.csv', header = true, columns = {
          'transactionId': 'VARCHAR', 'amount': 'BIGINT', 'terminal': 'VARCHAR', 'agencyCode': 'VARCHAR', 'invoiceNumber': 'VARCHAR'
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
  ours,
  duckdb,
  differences: async (folder) => (await differences(folder)).found,
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
      const differences = await run(script, 'differences', folder, NURSERY);
      const results = await run(script, 'ours', folder, NURSERY);
      if (differences.found !== judge.found || results.found !== judge.found)
        throw new Error(`${differences.found} differences here, ${judge.found} there`);
      bare.push(differences.milliseconds / judge.milliseconds);
      whole.push(results.milliseconds / judge.milliseconds);
      memory.push(results.mebibytes);
    }
    await writeFiles(folder, 5 * MILLION);
    const many = await run(script, 'ours', folder, NURSERY);
    return [
      timed('G9', '1 M lines with 1 M payments, differences written, beside DuckDB on a thread', median(bare), 3),
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
