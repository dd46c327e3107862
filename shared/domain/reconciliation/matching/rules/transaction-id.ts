import type { RuleName, Sides } from '../sides.ts';
import { pairByName } from './named.ts';

const by: RuleName = { rule: 'transaction-id', version: 1, status: 'confirmed' };

/** Rule 1: the bank's own reference of the credit, equal amount. */
export function byTransactionId(sides: Sides): void {
  pairByName(sides, 'references', by, { strict: true });
}
