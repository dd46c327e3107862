import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { counted, type Row } from './rows.ts';

/** G6: our own log lines of one payment from quote to event, as the functions print them. */

const PAYMENTS = 20;
const MOST_BYTES = 2_000;

export async function logs(): Promise<Row[]> {
  const printed = await promisify(execFile)(process.execPath, [import.meta.filename], {
    env: { ...process.env, LOGS: 'INFO' },
    maxBuffer: 64 * 1024 * 1024,
  });
  const lines = `${printed.stdout}${printed.stderr}`.split('\n').filter((line) => line.startsWith('{'));
  const ours = lines.filter((line) => !line.includes('"_aws"'));
  const bytes = (of: readonly string[]) =>
    Math.ceil(of.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0) / PAYMENTS);
  return [
    counted('G6', `bytes of log lines a payment (${ours.length / PAYMENTS} lines)`, bytes(ours), MOST_BYTES, 'B'),
    counted('G6', 'bytes of log lines and metrics a payment', bytes(lines), MOST_BYTES, 'B'),
  ];
}

/** In a process of its own, because the functions decide at their start what they print. */
if (import.meta.main) {
  const { openStage } = await import('./stage.ts');
  const { begin } = await import('./life.ts');
  const { signedIpn } = await import('./events.ts');
  const stage = await openStage();
  for (let place = 1; place <= PAYMENTS; place += 1) {
    const paid = await begin(stage, place);
    await stage.ipn(signedIpn(paid.reference, paid.total, String(16_000_000 + place)));
    await stage.post();
    await stage.publish();
  }
  await stage.stop();
}
