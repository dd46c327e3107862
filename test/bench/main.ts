import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle, compile } from '../../infra/bundle.ts';
import { besides } from './beside.ts';
import { bundles } from './bundles.ts';
import { callback } from './callback.ts';
import { costs } from './cost.ts';
import { documents } from './documents.ts';
import { copies, life } from './life.ts';
import { logs } from './logs.ts';
import { matchings } from './matching.ts';
import { pipeline } from './pipeline.ts';
import { pricing } from './pricing.ts';
import { holds, machine, printed } from './printed.ts';
import { readersOfStatements } from './readers.ts';
import type { Row } from './rows.ts';
import { openStage } from './stage.ts';
import { startCounts, starts } from './start.ts';
import { warm } from './warm.ts';

/**
 * `npm run bench`: measures what the budgets G1 to G12 name, each beside its limit. Counts are exact, so one that does not
 * hold ends the run with 1; ratios are printed. Writes `bench.json`.
 */
async function measure(): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'thuphi-bench-'));
  const stage = await openStage();
  try {
    await bundle(folder);
    await compile(folder);
    const first = [
      ...(await starts(folder)),
      ...(await startCounts(folder)),
      ...(await bundles(folder)),
      ...(await warm()),
      ...(await callback()),
    ];
    const { rows, count, invoices } = await life(stage);
    const beside = await besides(stage, invoices);
    const printed = await logs();
    return [
      ...first,
      ...rows,
      ...printed,
      ...(await pipeline()),
      ...(await copies(stage)),
      ...pricing(),
      ...(await documents()),
      ...(await matchings()),
      ...(await readersOfStatements()),
      ...(await costs({ ...count, beside, logBytes: printed[0]?.measured ?? 0 })),
    ];
  } finally {
    await stage.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const on = machine();
const rows = await measure();
console.log(printed(rows, on));
await writeFile('bench.json', `${JSON.stringify({ machine: on, rows }, null, 2)}\n`);
const broken = rows.filter((row) => row.exact && !holds(row));
if (broken.length > 0) {
  console.error(`does not hold: ${broken.map((row) => row.what).join('; ')}`);
  process.exit(1);
}
