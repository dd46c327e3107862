import { byAmount, type RuleName, type Side, type Sides, sharing } from '../sides.ts';

/**
 * What rules 1 to 3 have in common: both sides share a name that stands for one payment. Equal amounts, one of each: they
 * belong together. One payment and several credits of its amount: money came twice, and nobody says which of them it was
 * for. Several of both: nobody can say. What came in and what went out under one name are two questions.
 */
export function pairByName(
  sides: Sides,
  column: 'references' | 'codes',
  by: RuleName,
  { admits = () => true, strict = false }: { admits?: (theirs: number) => boolean; strict?: boolean } = {},
): void {
  for (const { name, ours, theirs } of sharing(sides, column)) {
    const lines = theirs.filter(admits);
    const [mine, line] = [ours[0] as number, lines[0] as number];
    if (ours.length === 1 && lines.length === 1) {
      if (sides.ours.amounts[mine] === sides.theirs.amounts[line]) sides.pair(by, mine, line);
      continue;
    }
    for (const isIn of [true, false]) {
      const group = { name, ours: ofSign(sides.ours, ours, isIn), theirs: ofSign(sides.theirs, lines, isIn) };
      if (group.ours.length > 0 && group.theirs.length > 0) pairGroup(sides, group, by, strict);
    }
  }
}

export const ofSign = (side: Side, rows: readonly number[], isIn: boolean): number[] =>
  rows.filter((row) => (side.amounts[row] as number) > 0 === isIn);

/** `strict`: the name is one credit's own. Where it stands at several lines, the name itself is in doubt. */
function pairGroup(
  sides: Sides,
  { name, ours, theirs }: { name: number; ours: number[]; theirs: number[] },
  by: RuleName,
  strict: boolean,
): void {
  const evidence = { name: sides.nameText(name) };
  if (strict && theirs.length > 1) {
    const twice =
      ours.length === 1 && theirs.every((row) => sides.theirs.amounts[row] === sides.ours.amounts[ours[0] as number]);
    sides.contradict(twice ? 'DUPLICATE_PAYMENT' : 'AMBIGUOUS', ours, theirs, evidence);
    return;
  }
  const lines = byAmount(sides.theirs, theirs);
  for (const [amount, mine] of byAmount(sides.ours, ours)) {
    const same = lines.get(amount) ?? [];
    if (mine.length === 1 && same.length === 1) sides.pair(by, mine[0] as number, same[0] as number);
    else if (same.length > 0)
      sides.contradict(mine.length === 1 ? 'DUPLICATE_PAYMENT' : 'AMBIGUOUS', mine, same, evidence);
  }
}
