import { cpus, loadavg, totalmem } from 'node:os';
import type { Row } from './rows.ts';

/** What a row must keep: at least so much where more is better, else at most; nothing where its limit is infinite. */
const isFloor = ({ budget }: Pick<Row, 'budget'>): boolean => budget === 'G7';

export const holds = (row: Row): boolean => (isFloor(row) ? row.measured >= row.limit : row.measured <= row.limit);

const limitOf = (row: Row): string =>
  Number.isFinite(row.limit) ? `${isFloor(row) ? '≥' : '≤'} ${figure(row.limit)}` : 'no limit';

const figure = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 });

/** On what it was measured, and how busy that was: figures of two machines, or of a busy one, are not to be compared. */
export function machine(): string {
  const [first, ...others] = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB`;
  const load = loadavg()[0]?.toFixed(1);
  const platform = `Node ${process.version}, ${process.platform} ${process.arch}`;
  return `${others.length + 1} × ${first?.model.trim() ?? 'unknown processor'}, ${memory}, ${platform}, load ${load}`;
}

/** The table: a line for each row, by budget, with its limit; then those that do not hold once more. */
export function printed(rows: readonly Row[], on: string): string {
  const shown = rows.filter(({ budget, limit, measured }) => limit !== 0 || measured !== 0 || budget !== 'G3');
  const cells = shown.map((row) => ({
    row,
    what: row.what,
    measured: `${figure(row.measured)}${row.unit === '' ? '' : ` ${row.unit}`}`,
    limit: limitOf(row),
  }));
  const width = (of: 'what' | 'measured' | 'limit') => Math.max(...cells.map((cell) => cell[of].length));
  const line = ({ row, what, measured, limit }: (typeof cells)[number]): string =>
    [
      holds(row) ? ' ' : '!',
      what.padEnd(width('what')),
      measured.padStart(width('measured')),
      limit.padEnd(width('limit')),
      row.exact ? 'counted' : 'measured',
    ].join('  ');
  const budgets = [...new Set(shown.map(({ budget }) => budget))];
  const sections = budgets.map((budget) =>
    [budget, ...cells.filter(({ row }) => row.budget === budget).map(line)].join('\n'),
  );
  const limited = cells.filter(({ row }) => Number.isFinite(row.limit));
  const beyond = limited.filter(({ row }) => !holds(row));
  const verdict = `${limited.length - beyond.length} of ${limited.length} limits hold${beyond.length > 0 ? '; these do not:' : '.'}`;
  return [`On ${on}`, ...sections, [verdict, ...beyond.map(line)].join('\n')].join('\n\n');
}
