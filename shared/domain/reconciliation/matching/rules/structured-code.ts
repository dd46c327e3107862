import type { RuleName, Sides } from '../sides.ts';
import { pairByName } from './named.ts';

const by: RuleName = { rule: 'structured-code', version: 1, status: 'confirmed' };

/** Rule 2: our payment code in a structured field or in the virtual account, equal amount. */
export function byStructuredCode(sides: Sides): void {
  pairByName(sides, 'codes', by, { admits: (theirs) => sides.structured.has(theirs) });
}
