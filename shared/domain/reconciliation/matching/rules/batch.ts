import { dayOfPayout, providerOfPayout } from '../../payouts.ts';
import { byAmount, dayFrom, isOwnMark, markName, type RuleName, type Sides, sharingMark, sumOf } from '../sides.ts';
import { isWithin, type Window } from '../window.ts';

const by: RuleName = { rule: 'batch', version: 3, status: 'confirmed' };

/**
 * Rule 4: one credit is what a provider pays out for one day: gross less fees and refunds; one debit is an order of ours, by
 * the reference that both bear, or several that it names. A credit that bears the mark of a payout belongs to that one or to
 * none; without a mark it must be the only credit of its amount in the batch's window, and the batch the only one. A payout
 * that nets to zero needs no line: the bank never books one. What a file adds to the payout of a closed day may be paid with
 * that, by itself, or with the payout of the day on which it counts.
 */
export function byBatch(sides: Sides, window: Window): void {
  for (const row of [...sides.open('ours')])
    if (sides.kind(row) === 'batch' && sides.ours.amounts[row] === 0) sides.match(by, [row], [], {});
  byMark(sides);
  bySeveralMarks(sides);
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
  for (const { ours, theirs } of sharingMark(sides)) {
    const [line] = theirs;
    const isWhole = line !== undefined && theirs.length === 1 && sumOf(sides.ours, ours) === sides.theirs.amounts[line];
    if (isWhole) takeTogether(sides, ours, line);
    else if (ours.every((row) => sides.kind(row) === 'batch')) pairAlone(sides, ours, theirs);
  }
  for (const { ours, theirs } of sharingMark(sides)) {
    const [batch, line] = [ours[0] as number, theirs[0] as number];
    if (ours.length > 1 || theirs.length > 1 || sides.kind(batch) !== 'batch' || isLate(sides, batch)) continue;
    const late = lateOn(sides, batch);
    if (sumOf(sides.ours, [batch, ...late]) === sides.theirs.amounts[line]) takeTogether(sides, [batch, ...late], line);
  }
}

function takeTogether(sides: Sides, ours: number[], line: number): void {
  const [only] = ours;
  if (ours.length === 1 && only !== undefined) sides.pair(by, only, line);
  else sides.match(by, ours, [line], { late: ours.length - 1 });
}

/** A payout, and what came late to it, each with the one line of its amount. */
function pairAlone(sides: Sides, ours: readonly number[], theirs: readonly number[]): void {
  const lines = byAmount(sides.theirs, theirs);
  for (const [amount, [batch, ...others]] of byAmount(sides.ours, ours)) {
    const [line, ...more] = lines.get(amount) ?? [];
    if (batch !== undefined && line !== undefined && others.length + more.length === 0) sides.pair(by, batch, line);
  }
}

/** What came late to the payout of a closed day counts on another day than its mark names. */
const isLate = (sides: Sides, batch: number): boolean =>
  dayOfPayout(sides.rare.get(batch)?.mark ?? '') !== dayFrom(sides.ours.days[batch] as number);

/** What came late to payouts of the same provider and counts on the day of this one. */
function lateOn(sides: Sides, batch: number): number[] {
  const provider = providerOfPayout(sides.rare.get(batch)?.mark ?? '');
  return [...sides.rare].flatMap(([row, { kind, mark = '' }]) => {
    const isOf = kind === 'batch' && sides.isOpen('ours', row) && providerOfPayout(mark) === provider;
    return isOf && sides.ours.days[row] === sides.ours.days[batch] && isLate(sides, row) ? [row] : [];
  });
}

/** Several orders of ours as the bank books them together: it names each of them, and their sum is the debit. */
function bySeveralMarks(sides: Sides): void {
  const lines: { row: number; names: string[] }[] = [];
  const borne = new Map<string, number>();
  for (const [row, { marks }] of sides.odd) {
    if (marks.length === 0 || !marks.every(isOwnMark) || !sides.isOpen('theirs', row)) continue;
    const names = marks.map((mark) => markName(mark, sides.theirs.amounts[row] as number));
    for (const name of names) borne.set(name, (borne.get(name) ?? 0) + 1);
    if (names.length > 1) lines.push({ row, names });
  }
  for (const { row, names } of lines) {
    const ours = names.flatMap((name) => (sides.batches.get(name) ?? []).filter((one) => sides.isOpen('ours', one)));
    // Named by two debits, nobody can say which of them paid it.
    const isWhole = ours.length === names.length && names.every((name) => borne.get(name) === 1);
    if (isWhole && sumOf(sides.ours, ours) === sides.theirs.amounts[row])
      sides.match(by, ours, [row], { orders: ours.length });
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
