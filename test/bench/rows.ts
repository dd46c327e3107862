/**
 * One line of the table. `exact`: a count, the same on every machine and in every run; one that does not hold ends the run
 * with 1. The others are ratios of two things timed side by side, which a busy machine blurs: they are printed only.
 */
export type Row = { budget: string; what: string; measured: number; limit: number; unit: string; exact: boolean };

export const counted = (budget: string, what: string, measured: number, limit: number, unit = ''): Row => ({
  budget,
  what,
  measured,
  limit,
  unit,
  exact: true,
});

export const timed = (budget: string, what: string, measured: number, limit: number, unit = '×'): Row => ({
  budget,
  what,
  measured: Math.round(measured * 100) / 100,
  limit,
  unit,
  exact: false,
});

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = low] = sorted.length % 2 ? [sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}

/** Rounds of a comparison: enough for a median that one busy moment does not move. */
export const ROUNDS = 11;
