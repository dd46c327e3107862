import type { BookId } from './book-day.ts';
import type { Decision } from './matching/rules/decision.ts';

/** Port: what people decided and approved about items of a bank account. */
export interface DecisionBook {
  /** All that stand, in order of their ids. */
  of(book: BookId): Promise<Decision[]>;
  /** Lets a decision stand, once. `taken`: one of its items belongs to another decision. */
  decide(book: BookId, decision: Decision): Promise<'decided' | 'taken'>;
  /** Takes a decision back; its items are free again. */
  withdraw(book: BookId, decision: Decision): Promise<void>;
}
