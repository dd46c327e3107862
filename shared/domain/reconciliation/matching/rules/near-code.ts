import { byAmount, NONE, type RuleName, type Sides } from '../sides.ts';

const by: RuleName = { rule: 'near-code', version: 1, status: 'suggested' };

/** Most edits between what a payer wrote and the code. */
export const MAX_EDITS = 2;

/** Rule 7: digits that differ from one open payment's code by two edits at most, equal amount. Only ever a suggestion. */
export function byNearCode(sides: Sides): void {
  const lines = [...sides.odd].filter(([row, { near }]) => near.length > 0 && sides.isOpen('theirs', row));
  if (lines.length === 0) return;
  const mine = byAmount(
    sides.ours,
    [...sides.open('ours')].filter((row) => sides.ours.codes[row] !== NONE),
  );
  const suggested = new Map<number, { theirs: number; edits: number }[]>();
  for (const [theirs, { near }] of lines) {
    const close = (mine.get(sides.theirs.amounts[theirs] as number) ?? []).flatMap((ours) => {
      const code = sides.nameText(sides.ours.codes[ours] as number);
      const edits = Math.min(...near.map((digits) => distance(digits, code)));
      return edits <= MAX_EDITS ? [{ ours, edits }] : [];
    });
    const [only] = close;
    if (close.length !== 1 || !only) continue;
    suggested.set(only.ours, [...(suggested.get(only.ours) ?? []), { theirs, edits: only.edits }]);
  }
  for (const [ours, found] of suggested) {
    const [only] = found;
    if (found.length === 1 && only) sides.match(by, [ours], [only.theirs], { edits: only.edits });
  }
}

/** Levenshtein, given up beyond {@link MAX_EDITS}. */
export function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > MAX_EDITS) return MAX_EDITS + 1;
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= other.length; to += 1)
      next[to] = Math.min(
        (row[to] as number) + 1,
        (next[to - 1] as number) + 1,
        (row[to - 1] as number) + (one[at - 1] === other[to - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[other.length] as number;
}
