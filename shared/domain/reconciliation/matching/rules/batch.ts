import { markName, type RuleName, type Sides } from '../sides.ts';
import { isWithin, type Window } from '../window.ts';

const by: RuleName = { rule: 'batch', version: 1, status: 'confirmed' };

/**
 * Rule 4: one credit is what a provider pays out for one day: gross less fees and refunds; one debit is an order of ours, by
 * the reference that both bear. A credit that bears the mark of
 * a payout belongs to that one or to none; without a mark it must be the only credit of its amount in the batch's window,
 * and the batch the only one.
 */
export function byBatch(sides: Sides, window: Window): void {
  byMark(sides);
  const batches = [...sides.open('ours')].filter((row) => sides.kind(row) === 'batch');
  if (batches.length === 0) return;
  const amounts = new Map<number, number[]>();
  for (const row of batches) {
    const amount = sides.ours.amounts[row] as number;
    amounts.set(amount, [...(amounts.get(amount) ?? []), row]);
  }
  const credits = new Map<number, number[]>();
  for (const row of sides.open('theirs')) {
    const amount = sides.theirs.amounts[row] as number;
    if (!amounts.has(amount) || isNamed(sides, row)) continue;
    credits.set(amount, [...(credits.get(amount) ?? []), row]);
  }
  for (const [amount, lines] of credits) {
    const mine = amounts.get(amount) ?? [];
    const edges = mine.map((batch) => lines.filter((line) => isWithin(sides, window, batch, line)));
    const reached = new Map<number, number>();
    for (const line of edges.flat()) reached.set(line, (reached.get(line) ?? 0) + 1);
    const ambiguous = { ours: new Set<number>(), theirs: new Set<number>() };
    for (const [place, candidates] of edges.entries()) {
      const batch = mine[place] as number;
      const [only] = candidates;
      if (only === undefined) continue;
      if (candidates.length === 1 && reached.get(only) === 1) sides.pair(by, batch, only);
      else {
        ambiguous.ours.add(batch);
        for (const line of candidates) ambiguous.theirs.add(line);
      }
    }
    if (ambiguous.ours.size > 0) sides.contradict('AMBIGUOUS', [...ambiguous.ours], [...ambiguous.theirs], { amount });
  }
}

function byMark(sides: Sides): void {
  const lines = new Map<string, number[]>();
  for (const [row, { marks }] of sides.odd)
    if (marks.length === 1 && sides.isOpen('theirs', row)) {
      const mark = markName(marks[0] as string, sides.theirs.amounts[row] as number);
      lines.set(mark, [...(lines.get(mark) ?? []), row]);
    }
  for (const [mark, credits] of lines) {
    const batches = (sides.batches.get(mark) ?? []).filter((row) => sides.isOpen('ours', row));
    const [batch, credit] = [batches[0], credits[0]];
    if (batches.length !== 1 || credits.length !== 1 || batch === undefined || credit === undefined) continue;
    if (sides.ours.amounts[batch] === sides.theirs.amounts[credit]) sides.pair(by, batch, credit);
  }
}

/** A line that names a payment or a payout is no candidate for what it does not name. */
export const isNamed = (sides: Sides, theirs: number): boolean => {
  const odd = sides.odd.get(theirs);
  return (
    sides.theirs.codes[theirs] !== -1 ||
    (odd !== undefined && (odd.marks.length > 0 || odd.codes.length > 1 || odd.reversal))
  );
};
