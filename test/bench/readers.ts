import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { SaxesParser } from 'saxes';
import { Bai2Reader } from '../../shared/domain/reconciliation/bank/bai2.ts';
import { CamtReader } from '../../shared/domain/reconciliation/bank/camt.ts';
import { FixedReader } from '../../shared/domain/reconciliation/bank/fixed.ts';
import { statementMaps, type TableMap } from '../../shared/domain/reconciliation/bank/maps.ts';
import type { BankReader, BankSink, BankVerdict } from '../../shared/domain/reconciliation/bank/model.ts';
import { Mt940Reader } from '../../shared/domain/reconciliation/bank/mt940.ts';
import { DelimitedReader } from '../../shared/domain/reconciliation/bank/table.ts';
import { readXlsx } from '../../shared/domain/reconciliation/bank/xlsx.ts';
import { SpilledTexts } from '../../shared/store/spilled-texts.ts';
import { unpacker } from '../../shared/usecases/take-in-bank-file.ts';
import { bundled } from './bundled.ts';
import { median, ROUNDS, type Row, timed } from './rows.ts';
import { type FormatName, formats, writeSpreadsheet, writeStatement } from './statement-files.ts';

/**
 * G10 and G12: readers of bank statements, each in a process of its own that says how long it took and how much memory it
 * had at most; camt.053 beside saxes alone, which only takes the same bytes apart.
 */

/** What comes from a bucket at once. */
const CHUNK_BYTES = 65_536;

/** Looks at every entry and keeps none. */
class Counting implements BankSink {
  entries = 0;
  minor = 0n;
  closes: boolean | null = null;
  begin(): void {}
  entry({ minor }: { minor: bigint }): void {
    this.entries += 1;
    this.minor += minor;
  }
  end({ closes }: { closes: boolean | null }): void {
    this.closes = closes;
  }
}

const mapOf = (id: string) => {
  const map = statementMaps().find((one) => one.id === id);
  if (!map) throw new Error(`no map ${id}`);
  return map;
};

const readers: Readonly<Record<FormatName, (sink: BankSink) => BankReader>> = {
  camt: (sink) => new CamtReader(sink),
  mt940: (sink) => new Mt940Reader(sink),
  bai2: (sink) => new Bai2Reader(sink),
  table: (sink) => new DelimitedReader(mapOf('bank-table.statement.v1') as never, sink, undefined),
  fixed: (sink) => new FixedReader(mapOf('napas-dat.statement.v1') as never, sink, undefined),
};

async function read(name: FormatName, file: string): Promise<void> {
  const sink = new Counting();
  const reader = readers[name](sink);
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) reader.push(chunk);
  judge(name, sink, reader.end());
}

/** Its parts as from a bucket, its texts on the disk. */
async function readSpreadsheet(file: string): Promise<void> {
  const sink = new Counting();
  using texts = new SpilledTexts();
  const part = (from: number, to: number) =>
    createReadStream(file, { start: from, end: to - 1, highWaterMark: CHUNK_BYTES });
  const reading = { map: mapOf('bank-table.statement.v1') as TableMap, sink, account: undefined };
  const between = async () => {};
  judge(
    'xlsx',
    sink,
    await readXlsx({ size: (await stat(file)).size, part }, { ...reading, unpacker, texts, between }),
  );
}

function judge(name: string, sink: Counting, verdict: BankVerdict): void {
  if (verdict.kind === 'refused' || sink.entries === 0 || sink.closes === false)
    throw new Error(`${name} was not read: ${JSON.stringify(verdict)}, closes: ${sink.closes}`);
}

/** Takes the tags apart and looks at each, nothing else. */
async function saxes(file: string): Promise<void> {
  const parser = new SaxesParser({ xmlns: false, position: false });
  let tags = 0;
  let letters = 0;
  parser.on('opentag', () => {
    tags += 1;
  });
  parser.on('text', (text) => {
    letters += text.length;
  });
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES, encoding: 'utf8' }))
    parser.write(chunk);
  parser.close();
  if (tags === 0 || letters === 0) throw new Error('saxes saw nothing');
}

type Run = { milliseconds: number; mebibytes: number };

async function run(script: string, name: string, file: string, flags: readonly string[] = []): Promise<Run> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, name, file]);
  return JSON.parse(stdout) as Run;
}

/** Entries of the files: of camt.053, 220 MB; of the larger, four times that. */
const ENTRIES = 120_000;
const GROWTH = 4;
/** The nursery that reconcile has. */
const NURSERY = ['--max-semi-space-size=4'];
/** A heap in which nothing can pile up, as for the writers of documents. */
const NARROW = ['--max-semi-space-size=4', '--max-old-space-size=48'];

export async function readersOfStatements(): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'thuphi-readers-'));
  try {
    const rows: Row[] = [];
    const script = await bundled(import.meta.filename);
    for (const name of Object.keys(formats) as FormatName[]) {
      const [small, large] = [path.join(folder, `${name}.small`), path.join(folder, `${name}.large`)];
      const bytes = await writeStatement(small, name, ENTRIES);
      await writeStatement(large, name, GROWTH * ENTRIES);
      if (name === 'camt') {
        const ratios: number[] = [];
        for (let round = 0; round < ROUNDS; round += 1)
          ratios.push(
            (await run(script, 'camt', small)).milliseconds / (await run(script, 'saxes', small)).milliseconds,
          );
        const megabytes = Math.round(bytes / 1e6);
        rows.push(timed('G10', `camt.053 of ${megabytes} MB beside saxes alone`, median(ratios), 1));
        const { mebibytes } = await run(script, 'camt', large, NURSERY);
        rows.push(timed('G10', `its memory at most, of ${GROWTH * megabytes} MB`, mebibytes, 128, 'MiB'));
      }
      rows.push(await growth(script, name, small, large));
      await rm(small);
      await rm(large);
    }
    const [small, large] = [path.join(folder, 'small.xlsx'), path.join(folder, 'large.xlsx')];
    await writeSpreadsheet(small, ENTRIES);
    await writeSpreadsheet(large, GROWTH * ENTRIES);
    rows.push(await growth(script, 'xlsx', small, large));
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function growth(script: string, name: string, small: string, large: string): Promise<Row> {
  const [most, least] = [await run(script, name, large, NARROW), await run(script, name, small, NARROW)];
  const what = `${name} of ${GROWTH * ENTRIES} entries: memory beside a quarter`;
  return timed('G12', what, most.mebibytes / least.mebibytes, 1.1);
}

const [, , name = '', file = ''] = process.argv;
if (import.meta.main) {
  const began = performance.now();
  if (name === 'saxes') await saxes(file);
  else if (name === 'xlsx') await readSpreadsheet(file);
  else await read(name as FormatName, file);
  const milliseconds = performance.now() - began;
  console.log(JSON.stringify({ milliseconds, mebibytes: process.resourceUsage().maxRSS / 1024 } satisfies Run));
}
