import type { RuleName, Sides } from '../sides.ts';
import { pairByName } from './named.ts';

const by: RuleName = { rule: 'text-code', version: 1, status: 'confirmed' };

/** Rule 3: our payment code in the free text, exactly one and its check digit right, equal amount. */
export function byTextCode(sides: Sides): void {
  pairByName(sides, 'codes', by);
}
