import type { Evidence, RuleName, Sides } from '../sides.ts';

/**
 * What two persons decided of items that no rule could: which belong together, whatever their sums (a split, a difference
 * written off), or that one is settled outside of the bank.
 */
export type Decision = {
  decisionId: string;
  kind: 'match' | 'write-off';
  ours: readonly string[];
  theirs: readonly string[];
};

const by: Readonly<Record<Decision['kind'], RuleName>> = {
  match: { rule: 'decided-match', version: 1, status: 'confirmed' },
  'write-off': { rule: 'decided-write-off', version: 1, status: 'confirmed' },
};

/** Rule 0: what people decided comes first. A decision about an item that is not here waits until it is. */
export function byDecision(sides: Sides, decisions: Iterable<Decision>): void {
  const sorted = [...decisions].sort((one, other) => (one.decisionId < other.decisionId ? -1 : 1));
  for (const { decisionId, kind, ours, theirs } of sorted) {
    const rows = {
      ours: ours.map((key) => sides.ours.keys.findText(key)),
      theirs: theirs.map((key) => sides.theirs.keys.findText(key)),
    };
    const there =
      rows.ours.every((row) => row >= 0 && sides.isOpen('ours', row)) &&
      rows.theirs.every((row) => row >= 0 && sides.isOpen('theirs', row));
    const evidence: Evidence = { decisionId };
    if (there) sides.match(by[kind], rows.ours, rows.theirs, evidence);
  }
}
