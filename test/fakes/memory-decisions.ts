import type { BookId } from '../../shared/domain/reconciliation/book-day.ts';
import type { DecisionBook } from '../../shared/domain/reconciliation/decisions.ts';
import type { Decision } from '../../shared/domain/reconciliation/matching/rules/decision.ts';

/** Decisions in memory. */
export class MemoryDecisions implements DecisionBook {
  readonly #decisions = new Map<string, Decision>();

  async of(book: BookId): Promise<Decision[]> {
    return this.#of(book);
  }

  #of(book: BookId): Decision[] {
    const own = [...this.#decisions].filter(([key]) => key.startsWith(`${book} `));
    return structuredClone(own.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, decision]) => decision));
  }

  async decide(book: BookId, decision: Decision): Promise<'decided' | 'taken'> {
    const named = [...decision.ours, ...decision.theirs];
    const others = this.#of(book).filter(({ decisionId }) => decisionId !== decision.decisionId);
    if (others.some(({ ours, theirs }) => [...ours, ...theirs].some((key) => named.includes(key)))) return 'taken';
    this.#decisions.set(`${book} ${decision.decisionId}`, structuredClone(decision));
    return 'decided';
  }

  async withdraw(book: BookId, { decisionId }: Decision): Promise<void> {
    this.#decisions.delete(`${book} ${decisionId}`);
  }

  contents() {
    return structuredClone([...this.#decisions]);
  }
}
