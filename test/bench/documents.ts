import { execFile } from 'node:child_process';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import ExcelJS from 'exceljs';
import { csv } from '../../shared/documents/csv.ts';
import { pdf } from '../../shared/documents/pdf.ts';
import { xlsx } from '../../shared/documents/xlsx.ts';
import type { Cells, TableColumn } from '../../shared/domain/reports/table.ts';
import { median, ROUNDS, type Row, timed } from './rows.ts';

/**
 * G11 and G12: writers of documents beside exceljs and a bare join of strings, over the same rows, each run in a process of
 * its own that says how long the writing took and how much memory it had at most.
 */

const columns: readonly TableColumn[] = [
  { title: { vi: 'Mã giao dịch', en: 'Transaction' }, kind: 'text', width: 20 },
  { title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 10 },
  { title: { vi: 'Người nộp', en: 'Payer' }, kind: 'text', width: 20 },
  { title: { vi: 'Ngày', en: 'Day' }, kind: 'text', width: 12 },
  { title: { vi: 'Số tiền', en: 'Amount' }, kind: 'amount', width: 16 },
];
const PAGE = 500;

async function* rows(count: number): AsyncGenerator<readonly Cells[]> {
  for (let from = 0; from < count; from += PAGE) {
    const page: Cells[] = [];
    for (let row = from; row < Math.min(count, from + PAGE); row += 1)
      page.push([
        `TX${100_000_000_000 + row}`,
        `H29.${row % 90}`,
        `Nguyễn Văn Mẫu ${row % 977}`,
        `2026-11-${String(1 + (row % 28)).padStart(2, '0')}`,
        10_000 + row,
      ]);
    yield page;
  }
}

/** Takes bytes and forgets them, a turn of the event loop later, as a file or a socket does. */
const sink = () => new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) });

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const to = sink();
  for await (const chunk of chunks) if (!to.write(chunk)) await new Promise((resolve) => to.once('drain', resolve));
}

async function* joined(count: number): AsyncGenerator<Uint8Array> {
  for await (const page of rows(count)) {
    let text = '';
    for (const row of page) text += `${row.join(',')}\r\n`;
    yield Buffer.from(text);
  }
}

const writers: Readonly<Record<string, (count: number) => Promise<void>>> = {
  xlsx: (count) => drain(xlsx([{ kind: 'table', name: 'Sheet', columns, rows: rows(count) }], { title: 'bench' })),
  csv: (count) => drain(csv({ columns, rows: rows(count) })),
  join: (count) => drain(joined(count)),
  pdf: (count) =>
    drain(
      pdf([{ kind: 'table', columns, rows: rows(count) }], {
        ...{ title: 'bench', language: 'vi', landscape: true, createdAt: 0, footer: () => '' },
      }),
    ),
  exceljs: async (count) => {
    const book = new ExcelJS.stream.xlsx.WorkbookWriter({ stream: sink() });
    const sheet = book.addWorksheet('Sheet');
    for await (const page of rows(count)) for (const row of page) sheet.addRow([...row]).commit();
    sheet.commit();
    await book.commit();
  },
};

type Run = { milliseconds: number; mebibytes: number };

/**
 * A heap in which nothing can pile up: left alone, V8 lets garbage of any loop grow with its length, also of one that only
 * makes these rows, and what a writer holds on to would not be told from it.
 */
const NARROW = ['--max-semi-space-size=4', '--max-old-space-size=48'];

/** One writing in a process of its own. */
async function run(writer: string, count: number, flags: readonly string[] = []): Promise<Run> {
  const call = [...flags, import.meta.filename, writer, String(count)];
  const { stdout } = await promisify(execFile)(process.execPath, call);
  return JSON.parse(stdout) as Run;
}

/** Two writers in turn, over the same rows: the median of the ratios of their times. */
async function beside(one: string, other: string, count: number): Promise<number> {
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    ratios.push((await run(one, count)).milliseconds / (await run(other, count)).milliseconds);
  return median(ratios);
}

const MANY = 1_000_000;
const SOME = 100_000;

export async function documents(): Promise<Row[]> {
  const whole = { xlsx: await run('xlsx', MANY), exceljs: await run('exceljs', MANY) };
  const growth = async (writer: string, count: number) => {
    const [large, small] = [await run(writer, count, NARROW), await run(writer, count / 4, NARROW)];
    return timed('G12', `${writer} of ${count} rows: memory beside a quarter`, large.mebibytes / small.mebibytes, 1.1);
  };
  const atOnce = whole.xlsx.milliseconds / whole.exceljs.milliseconds;
  return [
    timed('G11', `XLSX of ${SOME} rows beside exceljs streaming`, await beside('xlsx', 'exceljs', SOME), 0.6),
    timed('G11', `XLSX of ${MANY} rows beside exceljs, once`, atOnce, 0.6),
    timed(
      'G11',
      `its memory at most (exceljs ${whole.exceljs.mebibytes.toFixed(0)})`,
      whole.xlsx.mebibytes,
      220,
      'MiB',
    ),
    timed('G11', `CSV of ${SOME} rows beside a bare join of strings`, await beside('csv', 'join', SOME), 1.3),
    await growth('xlsx', MANY),
    await growth('csv', MANY),
    await growth('pdf', 20_000),
  ];
}

const [, script, writer = '', count] = process.argv;
if (script === import.meta.filename) {
  const began = performance.now();
  await writers[writer]?.(Number(count));
  const milliseconds = performance.now() - began;
  console.log(JSON.stringify({ milliseconds, mebibytes: process.resourceUsage().maxRSS / 1024 } satisfies Run));
}
