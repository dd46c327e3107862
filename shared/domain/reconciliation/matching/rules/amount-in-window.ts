import { byAmount, NONE, type RuleName, type Sides } from '../sides.ts';
import type { Window } from '../window.ts';
import { isNamed } from './batch.ts';

const by: RuleName = { rule: 'amount-in-window', version: 1, status: 'suggested' };

/**
 * Rule 6: amount, account and day (T to T+2 working days), one candidate on each side. Several are ambiguous, and none of
 * them is picked. What names something else is no candidate, nor are two items whose bank references differ.
 */
export function byAmountInWindow(sides: Sides, window: Window): void {
  const mine = byAmount(
    sides.ours,
    [...sides.open('ours')].filter((row) => sides.kind(row) !== 'batch'),
  );
  const lines = byAmount(
    sides.theirs,
    [...sides.open('theirs')].filter((row) => mine.has(sides.theirs.amounts[row] as number) && !isNamed(sides, row)),
  );
  for (const [amount, theirs] of lines) new Candidates(sides, window, mine.get(amount) ?? [], theirs).decide();
}

/** Open items of one amount. Candidates are counted, not listed: equal amounts come by the thousand. */
class Candidates {
  readonly #sides: Sides;
  readonly #window: Window;
  readonly #ours: readonly number[];
  readonly #theirs: readonly number[];

  constructor(sides: Sides, window: Window, ours: readonly number[], theirs: readonly number[]) {
    this.#sides = sides;
    this.#window = window;
    this.#ours = ours;
    this.#theirs = theirs;
  }

  decide(): void {
    const { ours, theirs } = this.#sides;
    const unnamed = (side: typeof ours) => (row: number) => side.references[row] === NONE;
    // Against an item with a bank reference only those without one can stand.
    const lines = { all: this.#byDay('theirs', () => true), unnamed: this.#byDay('theirs', unnamed(theirs)) };
    const items = { all: this.#byDay('ours', () => true), unnamed: this.#byDay('ours', unnamed(ours)) };
    const ends = {
      all: items.all.days.map((day) => this.#window(day)).sort(),
      unnamed: items.unnamed.days.map((day) => this.#window(day)).sort(),
    };
    const ofOurs = (row: number) => {
      const { days, rows } = unnamed(ours)(row) ? lines.all : lines.unnamed;
      const day = ours.days[row] as number;
      const first = upTo(days, day - 1);
      return { count: upTo(days, this.#window(day)) - first, first: rows[first] };
    };
    const ofTheirs = (row: number) => {
      const which = unnamed(theirs)(row) ? 'all' : 'unnamed';
      const day = theirs.days[row] as number;
      return upTo(items[which].days, day) - upTo(ends[which], day - 1);
    };

    const left = { ours: [] as number[], theirs: new Set(this.#theirs.filter((row) => ofTheirs(row) > 0)) };
    for (const row of this.#ours) {
      const { count, first } = ofOurs(row);
      if (count === 1 && first !== undefined && ofTheirs(first) === 1) {
        this.#sides.match(by, [row], [first], { amount: ours.amounts[row] as number });
        left.theirs.delete(first);
      } else if (count > 0) left.ours.push(row);
    }
    this.#ambiguous(left.ours, [...left.theirs]);
  }

  /** Items whose windows touch are one question to whoever decides. */
  #ambiguous(ours: number[], theirs: number[]): void {
    const { days, amounts } = this.#sides.ours;
    const sorted = ours.sort((one, other) => (days[one] as number) - (days[other] as number));
    for (let at = 0; at < sorted.length; ) {
      const group: number[] = [];
      const begin = days[sorted[at] as number] as number;
      let end = begin;
      for (; at < sorted.length && (group.length === 0 || (days[sorted[at] as number] as number) <= end); at += 1) {
        const row = sorted[at] as number;
        end = Math.max(end, this.#window(days[row] as number));
        group.push(row);
      }
      const lines = theirs.filter((row) => {
        const day = this.#sides.theirs.days[row] as number;
        return day >= begin && day <= end;
      });
      if (lines.length > 0)
        this.#sides.contradict('AMBIGUOUS', group, lines, { amount: amounts[group[0] as number] as number });
    }
  }

  #byDay(side: 'ours' | 'theirs', admits: (row: number) => boolean): { rows: number[]; days: Float64Array } {
    const all = side === 'ours' ? this.#ours : this.#theirs;
    const { days } = this.#sides[side];
    const rows = all.filter(admits).sort((one, other) => (days[one] as number) - (days[other] as number));
    return { rows, days: Float64Array.from(rows, (row) => days[row] as number) };
  }
}

/** How many of the sorted days are `day` or earlier. */
function upTo(sorted: Float64Array, day: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] as number) <= day) from = middle + 1;
    else to = middle;
  }
  return from;
}
